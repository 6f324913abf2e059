"""`QiskitSimulator`: circuits on Qiskit Aer, also with noise or in the shape of a backend."""

from __future__ import annotations

import operator
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from vivace import _core
from vivace._suggest import warn_unknown_keywords, warn_user
from vivace.backends.aer.engine import Batch, Run, counts_of
from vivace.backends.aer.forms import sampled_form
from vivace.backends.aer.library import load_aer
from vivace.backends.aer.runtime import estimate_run_time_batch, estimate_run_time_single_circuit
from vivace.backends.aer.targets import PLAIN_NAMES, Target, fake_backend, fake_for, resolve_backend
from vivace.backends.aer.values import plan_estimate, plan_measure
from vivace.backends.observables import Observables
from vivace.backends.runner import CircuitRunner, the_circuits
from vivace.backends.submission import (
    KEYWORDS,
    Sampled,
    counted,
    depths,
    estimated,
    nothing_to_sample,
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
    from numpy.typing import NDArray

__all__ = ["QiskitSimulator"]

_LEVELS: Final = (None, 0, 1, 2, 3)
_MOST_SEED: Final = 2**64


class QiskitSimulator(CircuitRunner):
    """Runs circuits on Qiskit Aer. Needs the extra ``aer``.

    Circuits that share a structure become one parametric circuit, which is transpiled once, kept for later
    submissions, and run with all its rows bound. What is returned for a circuit follows from the circuit, its
    label and the seed: not from the other circuits, their order, or the number of processes.

    Without noise, ``ham_ops`` gives exact expectation values. With ``force_sampling``, a noise model or a
    backend they are means of samples: words that commute qubit by qubit are measured together, ``shots``
    times each basis, readout errors included. `supports_expval` is then False, so that programs which
    can measure by themselves do.

    With noise or a backend, the number of gates matters, and so does ``optimization_level``:

    ============ =====================================================================================
    None         the template is transpiled once, at Qiskit's default level, every angle a parameter
    0, 1         the same at this level
    2, 3         every circuit is transpiled with its numbers: what these levels find by looking at
                 them makes some circuits shorter, and every submission as slow as without Vivace
    ============ =====================================================================================

    With parameters, gates next to one another are merged less often than with numbers, so noisy values of the
    first two rows may differ a little from those of the last. Without noise the level changes nothing.

    A ``delay`` does nothing, and has no noise either: OpenQASM 2 has no unit for its time. On a backend or
    with noise this gives a warning.

    Args:
        n_processes: Threads Aer may use; by default most of the cores, two off the main thread.
        shots: Shots per circuit when sampling.
        simulation_seed: Makes sampling repeatable.
        qiskit_backend: A ``BackendV2`` whose shape and noise are simulated, the name of a fake one such as
            ``"FakeManilaV2"``, or ``"auto"``: for each circuit the smallest fake backend that it fits.
            ``"aer_simulator"`` and ``"statevector_simulator"`` are plain Aer.
        noise_model: An Aer ``NoiseModel``; ignored, with a warning, next to a backend.
        track_depth: Whether to record the depth of every circuit submitted.
        force_sampling: Sample expectation values also without noise.
        optimization_level: As above.
        seed: The same as ``simulation_seed``.
        _deterministic_execution: Taken and without effect: every seeded run is deterministic.

    Raises:
        MissingDependencyError: Qiskit Aer is not installed.
        ConfigError: An option has a bad value.

    >>> bell = 'OPENQASM 2.0; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    >>> with QiskitSimulator(shots=1000, simulation_seed=7) as simulator:
    ...     counts = simulator.submit_circuits({"bell": bell}).results[0]["results"]
    ...     values = simulator.submit_circuits({"bell": bell}, ham_ops="ZZ;XX;ZI").expectations().values
    >>> sorted(counts), sum(counts.values())
    (['00', '11'], 1000)
    >>> values.round(12).tolist()
    [[1.0, 1.0, 0.0]]
    """

    estimate_run_time_single_circuit = staticmethod(estimate_run_time_single_circuit)
    estimate_run_time_batch = staticmethod(estimate_run_time_batch)

    def __init__(
        self,
        n_processes: int | None = None,
        shots: int = 5000,
        simulation_seed: int | None = None,
        qiskit_backend: Any = None,
        noise_model: Any = None,
        track_depth: bool = False,
        force_sampling: bool = False,
        optimization_level: int | None = None,
        _deterministic_execution: bool = False,
        *,
        seed: int | None = None,
    ) -> None:
        super().__init__(shots, track_depth)
        load_aer()
        if seed is not None and simulation_seed is not None:
            raise ConfigTypeError("Give the seed once: simulation_seed=, or seed=.", "seed")
        self.n_processes = _default_processes() if n_processes is None else n_processes
        self.simulation_seed = simulation_seed if seed is None else seed
        self.force_sampling = bool(force_sampling)
        if optimization_level not in _LEVELS or isinstance(optimization_level, bool):
            raise ConfigError(
                f"Expected optimization_level as 0, 1, 2, 3 or None, got {optimization_level!r}.",
                "optimization_level",
            )
        self._optimization_level = optimization_level
        self._backend = resolve_backend(qiskit_backend)
        self._noise_model = noise_model
        if self._is_backend and noise_model is not None:
            warn_user(
                "Both qiskit_backend and noise_model are given; noise_model is ignored, for the backend "
                "brings its own noise."
            )
            self._noise_model = None
        if self._noise_model is not None and not isinstance(self._noise_model, load_aer().noise.NoiseModel):
            raise ConfigTypeError(
                f"Expected noise_model as qiskit_aer.noise.NoiseModel, got {type(noise_model).__name__}.",
                "noise_model",
            )
        self._targets: dict[str, Target] = {}

    @property
    def n_processes(self) -> int:
        """Threads Aer may use; may be changed between submissions."""
        return self._n_processes

    @n_processes.setter
    def n_processes(self, n_processes: int) -> None:
        number = _integer("n_processes", n_processes)
        if number < 1:
            raise ConfigError(f"n_processes must be >= 1, got {number}", "n_processes")
        self._n_processes = number

    @property
    def simulation_seed(self) -> int | None:
        """The seed, or None for random runs; may be changed between submissions."""
        return self._seed

    @simulation_seed.setter
    def simulation_seed(self, seed: int | None) -> None:
        number = None if seed is None else _integer("simulation_seed", seed)
        if number is not None and not 0 <= number < _MOST_SEED:
            raise ConfigError(
                f"simulation_seed must be from 0 to 2**64 - 1, got {number}.", "simulation_seed"
            )
        self._seed = number

    @property
    def qiskit_backend(self) -> Any:
        """The backend, ``"auto"``, a name of plain Aer, or None."""
        return self._backend

    @property
    def noise_model(self) -> Any:
        """The Aer noise model, or None."""
        return self._noise_model

    @property
    def optimization_level(self) -> int | None:
        """Optimization level of the transpiler, or None."""
        return self._optimization_level

    @property
    def supports_expval(self) -> bool:
        """Whether expectation values are exact: there is no noise, no backend, and sampling is not forced.

        ``ham_ops`` is taken in any case.
        """
        return not self._samples

    @property
    def is_async(self) -> bool:
        """Always False: a submission returns results."""
        return False

    @property
    def resolves_parameters(self) -> bool:
        """Always True: templates are run with their rows as they are."""
        return True

    def set_seed(self, seed: int) -> None:
        """Make sampling repeatable: the counts of a circuit then follow from the seed and its label."""
        self.simulation_seed = seed

    def close(self) -> None:
        """Forget the circuits kept. May be called twice; the next submission starts anew."""
        self._targets = {}

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_targets": {}}

    @property
    def _is_backend(self) -> bool:
        return self._backend is not None and not (
            isinstance(self._backend, str) and self._backend in PLAIN_NAMES
        )

    @property
    def _samples(self) -> bool:
        return self.force_sampling or self._is_backend or self._noise_model is not None

    def submit_circuits(
        self,
        circuits: Circuits | None = None,
        *,
        payloads: Circuits | None = None,
        ham_ops: str | None = None,
        circuit_ham_map: Sequence[tuple[int, int]] | None = None,
        shot_groups: Sequence[tuple[int, int, int]] | None = None,
        cancellation_event: threading.Event | None = None,
        progress: Callable[[int, int], None] | None = None,
        **kwargs: Any,
    ) -> CompletedResult:
        """Run circuits and return their counts, or expectation values.

        Args:
            circuits: Anything `CircuitBatch.of` takes.
            payloads: The same as ``circuits``.
            ham_ops: Pauli words to take expectation values of, leftmost letter = qubit 0; ``;`` between
                words, ``|`` between groups. Exact, or means of samples (see the class); final measurements
                do not matter. Words shorter than a circuit are padded with I, with a warning.
            circuit_ham_map: For each group of ``ham_ops`` the half-open range of circuits it is for. Those in
                no range get the words of all groups; where ranges overlap, the first wins, with a warning.
            shot_groups: (start, end, shots) ranges that cover all circuits, instead of the runner's shots.
            cancellation_event: Set it to stop between chunks of circuits.
            progress: Called with (circuits done, circuits in all) now and then.
            **kwargs: Ignored, with a warning.

        Returns:
            One entry per circuit, in order. Counts: keys have one character per declared classical bit,
            rightmost = bit 0. Expectation values: keys are the words as given. ``"metadata"`` says where the
            numbers come from; ``run_time`` is the time the simulations took in all.

        Raises:
            QasmError: A circuit is not valid.
            DuplicateLabelError: Two circuits have one label.
            ObservableError: ``ham_ops`` or ``circuit_ham_map`` does not fit the circuits.
            ShotRangeError: ``shot_groups`` does not cover the circuits exactly once.
            ConfigError: With ``"auto"``, a circuit is wider than any fake backend.
            SimulationError: A circuit does not fit the backend, or Aer failed on it.
            ExecutionCancelledError: ``cancellation_event`` was set.
        """
        warn_unknown_keywords(kwargs, KEYWORDS)
        refuse_conflicts(ham_ops, circuit_ham_map, shot_groups)
        self._check_ham_ops(ham_ops)
        check(
            cancellation_event,
            "Qiskit batch cancelled before dispatch (before any circuit was dispatched)",
        )
        batch = CircuitBatch.of(the_circuits(circuits, payloads))
        if not batch:
            return CompletedResult([])
        observables = None if ham_ops is None else Observables(ham_ops, circuit_ham_map, len(batch))
        shots = shots_per_circuit(shot_groups, self.shots, len(batch))
        if self.track_depth:
            self._record_depths(depths(batch))
        seed = secrets.randbits(64) if self._seed is None else self._seed
        run = Run(
            self._target_for,
            batch.labels,
            self._n_processes,
            cancellation_event,
            told(progress, len(batch)),
            seed,
        )
        began = time.perf_counter()
        found: ExpectationTable | CountsTable | list[dict[str, Any]]
        if observables is None:
            seeds = _core.derive_seeds(seed, run.labels)
            found = counted(batch, partial(_plan_sample, run, shots, seeds))
        elif self._samples:
            found = estimated(batch, observables, partial(plan_measure, run, self.shots))
        else:
            found = estimated(batch, observables, partial(plan_estimate, run))
        return CompletedResult(found, run_time=time.perf_counter() - began)

    def _check_ham_ops(self, ham_ops: str | None) -> None:
        """For subclasses: refuse what they do not measure."""

    def _target_for(self, n_qubits: int) -> Target:
        """The target for a circuit of so many qubits: always the same one, so that circuits are kept."""
        name = fake_for(n_qubits) if self._backend == "auto" else ""
        target = self._targets.get(name)
        if target is None:
            level = self._optimization_level
            if self._is_backend:
                target = Target(fake_backend(name) if name else self._backend, None, level)
            else:
                method = PLAIN_NAMES.get(self._backend or "", "automatic")
                target = Target(None, self._noise_model, level, method)
            target = self._targets.setdefault(name, target)
        return target


def _plan_sample(
    run: Run,
    shots: NDArray[np.uint64],
    seeds: NDArray[np.uint64],
    template: _core.Template,
    rows: NDArray[np.int64],
) -> Callable[[], Sampled]:
    """Check what can be checked; return a call for the counts of the given rows of a template."""
    circuits = template.circuits[rows]
    label = run.labels[circuits[0]]
    target = run.target_for(template.n_qubits)
    target.check(template, label)
    if not template.native().measures:
        raise nothing_to_sample(label)
    form = sampled_form(template, target.is_ideal, measures=True)
    batch = Batch(run, target, template, form, rows)
    return partial(counts_of, batch, shots[circuits], seeds[circuits])


def _integer(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ConfigTypeError(f"Expected {name} as an integer, got {value!r:.60}.", name) from None


def _default_processes() -> int:
    """As many threads as leave the machine usable; two off the main thread, where more may be running."""
    import multiprocessing

    if (
        threading.current_thread() is not threading.main_thread()
        or multiprocessing.parent_process() is not None
    ):
        return 2
    cores = os.cpu_count()
    if cores is None:
        return 4
    if cores <= 4:
        return max(2, cores - 1)
    return cores - 1 if cores <= 16 else min(16, int(0.75 * cores))
