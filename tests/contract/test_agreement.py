"""The same circuits on Maestro, on Aer, and through a local Qoro server: one answer."""

import numpy as np
import pytest

from support import dense, ensemble
from support.ensemble import If, Measure, Reset
from support.statistics import p_value
from vivace.backends import CircuitPayload, MaestroSimulator, QiskitSimulator, QoroService
from vivace.server import LocalServer

SHOTS = 20_000
WORDS = {
    1: ["Z", "X"],
    3: ["ZII", "IXI", "YIZ", "XYZ", "IIZ", "ZZI"],
    5: ["ZIIIZ", "IXYII", "IIIIZ", "YXZZX"],
}


@pytest.fixture(scope="module")
def everywhere():
    """Calls that submit something to each of the three, and return results."""
    with (
        MaestroSimulator(shots=SHOTS) as maestro,
        QiskitSimulator(shots=SHOTS) as aer,
        LocalServer() as server,
        QoroService(server.token, base_url=server.url, polling_interval=0.05) as service,
    ):
        maestro.set_seed(11)
        aer.set_seed(12)
        yield {
            "maestro": maestro.submit_circuits,
            "aer": aer.submit_circuits,
            "qoro": lambda circuits, **options: service.run(circuits, verbose=False, **options),
        }


def circuits(n, count=8):
    """Random gates of every kind: some circuits leave qubits apart, some entangle all of them."""
    for seed in range(count):
        rng = np.random.default_rng([n, seed])
        yield dense.random_gates(rng, n, 2 + 3 * seed, list(dense.GATES))


@pytest.mark.parametrize("n", sorted(WORDS))
def test_expectation_values(everywhere, n):
    texts, expected = [], []
    for gates in circuits(n):
        texts.append(dense.program(n, gates, measure=True))
        state = dense.simulate(n, gates)
        expected.append([dense.expectation(state, word) for word in WORDS[n]])
    for name, submit in everywhere.items():
        found = submit(texts, ham_ops=";".join(WORDS[n])).expectations()
        assert found.words == tuple(WORDS[n]), name
        assert found.values == pytest.approx(np.array(expected), abs=1e-10), name


def test_expectation_values_of_a_template(everywhere):
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; ry(2*a) q[0]; crx(a*b) q[0],q[2]; rz(b+pi/2) q[2];'
    rows = np.random.default_rng(4).uniform(-3, 3, (6, 2))
    expected = []
    for a, b in rows:
        gates = [dense.Gate("ry", (2 * a,), (0,)), dense.Gate("crx", (a * b,), (0, 2))]
        state = dense.simulate(3, [*gates, dense.Gate("rz", (b + np.pi / 2,), (2,))])
        expected.append([dense.expectation(state, word) for word in WORDS[3]])
    for name, submit in everywhere.items():
        payload = CircuitPayload.from_matrix(text, ["a", "b"], rows)
        values = submit([payload], ham_ops=";".join(WORDS[3])).expectations().values
        assert values == pytest.approx(np.array(expected), abs=1e-10), name


@pytest.mark.parametrize("n", sorted(WORDS))
def test_counts(everywhere, n):
    """Of some of the qubits, in any order, into a register with room to spare."""
    texts, exact = [], []
    for gates in circuits(n):
        read = np.random.default_rng(len(gates)).permutation(n)[: max(1, n - 1)].tolist()
        operations = [*gates, *(Measure(qubit, 2 * place) for place, qubit in enumerate(read))]
        texts.append(ensemble.program(n, 2 * n, operations))
        exact.append(ensemble.distribution(ensemble.run(n, operations), 2 * n))
    agree(everywhere, texts, exact)


def test_counts_of_circuits_that_look_at_themselves(everywhere):
    """Resets, measurements in mid-circuit, classical control."""
    turned = [dense.Gate("u3", (0.8 + q, 0.3, 1.1), (q,)) for q in range(3)]
    cases = [
        [*turned, Reset(0), dense.Gate("cx", (), (1, 0)), Measure(0, 0), Measure(1, 1)],
        [*turned, Measure(0, 0), *turned, Measure(0, 1), Measure(2, 2)],
        [*turned, Measure(1, 0), If(1, dense.Gate("ch", (), (0, 2))), If(0, Reset(2)), Measure(2, 2)],
        [*turned, Measure(0, 1), If(2, Measure(1, 0)), If(3, dense.Gate("iswap", (), (1, 2))), Measure(2, 2)],
    ]
    texts = [ensemble.program(3, 3, operations) for operations in cases]
    agree(everywhere, texts, [ensemble.distribution(ensemble.run(3, operations), 3) for operations in cases])


def agree(everywhere, texts, exact):
    for name, submit in everywhere.items():
        results = submit(texts, shot_groups=[(0, len(texts), SHOTS)]).results
        for entry, probabilities in zip(results, exact, strict=True):
            assert sum(entry["results"].values()) == SHOTS
            assert p_value(entry["results"], probabilities) > 1e-7, (name, entry["label"])
