"""Every way to run a circuit gives the same values, and a seed the same counts."""

import numpy as np
import pytest

from support import dense
from vivace.backends import MaestroConfig, MaestroSimulator
from vivace.errors import ConfigError

PATHS = ["compiled", "probabilities", "kept", "workers", "circuits", None]
NAMES = list(dense.GATES)
HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def values(simulator, texts, words):
    return simulator.submit_circuits(texts, ham_ops=";".join(words)).expectations().values


@pytest.fixture(scope="module", params=PATHS)
def simulator(request):
    with MaestroSimulator(path=request.param) as found:
        yield found


@pytest.mark.parametrize("letters", ["IZ", "IXYZ"])
@pytest.mark.parametrize("seed", range(6))
def test_values_are_those_of_a_dense_simulation(simulator, seed, letters):
    """All gates, and Clifford gates at the end, which go into the words."""
    rng = np.random.default_rng(seed)
    n_qubits = int(rng.integers(1, 7))
    gates = dense.random_gates(rng, n_qubits, 25, NAMES)
    gates += dense.random_gates(
        rng, n_qubits, 12, ["h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "y"]
    )
    words = sorted({"".join(rng.choice(list(letters), n_qubits)) for _ in range(20)})
    state = dense.simulate(n_qubits, gates)
    found = values(simulator, [dense.program(n_qubits, gates)] * 3, words)
    np.testing.assert_allclose(found, [[dense.expectation(state, word) for word in words]] * 3, atol=1e-10)


CLIFFORD = ["x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "id"]


@pytest.mark.parametrize("seed", range(8))
def test_values_of_clifford_circuits_are_those_of_a_dense_simulation(simulator, seed):
    """Most of the circuit goes into the words, and many of their letters end on qubits without a gate."""
    rng = np.random.default_rng(seed)
    n_qubits = int(rng.integers(1, 6))
    gates = dense.random_gates(rng, n_qubits, int(rng.integers(0, 12)), CLIFFORD)
    words = sorted({"".join(rng.choice(list("IXYZ"), n_qubits)) for _ in range(30)})
    state = dense.simulate(n_qubits, gates)
    found = values(simulator, [dense.program(n_qubits, gates)], words)
    np.testing.assert_allclose(found, [[dense.expectation(state, word) for word in words]], atol=1e-10)


def rows_of(n_qubits, count, seed=0):
    """Circuits of one structure."""
    rng = np.random.default_rng(seed)
    texts, states = [], []
    for _ in range(count):
        gates = [
            dense.Gate("ry", (angle,), (q,)) for q, angle in enumerate(rng.uniform(0, 3, n_qubits).tolist())
        ]
        gates += [dense.Gate("cx", (), (q, q + 1)) for q in range(n_qubits - 1)]
        gates += [
            dense.Gate("rx", (angle,), (q,)) for q, angle in enumerate(rng.uniform(0, 3, n_qubits).tolist())
        ]
        texts.append(dense.program(n_qubits, gates, measure=True))
        states.append(dense.simulate(n_qubits, gates))
    return texts, states


def test_rows_keep_their_places(simulator):
    """Cones that occur in several places, more rows than one part of a worker's has."""
    texts, states = rows_of(9, 40)
    words = ["I" * q + "ZZ" + "I" * (7 - q) for q in range(8)] + ["XIIIIIIII", "IIIIIIIIY"]
    expected = [[dense.expectation(state, word) for word in words] for state in states]
    np.testing.assert_allclose(values(simulator, texts, words), expected, atol=1e-10)


def test_the_identity_is_one(simulator):
    """Also alone: its cone has no qubits."""
    texts, _ = rows_of(3, 2)
    assert values(simulator, texts, ["III"]).tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("path", ["kept", "workers", None])
def test_matrix_product_states_are_kept_when_they_are_exact(path):
    """The values of the library's own way, on explicit and on automatic matrix product states."""
    texts = rows_of(11, 6)[0]
    words = ["ZZ" + "I" * 9, "I" * 5 + "XZY" + "I" * 3, "Z" * 11, "I" * 11]
    for options in ({"simulation_type": "MatrixProductState"}, {"mps_qubit_threshold": 4}):
        config = MaestroConfig(max_bond_dimension=32, **options)
        with MaestroSimulator(config=config, path="circuits") as library:
            expected = values(library, texts, words)
        with MaestroSimulator(config=config, path=path) as simulator:
            np.testing.assert_allclose(values(simulator, texts, words), expected, atol=1e-10)


def seeded(path, circuits, shots=200):
    with MaestroSimulator(shots, MaestroConfig(seed=11), path=path) as simulator:
        return {entry["label"]: entry["results"] for entry in simulator.submit_circuits(circuits).results}


@pytest.mark.parametrize("path", ["compiled", "probabilities", "kept", "workers", "circuits"])
@pytest.mark.parametrize("n_qubits", [5, 11, 12, 15])
def test_a_seed_gives_the_same_counts_on_every_path(path, n_qubits):
    """Whether the circuit comes alone, with others, or last; beyond 11 qubits is another sampler."""
    texts = {f"c{index}": text for index, text in enumerate(rows_of(n_qubits, 20)[0])}
    expected = seeded(None, texts)
    assert seeded(path, texts) == expected
    assert seeded(path, dict(reversed(texts.items()))) == expected
    assert seeded(path, {"c7": texts["c7"]}) == {"c7": expected["c7"]}


def test_wide_circuits_are_sampled_as_if_run_on_their_own():
    """Above 11 qubits kept simulators draw what the library draws from a circuit object, bit by bit."""
    head = HEAD + "qreg q[13]; creg c[6]; x q[3]; ry(1.1) q[12]; cx q[12],q[7]; h q[1]; cx q[1],q[2];"
    texts = {
        "twice": head + "measure q[3]->c[0]; measure q[12]->c[1]; measure q[12]->c[4]; measure q[1]->c[2];",
        "some": head + "measure q[12]->c[5]; measure q[3]->c[2]; measure q[7]->c[0];",
        "again": head + "measure q[0]->c[0]; measure q[3]->c[0]; measure q[2]->c[3];",
    }
    expected = seeded("circuits", texts)
    assert expected["again"].keys() == {"000001", "001001"}
    assert expected["some"].keys() == {"000100", "100101"}
    for path in ("kept", "workers", None):
        assert seeded(path, texts) == expected


def test_wide_samples_follow_the_distribution():
    """13 qubits, of which four are not certain: total variation within what so many shots leave."""
    gates = [dense.Gate("ry", (0.7 + q,), (3 * q,)) for q in range(4)]
    gates += [dense.Gate("cx", (), (0, 1)), dense.Gate("cx", (), (3, 12)), dense.Gate("x", (), (4,))]
    shots = 20_000
    exact = dense.probabilities(dense.simulate(13, gates))
    found = seeded(None, {"a": dense.program(13, gates, measure=True)}, shots)["a"]
    table = np.zeros(1 << 13)
    for key, count in found.items():
        table[int(key, 2)] = count / shots
    assert np.abs(table - exact).sum() / 2 < 3 * np.sqrt(16 / shots)
    assert sum(found.values()) == shots


def test_options_that_a_kept_simulator_does_not_take_leave_it_out():
    """Single precision is honoured: the values are good to its digits, and not to those of double."""
    texts, states = rows_of(6, 3)
    with MaestroSimulator(precision="single", path="workers") as simulator:
        found = values(simulator, texts, ["ZZIIII"])
    np.testing.assert_allclose(found[:, 0], [dense.expectation(s, "ZZIIII") for s in states], atol=1e-4)


def test_an_unknown_path_is_refused():
    """With the ones there are."""
    with pytest.raises(
        ConfigError, match="one of compiled, probabilities, kept, workers, circuits; got 'fast'"
    ):
        MaestroSimulator(path="fast")
