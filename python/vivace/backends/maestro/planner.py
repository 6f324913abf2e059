"""Which way to run a circuit for its rows is the cheapest: a small model of what each one costs.

The constants were fitted to one run of ``benches/planner.py`` (two cores, qoro-maestro 0.3.8), which prints
them beside new measurements. Only their ratios matter, and only where two ways are far apart: near a
crossover either one will do. Work that a way spreads over the cores is divided by their number.

======================= ===================================================================================
``compiled``            one compiled program for all rows; the library's threads share them
``probabilities``       the same, read out as probabilities: the values of all diagonal words at once
``kept``                one simulator in this process, row after row
``workers``             the same in a process for every core
``circuits``            a circuit object for each row, on threads
======================= ===================================================================================

A kept simulator holds a statevector, or a matrix product state where that is exact and cheaper: the bond
dimension of a shallow circuit is small, and so is the state, however wide the circuit.

Expectation values are the same on every way, up to rounding. How a circuit is sampled depends on the circuit
and its shots alone, never on its batch, so that a seed gives it the same counts: up to `SAMPLED_QUBITS` from
the probabilities of a compiled program, above by the library's sampler, which gives a state and a seed the
same counts in every process.
"""

from __future__ import annotations

import math
import os
from functools import cache
from typing import Final, Literal, NamedTuple, get_args

from vivace.errors import ConfigError

__all__ = [
    "PATHS",
    "PRODUCT_QUBITS",
    "SAMPLED_QUBITS",
    "START",
    "Path",
    "Work",
    "check_path",
    "cores",
    "cost",
    "in_cheaper_form",
]

Path = Literal["compiled", "probabilities", "kept", "workers", "circuits"]
"""A way to run a circuit for its rows."""

PATHS: Final[tuple[Path, ...]] = get_args(Path)

SAMPLED_QUBITS: Final = 11
"""Widest circuit whose counts are drawn from a table of its probabilities."""

PRODUCT_QUBITS: Final = 13
"""Narrowest circuit for which a matrix product state may be the cheaper one."""

START: Final = 0.04
"""Seconds that workers take to start. They are started once they would have saved as much."""

# Seconds. `_GATE` and `_WORD` are per amplitude, on one core.
_COMPILED_CALL: Final = 70e-6
_COMPILED_ROW: Final = 2.5e-6
_COMPILED_GATE: Final = 1.05e-9
_COMPILED_WORD: Final = 2.4e-9
_PROBABILITY: Final = 5e-9
_PROBABILITY_ROW: Final = 1.2e-6
_KEPT_ROW: Final = 2e-6
_KEPT_OPERATION: Final = 0.2e-6
_KEPT_GATE: Final = 0.4e-9
_KEPT_WORD: Final = 1.4e-9
_KEPT_SAMPLE: Final = 3e-9
_KEPT_SHOT: Final = 20e-9
_WORKERS_CALL: Final = 300e-6
_CIRCUIT: Final = 600e-6
_CIRCUIT_OPERATION: Final = 0.6e-6
_CIRCUIT_GATE: Final = 0.7e-9
_CIRCUIT_WORD: Final = 1.4e-9
# A matrix product state, where `_BOND` is for each square of a bond dimension.
_PRODUCT_GATE: Final = 1.2e-6
_PRODUCT_GATE_BOND: Final = 0.3e-6
_PRODUCT_LARGE: Final = 64  # the bond dimension from which on the cost of a gate grows with its cube
_PRODUCT_WORD: Final = 0.09e-6  # per qubit, as for a shot
_PRODUCT_WORD_BOND: Final = 18e-9
_PRODUCT_SHOT: Final = 0.14e-6
_PRODUCT_SHOT_BOND: Final = 0.43e-9


class Work(NamedTuple):
    """What there is to do.

    Attributes:
        n_qubits: Qubits of the circuit.
        n_gates: Its gates.
        n_words: Words to take the value of; 0 when it is sampled.
        n_rows: Rows of angles.
        product: For a matrix product state, what `_core.NativeCircuit.product_cost` says; else None.
        n_shots: Shots for each row, when it is sampled.
    """

    n_qubits: int
    n_gates: int
    n_words: int
    n_rows: int
    product: tuple[float, float] | None = None
    n_shots: int = 0


@cache
def cores() -> int:
    """Processors there are."""
    return os.cpu_count() or 1


def cost(path: Path, work: Work, n_cores: int) -> float:
    """Seconds that a way takes.

    >>> small, wide = Work(4, 22, 3, 1000), Work(16, 188, 15, 100)
    >>> min(PATHS, key=lambda path: cost(path, small, 2)), min(PATHS, key=lambda path: cost(path, wide, 2))
    ('compiled', 'workers')
    """
    n_qubits, n_gates, n_words, n_rows, *_ = work
    shared = min(n_cores, n_rows)
    if path == "workers":
        return _WORKERS_CALL + n_rows * _kept(work) / shared
    if path == "kept":
        return n_rows * _kept(work)
    amplitudes = 1 << n_qubits
    if path == "circuits":
        own = _CIRCUIT + _CIRCUIT_OPERATION * n_gates
        row = own + amplitudes * (_CIRCUIT_GATE * n_gates + _CIRCUIT_WORD * n_words)
        return n_rows * row / shared
    if path == "compiled":
        own, read = _COMPILED_ROW, _COMPILED_WORD * n_words
    else:
        own, read = _COMPILED_ROW + _PROBABILITY_ROW, _PROBABILITY
    row = own + amplitudes * (_COMPILED_GATE * n_gates + read)
    return _COMPILED_CALL + n_rows * row / shared


def _kept(work: Work) -> float:
    """Seconds for one row on a kept simulator."""
    n_qubits, n_gates, n_words, _, product, n_shots = work
    row = _KEPT_ROW + _KEPT_OPERATION * n_gates
    if product is not None:
        gates, state = product
        word = _PRODUCT_WORD * n_qubits + _PRODUCT_WORD_BOND * state
        shot = _PRODUCT_SHOT * n_qubits + _PRODUCT_SHOT_BOND * state
        growth = 1 + math.sqrt(state / n_qubits) / _PRODUCT_LARGE
        row += _PRODUCT_GATE * n_gates + _PRODUCT_GATE_BOND * gates * growth
        return row + n_words * word + n_shots * shot
    read = _KEPT_WORD * n_words if n_words else _KEPT_SAMPLE
    return row + _KEPT_SHOT * n_shots + (_KEPT_GATE * n_gates + read) * (1 << n_qubits)


def in_cheaper_form(work: Work, product: tuple[float, float]) -> Work:
    """The work on a kept statevector, or on a kept matrix product state if that is cheaper.

    >>> in_cheaper_form(Work(20, 197, 19, 1), (1356, 1000)).product
    (1356, 1000)
    >>> in_cheaper_form(Work(12, 117, 11, 1), (684, 488)).product
    """
    return min(work, work._replace(product=product), key=_kept)


def check_path(path: Path | None) -> Path | None:
    """The path, if there is one of this name.

    >>> check_path("thread")
    Traceback (most recent call last):
    ...
    vivace.errors.ConfigError: path must be None or one of compiled, probabilities, kept, workers, circuits; \
got 'thread'.
    """
    if path is not None and path not in PATHS:
        raise ConfigError(f"path must be None or one of {', '.join(PATHS)}; got {path!r}.", "path")
    return path
