"""`MaestroSimulator`: circuits on the Maestro simulator of this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Unpack

from vivace import _core
from vivace._suggest import warn_unknown_keywords
from vivace.backends.maestro.config import MaestroConfig
from vivace.backends.maestro.engine import Engine
from vivace.backends.maestro.gradients import Gradients, gradients
from vivace.backends.maestro.keywords import MaestroKeywords
from vivace.backends.maestro.noise import shot_dependence
from vivace.backends.maestro.planner import Path, check_path
from vivace.backends.maestro.run import Run
from vivace.backends.maestro.sampling import Samples, plan_sample
from vivace.backends.observables import Observables
from vivace.backends.runner import CircuitRunner, the_circuits
from vivace.backends.submission import (
    KEYWORDS,
    Sampled,
    counted,
    depths,
    estimated,
    refuse_conflicts,
    shots_per_circuit,
    told,
)
from vivace.cancellation import check
from vivace.circuits import CircuitBatch, Circuits
from vivace.errors import ConfigError, ConfigTypeError
from vivace.results import CompletedResult
from vivace.tables import CountsTable, ExpectationTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MaestroSimulator"]


class MaestroSimulator(CircuitRunner):
    """Runs circuits on the Maestro simulator of this machine. The default runner.

    Circuits that share a structure are compiled once and evaluated for all their parameter rows together,
    also when they come as plain bound texts. The expectation value of a word is taken on its light cone, the
    part of the circuit it depends on: exact at any width as long as cones are narrow. Samples of circuits
    wider than `MaestroConfig.mps_qubit_threshold` (22), and words whose cones are, come from matrix product
    states with bond dimension 64, decided for each circuit alone, with a warning where that is not exact.
    These have qubits that meet next to each other, which mostly loses less, and lack gates at the end that
    outcomes or words can take in. Shallow circuits run as exact matrix product states at any width where that
    is cheaper. A method named in the config is used as asked, with a warning where limits set there, such as
    a bond dimension, may cut something off. Each warning is given once. Where it pays, circuits run in worker
    processes, one for every core. Close the simulator, or use it in a ``with`` block, to let threads and
    processes go.

    Args:
        shots: Shots per circuit when sampling.
        config: Options of the simulator.
        track_depth: Whether to record the depth of every circuit submitted.
        force_sampling: Refuse ``ham_ops``, so that programs measure by sampling.
        maestro_config: The same as ``config``.
        path: The way to run circuits, wherever it can: ``"compiled"``, ``"probabilities"``, ``"kept"``,
            ``"workers"`` or ``"circuits"``. None takes the cheapest, from a model of what each one costs.
            Final states are always sampled from compiled probabilities up to 11 qubits, and on kept
            simulators above; seeded counts are the same wherever these are.
        on_warning: Called with (topic, message) wherever results are approximate, instead of one Python
            warning for each topic.
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
        on_warning: Callable[[str, str], None] | None = None,
        **options: Unpack[MaestroKeywords],
    ) -> None:
        super().__init__(shots, track_depth)
        given = [value for value in (config, maestro_config) if value is not None]
        if len(given) + bool(options) > 1:
            raise ConfigTypeError("Give the options of Maestro once: config=, maestro_config=, or keywords.")
        self.config = given[0] if given else MaestroConfig(**options)
        self.force_sampling = bool(force_sampling)
        self.path = check_path(path)
        self._engine = Engine(on_warning)

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

    def shot_dependence(self, n_qubits: int) -> str | None:
        """Why shots of a circuit of so many qubits depend on each other, and what to do about it.

        They do under a ``noise_model`` whose errors are drawn at random in fewer patterns than shots.
        """
        return shot_dependence(self.config, n_qubits, self.shots)

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
    ) -> CompletedResult:
        """Run circuits and return their counts, or expectation values.

        Args:
            circuits: Anything `CircuitBatch.of` takes.
            payloads: The same as ``circuits``.
            ham_ops: Pauli words to take expectation values of, leftmost letter = qubit 0; ``;`` between
                words, ``|`` between groups. Values are exact, or a warning says that they are not; final
                measurements do not matter. Words shorter than a circuit are padded with I, with a warning.
            circuit_ham_map: For each group of ``ham_ops`` the half-open range of circuits it is for. Those in
                no range get the words of all groups; where ranges overlap, the first wins, with a warning.
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
        warn_unknown_keywords(kwargs, KEYWORDS)
        self._refuse(ham_ops, circuit_ham_map, shot_groups)
        check(cancellation_event, "Maestro batch cancelled before any circuit was dispatched")
        batch = CircuitBatch.of(the_circuits(circuits, payloads))
        if not batch:
            return CompletedResult([])
        observables = None if ham_ops is None else Observables(ham_ops, circuit_ham_map, len(batch))
        shots = shots_per_circuit(shot_groups, self.shots, len(batch))
        if self.track_depth:
            self._record_depths(depths(batch))
        run = Run(self.config, batch.labels, self.path, cancellation_event, told(progress, len(batch)))
        began = time.perf_counter()
        found: ExpectationTable | CountsTable | list[dict[str, Any]]
        if observables is not None:
            found = estimated(batch, observables, partial(self._engine.plan_estimate, run))
        else:
            found = counted(batch, self._plan_sample(run, shots))
        return CompletedResult(found, run_time=time.perf_counter() - began)

    def _plan_sample(
        self, run: Run, shots: NDArray[np.uint64]
    ) -> Callable[[_core.Template, NDArray[np.int64]], Callable[[], Sampled]]:
        base = secrets.randbits(64) if self.config.seed is None else self.config.seed
        seeds = _core.derive_seeds(base, run.labels)

        def plan(template: _core.Template, rows: NDArray[np.int64]) -> Callable[[], Sampled]:
            own = template.circuits[rows]
            samples = Samples(run, template, template.native(), rows, shots[own], seeds[own])
            return plan_sample(self._engine, samples)

        return plan

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
        narrow or the circuit is shallow. They come from adjoint differentiation, whose cost hardly grows with
        the number of parameters, or from the parameter shift where that is cheaper (many words on few qubits,
        or shallow circuits on many), and from the chain rule through the expressions the parameters stand in.
        With ``coefficients`` one backward sweep per row and cone serves all words: the fast way for energies.

        Args:
            templates: A `CircuitPayload`, a `TemplateEntry`, or a collection of exactly one.
            ham_ops: Pauli words, as for `submit_circuits`.
            coefficients: One number per word, for the value and gradient of the weighted sum instead of those
                of each word.
            cancellation_event: Set it to stop between chunks of rows: every fraction of a second, or after
                one row for each core where rows take longer. Ctrl+C acts there, too.
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
                ``mps_qubit_threshold`` and no matrix product state of the circuit would be exact, or the
                simulator failed.
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
            self._engine,
            self.config,
            templates,
            ham_ops,
            coefficients=coefficients,
            cancellation_event=cancellation_event,
            progress=progress,
        )

    def _refuse(self, ham_ops: object, circuit_ham_map: object, shot_groups: object) -> None:
        refuse_conflicts(ham_ops, circuit_ham_map, shot_groups)
        if ham_ops is not None and self.force_sampling:
            raise ConfigError(
                "This simulator is set to sampling (force_sampling); leave out ham_ops.", "ham_ops"
            )
