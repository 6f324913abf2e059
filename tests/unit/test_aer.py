"""`QiskitSimulator` and `ParallelSimulator` without noise: values, counts, seeds, options, messages."""

import copy
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import dense

from vivace.backends import CircuitPayload, MaestroSimulator, ParallelSimulator, QiskitSimulator
from vivace.errors import (
    ConfigError,
    ConfigTypeError,
    ExecutionCancelledError,
    ObservableError,
    SimulationError,
    UnknownChoiceError,
)

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
COIN = HEAD + "qreg q[1]; creg c[1]; h q[0]; measure q -> c;"
BELL = HEAD + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;"


def counts(result):
    return [entry["results"] for entry in result.results]


def distance(found, probabilities):
    """Total variation between counts and probabilities."""
    shots, shares = sum(found.values()), np.zeros(len(probabilities))
    for key, count in found.items():
        shares[int(key, 2)] = count / shots
    return np.abs(shares - probabilities).sum() / 2


def allowed(probabilities, shots):
    """The mean of that distance at most, and by McDiarmid what is exceeded once in 10^8 runs."""
    mean = np.sqrt(probabilities * (1 - probabilities) / shots).sum() / 2
    return mean + np.sqrt(np.log(1e8) / (2 * shots))


def some_words(rng, n, count):
    found = {"".join(rng.choice(list("IXYZ"), n)) for _ in range(count)} | {
        "I" * n,
        "Z" * n,
        "Z" + "I" * (n - 1),
    }
    return sorted(found)


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", dense.GATES)
def test_every_gate_alone_and_in_a_batch(name):
    """Values of the definition, for one row and for rows that are bound together."""
    n_angles, n_operands, _ = dense.GATES[name]
    n = max(2, n_operands)
    rng = np.random.default_rng(len(name))

    def spread():
        return [dense.Gate("u3", tuple(rng.uniform(0, 6, 3).tolist()), (q,)) for q in range(n)]

    rows = []
    for _ in range(3):
        gate = dense.Gate(name, tuple(rng.uniform(-6, 6, n_angles).tolist()), tuple(range(n_operands))[::-1])
        rows.append([*spread(), gate, *spread()])
    words = ["Z" * n, "X" + "I" * (n - 1), "I" * (n - 1) + "Y", "Y" * n]
    expected = [[dense.expectation(dense.simulate(n, row), word) for word in words] for row in rows]
    texts = [dense.program(n, row) for row in rows]
    with QiskitSimulator() as simulator:
        together = simulator.submit_circuits(texts, ham_ops=";".join(words)).expectations().values
        alone = simulator.submit_circuits(texts[:1], ham_ops=";".join(words)).expectations().values
    assert together == pytest.approx(np.array(expected), abs=1e-10)
    assert alone == pytest.approx(np.array(expected[:1]), abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5))
def test_random_circuits_are_those_of_the_definition_and_of_maestro(seed, n):
    rng = np.random.default_rng(seed)
    gates = dense.random_gates(rng, n, 20, list(dense.GATES))
    words = some_words(rng, n, 5)
    state = dense.simulate(n, gates)
    text = dense.program(n, gates, measure=True)
    with QiskitSimulator() as aer, MaestroSimulator() as maestro:
        values = [
            runner.submit_circuits([text], ham_ops=";".join(words)).expectations().values[0]
            for runner in (aer, maestro)
        ]
    expected = [dense.expectation(state, word) for word in words]
    assert values[0] == pytest.approx(expected, abs=1e-10)
    assert values[0] == pytest.approx(values[1], abs=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5), forced=st.booleans())
def test_samples_follow_the_probabilities(seed, n, forced):
    """Counts, and values from samples of measured bases, within what chance allows."""
    rng = np.random.default_rng(seed)
    gates = dense.random_gates(rng, n, 15, list(dense.GATES))
    state, shots = dense.simulate(n, gates), 20_000
    text = dense.program(n, gates, measure=forced)
    with QiskitSimulator(shots=shots, simulation_seed=seed, force_sampling=True) as simulator:
        words = some_words(rng, n, 4)
        values = simulator.submit_circuits([text], ham_ops=";".join(words)).expectations().values[0]
        found = counts(simulator.submit_circuits([dense.program(n, gates, measure=True)]))[0]
    for value, word in zip(values, words, strict=True):
        expected = dense.expectation(state, word)
        assert abs(value - expected) <= 6 * np.sqrt((1 - expected**2) / shots + 1e-12) + 10 / shots
    assert distance(found, dense.probabilities(state)) <= allowed(dense.probabilities(state), shots)


def test_values_of_rows_of_a_template():
    """Expressions over parameters, and rows that are submitted apart, give the same numbers."""
    text = HEAD + "qreg q[2]; ry(2*a) q[0]; crx(a*b) q[0],q[1]; cp(-b/2) q[1],q[0]; rzz(sin(a)) q[0],q[1];"
    rows = np.random.default_rng(3).uniform(-2, 2, (7, 2))
    with QiskitSimulator() as aer, MaestroSimulator() as maestro:
        payload = CircuitPayload.from_matrix(text, ["a", "b"], rows)
        values = aer.submit_circuits([payload], ham_ops="ZI;XY;YX").expectations().values
        reference = maestro.submit_circuits([payload], ham_ops="ZI;XY;YX").expectations().values
        one = CircuitPayload.from_matrix(text, ["a", "b"], rows[4:5])
        alone = aer.submit_circuits([one], ham_ops="ZI;XY;YX").expectations().values
    assert values == pytest.approx(reference, abs=1e-10)
    assert alone[0] == pytest.approx(values[4], abs=1e-12)


@pytest.mark.parametrize("resets", [1, 12])
def test_resets_and_measurements_in_mid_circuit(resets):
    """Exact: by a wider unitary circuit, or where that is too wide by a density matrix."""
    again = "reset q[0]; ry(0.4) q[0]; csx q[0],q[1]; measure q[1] -> c[0]; rx(0.2) q[1];" * resets
    text = HEAD + f"qreg q[2]; creg c[1]; h q[0]; cx q[0],q[1]; {again}"
    with QiskitSimulator() as aer, MaestroSimulator() as maestro:
        values = [r.submit_circuits([text], ham_ops="ZI;IZ;XX").expectations().values for r in (aer, maestro)]
    assert values[0] == pytest.approx(values[1], abs=1e-10)


def test_wide_circuits():
    """Wider than what is computed at once: values and counts come from Aer's own choice of method."""
    n = 40
    chain = "".join(f"cx q[{i}],q[{i + 1}];" for i in range(n - 1))
    text = HEAD + f"qreg q[{n}]; creg c[{n}]; h q[0]; {chain} measure q -> c;"
    with QiskitSimulator(shots=200, simulation_seed=1) as simulator:
        values = simulator.submit_circuits([text], ham_ops=f"{'Z' * n};{'X' * n};{'Z' + 'I' * (n - 1)}")
        found = counts(simulator.submit_circuits([text]))[0]
    assert values.expectations().values[0] == pytest.approx([1, 1, 0], abs=1e-9)
    assert set(found) == {"0" * n, "1" * n}


# --- counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("creg c[2]; h q[0]; measure q[0] -> c[0]; measure q[0] -> c[1];", {"00", "11"}),
        ("creg c[3]; x q[1]; measure q[0] -> c[0]; measure q[1] -> c[0];", {"001"}),
        (
            "creg c[2]; creg d[1]; h q[0]; measure q[0] -> c[1]; if(c==2) x q[1]; measure q[1] -> d[0];",
            {"000", "110"},
        ),
        ("creg c[1]; creg d[1]; x q[0]; measure q[0] -> c[0]; if(c==1) measure q[0] -> d[0];", {"11"}),
        (
            "creg c[1]; creg d[1]; x q; measure q[0] -> c[0]; if(c==1) reset q[1]; measure q[1] -> d[0];",
            {"01"},
        ),
        ("creg c[2]; h q[0]; cx q[0],q[1]; reset q[0]; measure q -> c;", {"00", "10"}),
        ("creg c[70]; x q[0]; measure q[0] -> c[69];", {"1" + "0" * 69}),
    ],
)
@pytest.mark.parametrize("options", [{}, {"qiskit_backend": "FakeManilaV2"}], ids=["ideal", "Manila"])
def test_what_is_read_where(body, expected, options):
    """Repeated, overwritten, conditional and mid-circuit measurements; all registers in one key."""
    with QiskitSimulator(shots=1000, simulation_seed=5, **options) as simulator:
        found = counts(simulator.submit_circuits([HEAD + "qreg q[2]; " + body]))[0]
    assert sum(found.values()) == 1000
    assert len({len(key) for key in found} | {len(next(iter(expected)))}) == 1
    if not options:
        assert set(found) == expected
    assert sum(found.get(key, 0) for key in expected) >= 850


def test_conditions_with_parameters_and_sampled_values():
    """Values of circuits under classical control are sampled where that is asked for, and only there."""
    text = HEAD + "qreg q[2]; creg c[1]; h q[0]; measure q[0] -> c[0]; if(c==1) ry(0.9) q[1];"
    with QiskitSimulator(shots=40_000, force_sampling=True, simulation_seed=2) as simulator:
        value = simulator.submit_circuits([text], ham_ops="IZ").expectations().values[0, 0]
    assert value == pytest.approx((1 + np.cos(0.9)) / 2, abs=0.02)
    with QiskitSimulator() as simulator, pytest.raises(SimulationError, match="under classical control"):
        simulator.submit_circuits([text], ham_ops="IZ")


def test_nothing_to_sample():
    with QiskitSimulator() as simulator, pytest.raises(SimulationError, match="'0' measures nothing"):
        simulator.submit_circuits([HEAD + "qreg q[1]; h q[0];"])


# --- seeds ----------------------------------------------------------------------------------------

RESET = HEAD + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; reset q[0]; ry(0.7) q[0]; measure q -> c;"
MANY = {"a": BELL, "b": COIN, "c": RESET, "d": BELL.replace("h q[0]", "ry(0.3) q[0]")}


@pytest.mark.parametrize("options", [{}, {"qiskit_backend": "FakeManilaV2"}], ids=["ideal", "Manila"])
def test_a_circuit_has_its_counts_wherever_it_is_submitted(options):
    """Order, company, shots of the others and number of processes change nothing."""
    with QiskitSimulator(shots=500, simulation_seed=9, n_processes=1, **options) as simulator:
        whole = {e["label"]: e["results"] for e in simulator.submit_circuits(MANY).results}
        simulator.n_processes = 3
        for some in ({k: MANY[k] for k in "dcba"}, {"c": RESET}, {"d": MANY["d"], "b": COIN}):
            found = simulator.submit_circuits(some).results
            assert {e["label"]: e["results"] for e in found} == {label: whole[label] for label in some}
        groups = simulator.submit_circuits(MANY, shot_groups=[(0, 1, 7), (1, 4, 500)]).results
        assert groups[2]["results"] == whole["c"]
        assert simulator.submit_circuits({"other": RESET}).results[0]["results"] != whole["c"]


def test_sampled_values_are_repeatable():
    with QiskitSimulator(shots=50, simulation_seed=9, force_sampling=True) as simulator:
        pair = {"a": BELL, "d": MANY["d"]}
        values = simulator.submit_circuits(pair, ham_ops="ZI;XX;YI").expectations().values
        swapped = simulator.submit_circuits(dict(reversed(pair.items())), ham_ops="ZI;XX;YI")
        assert (swapped.expectations().values[::-1] == values).all()


def test_runs_without_a_seed_differ():
    with QiskitSimulator(shots=100_000) as simulator:
        assert counts(simulator.submit_circuits([COIN])) != counts(simulator.submit_circuits([COIN]))


# --- options --------------------------------------------------------------------------------------


def test_defaults():
    with QiskitSimulator() as simulator:
        assert (simulator.shots, simulator.simulation_seed, simulator.qiskit_backend) == (5000, None, None)
        assert (simulator.noise_model, simulator.track_depth, simulator.force_sampling) == (
            None,
            False,
            False,
        )
        assert (simulator.optimization_level, simulator.supports_expval, simulator.is_async) == (
            None,
            True,
            False,
        )
        cores = os.cpu_count()
        assert simulator.n_processes == (max(2, cores - 1) if cores <= 16 else min(16, int(0.75 * cores)))
    with QiskitSimulator(2, 10, 3, None, None, True, True, 1, True) as simulator:
        assert (simulator.n_processes, simulator.shots, simulator.simulation_seed) == (2, 10, 3)
        assert (simulator.track_depth, simulator.supports_expval, simulator.optimization_level) == (
            True,
            False,
            1,
        )


def test_processes_off_the_main_thread():
    """Two, whatever the machine: other threads may be running simulators, too."""
    made = []
    thread = threading.Thread(target=lambda: made.append(QiskitSimulator().n_processes))
    thread.start()
    thread.join()
    assert made == [2]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_processes": 0}, ConfigError, "n_processes must be >= 1, got 0"),
        ({"n_processes": 1.5}, ConfigTypeError, "Expected n_processes as an integer, got 1.5."),
        ({"simulation_seed": -1}, ConfigError, "simulation_seed must be from 0 to 2**64 - 1, got -1."),
        (
            {"seed": 1, "simulation_seed": 1},
            ConfigTypeError,
            "Give the seed once: simulation_seed=, or seed=.",
        ),
        ({"optimization_level": 4}, ConfigError, "Expected optimization_level as 0, 1, 2, 3 or None, got 4."),
        (
            {"qiskit_backend": "FakeManillaV2"},
            UnknownChoiceError,
            "Unknown backend 'FakeManillaV2' (did you mean 'FakeManilaV2'?). Expected 'auto', "
            "'aer_simulator', the name of a fake backend such as 'FakeManilaV2', or a BackendV2 object.",
        ),
        (
            {"qiskit_backend": 7},
            ConfigTypeError,
            "Expected qiskit_backend as a BackendV2 object, a name or None, got int.",
        ),
        (
            {"noise_model": "loud"},
            ConfigTypeError,
            "Expected noise_model as qiskit_aer.noise.NoiseModel, got str.",
        ),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error) as caught:
        QiskitSimulator(**options)
    assert str(caught.value) == message


def test_the_number_of_processes_can_be_set():
    with QiskitSimulator(n_processes=1) as simulator:
        simulator.n_processes = 4
        with pytest.raises(ConfigError, match="n_processes must be >= 1, got 0"):
            simulator.n_processes = 0
        assert simulator.n_processes == 4


def test_older_spellings():
    """As the oldest programs write it, with a warning for the old name."""
    with pytest.warns(DeprecationWarning, match="ParallelSimulator is now called QiskitSimulator"):
        old = ParallelSimulator(seed=42, qiskit_backend="qasm_simulator", shots=100)
    new = QiskitSimulator(simulation_seed=42, shots=100)
    assert (old.supports_expval, old.qiskit_backend) == (False, "qasm_simulator")
    assert old.submit_circuits({"a": BELL}) == new.submit_circuits({"a": BELL})
    with pytest.warns(DeprecationWarning):
        positional = ParallelSimulator(2, 10, 3, None, None, True, True)
    assert (positional.n_processes, positional.simulation_seed, positional.track_depth) == (2, 3, True)
    with QiskitSimulator(qiskit_backend="statevector_simulator") as simulator:
        assert simulator.supports_expval
        assert set(counts(simulator.submit_circuits([BELL]))[0]) == {"00", "11"}


def test_the_oldest_face_takes_counts_only():
    """It says that it has no expectation values, and keeps to it."""
    with pytest.warns(DeprecationWarning):
        old = ParallelSimulator()
    with pytest.raises(ConfigError) as caught:
        old.submit_circuits([BELL], ham_ops="ZI")
    assert str(caught.value) == (
        "ParallelSimulator takes counts only; leave out ham_ops, or use QiskitSimulator."
    )
    with pytest.raises(ValueError, match="shot_groups is incompatible with ham_ops"):
        old.submit_circuits([BELL], ham_ops="ZI", shot_groups=[(0, 1, 5)])


def test_words_are_checked():
    with QiskitSimulator(force_sampling=True) as simulator:
        for bad in ("ZQ", "zz", "ZZZ", "ZZ;ZZ"):
            with pytest.raises((ObservableError, ValueError)):
                simulator.submit_circuits([BELL], ham_ops=bad)


def test_cancelled_before():
    event = threading.Event()
    event.set()
    with QiskitSimulator() as simulator, pytest.raises(ExecutionCancelledError) as caught:
        simulator.submit_circuits([BELL], cancellation_event=event)
    assert str(caught.value).startswith("Qiskit batch cancelled before dispatch")


def test_cancelled_between_rows_of_one_template():
    """Also a single structure is stopped between chunks of its rows."""
    n, event, seen = 14, threading.Event(), []
    layer = "".join(f"ry(a+{i}) q[{i}];" for i in range(n)) * 20
    payload = CircuitPayload.from_matrix(
        HEAD + f"qreg q[{n}]; creg c[{n}]; {layer} measure q -> c;", ["a"], [[0.1 * i] for i in range(64)]
    )

    def progress(done, total):
        seen.append((done, total))
        event.set()

    with (
        QiskitSimulator() as simulator,
        pytest.raises(ExecutionCancelledError, match="after partial completion"),
    ):
        simulator.submit_circuits([payload], cancellation_event=event, progress=progress)
    assert 0 < seen[0][0] < 64


def test_structures_are_kept_for_later_submissions():
    """A later submission of other numbers gives what a new simulator gives."""
    texts = [
        HEAD + f"qreg q[2]; creg c[2]; ry(0.{i}) q[0]; crz(0.{i}) q[0],q[1]; measure q -> c;"
        for i in (1, 2, 3)
    ]
    with QiskitSimulator() as kept:
        for text in texts:
            with QiskitSimulator() as fresh:
                results = [r.submit_circuits([text], ham_ops="XX;ZI;YY") for r in (kept, fresh)]
            assert results[0] == results[1]


def test_copies_keep_the_backend():
    simulator = QiskitSimulator(shots=10, qiskit_backend="FakeManilaV2", simulation_seed=1)
    twin = copy.deepcopy(simulator)
    assert twin.qiskit_backend.name == "fake_manila"
    assert twin.submit_circuits({"a": BELL}) == simulator.submit_circuits({"a": BELL})


MISSING = """
import sys
sys.modules["{module}"] = None
from vivace.backends import QiskitSimulator
try:
    QiskitSimulator(qiskit_backend={backend!r})
except ImportError as error:
    print(type(error).__name__, error.extra, error)
"""


@pytest.mark.parametrize(
    ("module", "backend", "package"),
    [("qiskit_aer", None, "qiskit-aer"), ("qiskit_ibm_runtime", "FakeManilaV2", "qiskit-ibm-runtime")],
)
def test_missing_extra(module, backend, package):
    code = MISSING.format(module=module, backend=backend)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        f"MissingDependencyError aer {package} is required for QiskitSimulator but could not be imported. "
        "Install the extra 'aer': pip install 'vivace[aer]' (from a clone: pip install '.[aer]')"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_works_in_a_forked_child():
    """Also after the parent has used it: nothing hangs, and the counts are the same."""
    code = f"""
import os, sys, warnings
warnings.simplefilter("ignore")
from vivace.backends import QiskitSimulator
simulator = QiskitSimulator(shots=100, simulation_seed=1, n_processes=2)
wide = {HEAD!r} + "qreg q[15]; creg c[15]; h q; measure q -> c;"
first = simulator.submit_circuits([{BELL!r}, wide])
pid = os.fork()
if pid == 0:
    os._exit(0 if simulator.submit_circuits([{BELL!r}, wide]) == first else 3)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "0"
