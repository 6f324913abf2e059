"""Expectation values of circuits that measure and reset before their end: exact, or an error."""

import numpy as np
import pytest

from support import dense, ensemble
from support.dense import GATES, Gate
from support.ensemble import Measure, Reset
from support.exact import TOLERANCE, agree, all_words, on, some_words
from vivace.backends import MaestroConfig
from vivace.errors import SimulationError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def random_open_circuit(rng, n_qubits, count):
    """Gates with measurements and resets in between."""
    operations = []
    for _ in range(count):
        operations += dense.random_gates(rng, n_qubits, 3, list(GATES))
        qubit = int(rng.integers(n_qubits))
        operations.append(Reset(qubit) if rng.random() < 0.5 else Measure(qubit, int(rng.integers(2))))
    return [*operations, *dense.random_gates(rng, n_qubits, 2, list(GATES))]


@pytest.mark.parametrize("n_qubits", [1, 2, 3])
def test_measurements_and_resets_in_mid_circuit(both, n_qubits):
    """They dephase and reset as in the density matrix; nothing is sampled."""
    rng = np.random.default_rng(40 + n_qubits)
    circuits = [random_open_circuit(rng, n_qubits, 4) for _ in range(8)]
    words = all_words(n_qubits)
    texts = [ensemble.program(n_qubits, 2, operations) for operations in circuits]
    result = agree(both, texts, ham_ops=";".join(words))
    ends = [ensemble.run(n_qubits, ensemble.without_readout(operations)) for operations in circuits]
    exact = [[ensemble.expectation(branches, word) for word in words] for branches in ends]
    np.testing.assert_allclose(result.expectations().values, exact, **TOLERANCE)


def test_a_measurement_twice_and_a_reset_before_any_gate(both):
    """Measuring again without a gate in between changes nothing; resetting a fresh qubit neither."""
    h = Gate("h", (), (0,))
    operations = [
        Reset(0),
        h,
        Measure(0, 0),
        Measure(0, 1),
        Measure(0, 0),
        h,
        Reset(1),
        Gate("cx", (), (0, 1)),
    ]
    result = agree(both, [ensemble.program(2, 2, operations)], ham_ops=";".join(all_words(2)))
    exact = {word: ensemble.expectation(ensemble.run(2, operations), word) for word in all_words(2)}
    assert result.results[0]["results"] == pytest.approx(exact, abs=1e-12)


def rarely_reset(rng, n_qubits, count):
    """An entangling circuit with ``count`` resets and measurements far apart."""
    operations = dense.random_gates(rng, n_qubits, 8 * n_qubits, ["u3", "cx"])
    for _ in range(count):
        operations += dense.random_gates(rng, n_qubits, 2 * n_qubits, ["u3", "cx", "cu3"])
        operations.append(Reset(0) if rng.random() < 0.7 else Measure(int(rng.integers(n_qubits)), 0))
    return [*operations, *dense.random_gates(rng, n_qubits, 2 * n_qubits, ["u3", "cx"])]


@pytest.mark.parametrize(("n_qubits", "count"), [(2, 9), (3, 12), (5, 18), (8, 15)])
def test_many_resets_on_few_qubits_stay_exact(simulator, n_qubits, count):
    """As fresh qubits they would make the circuit wider than a statevector; values are exact all the same."""
    rng = np.random.default_rng(n_qubits)
    operations = rarely_reset(rng, n_qubits, count)
    words = some_words(rng, n_qubits, 6)
    result = simulator.submit_circuits([ensemble.program(n_qubits, 2, operations)], ham_ops=";".join(words))
    exact = ensemble.density_expectations(n_qubits, ensemble.without_readout(operations), words)
    np.testing.assert_allclose(result.expectations().values[0], exact, **TOLERANCE)


def test_more_resets_than_can_be_exact_are_refused(simulator):
    """14 qubits with 12 measurements on the way: an error that names the ways out, and each of them works."""
    body = "".join(f"h q[{i}]; measure q[{i}] -> c[0]; h q[{i}]; cx q[{i}],q[{i + 1}];" for i in range(12))
    text = HEAD + f"qreg q[14]; creg c[1]; {body} cx q[12],q[13];"
    with pytest.raises(
        SimulationError, match="Circuit 'a' .* would take 26 qubits.*MatrixProductState.*leave out"
    ):
        simulator.submit_circuits({"a": text}, ham_ops=on(14, q13="Z"))
    assert simulator.submit_circuits({"a": text}).results
    simulator.config = MaestroConfig(simulation_type="MatrixProductState")
    assert simulator.submit_circuits({"a": text}, ham_ops=on(14, q13="Z")).results[0][
        "results"
    ] == pytest.approx({on(14, q13="Z"): 0}, abs=1e-9)
