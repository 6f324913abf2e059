"""`QiskitSimulator` on programs of every kind, against the exact ensemble of all ways they may go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit_aer.noise import NoiseModel

from support import dense, ensemble
from support.ensemble import If, Measure, Reset
from support.statistics import p_value
from vivace.backends import QiskitSimulator

SEEDS = st.integers(0, 2**32 - 1)
SHOTS = 4000


def operations(rng, n, n_bits, *, control):
    """Gates, resets and measurements in any order; measurements at the end, some into one bit."""
    found = []
    for _ in range(rng.integers(1, 5)):
        found += dense.random_gates(rng, n, rng.integers(1, 5), list(dense.GATES))
        qubit, bit = int(rng.integers(n)), int(rng.integers(n_bits))
        (gate,) = dense.random_gates(rng, n, 1, list(dense.GATES))
        inner = [gate, Reset(qubit), Measure(qubit, bit)][rng.integers(3)]
        extra = [Reset(qubit), Measure(qubit, bit), If(int(rng.integers(2**n_bits)), inner)]
        found += [extra[rng.integers(3 if control else 2)]] if rng.integers(2) else []
    read = rng.permutation(n)[: rng.integers(1, n + 1)].tolist()
    return found + [Measure(qubit, int(rng.integers(n_bits))) for qubit in read]


def some_words(rng, n):
    return list(dict.fromkeys("".join(rng.choice(list("IIXYZ"), n)) for _ in range(rng.integers(1, 7))))


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 5), n_bits=st.integers(1, 4), silent=st.booleans())
def test_counts(seed, n, n_bits, silent):
    """With a noise model that has no noise in it, too: those circuits are run as they are written."""
    rng = np.random.default_rng(seed)
    batch = [operations(rng, n, n_bits, control=True) for _ in range(3)]
    options = {"noise_model": NoiseModel()} if silent else {}
    with QiskitSimulator(shots=SHOTS, simulation_seed=seed, **options) as simulator:
        results = simulator.submit_circuits([ensemble.program(n, n_bits, one) for one in batch]).results
    for one, entry in zip(batch, results, strict=True):
        assert p_value(entry["results"], ensemble.distribution(ensemble.run(n, one), n_bits)) > 1e-7


def test_a_condition_on_qubits_that_nothing_else_touches():
    """Aer's own way to leave out idle qubits loses them."""
    one = [dense.Gate("s", (), (1,)), If(0, dense.Gate("crx", (1.9,), (2, 0))), Measure(1, 0)]
    for options in ({}, {"noise_model": NoiseModel()}):
        with QiskitSimulator(shots=50, simulation_seed=1, **options) as simulator:
            (found,) = simulator.submit_circuits([ensemble.program(3, 1, one)]).results
        assert found["results"] == {"0": 50}


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 5), kind=st.sampled_from(["exact", "forced", "silent"]))
def test_expectation_values(seed, n, kind):
    """Of several words at once, exact and from samples: measurements at the end change nothing."""
    rng = np.random.default_rng(seed)
    words = some_words(rng, n)
    batch = [operations(rng, n, 2, control=False) for _ in range(3)]
    options = {"forced": {"force_sampling": True}, "silent": {"noise_model": NoiseModel()}}.get(kind, {})
    with QiskitSimulator(shots=SHOTS, simulation_seed=seed, **options) as simulator:
        texts = [ensemble.program(n, 2, one) for one in batch]
        values = simulator.submit_circuits(texts, ham_ops=";".join(words)).expectations().values
    for one, row in zip(batch, values, strict=True):
        branches = ensemble.run(n, ensemble.without_readout(one))
        expected = np.array([ensemble.expectation(branches, word) for word in words])
        chance = 6 * np.sqrt(np.maximum(0, 1 - expected**2) / SHOTS + 1e-12) + 10 / SHOTS
        assert (np.abs(row - expected) <= (1e-10 if kind == "exact" else chance)).all()


@pytest.mark.parametrize("words", ["ZI;ZZ;XI", "IX;XI", "XI;IX", "IY;ZZ;YI", "IX", "YI;XX;IZ;ZI"])
@pytest.mark.parametrize("body", ["ry(0.7) q[1];", "h q[0]; reset q[0]; ry(0.7) q[0];", "rx(0.3) q;"])
def test_words_on_qubits_that_stand_apart(body, words):
    """Qubits that are idle, or have nothing to do with the others, do not change places."""
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; {body}'
    states = {
        "ry(0.7) q[1];": [dense.Gate("ry", (0.7,), (1,))],
        "h q[0]; reset q[0]; ry(0.7) q[0];": [dense.Gate("ry", (0.7,), (0,))],
        "rx(0.3) q;": [dense.Gate("rx", (0.3,), (0,)), dense.Gate("rx", (0.3,), (1,))],
    }
    state = dense.simulate(2, states[body])
    with QiskitSimulator() as simulator:
        values = simulator.submit_circuits([text] * 2, ham_ops=words).expectations().values
    assert values == pytest.approx(
        np.array([[dense.expectation(state, word) for word in words.split(";")]] * 2), abs=1e-12
    )


@pytest.mark.parametrize("name", dense.GATES)
def test_every_gate_under_a_condition(name):
    """Also those that Aer does not know, and that are written in other ways for it."""
    n_angles, n_operands, _ = dense.GATES[name]
    n = n_operands + 1
    rng = np.random.default_rng(len(name))
    turned = [dense.Gate("u3", tuple(rng.uniform(0.5, 2.5, 3).tolist()), (q,)) for q in range(n)]
    held = dense.Gate(name, tuple(rng.uniform(0.5, 2.5, n_angles).tolist()), tuple(range(n_operands)))
    one = [*turned, Measure(n - 1, 0), If(1, held), *turned[::-1], *(Measure(q, q) for q in range(n))]
    with QiskitSimulator(shots=SHOTS, simulation_seed=3) as simulator:
        found = simulator.submit_circuits([ensemble.program(n, n, one)]).results[0]["results"]
    assert p_value(found, ensemble.distribution(ensemble.run(n, one), n)) > 1e-7
