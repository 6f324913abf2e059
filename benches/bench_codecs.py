"""Pauli words, shot ranges, histograms, and the time an import takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial

import numpy as np

import corpus
import reference
from measure import Aim, Effort, Figure, compare, same
from vivace import _core
from vivace.codecs import decode_histogram, decode_histogram_arrays, encode_histogram, encode_observables
from vivace.tables import CountsTable

_PLAIN = "plain Python"


def pauli(effort: Effort) -> list[Figure]:
    """20 000 words of 40 letters."""
    text = ";".join(corpus.words(20_000, 40))
    same("Pauli words", _core.parse_observables(text), reference.parse_words(text))
    same("wire form", reference.decode_words(encode_observables(text)), text)
    works = {
        "check": (_core.check_observables, reference.check_words, Aim("≤", 0.5)),
        "parse to a list": (_core.parse_observables, reference.parse_words, None),
        "wire form": (encode_observables, reference.encode_words, Aim("≤", 5)),
    }
    figures = []
    for name, (ours, plain, aim) in works.items():
        # The wire form is made on all cores.
        clock = time.perf_counter if name == "wire form" else time.process_time
        seconds = compare(effort, clock, ours=partial(ours, text), plain=partial(plain, text))
        ratio = seconds["plain"] / seconds["ours"]
        figures.append(Figure("20 000 Pauli words", name, seconds["ours"] * 1e3, "ms", aim, ratio, _PLAIN))
    return figures


def shots(effort: Effort) -> list[Figure]:
    """20 000 ranges over 100 chunks; twice as many ranges and chunks must take twice as long."""
    figures = []
    for scale, aim in ((1, Aim("≤", 2)), (2, Aim("≤", 4))):
        ranges, n_circuits, chunks = corpus.shot_ranges(20_000 * scale, 100 * scale)
        ours = _core.restrict_shot_ranges(ranges, n_circuits, chunks)
        ours = [list(map(tuple, part.tolist())) for part in ours]
        same("shot ranges", ours, reference.restrict_shot_ranges(ranges, chunks))
        seconds = compare(
            effort,
            time.process_time,
            ours=lambda given=(ranges, n_circuits, chunks): _core.restrict_shot_ranges(*given),
            plain=lambda given=(ranges, chunks): reference.restrict_shot_ranges(*given),
        )
        name = f"{len(ranges)} over {len(chunks)} chunks"
        ratio = seconds["plain"] / seconds["ours"]
        figures.append(Figure("shot ranges", name, seconds["ours"] * 1e3, "ms", aim, ratio, _PLAIN))
    return figures


def histograms(effort: Effort) -> list[Figure]:
    """QH1 to a dict and to arrays."""
    figures = []
    for outcomes, n_bits in ((16, 4), (20_000, 20)):
        counts = corpus.counts(outcomes, n_bits)
        envelope = encode_histogram(counts)
        same("histogram", list(decode_histogram(envelope).items()), list(counts.items()))
        same("reference histogram", reference.decode_histogram(envelope["payload"]), counts)
        bits, found = decode_histogram_arrays(envelope)
        integers = np.zeros(outcomes, np.int64)
        for column in bits.T:
            integers = integers * 256 + column
        same("histogram arrays", integers.tolist(), [int(key, 2) for key in counts])
        same("histogram counts", found.tolist(), list(counts.values()))
        seconds = compare(
            effort,
            time.process_time,
            dict=lambda envelope=envelope: decode_histogram(envelope),
            arrays=lambda envelope=envelope: decode_histogram_arrays(envelope),
            plain=lambda envelope=envelope: reference.decode_histogram(envelope["payload"]),
        )
        ratios = {way: seconds["plain"] / seconds[way] for way in ("dict", "arrays")}
        name = f"{outcomes} outcomes of {n_bits} bits"
        if outcomes == 16:
            scale, unit, aims = 1e6, "µs", {"dict": Aim("≤", 2), "arrays": None}
        else:
            scale, unit = 1e9 / outcomes, "ns/outcome"
            aims = {"dict": Aim("≤", 80), "arrays": Aim("≤", 5)}
        figures += [
            Figure("QH1", f"{name}, to {way}", seconds[way] * scale, unit, aims[way], ratios[way], _PLAIN)
            for way in ("dict", "arrays")
        ]
    return figures + [_batch(effort, n_bits) for n_bits in (10, 30)]


def _batch(effort: Effort, n_bits: int) -> Figure:
    """A sweep's 1 000 histograms of about 600 of the same 1 000 outcomes, from arrays to dicts."""
    rng = np.random.default_rng(1)
    pool = np.array(sorted(corpus.counts(1_000, n_bits)))
    rows = [pool[rng.random(1_000) < 0.6].tolist() for _ in range(1_000)]
    plain = [{"label": str(label), "results": dict.fromkeys(keys, 1)} for label, keys in enumerate(rows)]
    batch = CountsTable.from_entries(plain)
    same("batch of histograms", batch.entries(), plain)
    packed, size = batch.arrays(), -(-n_bits // 8)

    def one_by_one() -> list[dict[str, int]]:
        found = []
        for bits, counts in packed:
            rows, data = range(0, bits.size, size), bits.tobytes()
            keys = [f"{int.from_bytes(data[at : at + size], 'big'):0{n_bits}b}" for at in rows]
            found.append(dict(zip(keys, counts.tolist(), strict=True)))
        return found

    same("plain batch", one_by_one(), [entry["results"] for entry in plain])
    seconds = compare(effort, time.process_time, ours=batch.entries, plain=one_by_one)
    ratio = seconds["plain"] / seconds["ours"]
    taken = seconds["ours"] * 1e9 / len(batch.counts)
    return Figure(
        "counts", f"1 000 x 600 outcomes of {n_bits} bits, to dicts", taken, "ns/outcome", None, ratio, _PLAIN
    )


def imports(effort: Effort) -> list[Figure]:
    """`import vivace.backends` in a fresh process, less what a bare interpreter takes."""

    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    codes = ("pass", "import vivace.backends")
    for code in codes:
        seconds(code)
    taken = [[seconds(code) for code in codes] for _ in range(effort.scaled(21, 7))]
    bare, loaded = (statistics.median(found) for found in zip(*taken, strict=True))
    return [Figure("import", "vivace.backends", (loaded - bare) * 1e3, "ms", Aim("≤", 60))]
