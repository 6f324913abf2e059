"""`MaestroSimulator`: circuits on the Maestro simulator of this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

from vivace import _core
from vivace._suggest import warn_unknown_keywords
from vivace.backends.maestro.config import MaestroConfig
from vivace.backends.maestro.engine import Engine
from vivace.backends.maestro.gradients import Gradients, gradients
from vivace.backends.maestro.planner import Path, check_path
from vivace.backends.maestro.run import Run
from vivace.backends.observables import Observables
from vivace.backends.runner import CircuitRunner, shot_ranges, the_circuits
from vivace.cancellation import check
from vivace.circuits import CircuitBatch, Circuits
from vivace.errors import ConfigError, ConfigTypeError
from vivace.results import ExecutionResult
from vivace.tables import CountsTable, ExpectationTable, Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MaestroSimulator"]

_KEYWORDS = ("payloads", "ham_ops", "circuit_ham_map", "shot_groups", "cancellation_event", "progress")


class MaestroSimulator(CircuitRunner):
    """Runs circuits on the Maestro simulator of this machine. The default runner.

    Circuits that share a structure are compiled once and evaluated for all their parameter rows together,
    also when they come as plain bound texts. The expectation value of a word is taken on its light cone, the
    part of the circuit it depends on: exact at any width as long as cones are narrow. Samples of circuits
    wider than `MaestroConfig.mps_qubit_threshold` (22), and words whose cones are, come from matrix product
    states with bond dimension 64, decided for each circuit alone, with a warning where that is not exact. A
    method named in the config is used as
    asked. Where it pays, circuits run in worker processes, one for every core. Close the simulator, or use it
    in a ``with`` block, to let threads and processes go.

    Args:
        shots: Shots per circuit when sampling.
        config: Options of the simulator.
        track_depth: Whether to record the depth of every circuit submitted.
        force_sampling: Refuse ``ham_ops``, so that programs measure by sampling.
        maestro_config: The same as ``config``.
        path: The way to run circuits, wherever it can: ``"compiled"``, ``"probabilities"``, ``"kept"``,
            ``"workers"`` or ``"circuits"``. None takes the cheapest, from a model of what each one costs.
        **options: Options for a new `MaestroConfig`, as older releases took them.

    >>> bell = 'OPENQASM 2.0; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    >>> with MaestroSimulator(shots=1000) as simulator:
    ...     simulator.set_seed(7)
    ...     counts = simulator.submit_circuits({"bell": bell}).results[0]["results"]
    ...     values = simulator.submit_circuits({"bell": bell}, ham_ops="ZZ;XX;ZI").expectations().values
    >>> sorted(counts), sum(counts.values())
    (['00', '11'], 1000)
    >>> values.round(12).tolist()
    [[1.0, 1.0, 0.0]]
    """

    def __init__(
        self,
        shots: int = 5000,
        config: MaestroConfig | None = None,
        track_depth: bool = False,
        force_sampling: bool = False,
        *,
        maestro_config: MaestroConfig | None = None,
        path: Path | None = None,
        **options: Any,
    ) -> None:
        super().__init__(shots, track_depth)
        given = [value for value in (config, maestro_config) if value is not None]
        if len(given) + bool(options) > 1:
            raise ConfigTypeError("Give the options of Maestro once: config=, maestro_config=, or keywords.")
        self.config = given[0] if given else MaestroConfig(**options)
        self.force_sampling = bool(force_sampling)
        self.path = check_path(path)
        self._engine = Engine()

    @property
    def config(self) -> MaestroConfig:
        """The options in force; assign another `MaestroConfig` to change them."""
        return self._config

    @config.setter
    def config(self, config: MaestroConfig) -> None:
        if not isinstance(config, MaestroConfig):
            raise ConfigTypeError(f"maestro_config must be a MaestroConfig, got {type(config).__name__}.")
        self._config = config

    maestro_config = config

    @property
    def supports_expval(self) -> bool:
        """Whether ``ham_ops`` is taken: yes, unless sampling is forced."""
        return not self.force_sampling

    @property
    def is_async(self) -> bool:
        """Always False: a submission returns results."""
        return False

    @property
    def resolves_parameters(self) -> bool:
        """Always True: templates are run with their rows as they are."""
        return True

    def set_seed(self, seed: int) -> None:
        """Make sampling repeatable: the counts of a circuit then follow from the seed and its label.

        Neither the other circuits of a submission nor the number of threads change them.
        """
        self.config = self.config.override(seed=seed)

    def close(self) -> None:
        """End threads and worker processes. May be called twice; they come back when they are needed."""
        self._engine.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_engine"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _engine=Engine())

    def submit_circuits(
        self,
        circuits: Circuits | None = None,
        *,
        payloads: Circuits | None = None,
        ham_ops: str | None = None,
        circuit_ham_map: Sequence[tuple[int, int]] | None = None,
        shot_groups: Sequence[tuple[int, int, int]] | None = None,
        cancellation_event: Event | None = None,
        progress: Callable[[int, int], None] | None = None,
        **kwargs: Any,
    ) -> ExecutionResult:
        """Run circuits and return their counts, or expectation values.

        Args:
            circuits: Anything `CircuitBatch.of` takes.
            payloads: The same as ``circuits``.
            ham_ops: Pauli words to take expectation values of, leftmost letter = qubit 0; ``;`` between
                words, ``|`` between groups. Values are exact, or a warning says that they are not; final
                measurements do not matter. Words shorter than a circuit are padded with I, with a warning.
            circuit_ham_map: For each group of ``ham_ops`` the half-open range of circuits it is for.
            shot_groups: (start, end, shots) ranges that cover all circuits, instead of the runner's shots.
            cancellation_event: Set it to stop between circuits.
            progress: Called with (circuits done, circuits in all) now and then.
            **kwargs: Ignored, with a warning.

        Returns:
            One entry per circuit, in order. Counts: keys have one character per declared classical bit,
            rightmost = bit 0. Expectation values: keys are the words as given. ``"metadata"`` of an entry, or
            `ExecutionResult.metadata`, says which way the circuit ran (`ExecutionPath`), with which method,
            and whether that is exact; ``run_time`` is the time the simulations took in all.

        Raises:
            QasmError: A circuit is not valid.
            DuplicateLabelError: Two circuits have one label.
            ObservableError: ``ham_ops`` or ``circuit_ham_map`` does not fit the circuits.
            ShotRangeError: ``shot_groups`` does not cover the circuits exactly once.
            SimulationError: The simulator cannot run a circuit, or failed on it.
            ExecutionCancelledError: ``cancellation_event`` was set.
        """
        warn_unknown_keywords(kwargs, _KEYWORDS)
        self._refuse(ham_ops, circuit_ham_map, shot_groups)
        check(cancellation_event, "Maestro batch cancelled before any circuit was dispatched")
        batch = CircuitBatch.of(the_circuits(circuits, payloads))
        if not batch:
            return ExecutionResult([])
        observables = None if ham_ops is None else Observables(ham_ops, circuit_ham_map, len(batch))
        shots = None if ham_ops is not None else self._shots_per_circuit(shot_groups, len(batch))
        if self.track_depth:
            self._record_depths(_depths(batch))
        run = Run(self.config, batch.labels, self.path, cancellation_event, _told(progress, len(batch)))
        began = time.perf_counter()
        found: ExpectationTable | CountsTable | list[dict[str, Any]]
        if observables is not None:
            found = _estimated(self._engine, run, batch, observables)
        else:
            assert shots is not None  # noqa: S101 - one of the two is set above
            found = self._sampled(run, batch, shots)
        return ExecutionResult(found, run_time=time.perf_counter() - began)

    def gradients(
        self,
        templates: Any,
        ham_ops: str,
        *,
        coefficients: ArrayLike | None = None,
        cancellation_event: Event | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Gradients:
        """Expectation values of one template, and their exact derivatives by its named parameters.

        Each word is taken on its light cone, so derivatives are exact at any width as long as cones are
        narrow. They come from adjoint differentiation, whose cost hardly grows with the number of parameters,
        or from the parameter shift where that is cheaper (many words on few qubits), and from the chain rule
        through the expressions the parameters stand in. With ``coefficients`` one backward sweep per row and
        cone serves all words: the fast way for energies.

        Args:
            templates: A `CircuitPayload`, a `TemplateEntry`, or a collection of exactly one.
            ham_ops: Pauli words, as for `submit_circuits`.
            coefficients: One number per word, for the value and gradient of the weighted sum instead of those
                of each word.
            cancellation_event: Set it to stop between chunks of rows.
            progress: Called with (rows done, rows in all) now and then.

        Returns:
            float64 arrays: values, rows × words, and their derivatives, rows × words × parameters; with
            ``coefficients`` rows, and rows × parameters.

        Raises:
            QasmError: The template is not valid.
            ObservableError: ``ham_ops`` or ``coefficients`` does not fit.
            ParameterError: An angle or a derivative is not finite at some row.
            ConfigError: The simulator has a noise model, or a method other than the statevector.
            SimulationError: The circuit is under classical control, a word depends on more qubits than
                ``mps_qubit_threshold``, or the simulator failed.
            ExecutionCancelledError: ``cancellation_event`` was set.

        >>> from vivace.backends import CircuitPayload
        >>> text = "OPENQASM 2.0; qreg q[2]; ry(2*a) q[0]; cx q[0],q[1]; rx(a*b) q[1];"
        >>> payload = CircuitPayload.from_matrix(text, ["a", "b"], [[0.0, 0.5], [0.25, 2.0]])
        >>> with MaestroSimulator() as simulator:
        ...     found = simulator.gradients(payload, "ZI;IZ")
        ...     energy = simulator.gradients(payload, "ZI;IZ", coefficients=[1.0, -0.5])
        >>> found.parameter_names, found.values.shape, found.jacobian.shape
        (('a', 'b'), (2, 2), (2, 2, 2))
        >>> (found.jacobian[1, 0] + 0).round(6).tolist()  # of cos(2a), at a = 1/4
        [-0.958851, 0.0]
        >>> energy.values.shape, energy.jacobian.shape
        ((2,), (2, 2))
        """
        if self.force_sampling:
            raise ConfigError(
                "This simulator is set to sampling (force_sampling), and gradients are not sampled.",
                "force_sampling",
            )
        return gradients(
            self.config,
            templates,
            ham_ops,
            coefficients=coefficients,
            cancellation_event=cancellation_event,
            progress=progress,
        )

    def _refuse(self, ham_ops: object, circuit_ham_map: object, shot_groups: object) -> None:
        if ham_ops is not None and shot_groups is not None:
            raise ConfigError(
                "shot_groups is incompatible with ham_ops: expectation values take no shots. "
                "Pass exactly one.",
                "shot_groups",
            )
        if ham_ops is None and circuit_ham_map is not None:
            raise ConfigError("circuit_ham_map needs ham_ops. Pass both, or neither.", "circuit_ham_map")
        if ham_ops is not None and self.force_sampling:
            raise ConfigError(
                "This simulator is set to sampling (force_sampling); leave out ham_ops.", "ham_ops"
            )

    def _shots_per_circuit(
        self, shot_groups: Sequence[tuple[int, int, int]] | None, n_circuits: int
    ) -> NDArray[np.uint64]:
        import numpy as np

        if shot_groups is None:
            return np.full(n_circuits, self.shots, dtype=np.uint64)
        return _core.shots_per_circuit(shot_ranges(shot_groups), n_circuits)

    def _sampled(self, run: Run, batch: CircuitBatch, shots: NDArray[np.uint64]) -> CountsTable:
        import numpy as np

        base = secrets.randbits(64) if self.config.seed is None else self.config.seed
        seeds = _core.derive_seeds(base, run.labels)
        plans = []
        for template in batch.templates:  # all of them are checked before the first one runs
            circuits = template.circuits
            rows = np.arange(len(circuits))
            plan = self._engine.plan_sample(run, template, rows, shots[circuits], seeds[circuits])
            plans.append((circuits, plan))
        blocks, notes = [], []
        for circuits, counts_of in plans:
            found, metadata = counts_of()
            blocks += found
            notes.append((circuits, metadata))
        return CountsTable.from_blocks(run.labels, blocks, _spread(len(batch), notes))


def _estimated(
    engine: Engine, run: Run, batch: CircuitBatch, observables: Observables
) -> ExpectationTable | list[dict[str, Any]]:
    """One run for each template and group of words; one matrix if all circuits have the same words."""
    import numpy as np

    plans = []
    for template in batch.templates:  # all of them are checked before the first one runs
        of_row = observables.groups[template.circuits]
        for group in np.unique(of_row).tolist():
            rows = np.flatnonzero(of_row == group)
            label = run.labels[template.circuits[rows[0]]]
            words = observables.padded(group, template.n_qubits, label)
            plan = engine.plan_estimate(run, template, rows, words)
            plans.append((group, template.circuits[rows], plan))
    n, groups = len(batch), np.unique(observables.groups).tolist()
    if len(groups) == 1:
        values, notes = np.empty((n, len(observables.words(groups[0])))), []
        for _, circuits, values_of in plans:
            values[circuits], metadata = values_of()
            notes.append((circuits, metadata))
        return ExpectationTable(run.labels, observables.words(groups[0]), values, _spread(n, notes))
    entries = np.empty(n, dtype=object)
    for group, circuits, values_of in plans:
        values, metadata = values_of()
        labels = [run.labels[circuit] for circuit in circuits.tolist()]
        table = ExpectationTable(labels, observables.words(group), values, [metadata] * len(labels))
        entries[circuits] = table.entries()
    found: list[dict[str, Any]] = entries.tolist()
    return found


def _spread(n_circuits: int, notes: Sequence[tuple[NDArray[np.uint32], Metadata]]) -> list[Metadata]:
    """The metadata of every circuit, from those of groups of circuits."""
    import numpy as np

    if len(notes) == 1:
        return [notes[0][1]] * n_circuits
    spread = np.empty(n_circuits, dtype=object)
    for circuits, metadata in notes:
        spread[circuits] = metadata
    found: list[Metadata] = spread.tolist()
    return found


def _depths(batch: CircuitBatch) -> list[int]:
    depths = [0] * len(batch)
    for template in batch.templates:
        depth = template.depth
        for circuit in template.circuits.tolist():
            depths[circuit] = depth
    return depths


def _told(progress: Callable[[int, int], None] | None, total: int) -> Callable[[int], None]:
    """The engine's "so many more" as the caller's "so many of all"."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    return more
