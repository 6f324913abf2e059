"""What is checked of a sweep before anything runs: its rows, its template, its runner."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

from vivace.backends.runner import CircuitRunner
from vivace.errors import ConfigError, ParameterError, QasmError
from vivace.sweeps.inputs import check_finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from vivace import _core

__all__ = ["checked_rows", "checked_template", "runner_for"]

_MOST_SHOTS: Final = 1 << 40  # of the core's sampler


def runner_for(
    runner: CircuitRunner | None, shots: int | None
) -> tuple[AbstractContextManager[object], CircuitRunner]:
    """A context that closes the runner if it is ours, and the runner."""
    if isinstance(shots, int) and shots > _MOST_SHOTS:
        raise ConfigError(f"At most {_MOST_SHOTS} shots per row are possible.", "shots")
    if runner is None:
        from vivace.backends import MaestroSimulator

        ours = MaestroSimulator() if shots is None else MaestroSimulator(shots=shots)
        return ours, ours
    if not isinstance(runner, CircuitRunner):
        found = f"the class {runner.__name__}" if isinstance(runner, type) else f"{runner!r:.60}"
        raise TypeError(f"Expected a runner, such as MaestroSimulator(), got {found}.")
    if shots is not None and shots != runner.shots:
        raise ConfigError(
            f"The runner has {runner.shots} shots, the sweep asks for {shots}. Make the runner with "
            f"shots={shots}, or give shots={runner.shots} to the sweep.",
            "shots",
        )
    return nullcontext(), runner


def checked_rows(names: tuple[str, ...], values: ArrayLike) -> NDArray[np.float64]:
    """The values as a matrix of rows × names, both checked."""
    import numpy as np

    try:
        matrix = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"Expected rows x {len(names)} real numbers: {error}.") from None
    if matrix.ndim == 1 and matrix.size and len(names) in (1, matrix.size):
        column = "values[:, None], a column" if len(names) == 1 else "[values], a single row"
        raise ParameterError(f"Expected rows x {len(names)} values, got shape {matrix.shape}. Give {column}.")
    if matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise ParameterError(f"Expected rows x {len(names)} values, got shape {matrix.shape}.")
    if not matrix.size:
        raise ParameterError("A sweep needs at least one row and one parameter.")
    if len(set(names)) < len(names):
        repeated = next(name for name, number in Counter(names).items() if number > 1)
        raise ParameterError(f"Parameter {repeated!r} is named twice.", name=repeated)
    unwritable = next((name for name in names if name.encode(errors="replace").decode() != name), None)
    if unwritable is not None:
        raise ParameterError(f"{unwritable[:40]!a} cannot be the name of a parameter.", name=unwritable)
    check_finite(names, matrix)
    return matrix


def checked_template(text: str, names: tuple[str, ...], matrix: NDArray[np.float64]) -> _core.Template:
    """The template, with the first row."""
    from vivace.circuits import CircuitBatch, CircuitPayload

    try:
        (template,) = CircuitBatch.of([CircuitPayload.from_matrix(text, names, matrix[:1])]).templates
    except QasmError:
        _validate(text, names)  # which says the same without a label
        raise
    for name in template.unused_parameters:
        raise ParameterError(f"The template has no parameter {name!r}.", name=name)
    return template


def _validate(text: str, names: tuple[str, ...]) -> None:
    """Raise what is wrong with a template, and what to do about a name that has no values."""
    from vivace.qasm import validate_qasm

    try:
        validate_qasm(text, names)
    except QasmError as error:
        if not error.msg.startswith("Unknown symbol"):
            raise
        given = ", ".join(names)
        message = f"{error}\n  If it is a parameter, it needs values; there are values for: {given}."
        raise QasmError(
            message, error.label, error.lineno, error.offset, error.text, error.end_offset
        ) from None
