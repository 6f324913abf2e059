"""Qiskit Aer: loaded on first use, and run one job at a time."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from vivace._suggest import install_hint
from vivace.backends.forks import ForkSafeLock, after_fork, on_new_thread
from vivace.backends.submission import blaming
from vivace.errors import MissingDependencyError, SimulationError

__all__ = ["load_aer", "load_fakes", "run_job"]

_JOBS: Final = ForkSafeLock()
_loaded: list[Any] = []
_forked: list[bool] = []


def _renew() -> None:
    # Aer hands its jobs to one thread, which a forked child has not.
    if _loaded:
        importlib.import_module("qiskit_aer.jobs.utils").DEFAULT_EXECUTOR = ThreadPoolExecutor(1)  # type: ignore[attr-defined]
        _forked.append(True)


after_fork(_renew)


def load_aer() -> Any:
    """The module ``qiskit_aer``.

    Raises:
        MissingDependencyError: It is not installed.
    """
    if not _loaded:
        _loaded.append(_load("qiskit_aer", "qiskit-aer"))
    return _loaded[0]


def load_fakes() -> Any:
    """The module of the fake backends, ``qiskit_ibm_runtime.fake_provider``.

    Raises:
        MissingDependencyError: It is not installed.
    """
    return _load("qiskit_ibm_runtime.fake_provider", "qiskit-ibm-runtime")


def _load(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{package} is required for QiskitSimulator but could not be imported. {install_hint('aer')}",
            name=module.partition(".")[0],
            extra="aer",
        ) from error


def run_job(
    simulator: Any,
    circuits: Sequence[Any],
    binds: Sequence[Mapping[Any, Sequence[float]]] | None,
    label: str,
    **options: Any,
) -> list[dict[str, Any]]:
    """Run circuits in one job; what each saved, all rows of a circuit before those of the next.

    Aer holds Python's lock all the while, so two jobs at once would gain nothing.

    Args:
        simulator: An ``AerSimulator``.
        circuits: The circuits.
        binds: For each circuit the numbers of every parameter, one per row.
        label: Label of a circuit to name in errors.
        **options: Options of the run.

    Raises:
        SimulationError: Aer failed.
    """

    def call() -> Any:
        return simulator.run(list(circuits), parameter_binds=binds, **options).result()

    from qiskit.exceptions import QiskitError

    with _JOBS, blaming(label):
        try:
            found = on_new_thread(call) if _forked else call()
        except QiskitError as error:
            raise SimulationError.for_circuit(label, error) from error
    if not found.success:
        states = [str(found.status)] + [str(result.status) for result in found.results]
        reason = next((state for state in states if state.startswith("ERROR")), states[0])
        raise SimulationError(f"Circuit '{label}' failed in the simulator: {reason}", label)
    return [found.data(index) for index in range(len(found.results))]
