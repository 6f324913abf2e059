"""What circuits are run on: plain Aer, Aer with a noise model, or Aer in the shape of a backend."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from vivace._suggest import did_you_mean, warn_user
from vivace.backends.aer.circuits import Program
from vivace.backends.aer.library import load_aer, load_fakes
from vivace.backends.bounded import Bounded
from vivace.errors import ConfigError, ConfigTypeError, SimulationError, UnknownChoiceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace import _core

__all__ = ["AUTO_FAKES", "PLAIN_NAMES", "Target", "fake_backend", "fake_for", "resolve_backend"]

AUTO_FAKES: Final = {
    5: "FakeQuitoV2",
    7: "FakeNairobiV2",
    15: "FakeMelbourneV2",
    16: "FakeGuadalupeV2",
    20: "FakeBoeblingenV2",
    27: "FakeCairoV2",
}
"""Fake backends that ``"auto"`` chooses from, by their numbers of qubits."""

PLAIN_NAMES: Final = {
    "aer_simulator": "automatic",
    "qasm_simulator": "automatic",
    "statevector_simulator": "statevector",
}
"""Names of plain Aer in older programs, and the methods they stand for."""

_KEPT: Final = 128
_PAULI: Final = frozenset({"id", "x", "y", "z", "pauli"})
_EXACT_METHODS: Final = frozenset({"automatic", "statevector", "density_matrix"})
_DEFAULT_LEVEL: Final = 2  # Qiskit's
_ANGLE_AWARE: Final = 2  # from this level on, Qiskit looks at the numbers in a circuit


def fake_for(n_qubits: int) -> str:
    """Name of the smallest fake backend with that many qubits.

    >>> fake_for(5), fake_for(6)
    ('FakeQuitoV2', 'FakeNairobiV2')

    Raises:
        ConfigError: There is none.
    """
    for size, name in AUTO_FAKES.items():
        if size >= n_qubits:
            return name
    raise ConfigError(
        f"No fake backend available for circuit with {n_qubits} qubits. "
        "Please provide an explicit backend or use a smaller circuit.",
        "qiskit_backend",
    )


def fake_backend(name: str) -> Any:
    """A fake backend by the name of its class.

    Raises:
        UnknownChoiceError: There is no such backend.
    """
    fakes = load_fakes()
    known = [other for other in dir(fakes) if other.startswith("Fake") and other.endswith("V2")]
    if name not in known:
        choices = ["auto", *PLAIN_NAMES, *known]
        raise UnknownChoiceError(
            f"Unknown backend {name!r}{did_you_mean(name, choices)}. Expected 'auto', 'aer_simulator', the "
            "name of a fake backend such as 'FakeManilaV2', or a BackendV2 object.",
            "qiskit_backend",
        )
    return getattr(fakes, name)()


def resolve_backend(backend: Any) -> Any:
    """A backend as the caller gives it: an object, ``"auto"``, a name of plain Aer, or None.

    Raises:
        UnknownChoiceError: There is no backend of that name.
        ConfigTypeError: It is neither a name nor a backend.
    """
    if backend is None or (isinstance(backend, str) and (backend == "auto" or backend in PLAIN_NAMES)):
        return backend
    if isinstance(backend, str):
        return fake_backend(backend)
    if not (hasattr(backend, "target") and hasattr(backend, "run")):
        raise ConfigTypeError(
            f"Expected qiskit_backend as a BackendV2 object, a name or None, got {type(backend).__name__}.",
            "qiskit_backend",
        )
    return backend


class Target:
    """An Aer simulator, and what its circuits must look like.

    Args:
        backend: A backend to take the shape and the noise of; None for plain Aer.
        noise_model: An Aer ``NoiseModel``, when there is no backend.
        level: Optimization level of the transpiler; None for Qiskit's default, once for all rows.
        method: Simulation method of plain Aer.

    Attributes:
        simulator: The ``AerSimulator``.
        is_ideal: Whether there is neither noise nor a backend.
    """

    def __init__(
        self,
        backend: Any = None,
        noise_model: Any = None,
        level: int | None = None,
        method: str = "automatic",
    ) -> None:
        aer = load_aer()
        self.is_ideal = backend is None and noise_model is None
        self._backend = backend
        self._level = level
        self._told_of_delays = False
        self.kept: Bounded[Any] = Bounded(_KEPT)
        self.programs: Bounded[Program] = Bounded(_KEPT)
        if backend is None:
            options = {} if noise_model is None else {"noise_model": noise_model}
            self.simulator = aer.AerSimulator(method=method, **options)
        elif isinstance(backend, aer.AerSimulator):
            self.simulator = backend
        else:
            self.simulator = aer.AerSimulator.from_backend(backend)
        self._model = getattr(self.simulator.options, "noise_model", None)
        if self._model is not None and self.simulator is not backend:
            self.simulator.set_options(noise_model=_kept(self._model))

    @property
    def by_row(self) -> bool:
        """Whether circuits are transpiled with their numbers: each one on its own."""
        return not self.is_ideal and self._level is not None and self._level >= _ANGLE_AWARE

    def transpile(self, circuit: Any, method: str | None, label: str) -> Any:
        """The circuit as the simulator takes it. The same circuit always gives the same result.

        Without noise this is only to write gates that ``method`` lacks in other ways.

        Raises:
            SimulationError: It does not fit the backend.
        """
        from qiskit.circuit import CONTROL_FLOW_OP_NAMES
        from qiskit.circuit.library import get_standard_gate_name_mapping
        from qiskit.exceptions import QiskitError
        from qiskit.transpiler import generate_preset_pass_manager

        level = _DEFAULT_LEVEL if self._level is None else self._level
        options: dict[str, Any] = {"backend": self.simulator, "optimization_level": level}
        if self.is_ideal:
            known = self.exact_operations if method == "density_matrix" else self.operations
            if _names(circuit) <= known:
                return circuit
            basis = sorted(known & (get_standard_gate_name_mapping().keys() | CONTROL_FLOW_OP_NAMES))
            options = {"basis_gates": basis, "optimization_level": 0}
        elif "if_else" in _names(circuit) and "if_else" not in self.operations:
            options = {"target": self._conditional, "optimization_level": level}
        try:
            return generate_preset_pass_manager(seed_transpiler=0, **options).run(circuit)
        except QiskitError as error:
            raise SimulationError(
                f"Circuit '{label}' cannot be transpiled for {self.name}: {error.message}", label
            ) from error

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return str(getattr(self._backend or self.simulator, "name", "the backend"))

    @property
    def backend_name(self) -> str | None:
        """Name of the backend that is simulated, if there is one."""
        return None if self._backend is None else self.name

    def check(self, template: _core.Template, label: str) -> None:
        """Refuse a circuit that is wider than the backend; warn once of delays, where they would be noisy.

        Raises:
            SimulationError: It is wider.
        """
        limit = None if self._backend is None else self._backend.num_qubits
        if limit is not None and template.n_qubits > limit:
            raise SimulationError(
                f"Circuit '{label}' has {template.n_qubits} qubits but {self.name} has {limit}. "
                "Choose a wider backend, or a smaller circuit.",
                label,
            )
        if template.has_delays and not self.is_ideal and not self._told_of_delays:
            self._told_of_delays = True
            warn_user(
                f"Circuit '{label}' has delays, which take no time and have no noise here: OpenQASM 2 has "
                "no unit for them. For noise write gates, such as id."
            )

    @cached_property
    def _conditional(self) -> Any:
        """The shape of the backend, with conditions: Aer runs them also where a device does not."""
        from qiskit.circuit import IfElseOp

        found = copy.deepcopy(self.simulator.target)
        found.add_instruction(IfElseOp, name="if_else")
        return found

    @cached_property
    def operations(self) -> frozenset[str]:
        """Names of the operations it runs as they are."""
        return frozenset(self.simulator.target.operation_names) | {"barrier"}

    @cached_property
    def exact_operations(self) -> frozenset[str]:
        """Names of the gates whose density matrices it computes."""
        exact = load_aer().AerSimulator(method="density_matrix")
        return frozenset(exact.configuration().basis_gates) | {"barrier", "measure"}

    @cached_property
    def has_pauli_noise(self) -> bool:
        """Whether all errors of gates are Pauli gates, drawn without looking at the state."""
        errors = [] if self._model is None else self._model.to_dict()["errors"]
        drawn = [error["instructions"] for error in errors if error["type"] == "qerror"]
        return all(gate["name"] in _PAULI for ways in drawn for way in ways for gate in way)

    @cached_property
    def readout_errors(self) -> dict[int | None, NDArray[np.float64]] | None:
        """Readout errors by qubit, None for all others: (prepared, noted) matrices of probabilities.

        None instead of a mapping where the density matrix does not tell all that measurements do.
        """
        import numpy as np

        if self.simulator.options.method not in _EXACT_METHODS:
            return None
        model = self._model
        if model is None:
            return {}
        found: dict[int | None, NDArray[np.float64]] = {}
        for error in model.to_dict()["errors"]:
            if error["type"] == "qerror" and "measure" in error["operations"]:
                return None
            if error["type"] != "roerror":
                continue
            for qubits in error.get("gate_qubits", [None]):
                if qubits is not None and len(qubits) != 1:
                    return None
                found[None if qubits is None else qubits[0]] = np.array(error["probabilities"])
        return found


def _names(circuit: Any) -> set[str]:
    """Names of all operations, also of those under classical control."""
    found = set(circuit.count_ops())
    for instruction in circuit.data:
        for block in getattr(instruction.operation, "blocks", ()):
            found |= _names(block)
    return found


def _kept(model: Any) -> Any:
    """The noise model, written out once and not again for every job, which would take most of its time."""
    noise = load_aer().noise

    class KeptNoiseModel(noise.NoiseModel):  # type: ignore[misc,name-defined]
        def to_dict(self, serializable: bool = False) -> dict[str, Any]:
            found: dict[str, Any] = written if serializable else model.to_dict()
            return found

    written = model.to_dict(serializable=True)
    kept = KeptNoiseModel()
    kept.__dict__.update(model.__dict__)
    return kept
