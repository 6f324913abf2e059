"""Exact gradients of expectation values by the named parameters of a template.

What is asked is checked here; `Derivatives`, or `Shifted` where that is cheaper, finds the derivatives, a
chunk of rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vivace import _core
from vivace.backends.maestro.config import MaestroConfig
from vivace.backends.maestro.derivatives import Derivatives
from vivace.backends.maestro.run import Run, on_qubits
from vivace.backends.maestro.shifted import Shifted, plan_shifted
from vivace.backends.observables import Observables
from vivace.cancellation import check
from vivace.circuits import CircuitBatch, CircuitPayload
from vivace.errors import ConfigError, ObservableError, SimulationError
from vivace.tables import Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from vivace.backends.maestro.engine import Engine

__all__ = ["Gradients", "gradients"]

_CANCELLED: Final = "Maestro gradients cancelled after partial completion"


class Gradients(NamedTuple):
    """Expectation values of one template and their derivatives by its parameters.

    Attributes:
        labels: One per row.
        words: The Pauli words, as given.
        parameter_names: The parameters, in the order of the template's columns.
        values: float64. Rows × words; with coefficients one weighted sum per row.
        jacobian: float64. Rows × words × parameters; with coefficients rows × parameters.
        metadata: How they came about, under the names of `ExecutionResult.metadata`; ``derivatives`` lists
            ``"adjoint"``, ``"parameter_shift"``, or both.
    """

    labels: tuple[str, ...]
    words: tuple[str, ...]
    parameter_names: tuple[str, ...]
    values: NDArray[np.float64]
    jacobian: NDArray[np.float64]
    metadata: Metadata


def gradients(
    engine: Engine,
    config: MaestroConfig,
    templates: Any,
    ham_ops: str,
    *,
    coefficients: ArrayLike | None = None,
    cancellation_event: Event | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gradients:
    """What `MaestroSimulator.gradients` does, under these options."""
    import numpy as np

    check(cancellation_event, "Maestro gradients cancelled before any circuit was dispatched")
    _check_config(config)
    batch = CircuitBatch.of([_the_template(templates)])
    template, n_rows = batch.templates[0], len(batch)
    observables = Observables(ham_ops, None, n_rows)
    group = int(observables.groups[0])
    words = observables.words(group)
    weights = None if coefficients is None else _weights(coefficients, len(words))
    padded = observables.padded(group, template.n_qubits, batch.labels[0])
    unitary = _unitary(template, batch.labels[0])
    placed = [on_qubits(word, unitary) for word in padded]
    run = Run(config, batch.labels, None, cancellation_event, lambda _: None)
    found: Derivatives | Shifted | None = plan_shifted(engine, run, template, unitary, placed, weights)
    if found is None:
        found = Derivatives(config, engine.recent, template, unitary, placed, weights, batch.labels[0])
    names = tuple(template.parameter_names)
    shape = (n_rows,) if weights is not None else (n_rows, len(words))
    values, jacobian = np.empty(shape), np.empty((*shape, len(names)))
    for start in range(0, n_rows, found.chunk):
        check(cancellation_event, _CANCELLED)
        stop = min(start + found.chunk, n_rows)
        values[start:stop], jacobian[start:stop] = found.of_rows(start, stop)
        if progress is not None:
            progress(stop, n_rows)
    return Gradients(tuple(batch.labels), words, names, values, jacobian, found.facts)


def _check_config(config: MaestroConfig) -> None:
    if config.noise_model is not None:
        raise ConfigError(
            "Gradients are those of the noiseless circuit, but a noise_model is set. Take them with a "
            "simulator without one, or differentiate noisy values by the parameter shift.",
            "noise_model",
        )
    if config.simulator_type not in (None, "QCSim"):
        raise ConfigError(
            f"Gradients run on simulator_type 'QCSim', not {config.simulator_type!r}. Leave it out.",
            "simulator_type",
        )
    if config.simulation_type not in (None, "Statevector"):
        raise ConfigError(
            f"Gradients need a statevector, but simulation_type is {config.simulation_type!r}. Leave it out, "
            "or set it to 'Statevector'.",
            "simulation_type",
        )


def _is_template(item: Any) -> bool:
    # Ours first: to look whether a CircuitPayload has parameter_sets would build them.
    return isinstance(item, CircuitPayload) or hasattr(item, "parameter_sets")


def _the_template(templates: Any) -> Any:
    """The one template given, alone or in a collection."""
    if _is_template(templates):
        return templates
    if isinstance(templates, Iterable) and not isinstance(templates, str | bytes):
        items: Sequence[Any] = list(templates)
        if items and all(map(_is_template, items)):
            if len(items) > 1:
                raise TypeError(
                    f"gradients() expects one template, got {len(items)}. Call it once for each: their "
                    "parameters differ."
                )
            return items[0]
        if not items:
            raise TypeError("gradients() expects one template, got none.")
        templates = items[0]
    raise TypeError(
        "gradients() expects one template with named parameters (CircuitPayload or TemplateEntry), got "
        f"{type(templates).__name__}. Bound circuits have no parameters to differentiate by."
    )


def _weights(coefficients: ArrayLike, n_words: int) -> NDArray[np.float64]:
    import numpy as np

    try:
        found = np.array(coefficients)
        weights = found.astype(np.float64, casting="safe" if found.dtype.kind == "c" else "unsafe")
    except (TypeError, ValueError) as error:
        raise ObservableError(f"Expected real numbers as coefficients: {error}.") from error
    if weights.shape != (n_words,):
        raise ObservableError(
            f"Expected one coefficient per word ({n_words}), got an array of shape {weights.shape}."
        )
    if not np.isfinite(weights).all():
        raise ObservableError("Expected finite coefficients, got NaN or infinity.")
    return weights


def _unitary(template: _core.Template, label: str) -> _core.NativeCircuit:
    unitary = template.native().unitary()
    if unitary is None:
        raise SimulationError(
            f"Circuit '{label}' has operations under classical control ('if'), and expectation values of "
            "such circuits have no gradient here. Take the 'if' out.",
            label,
        )
    return unitary
