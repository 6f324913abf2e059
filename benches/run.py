"""The figures of `performance.md`, measured through the installed package. `make bench` runs this.

Every answer is compared with the reference's before anything is timed. References are plain Python written
from the specifications, Qiskit's OpenQASM 2 loader, and Vivace's own path for one circuit at a time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import bench_circuits
import bench_codecs
import bench_maestro
from measure import FULL, QUICK, Figure, console, machine, table

_BENCHES = {
    "validate": bench_circuits.validation,
    "factor": bench_circuits.factoring,
    "pauli": bench_codecs.pauli,
    "shots": bench_codecs.shots,
    "histograms": bench_codecs.histograms,
    "gzip": bench_circuits.compression,
    "import": bench_codecs.imports,
    "h2": bench_maestro.h2,
    "expectation": bench_maestro.expectations,
    "sampling": bench_maestro.sampling,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("only", nargs="*", metavar="BENCH", help=f"some of: {', '.join(_BENCHES)}")
    arguments.add_argument("--quick", action="store_true", help="smaller inputs, fewer rounds")
    arguments.add_argument("--json", type=Path, metavar="PATH", help="write the figures here as well")
    given = arguments.parse_args()
    unknown = sorted(set(given.only) - set(_BENCHES))
    if unknown:
        arguments.error(f"unknown bench {unknown[0]!r}; there are {', '.join(_BENCHES)}")
    facts = machine()  # now: later the load is our own
    began, out, effort = time.perf_counter(), console(), QUICK if given.quick else FULL
    figures: list[Figure] = []
    for name, bench in _BENCHES.items():
        if not given.only or name in given.only:
            with out.status(f"{name} …"):
                figures += bench(effort)
    out.print(table(figures))
    out.print(", ".join(f"{name} {value}" for name, value in facts.items()), highlight=False)
    if facts["load"] is not None and facts["load"] > facts["cores"] / 2:
        out.print("[yellow]Other work was running: work on several cores, and the import, look too slow.")
    missed = [figure for figure in figures if figure.verdict is False]
    met = sum(figure.verdict is True for figure in figures)
    out.print(
        f"{met} aims met, {len(missed)} missed, in {time.perf_counter() - began:.0f} s", highlight=False
    )
    if given.json is not None:
        record = {"machine": facts, "quick": given.quick, "figures": [figure.record() for figure in figures]}
        given.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
