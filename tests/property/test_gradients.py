"""Gradients of `MaestroSimulator`: finite differences of a dense simulation, and the parameter shift."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import dense, ensemble
from support.dense import GATES, Gate
from support.ensemble import Measure, Reset
from support.slopes import (
    EXPRESSIONS,
    HEAD,
    NAMES,
    bound,
    differences,
    template_text,
    values_of,
    with_expressions,
    words_of,
)
from vivace.backends import CircuitPayload, MaestroSimulator


@pytest.fixture(scope="module")
def maestro():
    with MaestroSimulator() as found:
        yield found


def check_against_dense(maestro, n_qubits, text, gates, rows, words):
    """Values and derivatives, word by word and weighted."""
    payload = CircuitPayload.from_matrix(text, NAMES, rows)
    found = maestro.gradients(payload, ";".join(words))
    assert (found.labels, found.words, found.parameter_names) == (payload.labels, tuple(words), NAMES)
    for row, values, jacobian in zip(rows, found.values, found.jacobian, strict=True):
        expected = differences(lambda r: values_of(n_qubits, gates(r), words), row)
        np.testing.assert_allclose(values, values_of(n_qubits, gates(row), words), rtol=0, atol=1e-10)
        np.testing.assert_allclose(jacobian, expected, rtol=0, atol=1e-7)
    weights = np.linspace(-1, 2, len(words))
    energy = maestro.gradients([payload], ";".join(words), coefficients=weights)
    np.testing.assert_allclose(energy.values, found.values @ weights, rtol=0, atol=1e-11)
    weighted = np.einsum("w,rwp->rp", weights, found.jacobian)
    np.testing.assert_allclose(energy.jacobian, weighted, rtol=0, atol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_random_templates(maestro, seed):
    """Any gates, with expressions over shared parameters in every angle."""
    rng = np.random.default_rng(500 + seed)
    n_qubits = 1 + seed % 5
    gates = with_expressions(rng, dense.random_gates(rng, n_qubits, 20, list(GATES)))
    rows = rng.uniform(0.3, 1.3, (2, len(NAMES)))
    text = template_text(n_qubits, gates)
    check_against_dense(maestro, n_qubits, text, lambda r: bound(gates, r), rows, words_of(rng, n_qubits))


ANGLED = [name for name, (angles, *_) in GATES.items() if angles]


@st.composite
def templates(draw):
    """Qubits, gates with expressions, at least one angle in three gates, and words without repetition."""
    n_qubits = draw(st.integers(1, 4))
    gates = []
    for _ in range(draw(st.integers(1, 14))):
        names = ANGLED if draw(st.integers(0, 2)) else list(GATES)
        name = draw(st.sampled_from([name for name in names if GATES[name][1] <= n_qubits]))
        n_angles, n_operands, _ = GATES[name]
        angles = tuple(draw(st.sampled_from(EXPRESSIONS)) for _ in range(n_angles))
        gates.append((name, angles, tuple(draw(st.permutations(range(n_qubits)))[:n_operands])))
    letters = st.lists(st.sampled_from("IXYZ"), min_size=n_qubits, max_size=n_qubits).map("".join)
    return n_qubits, gates, draw(st.lists(letters, min_size=1, max_size=40, unique=True))


@settings(deadline=None, max_examples=150)
@given(templates(), st.lists(st.floats(0.3, 1.3), min_size=3, max_size=3))
def test_any_template(maestro, template, row):
    """One word or many, on cones of any shape: the derivative of a dense simulation."""
    n_qubits, gates, words = template
    text = template_text(n_qubits, gates)
    check_against_dense(maestro, n_qubits, text, lambda r: bound(gates, r), np.array([row]), words)


@pytest.mark.parametrize("name", ANGLED)
def test_every_gate_with_angles(maestro, name):
    """Each angle of each gate, between layers that hide nothing."""
    n_angles, n_operands, _ = GATES[name]
    rng = np.random.default_rng(len(name))
    layer = [("u3", (repr(q + 0.3), "0.7", "-1.1"), (q,)) for q in range(2)] + [("cx", (), (0, 1))]
    angles = ("2*theta+pi/4", "sin(a)*b", "a^2", "-b")[:n_angles]
    gates = [*layer, (name, angles, (1, 0)[:n_operands]), *layer]
    words = ["".join(letters) for letters in itertools.product("IXYZ", repeat=2)]
    rows = rng.uniform(0.3, 1.3, (2, len(NAMES)))
    check_against_dense(maestro, 2, template_text(2, gates), lambda r: bound(gates, r), rows, words)


def test_gates_of_the_users_own(maestro):
    """Parameters go through the bodies of defined gates, nested, and through their expressions."""
    text = HEAD + (
        "gate inner(x) p,q { rzz(x^2) p,q; ry(-x) q; } "
        "gate outer(s,t) p,q { inner(s*t) q,p; cu(s,t,s-t,0.2) p,q; u3(s,0.1,sin(t)) p; } "
        "qreg q[2]; outer(2*theta,b) q[0],q[1]; outer(0.4,a) q[1],q[0];"
    )

    def inner(x, p, q):
        return [Gate("rzz", (x**2,), (p, q)), Gate("ry", (-x,), (q,))]

    def outer(s, t, p, q):
        last = [Gate("cu", (s, t, s - t, 0.2), (p, q)), Gate("u3", (s, 0.1, math.sin(t)), (p,))]
        return [*inner(s * t, q, p), *last]

    def gates(row):
        return [*outer(2 * row[2], row[1], 0, 1), *outer(0.4, row[0], 1, 0)]

    rows = np.random.default_rng(3).uniform(-2, 2, (4, 3))
    check_against_dense(maestro, 2, text, gates, rows, ["IX", "XY", "YZ", "ZZ"])


def test_resets_and_measurements_in_mid_circuit(maestro):
    """They are deferred, and the words follow their qubits."""
    operations = [Gate("ry", (0.4,), (0,)), Gate("cx", (), (0, 1)), Measure(0, 0), Gate("rx", (0.9,), (0,))]
    operations += [Gate("rxx", (1.1,), (0, 1)), Reset(1), Gate("ry", (0.4,), (1,)), Gate("cx", (), (0, 1))]
    names = {0.4: "2*a", 0.9: "b", 1.1: "theta*b"}

    def at(row):
        values = {0.4: 2 * row[0], 0.9: row[1], 1.1: row[2] * row[1]}
        return [
            Gate(o.name, tuple(map(values.get, o.angles)), o.qubits) if isinstance(o, Gate) else o
            for o in operations
        ]

    def values(row):
        branches = ensemble.run(2, at(row))
        return np.array([sum(dense.expectation(state, word) for state, _ in branches) for word in words])

    text = ensemble.program(2, 2, operations)
    for number, name in names.items():
        text = text.replace(f"({number})", f"({name})")
    words = ["XI", "IZ", "ZZ", "YX"]
    rows = np.random.default_rng(4).uniform(0.2, 1, (3, 3))
    found = maestro.gradients(CircuitPayload.from_matrix(text, NAMES, rows), ";".join(words))
    for row, got, jacobian in zip(rows, found.values, found.jacobian, strict=True):
        np.testing.assert_allclose(got, values(row), rtol=0, atol=1e-10)
        np.testing.assert_allclose(jacobian, differences(values, row), rtol=0, atol=1e-7)


def ansatz(n_qubits, layers):
    names = [f"t{k}" for k in range(2 * n_qubits * layers)]
    angles = iter(names)
    lines = [HEAD, f"qreg q[{n_qubits}];"]
    for _ in range(layers):
        for q in range(n_qubits):
            lines += [f"ry({next(angles)}) q[{q}];", f"rz({next(angles)}) q[{q}];"]
        lines += [f"cx q[{q}],q[{q + 1}];" for q in range(n_qubits - 1)]
    return "\n".join(lines), names


def test_parameter_shift(maestro):
    """Exact wherever every parameter is the angle of one rotation."""
    text, names = ansatz(4, 2)
    rng = np.random.default_rng(5)
    row = rng.uniform(-3, 3, len(names))
    shifts = np.concatenate([np.eye(len(names)), -np.eye(len(names))]) * np.pi / 2
    shifted = CircuitPayload.from_matrix(text, names, row + shifts)
    words = "ZZII;IXXI;YIIY;IIIZ"
    up, down = np.split(maestro.submit_circuits([shifted], ham_ops=words).expectations().values, 2)
    found = maestro.gradients(CircuitPayload.from_matrix(text, names, [row]), words)
    np.testing.assert_allclose(found.jacobian[0].T, (up - down) / 2, rtol=0, atol=1e-12)
