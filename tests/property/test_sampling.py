# ruff: noqa: E501 - tables read better with one row on a line
"""Sampled counts of `MaestroSimulator`: distributed as the exact probabilities, repeatable, keys as promised."""

import os
import subprocess
import sys

import numpy as np
import pytest

from support import dense, ensemble
from support.dense import GATES, Gate
from support.ensemble import If, Measure, Reset
from support.statistics import p_value, random_program
from vivace.backends import CircuitPayload, MaestroConfig, MaestroSimulator
from vivace.errors import ShotRangeError, SimulationError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def counts_of(result):
    return {entry["label"]: entry["results"] for entry in result.results}


def test_pooled_counts_fit_too(simulator):
    """All seeds and labels together, a test far sharper than one seed; a bias of 0.2 % would show."""
    text, exact = random_program(5, 2)
    pooled = dict.fromkeys(exact, 0)
    for seed in range(40):
        simulator.set_seed(seed)
        for counts in counts_of(
            simulator.submit_circuits({f"c{i}": text for i in range(25)}, shot_groups=[(0, 25, 1000)])
        ).values():
            for key, number in counts.items():
                pooled[key] += number
    assert sum(pooled.values()) == 1_000_000
    assert p_value(pooled, exact) > 1e-4


def open_circuit(rng, n_qubits, n_bits):
    """Gates, measurements, resets and conditions in any order, then everything measured."""
    operations = []
    for _ in range(5):
        operations += dense.random_gates(rng, n_qubits, 2, ["h", "x", "ry", "u3", "cx", "sx", "cu3", "swap"])
        qubit, bit = int(rng.integers(n_qubits)), int(rng.integers(n_bits))
        (gate,) = dense.random_gates(rng, n_qubits, 1, ["x", "ry", "cx", "h", "iswap", "ryy", "c3x"])
        inner = [gate, Measure(qubit, bit), Reset(qubit)][int(rng.integers(3))]
        value = int(rng.integers(2**n_bits))
        operations += [Measure(qubit, bit), inner, If(value, gate), If(int(rng.integers(2**n_bits)), inner)]
    return operations + [Measure(q, q) for q in range(min(n_qubits, n_bits))]


@pytest.mark.parametrize("seed", range(12))
def test_measurement_reset_and_condition_in_mid_circuit(simulator, seed):
    """The exact distribution of every way the circuit may go is what comes out."""
    rng = np.random.default_rng(seed)
    circuits = [open_circuit(rng, 2 + seed % 2, 2) for _ in range(3)]
    n_qubits = 2 + seed % 2
    simulator.set_seed(seed)
    texts = [ensemble.program(n_qubits, 2, operations) for operations in circuits]
    result = simulator.submit_circuits(texts, shot_groups=[(0, 3, 3000)])
    for operations, entry in zip(circuits, result.results, strict=True):
        exact = ensemble.distribution(ensemble.run(n_qubits, operations), 2)
        assert p_value(entry["results"], exact) > 1e-4


@pytest.mark.parametrize("gate", [name for name, (_, n, _) in GATES.items() if n <= 3])
def test_every_gate_under_a_condition(simulator, gate):
    """Gates that are rewritten for the simulator stay whole: all of their parts are conditioned."""
    rng = np.random.default_rng(sum(map(ord, gate)))
    n_angles, n_operands, _ = GATES[gate]
    turned = [Gate("u3", tuple(rng.uniform(0.5, 2.5, 3).tolist()), (q,)) for q in range(3)]
    held = Gate(
        gate, tuple(rng.uniform(0.5, 2.5, n_angles).tolist()), tuple(rng.permutation(3)[:n_operands].tolist())
    )
    operations = [
        Gate("h", (), (0,)),
        Measure(0, 0),
        *turned,
        If(1, held),
        *turned[::-1],
        Measure(1, 1),
        Measure(2, 2),
    ]
    simulator.set_seed(11)
    result = simulator.submit_circuits([ensemble.program(3, 3, operations)], shot_groups=[(0, 1, 4000)])
    exact = ensemble.distribution(ensemble.run(3, operations), 3)
    assert p_value(result.results[0]["results"], exact) > 1e-4


# name, program after the header, the one count key
WIDTHS = [
    ("ordering.md §2", "qreg q[3]; creg c[3]; x q[0]; measure q -> c;", "001"),
    ("partial measurement", "qreg q[3]; creg c[3]; x q[0]; measure q[0] -> c[0];", "001"),
    ("a high qubit into a low bit", "qreg q[5]; creg c[2]; x q[4]; measure q[4] -> c[1];", "10"),
    ("a low qubit into a high bit", "qreg q[1]; creg c[5]; x q[0]; measure q[0] -> c[3];", "01000"),
    ("several registers", "qreg q[3]; creg a[1]; creg b[2]; x q[0]; measure q[0] -> a[0];", "001"),
    ("the last register", "qreg q[2]; creg a[1]; creg b[2]; x q[1]; measure q[1] -> b[1];", "100"),
    ("several qubit registers", "qreg q[1]; qreg r[2]; creg c[2]; x r[1]; measure r -> c;", "10"),
    ("crossed", "qreg q[3]; creg c[3]; x q[0]; measure q[0]->c[2]; measure q[2]->c[0];", "100"),
    ("nothing but id", "qreg q[3]; creg c[3]; id q[2]; measure q -> c;", "000"),
    ("no gate at all", "qreg q[2]; creg c[3]; measure q[1] -> c[1];", "000"),
    ("barriers", "qreg q[4]; creg c[2]; x q[1]; barrier q; measure q[1] -> c[1]; barrier q;", "10"),
    ("a bit written twice", "qreg q[2]; creg c[2]; x q[0]; measure q[0]->c[0]; measure q[1]->c[0];", "00"),
    ("a qubit read twice", "qreg q[1]; creg c[3]; x q[0]; measure q[0]->c[0]; measure q[0]->c[2];", "101"),
    ("in mid-circuit", "qreg q[2]; creg c[4]; x q[0]; measure q[0]->c[0]; x q[0]; measure q[0]->c[2];", "0001"),
    ("reset", "qreg q[2]; creg c[3]; x q; reset q[0]; measure q[0]->c[0]; measure q[1]->c[1];", "010"),
    ("condition", "qreg q[2]; creg c[3]; x q[0]; measure q[0]->c[0]; if(c==1) x q[1]; measure q[1]->c[1];", "011"),
    ("condition on one of two registers", "qreg q[2]; creg a[2]; creg b[2]; x q[0]; measure q[0]->b[0]; if(b==1) x q[1]; if(a==1) x q[0]; measure q[1]->b[1];", "1100"),
    ("conditional reset", "qreg q[1]; creg c[3]; x q[0]; measure q[0]->c[0]; if(c==1) reset q[0]; measure q[0]->c[1];", "001"),
    ("conditional measurement", "qreg q[1]; creg c[2]; x q[0]; if(c==0) measure q[0]->c[1]; if(c==0) measure q[0]->c[0];", "10"),
    ("more than 64 bits", "qreg q[2]; creg c[70]; x q; measure q[0] -> c[0]; measure q[1] -> c[69];", "1" + "0" * 68 + "1"),
    ("a wide register of qubits", "qreg q[30]; creg c[30]; x q[29]; measure q -> c;", "1" + "0" * 29),
]  # fmt: skip


@pytest.mark.parametrize(("program", "key"), [row[1:] for row in WIDTHS], ids=[row[0] for row in WIDTHS])
def test_count_keys(simulator, program, key):
    """One character per declared classical bit, rightmost = bit 0, whatever is measured into what."""
    assert counts_of(simulator.submit_circuits({"c": HEAD + program})) == {"c": {key: 100}}


def test_count_keys_in_one_batch(simulator):
    """The same circuits submitted together keep their own widths."""
    result = simulator.submit_circuits({name: HEAD + program for name, program, _ in WIDTHS})
    assert counts_of(result) == {name: {key: 100} for name, _, key in WIDTHS}


def test_one_circuit_through_every_layer(both):
    """ordering.md §2: raw key, API key, histogram integer, wire observable, Qiskit label, value."""
    import maestro
    from qiskit.quantum_info import SparsePauliOp, Statevector

    from support.loaded import load
    from vivace.codecs import (
        decode_histogram,
        decode_histogram_arrays,
        decompress_text,
        encode_histogram,
        encode_observables,
    )

    text = HEAD + "qreg q[3]; creg c[3]; x q[0]; measure q -> c;"
    assert maestro.simple_execute(text, maestro.SimulatorConfig(), 10)["counts"] == {"100": 10}
    for simulator in both:
        result = simulator.submit_circuits([text])
        assert result.results[0]["results"] == {"001": 1000}
        assert result.counts_arrays()[0].bits.tolist() == [[1]]
        assert simulator.submit_circuits([text], ham_ops="ZII;IIZ").results[0]["results"] == {
            "ZII": -1,
            "IIZ": 1,
        }
    envelope = encode_histogram({"001": 1000})
    assert decode_histogram_arrays(envelope)[0].tolist() == [[1]]
    assert decode_histogram(envelope) == {"001": 1000}
    assert decompress_text(encode_observables("ZII").partition(":")[2]) == "Z0"
    circuit = load(text)
    circuit.remove_final_measurements()
    assert Statevector(circuit).expectation_value(SparsePauliOp("IIZ")).real == -1


@pytest.fixture(scope="module")
def assorted():
    """Thirty circuits: several structures, rows of one structure, mid-circuit measurement, a condition."""
    rng = np.random.default_rng(21)
    texts = {}
    for row in range(8):
        texts[f"rows-{row}"] = (
            HEAD + f"qreg q[2]; creg c[2]; ry({0.3 * row + 0.5}) q[0]; cx q[0],q[1]; measure q->c;"
        )
        texts[f"own-{row}"] = random_program(row, 1 + row % 4)[0]
        texts[f"open-{row}"] = ensemble.program(2, 2, open_circuit(rng, 2, 2))
    return texts


def seeded(simulator, circuits, seed=9, **options):
    simulator.set_seed(seed)
    return counts_of(simulator.submit_circuits(circuits, **options))


def test_a_seed_fixes_the_counts_of_a_label(simulator, assorted):
    """Neither order, nor the other circuits, nor submitting one by one, nor a second run change them."""
    first = seeded(simulator, assorted)
    assert seeded(simulator, assorted) == first
    assert seeded(simulator, dict(reversed(assorted.items()))) == first
    some = {label: assorted[label] for label in list(assorted)[3:17:2]}
    assert seeded(simulator, some) == {label: first[label] for label in some}
    for label, text in assorted.items():
        assert seeded(simulator, {label: text}) == {label: first[label]}
    assert seeded(simulator, assorted, seed=10) != first
    with MaestroSimulator(100, MaestroConfig(seed=9), path=simulator.path) as other:
        assert counts_of(other.submit_circuits(assorted)) == first


def test_a_seed_fixes_the_counts_of_a_template_row(simulator):
    """A row of a template and the same circuit as text give the same counts under one label."""
    template = HEAD + "qreg q[2]; creg c[2]; ry(a) q[0]; cx q[0],q[1]; rx(b) q[1]; measure q->c;"
    rows = [("x", (0.3, 1.0)), ("y", (0.4, -1.0)), ("z", (2.5, 0.1))]
    payload = CircuitPayload(template, ["a", "b"], rows)
    texts = {label: template.replace("(a)", f"({a})").replace("(b)", f"({b})") for label, (a, b) in rows}
    assert seeded(simulator, [payload]) == seeded(simulator, texts)


def test_long_batches_are_cut_without_a_trace(simulator):
    """More rows than one native call takes give each row the counts it has alone."""
    text = HEAD + "qreg q[8]; creg c[8]; ry({}) q[0]; h q[1]; h q[2]; cx q[0],q[7]; measure q->c;"
    texts = {f"c{i}": text.format(0.001 * i) for i in range(1, 3001)}
    if simulator.path == "circuits":
        texts = dict(list(texts.items())[:200])
    whole = seeded(simulator, texts)
    for label in list(texts)[::37]:
        assert seeded(simulator, {label: texts[label]}) == {label: whole[label]}


SCRIPT = """
import sys, json
from vivace.backends import MaestroSimulator
texts = {f"c{i}": f"OPENQASM 2.0; qreg q[3]; creg c[3]; ry(0.{i + 1}) q; cx q[0],q[2]; measure q->c;" for i in range(300)}
texts["if"] = "OPENQASM 2.0; qreg q[1]; creg c[1]; h q[0]; measure q->c; if(c==1) ry(1) q[0]; measure q->c;"
with MaestroSimulator(shots=50, path=sys.argv[1]) as simulator:
    simulator.set_seed(4)
    print(json.dumps(simulator.submit_circuits(texts).results, sort_keys=True))
"""


@pytest.mark.parametrize("path", ["compiled", "circuits"])
def test_a_seed_fixes_the_counts_on_any_number_of_threads(path):
    """Also in another process."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, path],
            env={**os.environ, "RAYON_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "3")
    }
    assert len(outputs) == 1


def test_unseeded_runs_differ(simulator):
    """Two runs of 40 circuits with 16 outcomes each agree with no probability worth naming."""
    text, _ = random_program(2, 4)
    texts = {f"c{i}": text for i in range(40)}
    first, second = (counts_of(simulator.submit_circuits(texts)) for _ in range(2))
    assert first != second
    assert len({tuple(sorted(counts.items())) for counts in first.values()}) > 30


def test_shot_groups(simulator, assorted):
    """Ranges in any order give every circuit its own number of shots."""
    n = len(assorted)
    result = simulator.submit_circuits(assorted, shot_groups=[(10, n, 7), (0, 3, 1), (3, 10, 999)])
    totals = [sum(entry["results"].values()) for entry in result.results]
    assert totals == [1] * 3 + [999] * 7 + [7] * (n - 10)


@pytest.mark.parametrize(
    "groups", [[(0, 2, 5)], [(0, 2, 5), (1, 3, 5)], [(0, 3, 0)], [(0, 4, 5)], [(1, 3, 5)], [(0, 3, -1)], []]
)
def test_shot_groups_that_do_not_tile_are_refused(simulator, groups):
    """A gap, an overlap, no shots, or a range too long: an error before anything runs."""
    text = HEAD + "qreg q[1]; creg c[1]; measure q->c;"
    with pytest.raises(ShotRangeError):
        simulator.submit_circuits([text] * 3, shot_groups=groups)


def test_a_circuit_that_measures_nothing_is_refused(simulator):
    """With its label, and what to do."""
    with pytest.raises(SimulationError, match="Circuit 'b' measures nothing.*ham_ops"):
        simulator.submit_circuits({"b": HEAD + "qreg q[1]; creg c[1]; x q[0];"})


def test_a_reset_is_no_measurement(simulator):
    """A circuit that resets but measures nothing is refused like any other."""
    with pytest.raises(SimulationError, match="measures nothing"):
        simulator.submit_circuits([HEAD + "qreg q[1]; creg c[1]; x q[0]; reset q[0];"])


def test_conditions_beyond_what_the_simulator_reads_are_refused(simulator):
    """Its parser takes the number as a 32-bit integer."""
    with pytest.raises(
        SimulationError, match="Circuit '0' compares a classical register with a number above"
    ):
        simulator.submit_circuits(
            [HEAD + "qreg q[1]; creg c[40]; if(c==3000000000) x q[0]; measure q[0]->c[0];"]
        )
