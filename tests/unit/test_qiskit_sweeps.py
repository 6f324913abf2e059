"""Circuits with parameters and operators of Qiskit, swept as they are, against Qiskit's own statevectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Gate, Parameter, ParameterVector, QuantumCircuit, library
from qiskit.quantum_info import SparsePauliOp, Statevector

from vivace.backends import CircuitPayload, MaestroSimulator
from vivace.errors import ObservableError, ParameterError, QasmError
from vivace.sweeps import Observable, sweep

A, B = Parameter("a"), Parameter("β")
THETA = ParameterVector("θ", 12)


def wanted(circuit, parameters, rows, operator):
    """What Qiskit finds, row by row."""
    bound = (circuit.assign_parameters(dict(zip(parameters, row, strict=True))) for row in rows)
    # What runs of an evolution is its product formula, not the evolution.
    bound = (one.decompose("PauliEvolution") for one in bound)
    return [Statevector(one).expectation_value(operator).real for one in bound]


def uneven(n_qubits):
    """A start that no gate leaves alone, different on every qubit."""
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.ry(0.4 + 0.3 * qubit, qubit)
    return circuit


# No symmetry: any mix-up of qubits, of parameters or of signs shows.
OPERATOR = SparsePauliOp.from_list([("IIX", 0.3), ("IYZ", -0.7), ("ZXI", 1.1), ("YII", 0.2), ("ZZZ", 0.9)])


def test_qubit_0_is_on_the_right_in_labels_and_on_the_left_in_words():
    circuit = QuantumCircuit(3)
    circuit.rx(A, 0)
    found = sweep(circuit, [A], [[np.pi]], observable=SparsePauliOp(["IIZ", "ZII"], [1.0, 10.0]))
    assert found.observable.words == ("ZII", "IIZ")
    assert found.word_values.round(9).tolist() == [[-1, 1]]
    assert found.energies.round(9).tolist() == [9]


def test_columns_are_in_the_order_of_the_names():
    circuit = uneven(3)
    circuit.rx(A, 0)
    circuit.crz(B, 0, 1)
    circuit.rxx(THETA[11], 1, 2)
    rows = np.array([[0.1, 0.2, 0.3], [1.0, -2.0, 0.5]])
    for order in ([A, B, THETA[11]], [THETA[11], B, A]):
        expected = wanted(circuit, order, rows, OPERATOR)
        assert sweep(circuit, order, rows, observable=OPERATOR).energies == pytest.approx(expected, abs=1e-9)
        found = sweep(circuit, [p.name for p in order], rows, observable=OPERATOR)
        assert found.names == tuple(p.name for p in order)
        assert found.energies == pytest.approx(expected, abs=1e-9)


GATES = [
    library.CPhaseGate(A),
    library.CRXGate(A),
    library.CRYGate(A, ctrl_state=0),
    library.CUGate(A, B, A + B, A - B),
    library.CU3Gate(A, B, 0.3),
    library.MCPhaseGate(A, 2),
    library.MCPhaseGate(A, 2, ctrl_state=1),
    library.RGate(A, B),
    library.RXXGate(A),
    library.RYYGate(A),
    library.RZXGate(A),
    library.RZZGate(A),
    library.U2Gate(A, B),
    library.UGate(A, B, 2 * A),
    library.XXPlusYYGate(A, B),
    library.XXMinusYYGate(A, B),
    library.RXGate(A).control(2, annotated=False),
    library.RXGate(A).control(2, annotated=True),
    library.PauliEvolutionGate(SparsePauliOp(["XZ", "YI"], [0.5, 1.0]), time=A),
]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_every_gate_means_what_it_means_in_qiskit(gate):
    circuit = uneven(3)
    circuit.append(gate, [2, 0, 1][: gate.num_qubits])
    rows = np.array([[0.3, 1.1], [-2.0, 0.7]])[:, : len(circuit.parameters)]
    found = sweep(circuit, circuit.parameters, rows, observable=OPERATOR)
    assert found.energies == pytest.approx(wanted(circuit, circuit.parameters, rows, OPERATOR), abs=1e-9)


def test_gates_of_the_user_nest():
    inner = QuantumCircuit(2, name="inner")
    inner.rx(2 * A, 1)
    inner.cx(1, 0)
    middle = QuantumCircuit(2, name="middle")
    middle.append(inner.to_gate(), [1, 0])
    middle.rz(B / 3, 0)
    circuit = uneven(3)
    circuit.append(middle.to_gate(), [2, 0])
    circuit.append(middle.to_gate({A: B, B: A}), [0, 1])
    circuit.global_phase = A
    rows = np.array([[0.3, 1.1], [-2.0, 0.7]])
    found = sweep(circuit, [A, B], rows, observable=OPERATOR)
    assert found.energies == pytest.approx(wanted(circuit, [A, B], rows, OPERATOR), abs=1e-9)


EXPRESSIONS = st.recursive(
    st.sampled_from([A, B, THETA[0], THETA[11]]),
    lambda inner: st.one_of(
        st.builds(lambda x, y: x + y, inner, inner),
        st.builds(lambda x, y: x - y, inner, inner),
        st.builds(lambda x, y: x * y, inner, inner),
        st.builds(lambda x, k: k * x, inner, st.sampled_from([-0.5, 3, 1 / 3, np.pi])),
        st.builds(lambda x: -x, inner),
        st.builds(lambda x: x**2, inner),
        st.builds(lambda x: 2**x, inner),
        st.builds(lambda x: (1 + x**2).log(), inner),
        st.builds(lambda x: x.sin(), inner),
        st.builds(lambda x: x.cos().exp(), inner),
        st.builds(lambda x: x / 7, inner),
        st.builds(lambda x: x.conjugate(), inner),
    ),
    max_leaves=6,
)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=3))
def test_expressions_mean_what_they_mean_in_qiskit(expressions):
    circuit = uneven(1)
    for expression in expressions:
        circuit.rx(expression, 0)
        circuit.h(0)
    parameters = list(circuit.parameters)
    if not parameters:
        return
    row = np.linspace(0.2, 0.9, len(parameters))
    operator = SparsePauliOp(["X", "Y", "Z"], [0.3, 0.5, 0.7])
    found = sweep(circuit, parameters, [row], observable=operator)
    assert found.energies == pytest.approx(wanted(circuit, parameters, [row], operator), abs=1e-9)


def test_a_payload_takes_a_circuit_for_any_runner():
    circuit = QuantumCircuit(2, 2)
    circuit.rx(2 * A, 1)
    circuit.measure([0, 1], [0, 1])
    payload = CircuitPayload(circuit, [A], [("flat", [0.0]), ("up", [np.pi / 2])])
    with MaestroSimulator(shots=10) as simulator:
        found = simulator.submit_circuits([payload]).results
    assert [entry["results"] for entry in found] == [{"00": 10}, {"10": 10}]


def test_samples_and_gradients():
    circuit = QuantumCircuit(2, 2)
    circuit.rx(A, 0)
    operator = SparsePauliOp(["IZ"], [2.0])
    slopes = sweep(circuit, [A], [[0.5]], observable=operator, gradients=True).gradients
    assert slopes == pytest.approx(np.array([[-2 * np.sin(0.5)]]))
    circuit.measure([0, 1], [0, 1])
    found = sweep(circuit, [A], [[np.pi]], observable=operator, shots=10)
    assert (found.counts.row(0), found.energies.tolist()) == ({"01": 10}, [-2])


def test_equal_labels_add_up_and_rounding_in_imaginary_parts_goes():
    found = Observable.of(SparsePauliOp(["IZ", "XX", "IZ"], [1.0, 1e-9, 0.5 + 1e-17j]))
    assert (found.words, found.coefficients.tolist()) == (("ZI", "XX"), [1.5, 1e-9])
    assert Observable.of(found) is found


class TestRefusals:
    @pytest.fixture
    def circuit(self):
        circuit = QuantumCircuit(1)
        circuit.rx(A + B, 0)
        return circuit

    def test_parameters_without_values(self, circuit):
        with pytest.raises(ParameterError) as caught:
            sweep(circuit, ["a"], [[0.5]], observable=Observable(("Z",), [1.0]))
        assert str(caught.value) == "The circuit needs values for β; there are values for: a."
        with MaestroSimulator() as simulator, pytest.raises(QasmError) as caught:
            simulator.submit_circuits({"one": circuit})
        assert str(caught.value) == (
            "Circuit 'one' cannot be exported to OpenQASM 2: a, β have no values. Bind them, or submit a "
            "CircuitPayload."
        )

    def test_names_of_no_parameter(self, circuit):
        with pytest.raises(ParameterError, match="The template has no parameter 'c'"):
            sweep(circuit, ["a", "β", "c"], [[0.5] * 3], observable=Observable(("Z",), [1.0]))

    def test_a_parameter_named_pi(self):
        circuit = QuantumCircuit(1)
        circuit.rx(Parameter("pi"), 0)
        with pytest.raises(ParameterError, match="a parameter named 'pi', which is a number. Rename it"):
            sweep(circuit, ["pi"], [[0.5]], observable=Observable(("Z",), [1.0]))

    def test_what_openqasm_2_has_no_words_for(self):
        circuit = QuantumCircuit(1, 1)
        with circuit.if_test((0, True)):
            circuit.rx(A, 0)
        with pytest.raises(QasmError, match="The circuit cannot be exported to OpenQASM 2: "):
            sweep(circuit, [A], [[0.5]], observable=Observable(("Z",), [1.0]))

    @pytest.mark.parametrize(
        ("angle", "missing"),
        [
            (2 * abs(A - B), "that has no 'abs', as in the angle 2*abs(a - β)"),
            ((A / 2).sign().sin(), "that has no 'sign', as in the angle sin(sign(a/2))"),
            (2.5j * A, "that has no '2.5i', as in the angle (2.5i)*a"),
        ],
    )
    def test_what_openqasm_2_has_not_in_angles(self, angle, missing):
        circuit = QuantumCircuit(1, 1)
        circuit.rx(angle, 0)
        rows = [("one", [0.5] * len(circuit.parameters))]
        with MaestroSimulator() as simulator, pytest.raises(QasmError) as caught:
            simulator.submit_circuits([CircuitPayload(circuit, circuit.parameters, rows)])
        assert str(caught.value) == f"The circuit cannot be exported to OpenQASM 2: {missing}."

    def test_a_gate_without_a_definition(self):
        circuit = QuantumCircuit(1)
        circuit.append(Gate("mine", 1, [A]), [0])
        with pytest.raises(QasmError, match="OpenQASM 2: instruction 'mine' has no def"):
            sweep(circuit, [A], [[0.5]], observable=Observable(("Z",), [1.0]))

    def test_operators(self):
        with pytest.raises(ObservableError) as caught:
            Observable.of(SparsePauliOp(["IX"], [1j]))
        assert str(caught.value) == "The coefficient of 'XI' is not real: 1j."
        with pytest.raises(ObservableError, match="coefficients of the operator have parameters. Bind them"):
            Observable.of(SparsePauliOp(["IX"], np.array([A])))
        with pytest.raises(TypeError, match="Expected an Observable or a SparsePauliOp, got str"):
            Observable.of("ZZ")
