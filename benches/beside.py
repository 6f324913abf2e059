"""A runner of Vivace beside upstream's, each in its own venv, in one run.

Both get the same bound OpenQASM texts and are timed until the result dicts are there. For gradients Vivace
gets a template and its rows, upstream the texts of the parameter shift, which nobody is timed for writing.
Answers are compared before anything is timed. Runs take turns, and the ratio is the median over the rounds.
The ratio of processor times stands beside it: where other work runs, threads that wait for each other lose
more wall time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from measure import console, digits, machine
from upstream import REQUIREMENT, VENV, Upstream, interpreter
from vivace.backends import CircuitPayload, CircuitRunner, MaestroSimulator

_SHOTS = 1000
_CHECK_SHOTS = 10_000
_WINDOW = 4  # neighbouring bits whose distribution is compared


@dataclass(frozen=True)
class Case:
    """One line of the table: a batch, and how each side runs it. Without words it is sampled."""

    group: str
    name: str
    texts: list[str]
    words: list[str] | None = None
    aim: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, Any] | None = None  # options for upstream, where they are others
    exact: np.ndarray | None = None  # rows × words, where neither side need be exact
    ours: Callable[..., CircuitRunner] = MaestroSimulator
    upstream: str = "MaestroSimulator"
    apart: bool = False  # every circuit in a submission of its own
    payload: CircuitPayload | None = None  # asks for gradients; `texts` are the shifted ones

    @property
    def circuits(self) -> int:
        return len(self.texts if self.payload is None else self.payload.labels)


@dataclass(frozen=True)
class Row:
    """What was found. Times are µs per circuit; `ratio` says how many times faster than upstream.

    `processor` is the same ratio in processor time.
    """

    group: str
    name: str
    circuits: int
    upstream: float
    vivace: float
    ratio: float
    low: float
    high: float
    processor: float
    rounds: int
    aim: float | None
    agreement: str

    @property
    def met(self) -> bool | None:
        return None if self.aim is None else self.ratio >= self.aim

    def record(self) -> dict[str, Any]:
        return asdict(self) | {"met": self.met}


# --- answers --------------------------------------------------------------------------------------


def compared(case: Case, runner: CircuitRunner, upstream: Upstream) -> str:
    """How well the two agree; stops the bench if they do not. Warms both up as well."""
    if case.words is None:
        return _same_counts(case, runner, upstream)
    upstream.load(case.texts, ";".join(case.words), _SHOTS, _theirs(case), case.upstream, case.apart)
    upstream.run()
    theirs = _values(upstream.results())
    if case.payload is None:
        ours = _values(_run(case, runner))
    else:
        ours = _gradients(case, runner)
        # Circuits × words, to rows × parameters.
        up, down = (theirs @ _weights(case)).reshape(case.circuits, 2, -1).swapaxes(0, 1)
        theirs = (up - down) / 2
    if case.exact is not None:
        errors = (np.abs(found - case.exact).max() for found in (theirs, ours))
        return "errors {:.0e}, {:.0e}".format(*errors)
    apart = float(np.abs(ours - theirs).max())
    if not apart <= 1e-9:
        raise SystemExit(f"{case.group}, {case.name}: values differ by {apart:.1e}; nothing was timed.")
    return f"|Δ| {apart:.0e}"


def _same_counts(case: Case, runner: CircuitRunner, upstream: Upstream) -> str:
    """Total variation of every few neighbouring bits, averaged over circuits, against its expectation.

    Over all bits two samples of one distribution hardly overlap when there are more outcomes than shots.
    """
    some = case.texts[:: max(1, len(case.texts) // 8)][:8]
    upstream.load(some, None, _CHECK_SHOTS, _theirs(case), case.upstream)
    upstream.run()
    shots = [(0, len(some), _CHECK_SHOTS)]
    ours = [entry["results"] for entry in runner.submit_circuits(some, shot_groups=shots).results]
    worst = 0.0
    for a, b in zip(*map(_windows, (ours, upstream.results())), strict=True):
        middle = (a + b) / 2
        expected = np.sqrt(middle * (1 - middle) / (np.pi * _CHECK_SHOTS)).sum(axis=1).mean()
        # McDiarmid: farther than this once in a million.
        allowed = expected + np.sqrt(np.log(1e6) / (_CHECK_SHOTS * len(some)))
        worst = max(worst, float(np.abs(a - b).sum(axis=1).mean() / 2 / allowed))
    if worst > 1:
        raise SystemExit(f"{case.group}, {case.name}: the distributions differ; nothing was timed.")
    upstream.load(case.texts, None, _SHOTS, _theirs(case), case.upstream, case.apart)
    return f"TV {worst:.2f} of limit"


def _windows(results: list[dict[str, float]]) -> list[np.ndarray]:
    """Distribution of every window of neighbouring bits: circuits × outcomes."""
    width = len(next(iter(results[0])))
    tables = [np.zeros((len(results), 1 << _WINDOW)) for _ in range(width - _WINDOW + 1)]
    for circuit, counts in enumerate(results):
        for key, count in counts.items():
            for start, table in enumerate(tables):
                table[circuit, int(key[start : start + _WINDOW], 2)] += count
    return [table / table.sum(axis=1, keepdims=True) for table in tables]


def _values(results: list[dict[str, float]]) -> np.ndarray:
    return np.array([list(found.values()) for found in results])


def _theirs(case: Case) -> dict[str, Any]:
    return case.options if case.theirs is None else case.theirs


# --- times ----------------------------------------------------------------------------------------


def measured(case: Case, upstream: Upstream, seconds: float) -> Row:
    """Rounds of both sides by turns, for about so many seconds, but three at least where that is quick."""
    with case.ours(shots=_SHOTS, **case.options) as runner:
        runner.set_seed(1)
        began = time.perf_counter()
        agreement = compared(case, runner, upstream)
        if time.perf_counter() - began > seconds:
            rounds, repeats = (1 if case.exact is not None else 3), 1
        else:
            ours, theirs = _timed(case, runner, 1)[0], upstream.run()[0]
            rounds = max(3, min(9, int(seconds / (2 * max(ours, theirs)))))
            repeats = max(1, min(50, int(theirs / ours / 4)))
        # Ours is the shorter by far: run it more than once, so that a hiccup weighs the same on both.
        found = []
        for turn in range(rounds):
            if turn % 2:
                theirs = upstream.run()
                found.append((_timed(case, runner, repeats), theirs))
            else:
                found.append((_timed(case, runner, repeats), upstream.run()))
    # Rounds × sides × clocks.
    taken = np.array(found)
    (ours, theirs), _ = np.median(taken, axis=0).T * (1e6 / case.circuits)
    ratios, processor = (taken[:, 1] / taken[:, 0]).T
    spread = float(np.median(ratios)), float(ratios.min()), float(ratios.max()), float(np.median(processor))
    sides = float(theirs), float(ours)
    return Row(case.group, case.name, case.circuits, *sides, *spread, rounds, case.aim, agreement)


def _timed(case: Case, runner: CircuitRunner, repeats: int) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    wall, processor = time.perf_counter(), time.process_time()
    run = _run if case.payload is None else _gradients
    for _ in range(repeats):
        run(case, runner)
    return (time.perf_counter() - wall) / repeats, (time.process_time() - processor) / repeats


def _gradients(case: Case, runner: Any) -> np.ndarray:
    """Rows × parameters, of the weighted sum of the words."""
    words = ";".join(case.words or ())
    return runner.gradients(case.payload, words, coefficients=_weights(case)).jacobian


def _run(case: Case, runner: CircuitRunner) -> list[dict[str, float]]:
    words = None if case.words is None else ";".join(case.words)
    batches = [[text] for text in case.texts] if case.apart else [case.texts]
    # Reading `results` builds the dicts, as upstream does.
    return [
        entry["results"]
        for batch in batches
        for entry in runner.submit_circuits(batch, ham_ops=words).results
    ]


def _weights(case: Case) -> np.ndarray:
    """Coefficients of the words."""
    return np.linspace(-1, 1, len(case.words or ()))


# --- report ---------------------------------------------------------------------------------------


def table(rows: list[Row]) -> Table:
    shown = Table(
        title=f"From bound texts to result dicts, µs per circuit or row: Vivace beside {REQUIREMENT}"
    )
    shown.add_column("work")
    for name in ("circuits", "upstream", "Vivace", "faster", "from–to", "processor", "aim", "met"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("answers")
    group = None
    for row in rows:
        if group not in (None, row.group):
            shown.add_section()
        group = row.group
        shown.add_row(
            f"{row.group}: {row.name}",
            str(row.circuits),
            digits(row.upstream),
            digits(row.vivace),
            f"{digits(row.ratio)} ×",
            f"{digits(row.low)}–{digits(row.high)}",
            f"{digits(row.processor)} ×",
            "" if row.aim is None else f"≥ {row.aim:g} ×",
            {None: "", True: "[green]yes", False: "[red]no"}[row.met],
            row.agreement,
        )
    return shown


def main(
    description: str | None, all_cases: Mapping[str, Callable[[], list[Case]]], extra: str | None = None
) -> None:
    """Time the cases that the command line names, or all."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("only", nargs="*", metavar="CASE", help=f"some of: {', '.join(all_cases)}")
    arguments.add_argument("--seconds", type=float, default=5.0, help="about how long to time each line")
    arguments.add_argument("--venv", type=Path, default=VENV, help="upstream's venv, made if missing")
    arguments.add_argument("--json", type=Path, metavar="PATH", help="write the figures here as well")
    given = arguments.parse_args()
    unknown = sorted(set(given.only) - set(all_cases))
    if unknown:
        arguments.error(f"unknown case {unknown[0]!r}; there are {', '.join(all_cases)}")
    out = console()
    python = interpreter(given.venv, out, extra=extra)
    facts, began, rows = machine(), time.perf_counter(), []
    with Upstream(python) as upstream:
        facts |= {f"upstream's {name}": found for name, found in upstream.versions().items()}
        for name, cases in all_cases.items():
            for case in cases() if not given.only or name in given.only else ():
                with out.status(f"{case.group}: {case.name} …"):
                    rows.append(measured(case, upstream, given.seconds))
    out.print(table(rows))
    out.print(", ".join(f"{name} {value}" for name, value in facts.items()), highlight=False)
    missed = sum(row.met is False for row in rows)
    met = sum(row.met is True for row in rows)
    out.print(f"{met} aims met, {missed} missed, in {time.perf_counter() - began:.0f} s", highlight=False)
    if given.json is not None:
        record = {"machine": facts, "rows": [row.record() for row in rows]}
        given.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
