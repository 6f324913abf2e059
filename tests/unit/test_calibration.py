"""Backends from calibration data, and estimates of run times on them."""

import copy
import pickle

import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit

from vivace.backends import QiskitSimulator, create_backend_from_properties
from vivace.errors import ConfigError, ConfigTypeError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
PROPERTIES = {
    "backend_name": "lab",
    "backend_version": "2.1",
    "qubits": [
        [
            {"name": "T1", "value": 80},
            {"name": "T2", "value": 0.05, "unit": "ms"},
            {"name": "frequency", "value": 5.1},
            {"name": "readout_error", "value": 0.1},
            {"name": "readout_length", "value": 700},
            {"name": "prob_meas0_prep1", "value": 0.3},
        ],
        [{"name": "freq", "value": 4900, "unit": "MHz"}, {"name": "T1", "value": 90, "unit": "US"}],
    ],
    "gates": [
        {"gate": "sx", "qubits": [q], "parameters": [{"name": "gate_length", "value": 50}]} for q in (0, 1)
    ]
    + [{"gate": "rz", "qubits": [q], "parameters": [{"name": "gate_length", "value": 0}]} for q in (0, 1)]
    + [
        {
            "gate": "cx",
            "qubits": [0, 1],
            "parameters": [
                {"name": "gate_error", "value": 0.01},
                {"name": "gate_length", "value": 0.4, "unit": "us"},
            ],
        }
    ],
}


def test_the_target_is_the_calibration():
    before = copy.deepcopy(PROPERTIES)
    backend = create_backend_from_properties(PROPERTIES, n_qubits=3)
    assert before == PROPERTIES
    assert (backend.name, backend.backend_version, backend.num_qubits) == ("lab", "2.1", 3)
    first, second, third = backend.target.qubit_properties
    assert (first.t1, first.t2, first.frequency) == pytest.approx((80e-6, 50e-6, 5.1e9))
    assert (second.t1, second.t2, second.frequency) == (pytest.approx(90e-6), None, pytest.approx(4.9e9))
    assert (third.t1, third.t2, third.frequency) == (None, None, None)
    target = backend.target
    assert set(target.operation_names) == {"sx", "rz", "cx", "measure", "reset", "delay"}
    assert (target["cx"][0, 1].error, target["cx"][0, 1].duration) == (0.01, pytest.approx(400e-9))
    assert (target["measure"][0,].error, target["measure"][0,].duration) == (0.1, pytest.approx(700e-9))
    assert (target["measure"][2,].error, target["measure"][2,].duration) == (0.0, 0.0)


def test_missing_keys_are_filled():
    backend = create_backend_from_properties({}, 2)
    assert (backend.name, backend.backend_version) == ("custom_backend", "1.0.0")
    assert (backend.calibration["qubits"], backend.calibration["gates"]) == ([], [])


def test_units():
    """In any case; without one, or with None, the usual one of the entry; an empty one is the base unit."""
    given = [(0.005, "THz"), (5, None), (5e9, ""), (5000, "mhz")]
    for value, unit in given:
        entries = [{"name": "frequency", "value": value, "unit": unit}]
        backend = create_backend_from_properties({"qubits": [entries]})
        assert backend.target.qubit_properties[0].frequency == pytest.approx(5e9)


def test_one_qubit_is_enough():
    gates = [{"gate": name, "qubits": [0]} for name in ("sx", "rz")]
    backend = create_backend_from_properties({"qubits": [[{"name": "T1", "value": 80}]], "gates": gates})
    assert backend.num_qubits == 1
    text = HEAD + "qreg q[1]; creg c[1]; x q[0]; measure q -> c;"
    with QiskitSimulator(shots=10, qiskit_backend=backend) as simulator:
        assert simulator.submit_circuits([text]).results[0]["results"] == {"1": 10}
    assert pickle.loads(pickle.dumps(backend)).target.qubit_properties[0].t1 == pytest.approx(80e-6)


def test_it_can_be_simulated():
    """With its readout error; a copy of the simulator takes it along."""
    backend = create_backend_from_properties(PROPERTIES)
    text = HEAD + "qreg q[1]; creg c[1]; measure q -> c;"
    simulator = QiskitSimulator(
        shots=100_000, qiskit_backend=backend, simulation_seed=1, optimization_level=0
    )
    found = simulator.submit_circuits({"a": text})
    assert found.results[0]["results"]["1"] / 100_000 == pytest.approx(0.1, abs=0.006)
    assert pickle.loads(pickle.dumps(simulator)).submit_circuits({"a": text}) == found


@pytest.mark.parametrize(
    ("properties", "n_qubits", "message"),
    [
        ({}, None, "n_qubits must be provided when properties dictionary has no qubits to count."),
        ({}, 0, "n_qubits must be at least 1."),
        (
            {"qubits": [[], []]},
            1,
            "The properties list 2 qubits, but n_qubits is 1. Leave n_qubits out, or cut the list.",
        ),
        ({"qubits": [[{"value": 1}]]}, None, "Calibration entry {'value': 1} of qubit 0 has no 'name'."),
        (
            {"qubits": [[{"name": "T1"}]]},
            None,
            "Calibration entry {'name': 'T1'} of qubit 0 has no number as 'value'.",
        ),
        ({"qubits": [[{"name": "T1", "value": 1, "unit": "h"}]]}, None, "Unsupported time unit: 'h'"),
        (
            {"qubits": [[{"name": "freq", "value": 1, "unit": "G"}]]},
            None,
            "Unsupported frequency unit: 'G'",
        ),
        (
            {"qubits": [[{"name": "T1", "value": -5}]]},
            None,
            "Calibration entry 'T1' of qubit 0 is -5; expected a positive number.",
        ),
        (
            {"qubits": [[], [{"name": "T2", "value": float("nan")}]]},
            None,
            "Calibration entry 'T2' of qubit 1 is nan; expected a positive number.",
        ),
        (
            {"qubits": [[{"name": "readout_error", "value": 2}]]},
            None,
            "Calibration entry 'readout_error' of qubit 0 is 2; expected a number from 0 to 1.",
        ),
        (
            {"qubits": [[{"name": "readout_length", "value": -1}]]},
            None,
            "Calibration entry 'readout_length' of qubit 0 is -1; expected a finite number, 0 or more.",
        ),
        (
            {"qubits": [[{"name": "T1", "value": 5}, {"name": "t1", "value": 6}]]},
            None,
            "Calibration entry 't1' of qubit 0 is listed twice.",
        ),
        (
            {"qubits": [[{"name": 3, "value": 5}]]},
            None,
            "Calibration entry {'name': 3, 'value': 5} of qubit 0 has no 'name'.",
        ),
        ({"qubits": None}, 2, "Expected the 'qubits' of a calibration as a list, got None."),
        ({"qubits": [3]}, None, "Expected the entries of qubit 0 as a list, got 3."),
        ({"qubits": [["T1"]]}, None, "Expected every calibration entry of qubit 0 as a mapping, got 'T1'."),
        ({"gates": ["x"]}, 1, "Expected every gate of a calibration as a mapping, got 'x'."),
        ({"gates": {"x": []}}, 1, "Expected the 'gates' of a calibration as a list, got {'x': []}."),
        (
            {"gates": [{"gate": "x", "qubits": 0}]},
            1,
            "Expected the qubits of gate 'x' as a list, got 0.",
        ),
        (
            {"gates": [{"gate": "cx", "qubits": [0, 0]}]},
            2,
            "Gate 'cx' acts on qubits [0, 0]; expected different ones.",
        ),
        (
            {"gates": [{"gate": "x", "qubits": ["q0"]}]},
            1,
            "Gate 'x' acts on qubits ['q0']; expected 1 of the backend's qubits, numbered 0 to 0.",
        ),
        (
            {"gates": [{"gate": "x", "qubits": [1.0]}]},
            2,
            "Gate 'x' acts on qubits [1.0]; expected 1 of the backend's qubits, numbered 0 to 1.",
        ),
        (
            {"gates": [{"gate": "x", "qubits": np.array([True])}]},
            2,
            "Gate 'x' acts on qubits [True]; expected 1 of the backend's qubits, numbered 0 to 1.",
        ),
        (
            {"gates": [{"gate": "x", "qubits": [0], "parameters": [{"name": "gate_error", "value": 7}]}]},
            1,
            "Calibration entry 'gate_error' of gate 'x' on [0] is 7; expected a number from 0 to 1.",
        ),
        (
            {"gates": [{"gate": "x", "qubits": [0]}, {"gate": "x", "qubits": [0]}]},
            1,
            "Gate 'x' on qubits [0] is listed twice.",
        ),
        ([1], 2, "Expected the properties as a mapping, got list."),
        ({"gates": [{"gate": "sx"}]}, 1, "Gate entry {'gate': 'sx'} has no 'qubits'."),
        ({"gates": [{"qubits": [0]}]}, 1, "Gate entry {'qubits': [0]} has no 'gate'."),
        (
            {"gates": [{"gate": "cx", "qubits": [0, 2]}]},
            2,
            "Gate 'cx' acts on qubits [0, 2]; expected 2 of the backend's qubits, numbered 0 to 1.",
        ),
    ],
)
def test_bad_calibrations(properties, n_qubits, message):
    with pytest.raises(ConfigError) as caught:
        create_backend_from_properties(properties, n_qubits)
    assert str(caught.value) == message


@pytest.mark.parametrize("qubits", [(1, 0), np.array([1, 0]), [np.int64(1), np.uint8(0)]])
def test_qubits_of_gates_may_be_numbers_of_any_kind_and_become_plain_ones(qubits):
    target = create_backend_from_properties({"gates": [{"gate": "cx", "qubits": qubits}]}, 2).target
    assert [*map(type, *target["cx"])] == [int, int]
    assert (1, 0) in target["cx"]


def test_gates_nobody_knows_are_left_out_with_a_warning():
    with pytest.warns(UserWarning, match=r"Gate 'cxx' is not one of Qiskit's standard gates \(did you mean"):
        backend = create_backend_from_properties({"gates": [{"gate": "cxx", "qubits": [0, 1]}]}, 2)
    assert "cxx" not in backend.target.operation_names


# --- run times ------------------------------------------------------------------------------------


def test_the_longest_path_counts():
    """In text and as a Qiskit circuit: sx, then cx, then the slower measurement."""
    backend = create_backend_from_properties(PROPERTIES)
    text = HEAD + "qreg q[2]; creg c[2]; sx q[0]; cx q[0],q[1]; measure q -> c;"
    circuit = QuantumCircuit(2, 2)
    circuit.sx(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    for given in (text, circuit):
        seconds = QiskitSimulator.estimate_run_time_single_circuit(
            given, backend, optimization_level=0, initial_layout=[0, 1]
        )
        assert seconds == pytest.approx((50 + 400 + 700) * 1e-9)


def test_unknown_durations_are_named():
    backend = create_backend_from_properties(PROPERTIES)
    text = HEAD + "qreg q[1]; creg c[1]; reset q[0]; barrier q; measure q -> c;"
    with pytest.warns(UserWarning, match="^Instruction duration not found: reset$"):
        QiskitSimulator.estimate_run_time_single_circuit(text, backend, optimization_level=0)


@pytest.mark.parametrize("backend", [None, "auto", "aer_simulator"])
def test_durations_need_a_device(backend):
    with pytest.raises(ConfigError, match="durations are those of a device"):
        QiskitSimulator.estimate_run_time_single_circuit(HEAD + "qreg q[1];", backend)


@pytest.mark.parametrize(
    ("durations", "devices", "expected"),
    [([5, 4, 3, 3, 3], 2, 10.0), ([], 3, 0.0), ([2.5, 1], 5, 2.5), ([1, 1, 1, 1], 1, 4.0)],
)
def test_the_longest_are_given_out_first(durations, devices, expected):
    found = QiskitSimulator.estimate_run_time_batch(precomputed_durations=durations, n_qpus=devices)
    assert found == expected


def test_a_batch_of_circuits():
    """The same circuit three times on two devices takes twice as long as once."""
    backend = create_backend_from_properties(PROPERTIES)
    text = HEAD + "qreg q[1]; creg c[1]; sx q[0]; measure q -> c;"
    once = QiskitSimulator.estimate_run_time_single_circuit(text, backend)
    for circuits in ([text] * 3, {"a": text, "b": text, "c": text}):
        found = QiskitSimulator.estimate_run_time_batch(circuits, n_qpus=2, qiskit_backend=backend)
        assert found == pytest.approx(2 * once)


def test_bad_batches():
    with pytest.raises(ValueError, match="Either circuits or precomputed_durations must be given"):
        QiskitSimulator.estimate_run_time_batch()
    with pytest.raises(ConfigError, match="n_qpus must be a positive integer, got 0"):
        QiskitSimulator.estimate_run_time_batch(precomputed_durations=[1], n_qpus=0)
    with pytest.raises(ConfigTypeError, match="pass qiskit_backend="):
        QiskitSimulator.estimate_run_time_batch([HEAD + "qreg q[1];"])
    with pytest.raises(ConfigError, match="finite seconds, not negative; got -1"):
        QiskitSimulator.estimate_run_time_batch(precomputed_durations=[-1])
