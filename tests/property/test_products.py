"""Shallow circuits run as matrix product states that lose nothing: results are those of dense simulation."""

import itertools
import re
import tracemalloc

import numpy as np
import pytest

from support import dense
from vivace.backends import CircuitPayload, MaestroConfig, MaestroSimulator

N = 15
PRODUCT = {"method": "MatrixProductState"}
TURNS = ["rx", "ry", "rz", "h", "u3", "sx", "t"]
PAIRS = ["cx", "cy", "cz", "ch", "cp", "crx", "cry", "csx", "cu3"]


def shallow(rng, scale):
    """Gates between neighbours in some row, and one on three; small angles leave small Schmidt values."""
    row = rng.permutation(N)

    def gate(name, places):
        angles = rng.normal(scale=scale, size=dense.GATES[name][0])
        return dense.Gate(name, tuple(angles.tolist()), tuple(row[rng.permutation(places)].tolist()))

    gates = []
    for _ in range(2):
        gates += [gate(str(rng.choice(TURNS)), [q]) for q in range(N)]
        gates += [gate(str(rng.choice(PAIRS)), [q, q + 1]) for q in range(N - 1)]
    start = int(rng.integers(N - 2))
    three = [start, start + 1, start + 2]
    gates.insert(int(rng.integers(len(gates))), gate(str(rng.choice(["ccx", "cswap"])), three))
    return gates


@pytest.fixture(scope="module", params=["kept", "workers", None])
def simulator(request):
    with MaestroSimulator(path=request.param) as found:
        yield found


@pytest.mark.parametrize("scale", [3.0, 0.1, 1e-5, 1e-9])
@pytest.mark.parametrize("seed", range(4))
def test_values(simulator, seed, scale):
    rng = np.random.default_rng([seed, int(1 / scale)])
    gates = shallow(rng, scale)
    words = sorted({"".join(rng.choice(list("IXYZ"), N)) for _ in range(5)} | {"Z" * N, "X" * N})
    state = dense.simulate(N, gates)
    result = simulator.submit_circuits([dense.program(N, gates)], ham_ops=";".join(words))
    found = result.expectations()
    assert result.metadata()[0] | PRODUCT == result.metadata()[0]
    expected = [dense.expectation(state, word) for word in found.words]
    np.testing.assert_allclose(found.values[0], expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_counts(seed):
    """Of some qubits, in any order, on bits in any order."""
    rng = np.random.default_rng(seed)
    gates, shots = shallow(rng, 3.0), 100
    qubits = rng.permutation(N)[:5].tolist()
    bits = rng.permutation(9)[:5].tolist()
    reads = "".join(f"measure q[{q}] -> c[{bit}];" for q, bit in zip(qubits, bits, strict=True))
    text = dense.program(N, gates).replace(f"creg c[{N}]", "creg c[9]") + reads
    keys = [f"{sum((o >> k & 1) << bit for k, bit in enumerate(bits)):09b}" for o in range(32)]
    everywhere = dense.probabilities(dense.simulate(N, gates))
    outcomes = np.arange(1 << N)
    of_keys = sum((outcomes >> q & 1) << k for k, q in enumerate(qubits))
    exact = dict(zip(keys, np.bincount(of_keys, everywhere, 32), strict=True))
    total = dict.fromkeys(keys, 0)
    with MaestroSimulator(shots) as simulator:
        simulator.set_seed(seed)
        result = simulator.submit_circuits([text] * 100)
    for entry in result.results:
        assert entry["metadata"] | PRODUCT == entry["metadata"]
        assert entry["metadata"]["may_truncate"] is False
        for key, count in entry["results"].items():
            total[key] += count
    allowed = 5 * np.sqrt(100 * shots)  # five standard deviations, at most
    for key, count in total.items():
        assert abs(count - 100 * shots * exact[key]) < allowed / 2


def chain(n_qubits):
    lines = [f"ry(0.{q}1) q[{q}];" for q in range(n_qubits)]
    lines += [f"cx q[{q}],q[{q + 1}]; ry(0.4) q[{q + 1}];" for q in range(n_qubits - 1)]
    head = f"OPENQASM 2.0; qreg q[{n_qubits}]; creg c[{n_qubits}];"
    return head + 'include "qelib1.inc";' + "".join(lines) + "measure q -> c;"


def test_each_circuit_has_the_method_its_own_shots_call_for():
    """A seed gives it the same counts whatever stands beside it."""
    texts = {name: chain(16) for name in "abcd"}

    def seeded(circuits, shot_groups):
        with MaestroSimulator(config=MaestroConfig(seed=3)) as simulator:
            result = simulator.submit_circuits(circuits, shot_groups=shot_groups)
        return {entry["label"]: entry for entry in result.results}

    together = seeded(texts, [(0, 1, 50), (1, 3, 30_000), (3, 4, 60)])
    methods = [entry["metadata"]["method"] for entry in together.values()]
    assert methods == ["MatrixProductState", "Statevector", "Statevector", "MatrixProductState"]
    assert list(together) == list("abcd")
    for name, shots in (("a", 50), ("b", 30_000), ("c", 30_000), ("d", 60)):
        assert sum(together[name]["results"].values()) == shots
        assert seeded({name: texts[name]}, [(0, 1, shots)]) == {name: together[name]}


def test_a_method_that_was_asked_for_is_honoured():
    config = MaestroConfig(simulation_type="Statevector")
    with MaestroSimulator(50, config) as simulator:
        (counts,) = simulator.submit_circuits([chain(14)]).metadata()
        (values,) = simulator.submit_circuits([chain(14)], ham_ops="Z" * 14).metadata()
    assert counts["method"] == values["method"] == "Statevector"


def test_wide_circuits_are_sampled_from_kept_states():
    """40 qubits, entangled far apart: some are certain, the others come out as often as they should."""
    gates = [dense.Gate("ry", (0.7,), (0,)), dense.Gate("cx", (), (0, 1)), dense.Gate("ry", (1.9,), (2,))]
    gates += [dense.Gate("cry", (0.4,), (1, 2)), dense.Gate("h", (), (0,))]
    exact = dense.probabilities(dense.simulate(3, gates))
    places = [3, 21, 38]
    body = "".join(
        dense.Gate(gate.name, gate.angles, tuple(places[q] for q in gate.qubits)).text() for gate in gates
    )
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; creg c[40]; x q[39]; {body} measure q -> c;'
    with MaestroSimulator(100_000) as simulator:
        simulator.set_seed(5)
        (entry,) = simulator.submit_circuits([text]).results
    assert entry["metadata"]["path"] == "kept"
    for outcome, probability in enumerate(exact.tolist()):
        key = sum((outcome >> k & 1) << q for k, q in enumerate(places)) | 1 << 39
        found = entry["results"].get(f"{key:040b}", 0) / 100_000
        assert abs(found - probability) < 5 * np.sqrt(probability / 100_000) + 1e-9


def ansatz(n_qubits, layers, order):
    """A template whose parameters stand in expressions, more than once; qubits are numbered by ``order``."""
    lines, names = [], [f"t{k}" for k in range(4)]
    for layer in range(layers):
        for k, q in enumerate(order):
            lines.append(
                f"ry({names[(k + layer) % 4]}*{k % 3 + 1}/2+0.{k}) q[{q}]; rz({names[k % 4]}) q[{q}];"
            )
        lines += [f"crx(t0*t{k % 4}) q[{a}],q[{b}];" for k, (a, b) in enumerate(itertools.pairwise(order))]
    return f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{n_qubits}];' + "".join(lines), names


@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_are_those_of_the_adjoint_method(weighted):
    """Where the parameter shift of a matrix product state is the cheaper, and a statevector still fits."""
    rng = np.random.default_rng(3)
    text, names = ansatz(17, 1, rng.permutation(17).tolist())
    template = CircuitPayload.from_matrix(text, names, rng.uniform(-2, 2, (3, 4)))
    words = ["".join(rng.choice(list("IXYZ"), 17)) for _ in range(3)] + ["Z" * 17, "ZZ" + "I" * 15]
    options = {"coefficients": rng.normal(size=len(words))} if weighted else {}
    with MaestroSimulator() as simulator:
        found = simulator.gradients(template, ";".join(words), **options)
    with MaestroSimulator(simulation_type="Statevector") as simulator:
        expected = simulator.gradients(template, ";".join(words), **options)
    assert found.metadata["derivatives"] == ["parameter_shift"]
    assert found.metadata | PRODUCT == found.metadata
    assert expected.metadata["derivatives"] == ["adjoint"]
    np.testing.assert_allclose(found.values, expected.values, atol=1e-12)
    np.testing.assert_allclose(found.jacobian, expected.jacobian, atol=1e-11)


def test_gradients_of_words_on_more_qubits_than_a_statevector_holds():
    """Two shallow circuits beside each other, 40 qubits in all: derivatives follow from those of each."""
    rng = np.random.default_rng(5)
    text, names = ansatz(20, 1, list(range(20)))
    body = text.partition("qreg q[20];")[2]
    again = re.sub(r"q\[(\d+)\]", lambda found: f"q[{int(found[1]) + 20}]", body)
    rows = rng.uniform(-2, 2, (2, 4))
    both = text.replace("qreg q[20]", "qreg q[40]") + again + "cx q[19],q[20];"
    with MaestroSimulator() as simulator:
        half = simulator.gradients(CircuitPayload.from_matrix(text, names, rows), "Z" * 19 + "I;" + "Z" * 20)
        # Z on the control and the target of `cx` is Z on the target before it.
        word = "Z" * 19 + "Z" + "Z" * 20
        whole = simulator.gradients(CircuitPayload.from_matrix(both, names, rows), word)
    (first, second), (d_first, d_second) = half.values.T, half.jacobian.swapaxes(0, 1)
    np.testing.assert_allclose(whole.values[:, 0], first * second, atol=1e-12)
    expected = d_first * second[:, None] + first[:, None] * d_second
    np.testing.assert_allclose(whole.jacobian[:, 0], expected, atol=1e-11)
    assert whole.metadata["wide_words"]["may_truncate"] is False


@pytest.mark.parametrize(
    ("n_qubits", "measured"), [(22, 11), (30, 10), (40, 20), (68, 60), (90, 66), (90, 10)]
)
def test_some_of_many_qubits_are_sampled(n_qubits, measured):
    """The last ones, or every other one: what is left out before them must not cost more than they do."""
    layers = "".join(
        "".join(f"ry({0.2 + layer + qubit % 5 / 3}) q[{qubit}];" for qubit in range(n_qubits))
        + "".join(f"cx q[{qubit}],q[{qubit + 1}];" for qubit in range(n_qubits - 1))
        for layer in range(3)
    )
    qubits = range(n_qubits - measured, n_qubits) if 2 * measured != n_qubits else range(1, n_qubits, 2)
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{n_qubits}]; creg c[{measured}]; {layers}'
    words = ["".join("Z" if q == qubit else "I" for q in range(n_qubits)) for qubit in qubits]
    sampled = text + "".join(f"measure q[{qubit}] -> c[{bit}];" for bit, qubit in enumerate(qubits))
    with MaestroSimulator(4000, config=MaestroConfig(seed=6)) as simulator:
        (entry,) = simulator.submit_circuits([sampled]).results
        exact = simulator.submit_circuits([text], ham_ops=";".join(words)).results[0]["results"]
    assert entry["metadata"]["may_truncate"] is False
    signs = np.array([[1 - 2 * int(bit) for bit in reversed(key)] for key in entry["results"]])
    assert signs.shape[1] == measured
    means = (signs * np.array(list(entry["results"].values()))[:, None]).sum(axis=0) / 4000
    np.testing.assert_allclose(means, [exact[word] for word in words], atol=5 / 4000**0.5)


@pytest.mark.parametrize("n_qubits", [40, 80])
def test_many_shots_of_a_few_qubits_take_little_memory(n_qubits):
    """What is sampled besides varies from shot to shot; only what was asked for is kept."""
    gates = "".join(f"ry(1.{q % 9}) q[{q}];" for q in range(n_qubits))
    gates += "".join(f"cx q[{q}],q[{q + 1}];" for q in range(n_qubits - 1))
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{n_qubits}]; creg c[2]; {gates} h q[{n_qubits - 1}];'
    text += f"measure q[{n_qubits - 2}] -> c[1]; measure q[{n_qubits - 1}] -> c[0];"
    shots = 200_000
    with MaestroSimulator(shots, config=MaestroConfig(seed=6)) as simulator:
        tracemalloc.start()
        (entry,) = simulator.submit_circuits([text]).results
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        again = simulator.submit_circuits([text]).results[0]["results"]
        ham_ops = ["I" * (n_qubits - 2) + word for word in ("ZI", "IZ", "ZZ")]
        exact = simulator.submit_circuits([text], ham_ops=";".join(ham_ops)).results[0]["results"]
    counts = entry["results"]
    assert again == counts
    assert sum(counts.values()) == shots
    signs = {
        "ZI": lambda key: key[0] == "0",
        "IZ": lambda key: key[1] == "0",
        "ZZ": lambda key: key[0] == key[1],
    }
    for word in ham_ops:
        mean = sum((2 * signs[word[-2:]](key) - 1) * count for key, count in counts.items()) / shots
        assert mean == pytest.approx(exact[word], abs=5 / shots**0.5)
    assert peak < 40 << 20
