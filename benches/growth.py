"""How Vivace's cost grows with rows, qubits and words: tables and a picture. `make bench-growth` runs this.

Bound texts in, result dicts out, as a user sees it. A point is the best of several runs: there is nothing
beside it that would meet the same noise.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure
from rich.table import Table

import corpus
import memory
from measure import console, digits, machine
from vivace.backends import MaestroSimulator

_SHOTS = 1000
_ROWS = (1, 10, 100, 1000, 10_000, 100_000)
_QUBITS = range(4, 25, 2)
_WORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_MEMORY_ROWS = (10_000, 100_000, 1_000_000)
_SAMPLE = 0.4  # seconds a point is worth, where one run takes less


@dataclass(frozen=True)
class Point:
    """Best wall time of a submission of ``rows`` circuits."""

    axis: str
    line: str
    x: int
    rows: int
    seconds: float

    @property
    def each(self) -> float:
        """µs per circuit."""
        return self.seconds / self.rows * 1e6


def by_rows(runner: MaestroSimulator) -> list[Point]:
    """The same structure with more and more rows."""
    points = []
    for n, layers in ((4, 2), (8, 3)):
        texts, _ = corpus.circuits(n, layers, _ROWS[-1])
        for line, words in (("values", corpus.neighbours(n)), (f"{_SHOTS} shots", None)):
            for rows in _ROWS:
                # Counts of 100 000 circuits of eight qubits are gigabytes of dicts.
                if words is not None or n == 4 or rows < _ROWS[-1]:
                    seconds = _seconds(runner, texts[:rows], words)
                    points.append(Point("rows", f"n={n}, {line}", rows, rows, seconds))
    return points


def by_qubits(runner: MaestroSimulator) -> list[Point]:
    """Two layers of the ansatz and of the brickwork, with as many rows as are soon done."""
    points = []
    for n in _QUBITS:
        ansatz, wall = corpus.circuits(n, 2, 1000)[0], corpus.brickwork(n, 2, 1000)
        words = corpus.neighbours(n)
        lines = {
            "ansatz, values": (ansatz, words),
            f"ansatz, {_SHOTS} shots": (ansatz, None),
            "brickwork, values": (wall, words),
        }
        for line, (texts, given) in lines.items():
            few = texts[:2]  # one for each core, or the cost per circuit is that of one core
            once = _once(runner, few, given) / len(few)
            rows = max(len(few), min(len(texts), int(_SAMPLE / once)))
            points.append(Point("qubits", line, n, rows, _seconds(runner, texts[:rows], given)))
    return points


def by_words(runner: MaestroSimulator) -> list[Point]:
    """Distinct words on ten qubits, 100 rows."""
    n, rows = 10, 100
    texts, points = corpus.circuits(n, 3, rows)[0], []
    for line, letters in (("letters I and Z", "IZ"), ("any letters", "IXYZ")):
        draw, words = random.Random(n), dict[str, None]()
        while len(words) < _WORDS[-1]:
            words["".join(draw.choices(letters, k=n))] = None
        for count in _WORDS:
            seconds = _seconds(runner, texts, list(words)[:count])
            points.append(Point("words", f"n={n}, {line}", count, rows, seconds))
    return points


_AXES: dict[str, Callable[[MaestroSimulator], list[Point]]] = {
    "rows": by_rows,
    "qubits": by_qubits,
    "words": by_words,
}


def _once(runner: MaestroSimulator, texts: list[str], words: list[str] | None) -> float:
    began = time.perf_counter()
    result = runner.submit_circuits(texts, ham_ops=None if words is None else ";".join(words))
    assert len(result.results) == len(texts)
    return time.perf_counter() - began


def _seconds(runner: MaestroSimulator, texts: list[str], words: list[str] | None) -> float:
    """Best of several runs; of one where that is long."""
    first = _once(runner, texts, words)
    if first > 2 * _SAMPLE:
        return first
    repeats = max(4, min(30, int(_SAMPLE / first)))
    return min(first, *(_once(runner, texts, words) for _ in range(repeats)))


def table(axis: str, points: list[Point]) -> Table:
    """Lines of one axis side by side."""
    lines = list(dict.fromkeys(point.line for point in points))
    shown = Table(title=f"Growth with {axis}: µs per circuit, the best of several runs")
    shown.add_column(axis, justify="right")
    for line in lines:
        shown.add_column(line, justify="right")
    cells = {(point.x, point.line): digits(point.each) for point in points}
    for x in sorted({point.x for point in points}):
        shown.add_row(f"{x:,}", *(cells.get((x, line), "") for line in lines))
    return shown


def memory_table(found: dict[str, dict[int, dict[str, float]]]) -> Table:
    """Peak memory beyond input and results: while running, and after reading the dicts."""
    shown = Table(title="Growth with rows, four qubits, eight parameters: peak memory beyond the results, MB")
    shown.add_column("rows", justify="right")
    for kind in found:
        for column in (f"{kind}, running", f"{kind}, dicts read", f"{kind}: arrays", f"{kind}: dicts"):
            shown.add_column(column, justify="right")
    for rows in _MEMORY_ROWS:
        cells = [digits(kind[rows][part] / 1e6) for kind in found.values() for part in kind[rows]]
        shown.add_row(f"{rows:,}", *cells)
    return shown


def picture(points: list[Point], path: Path) -> None:
    """One panel for each axis."""
    axes = list(dict.fromkeys(point.axis for point in points))
    figure = Figure(figsize=(5 * len(axes), 4.2), layout="constrained")
    for panel, axis in zip(figure.subplots(1, len(axes), squeeze=False)[0], axes, strict=True):
        of_axis = [point for point in points if point.axis == axis]
        for line in dict.fromkeys(point.line for point in of_axis):
            found = [(point.x, point.each) for point in of_axis if point.line == line]
            panel.plot(*zip(*found, strict=True), marker="o", markersize=4, label=line)
        panel.set(xlabel=axis, ylabel="µs per circuit", yscale="log")
        if axis == "qubits":
            panel.set(xticks=_QUBITS)
        else:
            panel.set(xscale="log")
        panel.grid(alpha=0.3)
        panel.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("only", nargs="*", metavar="AXIS", help=f"some of: {', '.join(_AXES)}")
    arguments.add_argument("--out", type=Path, default=Path("growth-out"), help="where the files go")
    given = arguments.parse_args()
    unknown = sorted(set(given.only) - set(_AXES))
    if unknown:
        arguments.error(f"unknown axis {unknown[0]!r}; there are {', '.join(_AXES)}")
    out, facts, began = console(), machine(), time.perf_counter()
    points: list[Point] = []
    with MaestroSimulator(shots=_SHOTS) as runner:
        runner.set_seed(1)
        for axis, bench in _AXES.items():
            if not given.only or axis in given.only:
                with out.status(f"{axis} …"):
                    found = bench(runner)
                out.print(table(axis, found))
                points += found
    kept = {}
    if not given.only and sys.platform == "linux":  # peaks are read from /proc
        with out.status("memory …"):
            kept = {
                kind: {rows: memory.measured(rows, kind) for rows in _MEMORY_ROWS} for kind in memory.KINDS
            }
        out.print(memory_table(kept))
    given.out.mkdir(parents=True, exist_ok=True)
    picture(points, given.out / "growth.png")
    timed = [asdict(point) | {"each": point.each} for point in points]
    record = {"machine": facts, "points": timed, "memory": kept}
    (given.out / "growth.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    out.print(", ".join(f"{name} {value}" for name, value in facts.items()), highlight=False)
    out.print(f"{given.out}/growth.png, growth.json, in {time.perf_counter() - began:.0f} s", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
