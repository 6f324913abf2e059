"""One simulator, one circuit at other angles again and again: every answer is that of a new simulator."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import maestro as library
import numpy as np
import pytest

from support.dense import Gate, expectation, program, random_gates, simulate
from support.slopes import HEAD
from vivace.backends import CircuitPayload, MaestroConfig, MaestroSimulator

ANGLED = ("rx", "ry", "rz", "cx", "cz", "h", "crx", "u3", "rzz")
WORDS = ("ZZIII", "IXYII", "ZIIIZ", "IIXXX", "YIYIY")


def with_other_angles(rng, gates):
    return [replace(gate, angles=tuple(rng.uniform(-3, 3, len(gate.angles)).tolist())) for gate in gates]


@pytest.mark.parametrize("path", [None, "compiled", "kept"])
@pytest.mark.parametrize("seed", range(4))
def test_values(path, seed):
    rng = np.random.default_rng(seed)
    gates = random_gates(rng, 5, 24, ANGLED)
    with MaestroSimulator(path=path) as simulator:
        for turn in range(12):
            now, words = with_other_angles(rng, gates), WORDS[turn % 2 :]
            found = simulator.submit_circuits({f"turn {turn}": program(5, now)}, ham_ops=";".join(words))
            state = simulate(5, now)
            exact = [expectation(state, word) for word in words]
            np.testing.assert_allclose(found.expectations().values[0], exact, rtol=0, atol=1e-10)


pytestmark = pytest.mark.filterwarnings("ignore:Circuit .* runs with MatrixProductState and max_bond")
PRODUCT = {"simulation_type": "MatrixProductState"}
CHAIN = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[{0}]; creg c[{0}]; '
FLIPS = {
    "exact": (CHAIN.format(3) + "ry({}) q[0]; cx q[0],q[1]; cx q[1],q[2]; measure q -> c;", PRODUCT),
    "conditions": (CHAIN.format(2) + "ry({}) q[0]; measure q[0] -> c[0]; if(c==1) x q[1]; "
                   "measure q[1] -> c[1];", PRODUCT),
    "on the way": (CHAIN.format(2) + "ry({}) q[0]; measure q[0] -> c[0]; cx q[0],q[1]; "
                   "measure q[1] -> c[1];", PRODUCT),
    "truncated": (CHAIN.format(6) + "ry({}) q[0]; " + "".join(
        f"cx q[{a}],q[{b}]; " for _ in range(3) for a in range(6) for b in range(6) if a != b
    ) + "h q[5]; measure q -> c;", PRODUCT | {"max_bond_dimension": 2}),
    "wide": (CHAIN.format(70) + "ry({}) q[0]; " + "".join(
        f"cx q[{a}],q[{a + 1}]; " for a in range(69)) + "measure q -> c;", {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", FLIPS)
def test_counts_of_matrix_product_states(kind):
    """Numbers, and numbers a template has its parameters multiplied with."""
    text, options = FLIPS[kind]
    angles = [0.0, np.pi, 0.0, 2.0, 1.0]

    def counts(simulator, circuits):
        return [entry["results"] for entry in simulator.submit_circuits(circuits).results]

    def fresh():
        return MaestroSimulator(50, config=MaestroConfig(seed=4, **options))

    alone = [counts(fresh(), {"c": text.format(angle)})[0] for angle in angles]
    assert alone[0] != alone[1]
    with fresh() as simulator:
        assert [counts(simulator, {"c": text.format(angle)})[0] for angle in angles] == alone
        for factor in (2, 1, 3):
            payload = CircuitPayload(text.format(f"{factor}*a"), ("a",), (("c", (np.pi / factor,)),))
            assert counts(simulator, [payload]) == [alone[1]]


def test_values_of_matrix_product_states():
    """Exact ones and truncated ones, in one submission and in several."""
    text = FLIPS["truncated"][0]
    for options in (PRODUCT, FLIPS["truncated"][1]):
        payloads = [
            CircuitPayload(text.format(f"{factor}*a"), ("a",), ((f"{factor}", (1.0,)),))
            for factor in (2, 1, 3)
        ]

        def values(simulator, circuits):
            found = simulator.submit_circuits(circuits, ham_ops="ZZIIII;IZIZII")
            return found.expectations().values.tolist()

        alone = [
            values(MaestroSimulator(config=MaestroConfig(**options)), [payload])[0] for payload in payloads
        ]
        with MaestroSimulator(config=MaestroConfig(**options)) as simulator:
            assert values(simulator, payloads) == alone
            assert [values(simulator, [payload])[0] for payload in payloads] == alone
        assert len({tuple(row) for row in alone}) == 3


RING = 6
EDGES = [(qubit, (qubit + 1) % RING) for qubit in range(RING)]
ON_EDGES = ["".join("Z" if qubit in edge else "I" for qubit in range(RING)) for edge in EDGES]


def ring(angles):
    """A layer of QAOA; ``angles`` are those of the edges, then those of the qubits."""
    gates = [Gate("h", (), (qubit,)) for qubit in range(RING)]
    gates += [Gate("rzz", (angle,), edge) for angle, edge in zip(angles[:RING], EDGES, strict=True)]
    return gates + [Gate("rx", (angle,), (qubit,)) for qubit, angle in enumerate(angles[RING:])]


@pytest.mark.parametrize("path", [None, "compiled", "kept"])
def test_cones_that_are_equal_at_some_angles_are_told_apart_at_others(path):
    rng = np.random.default_rng(4)
    with MaestroSimulator(path=path) as simulator:
        for different in (0, 12, 2, 0, 6, 12):
            angles = [*[0.7] * RING, *[-0.4] * RING]
            for place in rng.permutation(2 * RING)[:different].tolist():
                angles[place] = float(rng.uniform(-3, 3))
            found = simulator.submit_circuits([program(RING, ring(angles))], ham_ops=";".join(ON_EDGES))
            state = simulate(RING, ring(angles))
            exact = [expectation(state, word) for word in ON_EDGES]
            np.testing.assert_allclose(found.expectations().values[0], exact, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n_qubits", [5, 12])
def test_seeded_counts(n_qubits):
    rng = np.random.default_rng(n_qubits)
    gates = random_gates(rng, n_qubits, 30, ANGLED)
    texts = [program(n_qubits, with_other_angles(rng, gates), measure=True) for _ in range(6)]

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


@pytest.mark.parametrize("coefficients", [None, [1.0, -0.5, 2.0, 0.3, 1.5, -1.0]])
def test_gradients(coefficients):
    """Also where angles that were equal are not, and parameters become numbers."""
    rng = np.random.default_rng(3)
    edges = ("a", "a", "b", "a*b", "0.3"), ("a", "-b", "b", "0.3", "a")
    with MaestroSimulator() as simulator:
        for names in [*zip(*edges, strict=True), ("a", "b")] * 2:
            angles = [names[index % len(names)] for index in range(RING)]
            gates = [f"h q[{qubit}];" for qubit in range(RING)]
            gates += [f"rzz({angle}) q[{a}],q[{b}];" for angle, (a, b) in zip(angles, EDGES, strict=True)]
            gates += [f"rx({angle}) q[{qubit}];" for qubit, angle in enumerate(reversed(angles))]
            text = f"{HEAD} qreg q[{RING}]; {' '.join(gates)}"
            payload = CircuitPayload.from_matrix(text, ("a", "b"), rng.uniform(-3, 3, (2, 2)))
            again = simulator.gradients(payload, ";".join(ON_EDGES), coefficients=coefficients)
            with MaestroSimulator() as other:
                alone = other.gradients(payload, ";".join(ON_EDGES), coefficients=coefficients)
            np.testing.assert_allclose(again.values, alone.values, rtol=0, atol=1e-12)
            np.testing.assert_allclose(again.jacobian, alone.jacobian, rtol=0, atol=1e-12)


def test_from_several_threads():
    rng = np.random.default_rng(8)
    gates = random_gates(rng, 5, 20, ANGLED)
    turns = [with_other_angles(rng, gates) for _ in range(40)]
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
