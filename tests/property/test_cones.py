"""Light cones: values equal those of the whole circuit, at any width."""

import numpy as np
import pytest

from support import dense
from vivace.backends import MaestroConfig, MaestroSimulator

NAMES = list(dense.GATES)


def values(simulator, text, words):
    return simulator.submit_circuits([text], ham_ops=";".join(words)).expectations().values[0]


def random_words(rng, n_qubits, count):
    return sorted({"".join(rng.choice(list("IXYZ"), n_qubits)) for _ in range(count)})


@pytest.mark.parametrize("seed", range(12))
def test_random_circuits_agree_with_a_dense_simulation(seed):
    """Any gates, any words: to 1e-10."""
    rng = np.random.default_rng(seed)
    with MaestroSimulator() as simulator:
        for _ in range(12):
            n_qubits = int(rng.integers(1, 8))
            gates = dense.random_gates(rng, n_qubits, int(rng.integers(0, 30)), NAMES)
            words = random_words(rng, n_qubits, 8)
            state = dense.simulate(n_qubits, gates)
            expected = [dense.expectation(state, word) for word in words]
            found = values(simulator, dense.program(n_qubits, gates), words)
            np.testing.assert_allclose(found, expected, atol=1e-10)


def edges_of(n_qubits, rng):
    """A ring and a random perfect matching: a 3-regular graph."""
    order = rng.permutation(n_qubits).tolist()
    ring = [(q, (q + 1) % n_qubits) for q in range(n_qubits)]
    chords = [
        (a, b) for a, b in zip(order[::2], order[1::2], strict=True) if abs(a - b) not in (1, n_qubits - 1)
    ]
    return [*ring, *chords]


def qaoa(n_qubits, edges, gamma, beta):
    gates = [dense.Gate("h", (), (q,)) for q in range(n_qubits)]
    for a, b in edges:
        pair = [dense.Gate("cx", (), (a, b)), dense.Gate("rz", (gamma,), (b,)), dense.Gate("cx", (), (a, b))]
        gates += pair
    return gates + [dense.Gate("rx", (beta,), (q,)) for q in range(n_qubits)]


def word_of(n_qubits, edge):
    return "".join("Z" if q in edge else "I" for q in range(n_qubits))


@pytest.mark.parametrize("n_qubits", [6, 10])
def test_qaoa_agrees_with_a_dense_simulation(n_qubits):
    """Many words with equal cones; also with angles of their own on every edge, as many rows."""
    rng = np.random.default_rng(n_qubits)
    edges = edges_of(n_qubits, rng)
    words = [word_of(n_qubits, edge) for edge in edges]
    circuits = [qaoa(n_qubits, edges, *rng.uniform(0, 2, 2).tolist()) for _ in range(5)]
    texts = [dense.program(n_qubits, gates) for gates in circuits]
    with MaestroSimulator() as simulator:
        found = simulator.submit_circuits(texts, ham_ops=";".join(words)).expectations().values
    for gates, row in zip(circuits, found, strict=True):
        state = dense.simulate(n_qubits, gates)
        np.testing.assert_allclose(row, [dense.expectation(state, word) for word in words], atol=1e-10)


def test_a_wide_circuit_with_narrow_cones_is_exact():
    """100 qubits, where a truncated matrix product state is off: equal to the cone simulated alone."""
    rng = np.random.default_rng(5)
    edges = edges_of(100, rng)
    gates = qaoa(100, edges, 0.8, 0.4)
    some = edges[:3] + edges[-3:]
    with MaestroSimulator() as simulator:
        found = values(simulator, dense.program(100, gates), [word_of(100, edge) for edge in some])
    for edge, value in zip(some, found, strict=True):
        near = sorted({q for e in edges if set(e) & set(edge) for q in e})
        inside = [e for e in edges if set(e) <= set(near)]
        place = {qubit: index for index, qubit in enumerate(near)}
        small = [(place[a], place[b]) for a, b in inside]
        state = dense.simulate(len(near), qaoa(len(near), small, 0.8, 0.4))
        word = word_of(len(near), {place[q] for q in edge})
        assert value == pytest.approx(dense.expectation(state, word), abs=1e-10)


def test_only_words_with_wide_cones_leave_the_exact_path(caplog):
    """Narrow words stay exact; the others run on the whole circuit, and the log says so."""
    n_qubits = 30
    ladder = [dense.Gate("ry", (1.0,), (0,))] + [
        dense.Gate("cx", (), (q, q + 1)) for q in range(n_qubits - 1)
    ]
    narrow, wide = "Z" + "I" * (n_qubits - 1), "I" * (n_qubits - 1) + "Z"
    with caplog.at_level("INFO"), MaestroSimulator() as simulator:
        found = values(simulator, dense.program(n_qubits, ladder), [narrow, wide])
    np.testing.assert_allclose(found, np.cos(1.0), atol=1e-9)
    assert "1 of 2 words" in caplog.text


def test_a_named_method_is_honoured():
    """Asked for a matrix product state, the runner uses one, also where cones are narrow."""
    config = MaestroConfig(simulation_type="MatrixProductState", max_bond_dimension=1)
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0],q[1]; ry(0.4) q;'
    exact = values(MaestroSimulator(), text, ["XX"])
    assert exact == pytest.approx(1.0)
    with pytest.warns(UserWarning, match="max_bond_dimension=1, which may cut off"):
        assert values(MaestroSimulator(config=config), text, ["XX"]) != pytest.approx(1.0, abs=1e-3)


def brickwork(n_qubits, layers, rng):
    gates = []
    for layer in range(layers):
        angles = rng.uniform(0, 2 * np.pi, (n_qubits, 3)).tolist()
        gates += [dense.Gate("u3", tuple(angles[q]), (q,)) for q in range(n_qubits)]
        gates += [dense.Gate("cx", (), (q, q + 1)) for q in range(layer % 2, n_qubits - 1, 2)]
    return gates


def test_an_inexact_matrix_product_state_is_not_silent():
    """A word on all of a deep circuit of 24 qubits: one warning a simulator, naming the ways out."""
    text = dense.program(24, brickwork(24, 15, np.random.default_rng(2)))
    with MaestroSimulator(config=MaestroConfig(max_bond_dimension=4)) as simulator:
        with pytest.warns(
            UserWarning, match=r"Circuit '0' needs 24 qubits .* approximate\. Raise max_bond_dim"
        ):
            values(simulator, text, ["Z" * 24])
        values(simulator, text, ["Z" * 24])


def test_a_wide_circuit_with_little_entanglement_gives_no_warning():
    """Its bond dimension is bounded by its gates: the matrix product state is exact."""
    text = dense.program(24, brickwork(24, 4, np.random.default_rng(3)), measure=True)
    with MaestroSimulator(shots=10) as simulator:
        assert sum(simulator.submit_circuits([text]).results[0]["results"].values()) == 10
