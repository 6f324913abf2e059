"""Matrix product states that cut entanglement off do so with qubits that meet next to each other."""

import itertools
import re

import numpy as np
import pytest

from support import dense
from vivace.backends import MaestroConfig, MaestroSimulator

pytestmark = pytest.mark.filterwarnings("ignore:Circuit .* runs with MatrixProductState and max_bond")
N = 14
TRUNCATED = {"simulation_type": "MatrixProductState", "max_bond_dimension": 16}


def chain(row):
    """A chain of qubits that are strangers by number: neighbours in ``row`` meet."""
    rng, row = np.random.default_rng(8), list(map(int, row))
    gates = []
    for _ in range(6):
        gates += [dense.Gate("ry", (float(rng.normal(scale=0.6)),), (qubit,)) for qubit in row]
        gates += [dense.Gate("cx", (), pair) for pair in itertools.pairwise(row)]
    return gates


def words(row):
    """Z on every qubit, and on both ends of every bond."""
    kept = [{q} for q in range(N)] + [{q, q + 1} for q in range(N - 1)]
    return ["".join("Z" if list(row).index(q) in some else "I" for q in range(N)) for some in kept]


SCRAMBLED = np.random.default_rng(3).permutation(N)


@pytest.fixture(scope="module")
def exact():
    state = dense.simulate(N, chain(range(N)))
    return np.array([dense.expectation(state, word) for word in words(range(N))])


def test_values_do_not_depend_on_the_names_of_qubits(exact):
    simulator, found = MaestroSimulator(config=MaestroConfig(**TRUNCATED)), {}
    for name, row in (("in line", range(N)), ("scrambled", SCRAMBLED)):
        result = simulator.submit_circuits([dense.program(N, chain(row))], ham_ops=";".join(words(row)))
        assert result.metadata()[0]["may_truncate"] is True
        values = result.results[0]["results"]
        found[name] = np.abs([values[word] for word in words(row)] - exact).max()
    assert 1e-6 < found["in line"] < 0.01
    assert found["scrambled"] < 2 * found["in line"]


def test_values_are_the_librarys_own_where_a_path_is_named(exact):
    """As the circuit numbers its qubits; it loses more."""
    own = MaestroSimulator(config=MaestroConfig(**TRUNCATED), path="circuits")
    ham_ops = ";".join(words(SCRAMBLED))
    result = own.submit_circuits([dense.program(N, chain(SCRAMBLED))], ham_ops=ham_ops).results[0]["results"]
    assert np.abs([result[word] for word in words(SCRAMBLED)] - exact).max() > 0.1


def test_counts_do_not_depend_on_the_names_of_qubits(exact):
    shots = 20_000
    simulator = MaestroSimulator(shots, config=MaestroConfig(**TRUNCATED, seed=1))
    text = dense.program(N, chain(SCRAMBLED), measure=True)
    entry = simulator.submit_circuits([text]).results[0]
    assert entry["metadata"]["may_truncate"] is True
    signs = np.array([[1 - 2 * int(bit) for bit in reversed(key)] for key in entry["results"]])
    counts = np.array(list(entry["results"].values()))
    places = [[q for q, letter in enumerate(word) if letter == "Z"] for word in words(SCRAMBLED)]
    values = [(signs[:, own].prod(axis=1) * counts).sum() / shots for own in places]
    assert np.abs(values - exact).max() < 5 / shots**0.5


@pytest.mark.parametrize("seed", range(20))
def test_measurements_and_conditions_stay_where_they_were(seed):
    """Circuits whose every outcome is certain, with bits measured on the way and gates that hang on them."""
    rng = np.random.default_rng(seed)
    lines = [f"x q[{q}];" for q in rng.choice(7, 3, replace=False)]
    for _ in range(8):
        a, b = rng.choice(7, 2, replace=False)
        lines.append(
            rng.choice(
                [
                    f"cx q[{a}],q[{b}];",
                    f"measure q[{a}] -> m[{rng.integers(3)}];",
                    f"if(m=={rng.integers(8)}) x q[{b}];",
                    f"reset q[{a}];",
                ]
            )
        )
    lines += [f"measure q[{q}] -> c[{bit}];" for q, bit in enumerate(rng.permutation(7))]
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[7]; creg m[3]; creg c[7]; {" ".join(lines)}'
    found = [
        MaestroSimulator(10, simulation_type=method).submit_circuits([text]).results[0]["results"]
        for method in ("Statevector", "MatrixProductState")
    ]
    assert found[0] == found[1]
    assert list(found[0].values()) == [10]
    assert re.fullmatch("[01]{10}", next(iter(found[0])))
