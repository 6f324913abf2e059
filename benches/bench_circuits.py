"""OpenQASM checks, factoring, and compressed text."""

from __future__ import annotations

import base64
import gzip
import time
from functools import partial

import qiskit.qasm2

import corpus
import reference
from measure import Aim, Effort, Figure, compare, cores_used, same
from vivace import _core
from vivace.circuits import CircuitBatch
from vivace.codecs import compress_text
from vivace.qasm import validate_qasm

_MB = 1e6
_QISKIT = "qiskit.qasm2.loads"


def validation(effort: Effort) -> list[Figure]:
    """Single texts on one core, batches on all."""
    figures = []
    for n, layers, count in ((4, 2, 8000), (12, 4, 1000), (20, 6, 500)):
        texts, _ = corpus.circuits(n, layers, effort.scaled(count, count // 5))
        text, labels = texts[0], [str(i) for i in range(len(texts))]
        loaded = qiskit.qasm2.loads(text)
        widths = (loaded.num_qubits, loaded.num_clbits)
        same("OpenQASM widths", set(_core.validate_qasm_batch(labels, texts)), {widths})
        seconds = compare(
            effort,
            time.process_time,
            one=lambda text=text: validate_qasm(text),
            qiskit=lambda text=text: qiskit.qasm2.loads(text),
        )
        batches = compare(
            effort,
            all=partial(_core.validate_qasm_batch, labels, texts),
            each=lambda texts=texts: [validate_qasm(text) for text in texts],
        )
        single = len(text) / seconds["one"] / _MB
        batch = sum(map(len, texts)) / batches["all"] / _MB
        ratio, times = seconds["qiskit"] / seconds["one"], batches["each"] / batches["all"]
        name = f"n={n}, {layers} layers ({len(text)} bytes)"
        figures += [
            Figure("validate", f"{name}, one text", single, "MB/s", Aim("≥", 250), ratio, _QISKIT),
            Figure("validate", f"{name}, {len(texts)} texts", batch, "MB/s", None, times, "one by one"),
        ]
    used = cores_used(lambda: _core.validate_qasm_batch(labels, texts))
    return [*figures, Figure("validate", "cores busy in a batch", used, "cores")]


def factoring(effort: Effort) -> list[Figure]:
    """`CircuitBatch.of` on bound texts of one structure."""
    figures = []
    for n, layers, count in ((4, 2, 20_000), (12, 4, 2000)):
        texts, angles = corpus.circuits(n, layers, effort.scaled(count, count // 5))
        templates = CircuitBatch.of(texts).templates
        same("factored rows", [t.rows.tolist() for t in templates], [angles.tolist()])
        same("reference rows", list(reference.factor(texts[:100]).values()), [angles[:100].tolist()])
        some = texts[:: max(1, len(texts) // 200)]
        seconds = compare(
            effort,
            ours=lambda texts=texts: CircuitBatch.of(texts),
            plain=lambda some=some: reference.factor(some),
        )
        name = f"{len(texts)} bound texts, n={n}"
        each, plain = seconds["ours"] / len(texts), seconds["plain"] / len(some)
        rate = sum(map(len, texts)) / seconds["ours"] / _MB
        used = cores_used(lambda texts=texts: CircuitBatch.of(texts))
        figures += [
            Figure("factor", name, rate, "MB/s"),
            Figure("factor", name, each * 1e6, "µs/circuit", None, plain / each, "regex, nothing checked"),
            Figure("factor", f"{name}: cores busy", used, "cores"),
        ]
    return figures


def compression(effort: Effort) -> list[Figure]:
    """Gzip and base64 of circuits."""
    texts, _ = corpus.circuits(8, 3, effort.scaled(2000, 500))
    packed = _core.compress_texts(texts)
    same("compressed batch", packed, [compress_text(text) for text in texts])
    back = [gzip.decompress(base64.b64decode(text)).decode() for text in packed]
    same("compressed text", back, texts)
    seconds = compare(
        effort,
        time.process_time,
        single=lambda: [compress_text(text) for text in texts],
        zlib9=lambda: [reference.compress(text) for text in texts],
    )
    batches = compare(
        effort,
        all=lambda: _core.compress_texts(texts),
        each=lambda: [compress_text(text) for text in texts],
    )
    size = sum(map(len, texts)) / _MB
    smaller = sum(map(len, packed)) / sum(len(reference.compress(text)) for text in texts)
    ratio, times = seconds["zlib9"] / seconds["single"], batches["each"] / batches["all"]
    name = f"{len(texts)} circuits"
    figures = [
        Figure("gzip", f"{name}, one by one", size / seconds["single"], "MB/s", None, ratio, "zlib level 9"),
        Figure("gzip", f"{name}, batch", size / batches["all"], "MB/s", None, times, "one by one"),
    ]
    used = cores_used(lambda: _core.compress_texts(texts))
    return [
        *figures,
        Figure("gzip", "size against zlib level 9", smaller, "×"),
        Figure("gzip", "cores busy in a batch", used, "cores"),
    ]
