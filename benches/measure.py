"""Timing, figures, and the table they are printed in."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Effort:
    """How much time to spend: rounds of each comparison, and seconds of each sample."""

    rounds: int
    sample: float
    quick: bool

    def scaled(self, full: int, quick: int) -> int:
        """A size that depends on whether there is a hurry."""
        return quick if self.quick else full


FULL = Effort(rounds=7, sample=0.05, quick=False)
QUICK = Effort(rounds=3, sample=0.02, quick=True)


@dataclass(frozen=True)
class Aim:
    """What `performance.md` asks of a figure."""

    sign: str
    value: float

    def met(self, found: float) -> bool:
        return found <= self.value if self.sign == "≤" else found >= self.value


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``ratio`` says how many times faster than ``reference`` it is."""

    group: str
    what: str
    value: float
    unit: str
    aim: Aim | None = None
    ratio: float | None = None
    reference: str = ""

    @property
    def verdict(self) -> bool | None:
        return None if self.aim is None else self.aim.met(self.value)

    def record(self) -> dict[str, Any]:
        return asdict(self) | {"met": self.verdict}


def compare(
    effort: Effort, clock: Callable[[], float] = time.perf_counter, **calls: Callable[[], object]
) -> dict[str, float]:
    """Median seconds of each call, the calls taking turns so that noise meets all alike.

    Work of one thread is best measured with `time.process_time`: the same as wall time where nothing else
    runs, and hardly disturbed where something does. It counts all threads, so it flatters nobody.
    """
    repeats, samples = {}, {name: [] for name in calls}
    for name, call in calls.items():
        call()
        once = _seconds(call, 1, clock)
        repeats[name] = max(1, min(100_000, round(effort.sample / max(once, 1e-7))))
    for _ in range(effort.rounds):
        for name, call in calls.items():
            samples[name].append(_seconds(call, repeats[name], clock))
    return {name: statistics.median(found) for name, found in samples.items()}


def cores_used(call: Callable[[], object], rounds: int = 5) -> float:
    """Processor time over wall time: the median over several runs."""
    call()
    found = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        found.append((time.process_time() - cpu) / (time.perf_counter() - wall))
    return statistics.median(found)


def _seconds(call: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(repeats):
        call()
    return (clock() - began) / repeats


def same(what: str, found: object, expected: object) -> None:
    """Stop unless an answer is that of the reference."""
    if found != expected:
        raise SystemExit(f"{what}: the answer differs from the reference; nothing was timed.")


def machine() -> dict[str, Any]:
    """Where the figures are from."""
    from importlib.metadata import version

    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        **{name: version(name) for name in ("vivace", "qoro-maestro", "qiskit", "numpy")},
    }


INSTALLED = "Vivace through the installed package: medians; work of one thread in processor time"


def table(figures: list[Figure], title: str = INSTALLED) -> Table:
    """Figures with the aims beside them."""
    shown = Table(title=title)
    shown.add_column("work")
    for name in ("figure", "aim", "met", "times faster"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("than")
    group = None
    for figure in figures:
        if group not in (None, figure.group):
            shown.add_section()
        group = figure.group
        verdict = {None: "", True: "[green]yes", False: "[red]no"}[figure.verdict]
        aim = "" if figure.aim is None else f"{figure.aim.sign} {figure.aim.value:g} {figure.unit}"
        ratio = "" if figure.ratio is None else f"{digits(figure.ratio)} ×"
        value = f"{digits(figure.value)} {figure.unit}"
        shown.add_row(f"{figure.group}: {figure.what}", value, aim, verdict, ratio, figure.reference)
    return shown


def digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def console() -> Console:
    """Wide enough for the table also when nobody watches."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=140)
