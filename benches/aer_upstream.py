"""`QiskitSimulator` beside upstream's, each in its own venv, in one run. `make bench-aer` runs this."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import corpus
from aer_options import build_options
from beside import Case, main
from vivace.backends import CircuitRunner, QiskitSimulator

_SIZES = ((4, 2, 300, 10, 12), (12, 4, 60, 5, 9))  # qubits, layers, circuits; aims of counts and of values


def _simulator(**options: Any) -> CircuitRunner:
    return QiskitSimulator(**build_options(options))


_Case = partial(Case, ours=_simulator, upstream="QiskitSimulator")


def _ansatz(n: int, layers: int, count: int) -> list[str]:
    return corpus.circuits(n, layers, count)[0]


def sampling() -> list[Case]:
    return [
        _Case("1000 shots", f"n={n}, {layers} layers", _ansatz(n, layers, count), None, aim)
        for n, layers, count, aim, _ in _SIZES
    ]


def expectations() -> list[Case]:
    return [
        _Case("expectation", f"n={n}, {layers} layers", _ansatz(n, layers, count), corpus.neighbours(n), aim)
        for n, layers, count, _, aim in _SIZES
    ]


def fakes() -> list[Case]:
    cases = []
    for name, n, layers, count, aim in (
        ("Manila", 4, 2, 150, 2.5),
        ("Guadalupe", 8, 2, 20, 1),
    ):
        options = {"fake": f"Fake{name}V2"}
        texts = _ansatz(n, layers, count)
        cases.append(_Case("fake backend", f"{name}, n={n}", texts, None, aim, options))
    return cases


def noise() -> list[Case]:
    options = {"depolarizing": 1e-3}
    return [
        _Case("depolarizing", f"n={n}, {layers} layers", _ansatz(n, layers, count), None, 1, options)
        for n, layers, count in ((4, 2, 150), (8, 2, 20), (12, 2, 6))
    ]


def single() -> list[Case]:
    manila = {"fake": "FakeManilaV2"}
    return [
        _Case("one circuit", "n=4", _ansatz(4, 2, 1), None, 1),
        _Case("one circuit", "n=12", _ansatz(12, 4, 1), None, 1),
        _Case("one circuit", "n=4, values", _ansatz(4, 2, 1), corpus.neighbours(4), 1),
        _Case("one circuit", "n=4, Manila", _ansatz(4, 2, 1), None, 1, manila),
    ]


def unrelated() -> list[Case]:
    return [
        _Case("unrelated", f"n={n}, {gates} gates", corpus.unrelated(n, gates, count), None, 1)
        for n, gates, count in ((6, 40, 100), (12, 150, 30))
    ]


_CASES: dict[str, Callable[[], list[Case]]] = {
    "sampling": sampling,
    "expectation": expectations,
    "fake": fakes,
    "noise": noise,
    "single": single,
    "unrelated": unrelated,
}


if __name__ == "__main__":
    main(__doc__, _CASES, extra="aer")
