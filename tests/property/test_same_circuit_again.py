"""One simulator, one circuit at other angles again and again: every answer is that of a new simulator."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import maestro as library
import numpy as np
import pytest

from support.dense import expectation, program, random_gates, simulate
from support.slopes import HEAD
from vivace.backends import CircuitPayload, MaestroSimulator

ANGLED = ("rx", "ry", "rz", "cx", "cz", "h", "crx", "u3", "rzz")
WORDS = ("ZZIII", "IXYII", "ZIIIZ", "IIXXX", "YIYIY")


def with_other_angles(rng, gates, few):
    """The same gates; with ``few``, angles come from so small a set that many are equal."""
    draw = (lambda: float(rng.choice([0.0, 0.4, -1.1]))) if few else (lambda: float(rng.uniform(-3, 3)))
    return [replace(gate, angles=tuple(draw() for _ in gate.angles)) for gate in gates]


@pytest.mark.parametrize("path", [None, "compiled", "kept"])
@pytest.mark.parametrize("seed", range(6))
def test_values(path, seed):
    """Cones that are equal for some angles are told apart at others."""
    rng = np.random.default_rng(seed)
    gates = random_gates(rng, 5, 24, ANGLED)
    with MaestroSimulator(path=path) as simulator:
        for turn in range(12):
            now = with_other_angles(rng, gates, few=turn % 2 == 0)
            words = list(rng.permutation(WORDS)[: 2 + turn % 3])
            found = simulator.submit_circuits({f"turn {turn}": program(5, now)}, ham_ops=";".join(words))
            state = simulate(5, now)
            exact = [expectation(state, word) for word in words]
            np.testing.assert_allclose(found.expectations().values[0], exact, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n_qubits", [5, 12])
def test_seeded_counts(n_qubits):
    rng = np.random.default_rng(n_qubits)
    gates = random_gates(rng, n_qubits, 30, ANGLED)
    texts = [program(n_qubits, with_other_angles(rng, gates, few=False), measure=True) for _ in range(6)]

    def counts(simulator, text):
        simulator.set_seed(5)
        return simulator.submit_circuits({"c": text}).results[0]["results"]

    def alone(text):
        with MaestroSimulator(shots=500) as simulator:
            return counts(simulator, text)

    with MaestroSimulator(shots=500) as simulator:
        again = [counts(simulator, text) for text in texts + texts]
        simulator.close()  # forgets, and comes back
        again += [counts(simulator, text) for text in texts]
    assert again == 3 * [alone(text) for text in texts]


TEMPLATES = [
    # Equal angles, parameters and numbers by turns.
    ("ry({}) q[0]; rx({}) q[1]; cx q[0],q[1]; rz({}) q[1]; crx({}) q[1],q[2];", names)
    for names in (
        ("a", "a", "b", "b"),
        ("a", "b", "a", "b"),
        ("a", "b", "2*b", "0.3"),
        ("a", "0.3", "b", "0.3"),
        ("a", "-b", "0.3", "a*b"),
    )
]


@pytest.mark.parametrize("coefficients", [None, [1.0, -0.5, 2.0]])
def test_gradients(coefficients):
    rng = np.random.default_rng(3)
    with MaestroSimulator() as simulator:
        for _ in range(3):
            for gates, names in TEMPLATES:
                text = HEAD + "qreg q[3]; " + gates.format(*names)
                payload = CircuitPayload.from_matrix(text, ("a", "b"), rng.uniform(-3, 3, (2, 2)))
                again = simulator.gradients(payload, "ZII;IXI;IZY", coefficients=coefficients)
                with MaestroSimulator() as other:
                    alone = other.gradients(payload, "ZII;IXI;IZY", coefficients=coefficients)
                np.testing.assert_array_equal(again.values, alone.values)
                np.testing.assert_array_equal(again.jacobian, alone.jacobian)


def test_from_several_threads():
    rng = np.random.default_rng(8)
    gates = random_gates(rng, 5, 20, ANGLED)
    turns = [with_other_angles(rng, gates, few=False) for _ in range(40)]
    exact = [[expectation(simulate(5, now), word) for word in WORDS] for now in turns]
    with MaestroSimulator() as simulator, ThreadPoolExecutor(8) as pool:

        def found(now):
            result = simulator.submit_circuits([program(5, now)], ham_ops=";".join(WORDS))
            return result.expectations().values[0]

        np.testing.assert_allclose(list(pool.map(found, turns)), exact, rtol=0, atol=1e-10)


@pytest.mark.parametrize("what", ["values", "counts", "gradients"])
def test_programs_are_compiled_once(monkeypatch, what):
    compiled = []
    real = library.AdjointProgram

    def counting(circuit):
        compiled.append(circuit)
        return real(circuit)

    monkeypatch.setattr(library, "AdjointProgram", counting)
    with MaestroSimulator(path="compiled") as simulator:
        for angle in np.linspace(0.1, 3, 20):
            text = f"{HEAD} qreg q[2]; creg c[2]; ry({angle}) q[0]; cx q[0],q[1]; rx({angle}) q[1];"
            if what == "values":
                simulator.submit_circuits([text], ham_ops="ZZ")
            elif what == "counts":
                simulator.submit_circuits([text + " measure q -> c;"])
            else:
                named = text.replace(str(angle), "a")
                simulator.gradients(CircuitPayload.from_matrix(named, ["a"], [[angle]]), "ZZ")
    assert len(compiled) == 1
