"""Gradients of wide circuits, of many words at once, and of words that share what they depend on."""

import itertools

import numpy as np
import pytest

from support.dense import Gate
from support.slopes import HEAD, NAMES, bound, differences, template_text, values_of
from vivace.backends import CircuitPayload, MaestroSimulator


@pytest.fixture(scope="module")
def maestro():
    with MaestroSimulator() as found:
        yield found


def brickwork(n_qubits, layers):
    """Per layer ``ry(scale*t_k)`` on every qubit and `cx` on even, then odd pairs: (name, k, qubits)."""
    gates = []
    for layer in range(layers):
        gates += [("ry", layer * n_qubits + qubit, (qubit,)) for qubit in range(n_qubits)]
        gates += [("cx", None, (q, q + 1)) for first in (0, 1) for q in range(first, n_qubits - 1, 2)]
    return gates


def cone_of(gates, word):
    """The gates a word may depend on, found by hand: backwards, every gate that touches what was reached."""
    reached, kept = {qubit for qubit, letter in enumerate(word) if letter != "I"}, []
    for gate in reversed(gates):
        if reached & set(gate[2]):
            reached |= set(gate[2])
            kept.append(gate)
    return sorted(reached), kept[::-1]


@pytest.mark.parametrize("letters", ["ZZ", "XY"])
def test_wide_brickwork_equals_cones_cut_by_hand(maestro, letters):
    """40 qubits, 81 parameters, one of them shared by all gates."""
    n_qubits = 40
    gates = brickwork(n_qubits, 2)
    names = ["scale", *(f"t{k}" for k in range(2 * n_qubits))]
    lines = [
        f"ry(scale*t{k}) q[{qubits[0]}];" if k is not None else f"cx q[{qubits[0]}],q[{qubits[1]}];"
        for _, k, qubits in gates
    ]
    text = HEAD + f"qreg q[{n_qubits}]; " + " ".join(lines)
    rows = np.random.default_rng(1).uniform(0.2, 1.5, (2, len(names)))
    words = ["I" * q + letters + "I" * (n_qubits - 2 - q) for q in range(n_qubits - 1)]
    payload = CircuitPayload.from_matrix(text, names, rows)
    found = maestro.gradients(payload, ";".join(words))
    for index in (0, 1, 17, 38):
        qubits, kept = cone_of(gates, words[index])
        assert len(qubits) <= 10
        place = {qubit: new for new, qubit in enumerate(qubits)}
        met = [k for _, k, _ in kept if k is not None]
        own = [0, *(k + 1 for k in met)]
        word = "".join(words[index][qubit] for qubit in qubits)

        def values(part, kept=kept, place=place, met=met, word=word):
            angle = dict(zip(met, part[0] * part[1:], strict=True))
            small = [
                Gate(name, () if k is None else (angle[k],), tuple(place[q] for q in on))
                for name, k, on in kept
            ]
            return values_of(len(place), small, [word])[0]

        for row, value, slopes in zip(rows, found.values[:, index], found.jacobian[:, index], strict=True):
            assert value == pytest.approx(values(row[own]), abs=1e-10)
            np.testing.assert_allclose(slopes[own], differences(values, row[own]), rtol=0, atol=1e-8)
            others = np.delete(slopes, own)
            assert not others.any()
    weights = np.linspace(-1, 1, len(words))
    energy = maestro.gradients(payload, ";".join(words), coefficients=weights)
    np.testing.assert_allclose(energy.values, found.values @ weights, rtol=0, atol=1e-11)
    np.testing.assert_allclose(
        energy.jacobian, np.einsum("w,rwp->rp", weights, found.jacobian), rtol=0, atol=1e-11
    )


def ring(n_qubits):
    """QAOA with one layer on a ring: every word has an equal cone."""
    edges = [(q, (q + 1) % n_qubits) for q in range(n_qubits)]
    gates = [f"h q[{q}];" for q in range(n_qubits)]
    gates += [f"rzz(2*gamma) q[{a}],q[{b}];" for a, b in edges]
    gates += [f"rx(2*beta) q[{q}];" for q in range(n_qubits)]
    words = ["".join("Z" if q in edge else "I" for q in range(n_qubits)) for edge in edges]
    return HEAD + f"qreg q[{n_qubits}]; " + " ".join(gates), words


@pytest.mark.parametrize("n_qubits", [4, 5, 100])
def test_words_with_equal_cones(maestro, n_qubits):
    """Every edge of a ring has the value sin(4β)·sin(4γ)/2 (Wang et al., arXiv:1706.02998)."""
    text, words = ring(n_qubits)
    rows = np.array([[0.3, 0.4], [1.1, -0.2]])
    payload = CircuitPayload.from_matrix(text, ["gamma", "beta"], rows)
    found = maestro.gradients(payload, ";".join(words))
    gamma, beta = 4 * rows.T
    value = np.sin(beta) * np.sin(gamma) / 2
    slopes = 2 * np.stack([np.sin(beta) * np.cos(gamma), np.cos(beta) * np.sin(gamma)], axis=1)
    for word in range(n_qubits):
        np.testing.assert_allclose(found.values[:, word], value, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.jacobian[:, word], slopes, rtol=0, atol=1e-12)
    total = maestro.gradients(payload, ";".join(words), coefficients=np.ones(len(words)))
    np.testing.assert_allclose(total.values, n_qubits * value, rtol=0, atol=1e-10)
    np.testing.assert_allclose(total.jacobian, n_qubits * slopes, rtol=0, atol=1e-10)


ROTATIONS = [
    ("rx", ("a",), (0,)),
    ("ry", ("b+a",), (1,)),
    ("u3", ("theta", "a*b", "-b"), (2,)),
    ("crx", ("a",), (0, 1)),
    ("cry", ("2*b",), (1, 2)),
    ("crz", ("theta",), (2, 0)),
    ("cu3", ("a", "b", "theta"), (0, 2)),
    ("cu", ("theta", "a", "b", "a-b"), (1, 0)),
    ("cp", ("sin(b)",), (2, 1)),
    ("rzz", ("a^2",), (0, 2)),
    ("rx", ("0.3",), (1,)),
]


def test_all_words_on_few_qubits(maestro):
    """63 words at once, gates of one frequency and of two: as the dense simulation, and as each alone."""
    words = ["".join(letters) for letters in itertools.product("IXYZ", repeat=3)][1:]
    gates = ROTATIONS * 2
    rows = np.random.default_rng(2).uniform(0.3, 1.3, (3, 3))
    payload = CircuitPayload.from_matrix(template_text(3, gates), NAMES, rows)
    found = maestro.gradients(payload, ";".join(words))
    assert found.metadata["derivatives"] == ["parameter_shift"]
    for row, jacobian in zip(rows, found.jacobian, strict=True):
        expected = differences(lambda r: values_of(3, bound(gates, r), words), row)
        np.testing.assert_allclose(jacobian, expected, rtol=0, atol=1e-8)
    for index in range(0, 63, 7):
        alone = maestro.gradients(payload, words[index])
        assert alone.metadata["derivatives"] == ["adjoint"]
        np.testing.assert_allclose(found.values[:, index], alone.values[:, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.jacobian[:, index], alone.jacobian[:, 0], rtol=0, atol=1e-12)


def test_slopes_that_nothing_depends_on_do_not_matter(maestro):
    """sqrt(a) has no derivative at 0, but only the first qubit's angle has it."""
    text = HEAD + "qreg q[2]; rx(sqrt(a)) q[0]; ry(b) q[1];"
    payload = CircuitPayload.from_matrix(text, ["a", "b"], [[0.0, 0.5]])
    for options in ({}, {"coefficients": [1.0]}):
        slopes = maestro.gradients(payload, "IZ", **options).jacobian
        np.testing.assert_allclose(slopes.reshape(-1), [0.0, -np.sin(0.5)], rtol=0, atol=1e-15)
