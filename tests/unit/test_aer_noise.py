"""`QiskitSimulator` with noise models and backends, against a density matrix and Aer itself."""

import warnings

import numpy as np
import pytest
from qiskit import transpile
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, pauli_error
from qiskit_ibm_runtime.fake_provider import FakeManilaV2
from tests.support import dense, density

from vivace.backends import CircuitPayload, QiskitSimulator, create_backend_from_properties
from vivace.errors import ConfigError, SimulationError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
NAMES = ["h", "x", "sx", "rx", "ry", "rz", "cx"]
P = 0.03


def depolarizing(readout=None):
    """p/3 of X, Y and Z on each operand after each gate, as in `tests.support.density`."""
    model, error = NoiseModel(), depolarizing_error(4 * P / 3, 1)
    model.add_all_qubit_quantum_error(error, NAMES[:-1])
    model.add_all_qubit_quantum_error(error.tensor(error), ["cx"])
    if readout is not None:
        model.add_all_qubit_readout_error(ReadoutError(readout))
    return model


def distance(found, probabilities):
    shots, shares = sum(found.values()), np.zeros(len(probabilities))
    for key, count in found.items():
        shares[int(key, 2)] += count / shots
    return np.abs(shares - probabilities).sum() / 2


def allowed(probabilities, shots):
    mean = np.sqrt(probabilities * (1 - probabilities) / shots).sum() / 2
    return mean + np.sqrt(np.log(1e8) / (2 * shots))


def case(n, seed, count=20):
    gates = dense.random_gates(np.random.default_rng(seed), n, count, NAMES)
    return gates, density.evolve(n, gates, P)


# --- against the density matrix -------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 4, 7])
def test_counts_are_those_of_the_density_matrix(n):
    """At level 0 no gate is merged, so the noise is that of the circuit as it is written."""
    gates, rho = case(n, seed=n)
    with QiskitSimulator(
        shots=300_000, noise_model=depolarizing(), optimization_level=0, simulation_seed=1
    ) as simulator:
        found = simulator.submit_circuits([dense.program(n, gates, measure=True)]).results[0]["results"]
    probabilities = density.probabilities(rho)
    assert distance(found, probabilities) <= allowed(probabilities, 300_000)


def test_few_shots_of_wide_circuits_follow_it_too():
    """Fewer shots than outcomes are drawn as trajectories; many circuits together show their distribution."""
    n, circuits, shots = 7, 300, 100
    gates, rho = case(n, seed=7)
    with QiskitSimulator(
        shots=shots, noise_model=depolarizing(), optimization_level=0, simulation_seed=1
    ) as simulator:
        results = simulator.submit_circuits([dense.program(n, gates, measure=True)] * circuits).results
    total: dict[str, int] = {}
    for entry in results:
        for key, count in entry["results"].items():
            total[key] = total.get(key, 0) + count
    probabilities = density.probabilities(rho)
    assert distance(total, probabilities) <= allowed(probabilities, circuits * shots)
    assert results[0]["results"] != results[1]["results"]


def test_values_converge_to_the_density_matrix():
    """Means of samples in bases; the gates that turn a basis are noisy, too, and readout errors damp."""
    n, shots = 3, 300_000
    gates, rho = case(n, seed=5)
    flip = 0.1
    readout = [[1 - flip, flip], [flip, 1 - flip]]
    with QiskitSimulator(
        shots=shots, noise_model=depolarizing(readout), optimization_level=0, simulation_seed=1
    ) as simulator:
        assert not simulator.supports_expval
        text = dense.program(n, gates, measure=True)
        words = ["ZZI", "IIZ", "XII", "XXI", "III"]
        values = simulator.submit_circuits([text], ham_ops=";".join(words)).expectations().values[0]
    turned = density.evolve(n, [*gates, dense.Gate("h", (), (0,)), dense.Gate("h", (), (1,))], P)
    expected = [
        density.expectation(rho, "ZZI") * (1 - 2 * flip) ** 2,
        density.expectation(rho, "IIZ") * (1 - 2 * flip),
        density.expectation(turned, "ZII") * (1 - 2 * flip),
        density.expectation(turned, "ZZI") * (1 - 2 * flip) ** 2,
        1.0,
    ]
    assert values == pytest.approx(expected, abs=6 / np.sqrt(shots))


def test_noise_goes_by_the_gates_as_they_are_written():
    """Also of controlled and of two-qubit rotations that other simulators would lower."""
    n, shots = 2, 20_000
    for name in ("rzz", "cp", "crx", "cu", "swap", "u1"):
        n_angles, n_operands, _ = dense.GATES[name]
        error = depolarizing_error(4 * P / 3, 1)
        model = NoiseModel()
        model.add_all_qubit_quantum_error(error if n_operands == 1 else error.tensor(error), [name])
        batch, expected = [], []
        for row in range(2):
            angles = tuple(0.4 + row + 0.3 * k for k in range(n_angles))
            gates = [dense.Gate("ry", (0.7 + row,), (0,)), dense.Gate("ry", (1.9,), (1,))]
            gates += [dense.Gate(name, angles, tuple(range(n_operands)))] * 2
            batch.append(dense.program(n, gates, measure=True))
            expected.append(only_after(name, n, gates))
        with QiskitSimulator(
            shots=shots, noise_model=model, optimization_level=0, simulation_seed=1
        ) as simulator:
            results = simulator.submit_circuits(batch).results
        for entry, probabilities in zip(results, expected, strict=True):
            assert distance(entry["results"], probabilities) <= allowed(probabilities, shots), name


def only_after(name, n, gates):
    """Probabilities when only gates of one name are noisy: with p = 0 between them."""
    rho = density.evolve(n, [], 0)
    for gate in gates:
        matrix = dense.GATES[gate.name][2](*gate.angles)
        rho = conjugate(rho, matrix, gate.qubits)
        if gate.name == name:
            for qubit in gate.qubits:
                errors = sum(conjugate(rho, dense.PAULI[letter], [qubit]) for letter in "XYZ")
                rho = (1 - P) * rho + P / 3 * errors
    return density.probabilities(rho)


def conjugate(rho, matrix, qubits):
    n = rho.ndim // 2
    return dense.apply(dense.apply(rho, matrix, qubits), matrix.conj(), [n + qubit for qubit in qubits])


# --- against Aer itself ---------------------------------------------------------------------------

ROTATED = HEAD + (
    "qreg q[3]; creg c[3]; ry(0.3) q[0]; rz(1.1) q[0]; cx q[0],q[1]; ry(2.0) q[1]; cx q[1],q[2]; "
    "rx(0.4) q[2]; cx q[0],q[2]; measure q[0] -> c[2]; measure q[1] -> c[0]; measure q[2] -> c[1];"
)


def of_aer(text, simulator, level, shots=200_000):
    from qiskit import qasm2

    circuit = transpile(qasm2.loads(text), simulator, optimization_level=level, seed_transpiler=0)
    counts = simulator.run(circuit, shots=shots, seed_simulator=1).result().get_counts()
    return {key.replace(" ", ""): count for key, count in counts.items()}


def measuring_badly():
    """Errors of the measurement itself, and readout errors that differ from qubit to qubit."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", 0.1), ("I", 0.9)]), ["measure"])
    for qubit, flip in enumerate((0.02, 0.2, 0.1)):
        model.add_readout_error(ReadoutError([[1 - flip, flip], [flip / 2, 1 - flip / 2]]), [qubit])
    return model


@pytest.mark.parametrize("level", [0, 1, None, 2, 3])
@pytest.mark.parametrize("kind", ["Manila", "measurement"])
def test_counts_are_those_of_aer(kind, level):
    """Relaxation, gate and readout errors of a fake backend; errors that measurements make."""
    model = measuring_badly()
    aer = AerSimulator.from_backend(FakeManilaV2()) if kind == "Manila" else AerSimulator(noise_model=model)
    options = {"qiskit_backend": FakeManilaV2()} if kind == "Manila" else {"noise_model": model}
    with QiskitSimulator(shots=200_000, simulation_seed=3, optimization_level=level, **options) as simulator:
        found = simulator.submit_circuits([ROTATED]).results[0]["results"]
    theirs = of_aer(ROTATED, aer, 1 if level is None else level)
    probabilities = np.zeros(8)
    for key, count in theirs.items():
        probabilities[int(key, 2)] = count / 200_000
    assert distance(found, probabilities) <= 2 * allowed(probabilities, 200_000)


def test_values_on_a_fake_backend_converge_to_its_density_matrix():
    """Relaxation and gate errors by Aer's density matrix, readout errors applied to its probabilities."""
    shots, words = 300_000, {"ZII": "", "IZZ": "", "XIX": "h q[0]; h q[2];", "IYI": "sdg q[1]; h q[1];"}
    body, _ = ROTATED.split("measure", 1)
    aer = AerSimulator.from_backend(FakeManilaV2(), method="density_matrix")
    with QiskitSimulator(
        shots=shots, qiskit_backend="FakeManilaV2", optimization_level=3, simulation_seed=2
    ) as simulator:
        for word, turned in words.items():
            value = simulator.submit_circuits([ROTATED], ham_ops=word).expectations().values[0, 0]
            support = [qubit for qubit, letter in enumerate(word) if letter != "I"]
            expected = read_badly(aer, body + turned, support)
            assert value == pytest.approx(expected, abs=6 / np.sqrt(shots)), word


def read_badly(aer, text, qubits):
    """The exact mean of the product of what is read on some qubits."""
    from qiskit import qasm2

    circuit = qasm2.loads(text)
    for bit, qubit in enumerate(qubits):
        circuit.measure(qubit, bit)
    circuit = transpile(circuit, aer, optimization_level=3, seed_transpiler=0)
    places = {}
    for instruction in circuit.data:
        if instruction.operation.name == "measure":
            places[circuit.find_bit(instruction.clbits[0]).index] = circuit.find_bit(
                instruction.qubits[0]
            ).index
    circuit.remove_final_measurements()
    order = [places[bit] for bit in range(len(qubits))]
    circuit.save_probabilities(order, label="p")
    probabilities = aer.run(circuit, shots=1).result().data(0)["p"]
    errors = {
        error["gate_qubits"][0][0]: np.array(error["probabilities"])
        for error in aer.options.noise_model.to_dict()["errors"]
        if error["type"] == "roerror"
    }
    signs = np.ones(1)
    for qubit in order:  # bit k of an index is that of order[k]
        signs = np.kron(errors[qubit] @ [1, -1], signs)
    return float(probabilities @ signs)


def test_an_aer_simulator_can_be_the_backend():
    """With its own method and noise."""
    backend = AerSimulator(method="matrix_product_state", noise_model=depolarizing())
    with QiskitSimulator(shots=2000, qiskit_backend=backend, simulation_seed=1) as simulator:
        found = simulator.submit_circuits([ROTATED] * 2).results
    theirs = of_aer(ROTATED, AerSimulator(noise_model=depolarizing()), 2)
    probabilities = np.array([theirs.get(format(k, "03b"), 0) / 200_000 for k in range(8)])
    assert distance(found[0]["results"], probabilities) <= 2 * allowed(probabilities, 2000)


# --- the same circuit for all rows ----------------------------------------------------------------


@pytest.mark.parametrize("level", [None, 1, 3])
def test_company_changes_no_noisy_result(level):
    """Alone, in a batch, as a bound text and as a row of a template: the same counts for one label."""
    text = HEAD + "qreg q[2]; creg c[2]; ry(a) q[0]; rz(pi/2) q[0]; cx q[0],q[1]; ry(b) q[1]; measure q -> c;"
    rows = {"u": (0.0, 0.3), "v": (0.5, 0.3), "w": (1.0, 0.0)}
    bound = {label: text.replace("(a)", f"({a})").replace("(b)", f"({b})") for label, (a, b) in rows.items()}
    payload = CircuitPayload(text, ["a", "b"], tuple(rows.items()))
    with QiskitSimulator(
        shots=1000, qiskit_backend="FakeManilaV2", simulation_seed=4, optimization_level=level
    ) as simulator:
        together = {e["label"]: e["results"] for e in simulator.submit_circuits(bound).results}
        for label, one in bound.items():
            assert simulator.submit_circuits({label: one}).results[0]["results"] == together[label]
        if level is None:
            found = simulator.submit_circuits([payload]).results
            assert {e["label"]: e["results"] for e in found} == together


@pytest.mark.parametrize("kind", ["Pauli", "Nairobi", "ideal"])
def test_trajectories_are_seeded(kind):
    """The same counts again, and with other numbers of processes: errors that look at the state, or not."""
    options = {
        "Pauli": {"noise_model": depolarizing()},
        "Nairobi": {"qiskit_backend": "FakeNairobiV2"},
        "ideal": {},
    }
    wide = dense.program(7, case(7, seed=1, count=30)[0], measure=True)
    resets = (
        HEAD + "qreg q[3]; creg c[3]; h q; measure q[0] -> c[0]; reset q[1]; cx q[0],q[1]; measure q -> c;"
    )
    found = []
    for n_processes in (1, 3, 2, 2):
        with QiskitSimulator(n_processes, 100, simulation_seed=5, **options[kind]) as simulator:
            found.append(simulator.submit_circuits({"wide": wide, "resets": resets}))
    assert found[0] == found[1] == found[2] == found[3]


# --- choices and refusals -------------------------------------------------------------------------


def test_a_backend_outdoes_a_noise_model():
    with pytest.warns(UserWarning, match="noise_model is ignored"):
        simulator = QiskitSimulator(qiskit_backend="FakeManilaV2", noise_model=depolarizing())
    assert simulator.noise_model is None
    assert not simulator.supports_expval
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        QiskitSimulator(qiskit_backend="aer_simulator", noise_model=depolarizing())


def test_auto_takes_the_smallest_that_fits():
    """For each circuit by itself: a wide one in the batch changes nothing for the others."""
    small, wide = (HEAD + f"qreg q[{n}]; creg c[{n}]; x q[0]; measure q -> c;" for n in (2, 6))
    with QiskitSimulator(shots=500, qiskit_backend="auto", simulation_seed=1) as simulator:
        both = simulator.submit_circuits({"s": small, "w": wide}).results
        alone = simulator.submit_circuits({"s": small}).results
        assert both[0] == alone[0]
        assert max(both[1]["results"], key=both[1]["results"].get) == "000001"
    with QiskitSimulator(shots=500, qiskit_backend="FakeQuitoV2", simulation_seed=1) as simulator:
        assert simulator.submit_circuits({"s": small}).results == alone


def test_wider_than_any_fake_backend():
    """Refused before anything runs."""
    wide = HEAD + "qreg q[28]; creg c[28]; x q[0]; measure q -> c;"
    with QiskitSimulator(qiskit_backend="auto") as simulator, pytest.raises(ConfigError) as caught:
        simulator.submit_circuits([wide])
    assert str(caught.value) == (
        "No fake backend available for circuit with 28 qubits. "
        "Please provide an explicit backend or use a smaller circuit."
    )


@pytest.mark.parametrize("options", [{}, {"ham_ops": "ZZZZZZ"}])
def test_wider_than_the_backend(options):
    text = HEAD + "qreg q[6]; creg c[6]; x q[0]; measure q -> c;"
    with (
        QiskitSimulator(qiskit_backend="FakeManilaV2") as simulator,
        pytest.raises(SimulationError) as caught,
    ):
        simulator.submit_circuits({"wide": text}, **options)
    assert str(caught.value) == (
        "Circuit 'wide' has 6 qubits but fake_manila has 5. Choose a wider backend, or a smaller circuit."
    )


def test_gates_a_backend_cannot_make():
    """A target without entangling gates: an error that names circuit and backend."""
    backend = create_backend_from_properties(
        {
            "qubits": [[], []],
            "gates": [{"gate": name, "qubits": [q]} for name in ("rz", "sx") for q in (0, 1)],
        }
    )
    bell = HEAD + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;"
    refusal = pytest.raises(SimulationError, match="Circuit '0' cannot be transpiled for custom_backend")
    with QiskitSimulator(qiskit_backend=backend) as simulator, refusal:
        simulator.submit_circuits([bell])


def test_delays_have_no_noise_and_say_so():
    """OpenQASM 2 has no unit for them, so nobody can tell how long they are. Told once."""
    text = HEAD + "opaque delay(t) a; qreg q[1]; creg c[1]; {} measure q -> c;"
    long, short = text.format("delay(1e9) q[0]; x q[0];"), text.format("x q[0];")
    with QiskitSimulator(qiskit_backend="FakeManilaV2", simulation_seed=1) as simulator:
        with pytest.warns(UserWarning) as told:
            found = simulator.submit_circuits({"c": long}).results[0]["results"]
        assert [str(warning.message) for warning in told] == [
            "Circuit 'c' has delays, which take no time and have no noise here: OpenQASM 2 has no unit for "
            "them. For noise write gates, such as id."
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert simulator.submit_circuits({"c": long}).results[0]["results"] == found
    with QiskitSimulator(qiskit_backend="FakeManilaV2", simulation_seed=1) as simulator:
        assert simulator.submit_circuits({"c": short.replace("opaque delay(t) a;", "")}).results[0][
            "results"
        ] == pytest.approx(found)
    with pytest.warns(UserWarning, match="Instruction duration not found: delay, which OpenQASM 2 has no"):
        taken = QiskitSimulator.estimate_run_time_single_circuit(long, "FakeManilaV2")
    assert 0 < taken < 1e-5


@pytest.mark.parametrize("level", [None, 3])
def test_the_angle_of_u0_is_nowhere(level):
    text = HEAD + "qreg q[2]; creg c[2]; u0(1) q[0]; x q[1]; measure q -> c;"
    with QiskitSimulator(
        qiskit_backend="FakeManilaV2", optimization_level=level, shots=500, simulation_seed=1
    ) as simulator:
        counts = simulator.submit_circuits([text]).results[0]["results"]
    assert max(counts, key=counts.get) == "10"
    assert QiskitSimulator.estimate_run_time_single_circuit(text, "FakeManilaV2") > 0


CALIBRATED = create_backend_from_properties(
    {
        "qubits": [[{"name": "readout_error", "value": 0.02}], []],
        "gates": [{"gate": name, "qubits": [q]} for name in ("rz", "sx", "x") for q in (0, 1)]
        + [{"gate": "cx", "qubits": [0, 1]}],
    }
)


@pytest.mark.parametrize("backend", ["auto", CALIBRATED])
@pytest.mark.parametrize("level", [None, 3])
def test_conditions_also_on_backends_without_them(backend, level):
    """Aer runs them; the backend keeps the shape it had."""
    head = HEAD + "qreg q[2]; creg c[2]; creg d[1]; x q[0]; measure q[0] -> c[0];"
    flipped = head + "if(c==1) x q[1]; measure q[1] -> d[0];"
    kept = head + "if(c==0) x q[1]; measure q[1] -> d[0];"
    with QiskitSimulator(
        shots=2000, qiskit_backend=backend, simulation_seed=1, optimization_level=level
    ) as simulator:
        results = simulator.submit_circuits([flipped, kept]).results
        assert simulator.submit_circuits([flipped, kept]).results == results
    for entry, expected in zip(results, ("101", "001"), strict=True):
        assert entry["results"][expected] > 1700
    assert "if_else" not in CALIBRATED.target.operation_names
