"""Qiskit circuits with instructions that Qiskit's exporter to OpenQASM 2 writes wrongly, or not at all."""

import numpy as np
import pytest
from qiskit.circuit import (
    AnnotatedOperation,
    ClassicalRegister,
    Clbit,
    ControlModifier,
    Gate,
    InverseModifier,
    Parameter,
    QuantumCircuit,
    QuantumRegister,
    Qubit,
    library,
)
from qiskit.quantum_info import Clifford, SparsePauliOp, Statevector, random_unitary

from vivace.backends import CircuitPayload, MaestroSimulator
from vivace.errors import QasmError

WORDS = ["ZIII", "IZII", "IIZI", "IIIZ", "XXII", "IYZX", "ZZZZ", "XIXI", "YYII", "IXYI"]


def turned():
    """A product state in which no two qubits are alike."""
    circuit = QuantumCircuit(4)
    for qubit in range(4):
        circuit.ry(0.3 + 0.4 * qubit, qubit)
        circuit.rz(0.7 * qubit + 0.1, qubit)
    return circuit


def named(name, *parts, n=2):
    inner = QuantumCircuit(n, name=name)
    for operation, qubits in parts:
        inner.append(operation, qubits)
    return inner.to_gate()


def bell(name):
    return named(name, (library.HGate(), [0]), (library.CXGate(), [0, 1]))


def agrees(circuit):
    """Whether the values are those of Qiskit's own state."""
    state = Statevector(circuit)
    expected = [state.expectation_value(SparsePauliOp(word[::-1])).real for word in WORDS]
    with MaestroSimulator() as simulator:
        found = simulator.submit_circuits([circuit], ham_ops=";".join(WORDS)).expectations().values[0]
    return np.allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(
    "gate",
    [
        library.PauliGate("XYZI"),
        library.PauliGate("XYZ").control(1),
        library.DiagonalGate([1, 1j, -1, -1j]),
        library.DiagonalGate([1, 1j, -1, -1j]).control(1, ctrl_state=0),
        library.StatePreparation([0.6, 0.8j, 0, 0]).inverse(),
        library.LinearFunction([[1, 1], [0, 1]]),
        library.UCGate([random_unitary(2, seed=seed).data for seed in range(4)]),
        library.UnitaryGate(random_unitary(4, seed=3)),
        named("wrapper", (library.PauliGate("XY"), [0, 1]), (bell("rx"), [1, 0])),
        AnnotatedOperation(library.SGate(), [InverseModifier(), ControlModifier(1)]),
        Clifford(bell("any").definition),
        named("phased", (library.GlobalPhaseGate(0.3), []), (library.XGate(), [0])),
    ],
    ids=lambda gate: gate.name,
)
def test_gates_that_the_exporter_writes_wrongly(gate):
    circuit = turned()
    circuit.append(gate, list(range(gate.num_qubits))[::-1])
    assert agrees(circuit)


@pytest.mark.parametrize(
    "name",
    [
        *("rx", "p", "pi", "sin", "u0", "c4x", "swap", "iswap", "ryy", "delay", "barrier", "measure"),
        *("reset", "if", "gate", "U", "CX", "qreg", "My-Gate 1"),
    ],
)
def test_gates_of_the_users_may_have_any_name(name):
    circuit = turned()
    circuit.append(bell(name), [2, 0])
    assert agrees(circuit)


def test_a_gate_is_what_it_is_made_of_not_what_it_is_called():
    circuit = turned()
    false_h = named("h", (library.XGate(), [0]), (library.TGate(), [0]), n=1)
    circuit.append(false_h, [0])
    circuit.append(false_h.control(1), [1, 3])
    assert agrees(circuit)


def test_initial_states():
    """With the resets that belong to them, also in mid-circuit."""
    for state in ([0.6, 0.8j, 0, 0], "01", 2):
        circuit = QuantumCircuit(4)
        circuit.initialize(state, [0, 1])
        circuit.cx(0, 2)
        assert agrees(circuit)
    again = QuantumCircuit(1, 1)
    again.h(0)
    again.initialize(1, [0])
    again.measure(0, 0)
    with MaestroSimulator(shots=50) as simulator:
        assert simulator.submit_circuits([again]).results[0]["results"] == {"1": 50}


@pytest.mark.parametrize("names", [("rx", "pi"), ("pi", "rx"), ("sin", "h"), ("x", "measure"), ("mine", "c")])
def test_registers_may_have_any_name(names):
    """That of a gate, a function, a word of the language, or a gate of the user's; conditions go along."""
    quantum, classical = QuantumRegister(2, names[0]), ClassicalRegister(2, names[1])
    circuit = QuantumCircuit(quantum, ClassicalRegister(1, "first"), classical, QuantumRegister(2, "reg_rx"))
    circuit.append(named("mine", (library.XGate(), [0]), n=1), [1])
    circuit.measure(1, classical[1])
    with circuit.if_test((classical, 2)):
        circuit.append(library.PauliGate("XX"), [0, 3])
    circuit.measure([0, 3], [1, 0])
    with MaestroSimulator(shots=50) as simulator:
        assert simulator.submit_circuits([circuit]).results[0]["results"] == {"111": 50}


@pytest.mark.parametrize("name", ["ucrz", "unitary", "multiplexer_dg", "isometry_to_uncompute_dg"])
def test_registers_may_be_called_like_a_gate_that_another_is_made_of(name):
    """Also where that gate is spread, so that what it is made of is seen only then."""
    circuit = QuantumCircuit(QuantumRegister(2, name), QuantumRegister(2, f"reg_{name}"))
    circuit.compose(turned(), inplace=True)
    circuit.append(library.DiagonalGate([1, 1j, -1, -1j]), [0, 1])
    circuit.append(library.StatePreparation([0.6, 0, 0, 0.8]), [2, 1])
    assert agrees(circuit)


def in_registers(*cuts):
    """The circuit `turned` with its qubits in registers that have these of them, in this order."""
    bare = turned()
    circuit = QuantumCircuit([Qubit() for _ in range(4)])
    for number, cut in enumerate(cuts):
        register = QuantumRegister(bits=[circuit.qubits[at] for at in cut], name=f"r{number}")
        circuit.add_register(register)
    return circuit.compose(bare)


@pytest.mark.parametrize(
    "cuts",
    [
        *([[0, 1, 2, 3], [1, 0]], [[1, 0], [0, 1, 2, 3]], [[0, 1], [1, 2], [2, 3]], [[3, 2, 1, 0]]),
        *([[1, 2]], [[2, 3]], [[2, 3], [0, 1]], [[3], [0]], [[0, 1]], []),
    ],
)
def test_a_qubit_is_one_qubit_at_its_place_whatever_registers_it_is_in(cuts):
    """Registers may share bits and reorder them; bits may have no register."""
    assert agrees(in_registers(*cuts))


def test_a_clbit_is_one_clbit_at_its_place_whatever_registers_it_is_in():
    circuit = QuantumCircuit(QuantumRegister(3), [Clbit()], ClassicalRegister(2, "c"))
    circuit.add_register(ClassicalRegister(bits=[circuit.clbits[1], circuit.clbits[0]], name="rest"))
    circuit.x(0)
    circuit.measure(0, 1)
    with circuit.if_test((circuit.cregs[0], 1)):
        circuit.x(2)
    circuit.measure([1, 2], [0, 2])
    with MaestroSimulator(shots=50) as simulator:
        assert simulator.submit_circuits([circuit]).results[0]["results"] == {"110": 50}


def test_measurements_in_instructions_of_the_users():
    inner = QuantumCircuit(2, 2, name="part")
    inner.x(0)
    inner.measure([0, 1], [1, 0])
    circuit = QuantumCircuit(2, 3)
    circuit.append(inner.to_instruction(), [1, 0], [2, 0])
    with MaestroSimulator(shots=50) as simulator:
        assert simulator.submit_circuits([circuit]).results[0]["results"] == {"001": 50}


def test_parameters_stay_parameters():
    angle = Parameter("angle")
    inner = QuantumCircuit(1, name="rx")
    inner.ry(2 * angle, 0)
    circuit = QuantumCircuit(2)
    circuit.append(inner.to_gate(), [0])
    circuit.append(library.PauliGate("IX"), [0, 1])
    with MaestroSimulator() as simulator:
        payload = CircuitPayload(circuit, [angle], [("a", [0.2]), ("b", [0.4])])
        found = simulator.submit_circuits([payload], ham_ops="ZI").expectations().values[:, 0]
    assert found == pytest.approx([-np.cos(0.4), -np.cos(0.8)])


def opposite():
    circuit = QuantumCircuit(2, 1)
    circuit.append(library.PauliGate("XX"), [0, 1])
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(0)
    return circuit


def unknown():
    circuit = QuantumCircuit(2)
    circuit.append(Gate("rx", 2, []), [0, 1])
    return circuit


def measuring():
    inner = QuantumCircuit(1, 1, name="part")
    inner.measure(0, 0)
    inner.x(0)
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((circuit.cregs[0], 1)):
        circuit.append(inner.to_instruction(), [0], [0])
    return circuit


def sharing():
    circuit = QuantumCircuit(1, 2)
    circuit.add_register(ClassicalRegister(bits=circuit.clbits[::-1], name="turned"))
    with circuit.if_test((circuit.cregs[1], 1)):
        circuit.x(0)
    return circuit


@pytest.mark.parametrize(
    ("circuit", "reason"),
    [
        (
            opposite(),
            "its classical control is no single instruction under the condition that a register of the "
            "circuit equals a number",
        ),
        (sharing(), "the bits of register 'turned' are not its own, or not in order"),
        (unknown(), "instruction 'rx' has no definition"),
        (measuring(), "instruction 'part' measures under a condition"),
    ],
)
def test_what_cannot_be_written_is_told_with_the_reason(circuit, reason):
    with MaestroSimulator() as simulator, pytest.raises(QasmError) as caught:
        simulator.submit_circuits({"it": circuit})
    assert str(caught.value) == f"Circuit 'it' cannot be exported to OpenQASM 2: {reason}."
    assert caught.value.label == "it"
