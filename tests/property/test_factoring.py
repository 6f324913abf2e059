"""Factoring: circuits read in one batch are those read one by one."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import qasm2
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate, efficient_su2
from qiskit.quantum_info import Operator, SparsePauliOp

from support import loaded, programs
from vivace.backends import MaestroSimulator
from vivace.circuits import CircuitBatch
from vivace.errors import QasmError

PROFILE = settings(derandomize=True, deadline=None, database=None, max_examples=250)
NUMBER = re.compile(r"(?<![\w.\]\[=])-?(?:\d+\.\d*|\.\d+|\d+e-?\d+)(?![\w.])")
NUMBERS = [
    "0.25",
    "-1.5",
    "--2.",
    ".75",
    "1e-300",
    "3",
    "-0.0",
    "1e400",
    "0.1e",
    "1.2.3",
    "pi",
    "(0.5)",
    "+0.5",
    "1e22",
]


@st.composite
def varied(draw):
    """A program and copies of it with other numbers, other white space, or one character changed."""
    text = draw(programs.written(programs.tokens(max_statements=4)))
    copies = [text]
    for _ in range(draw(st.integers(1, 5))):
        numbers = draw(st.lists(st.sampled_from(NUMBERS[:7]), min_size=1, max_size=4))
        if draw(st.integers(0, 5)) == 0:
            numbers.append(draw(st.sampled_from(NUMBERS)))
        chosen = iter(numbers * 1000)
        copy = NUMBER.sub(lambda match: next(chosen), text)  # noqa: B023
        if draw(st.integers(0, 4)) == 0:
            at = draw(st.integers(0, len(copy) - 1))
            copy = (
                copy[:at] + draw(st.sampled_from([" ", "\n", "0", ";", "q", "", "// x\n"])) + copy[at + 1 :]
            )
        copies.append(copy)
    return copies


def alone(text):
    try:
        return CircuitBatch.of([text])
    except QasmError as error:
        return error.msg.partition(": ")[2]


def nameless(text):
    return loaded.nameless(loaded.load(text))


@PROFILE
@given(varied())
def test_a_batch_reads_what_each_text_says(copies):
    """The first bad text is the error, the same as alone; else every circuit is what it is alone."""
    singles = [alone(text) for text in copies]
    bad = [index for index, single in enumerate(singles) if isinstance(single, str)]
    if bad:
        with pytest.raises(QasmError) as caught:
            CircuitBatch.of(copies)
        assert caught.value.label == str(bad[0])
        assert caught.value.msg.partition(": ")[2] == singles[bad[0]]
        return
    batch = CircuitBatch.of(copies)
    for single, text in zip(singles, batch.bound_texts().values(), strict=True):
        assert nameless(text) == nameless(single.bound_texts()["0"])


@PROFILE
@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
def test_any_doubles_survive(rows):
    """Numbers of any size, equal, opposite and constant columns: each angle comes back bit for bit."""
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; rx({}) q[0]; cu3({},{},0.5) q[0],q[1]; rz({}) q[0];'
    )
    batch = CircuitBatch.of([text.format(*(repr(float(value)) for value in (*row, -row[0]))) for row in rows])
    (template,) = batch.templates
    native = template.native()
    angles = template.angles(native, 0, len(rows))
    expected = np.array([[a, b, c, 0.5, 0.0, -a] for a, b, c in rows])
    kept = [operation for operation in native.operations() if operation[3]]
    assert [name for name, *_ in kept] == ["rx", "cu", "rz"]
    np.testing.assert_array_equal(angles.view(np.uint64), expected.view(np.uint64))


def one_gate(x, y, _):
    """One composite gate on two places."""
    part = QuantumCircuit(2)
    part.rx(x, 0)
    part.cx(0, 1)
    part.rz(-y, 1)
    gate = part.to_gate()
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.append(gate, [0, 1])
    circuit.append(gate, [2, 1])
    circuit.ry(x, 2)
    return circuit


def gates_in_gates(x, y, z):
    """Three levels of gates; the inner ones are used by several outer ones and by the circuit itself."""
    inner = QuantumCircuit(2)
    inner.u(x, y, 0.25, 0)
    inner.crx(z, 0, 1)
    middle = QuantumCircuit(3)
    middle.append(inner.to_gate(), [2, 0])
    middle.append(inner.to_gate().inverse(), [0, 1])
    middle.rzz(y, 1, 2)
    outer = QuantumCircuit(3)
    outer.append(middle.to_gate(), [1, 2, 0])
    outer.append(inner.to_gate(), [1, 0])
    circuit = QuantumCircuit(3)
    circuit.append(outer.to_gate(), [0, 1, 2])
    circuit.append(middle.to_gate(), [2, 1, 0])
    circuit.append(inner.to_gate(), [0, 2])
    return circuit


def evolution(x, y, z):
    """Trotter steps, which Qiskit exports as a gate with a parameter that its body does not use."""
    circuit = QuantumCircuit(3)
    circuit.h(range(3))
    circuit.append(PauliEvolutionGate(SparsePauliOp(["ZZI", "IXX"], [x, y]), z), range(3))
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XYZ"], [y]), x), range(3))
    return circuit


def ansatz(x, y, z):
    """A library circuit as a gate, under control."""
    part = efficient_su2(2, reps=1)
    part = part.assign_parameters(np.linspace(x, y, part.num_parameters))
    circuit = QuantumCircuit(3)
    circuit.append(part.to_gate(), [0, 1])
    circuit.append(part.to_gate().control(1), [2, 0, 1])
    circuit.rx(z, 1)
    return circuit


COMPOSITES = [one_gate, gates_in_gates, evolution, ansatz]


def sweep(maker, n_rows=6):
    """The circuit at several angles, none of them equal, so that Qiskit writes the same gates for all."""
    rng = np.random.default_rng(7)
    return [maker(*rng.uniform(-3, 3, 3).tolist()) for _ in range(n_rows)]


@pytest.mark.parametrize("maker", COMPOSITES)
def test_composite_gates_of_qiskit_share_a_template(maker):
    """Numbers that Qiskit writes into gate bodies are parameters; every circuit keeps its unitary."""
    texts = [qasm2.dumps(circuit) for circuit in sweep(maker)]
    assert all("gate " in text for text in texts)
    batch = CircuitBatch.of(texts)
    (template,) = batch.templates
    assert template.circuits.tolist() == list(range(len(texts)))
    for text, again in zip(texts, batch.bound_texts().values(), strict=True):
        assert nameless(again) == nameless(text)
        assert Operator(loaded.load(again)).equiv(Operator(loaded.load(text)))


@pytest.mark.parametrize("maker", COMPOSITES)
def test_composite_gates_run_as_one_by_one(simulator, maker):
    """Expectation values of a sweep are those of its circuits submitted alone."""
    texts = [qasm2.dumps(circuit) for circuit in sweep(maker)]
    words = "XYZ;ZZI;IXX;YIY"
    together = simulator.submit_circuits(texts, ham_ops=words).expectations().values
    alone = [simulator.submit_circuits([text], ham_ops=words).expectations().values[0] for text in texts]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


def test_composite_gates_are_sampled_as_what_they_stand_for():
    """With one seed, composite circuits give the counts of the same circuits written gate by gate."""
    texts = [qasm2.dumps(circuit.measure_all(inplace=False)) for circuit in sweep(gates_in_gates)]
    with MaestroSimulator(shots=500, seed=3) as first, MaestroSimulator(shots=500, seed=3) as second:
        composite = first.submit_circuits(texts)
        flat = second.submit_circuits(
            [
                qasm2.dumps(loaded.load(text).decompose(reps=6, gates_to_decompose=["circuit*"]))
                for text in texts
            ]
        )
    assert [entry["results"] for entry in composite.results] == [entry["results"] for entry in flat.results]
