"""How every runner behaves: depth, cancellation, errors, seeds, pickling, threads, closing."""

import copy
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from vivace.backends import CircuitRunner, ExecutionCancelledError
from vivace.circuits import TemplateEntry
from vivace.errors import QasmError, VivaceError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
BELL = HEAD + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;"
COIN = HEAD + "qreg q[1]; creg c[1]; h q[0]; measure q -> c;"


def test_is_a_circuit_runner(runner):
    """With the members every runner has."""
    assert isinstance(runner, CircuitRunner)
    assert runner.shots == 100
    assert isinstance(runner.supports_expval, bool)
    assert isinstance(runner.is_async, bool)


@pytest.mark.parametrize("shots", [0, -1, True, 1.5, "10"])
def test_shots_must_be_positive(make, shots):
    """The message quotes what was given."""
    with pytest.raises(ValueError, match=rf"^Shots must be a positive integer\. Got {shots!r}\.$"):
        make(shots=shots)


def test_depth_is_tracked(make, run):
    """As Qiskit counts: measurements count, barriers do not; one list per submission."""
    runner = make(shots=10, track_depth=True)
    barrier = HEAD + "qreg q[2]; creg c[2]; h q[0]; barrier q; measure q[0] -> c[0]; barrier q;"
    run(runner, {"bell": BELL, "coin": COIN, "barrier": barrier})
    run(runner, [COIN])
    assert runner.depth_history == [[3, 2, 2], [2]]
    assert runner.average_depth() == 2.25
    runner.track_depth = False
    run(runner, [BELL])
    assert len(runner.depth_history) == 2


def test_depth_of_templates_is_tracked(make, run):
    """One number per row."""
    runner = make(shots=10, track_depth=True)
    if not runner.resolves_parameters:
        pytest.skip("takes bound circuits only")
    text = HEAD + "qreg q[1]; creg c[1]; rx(a) q[0]; measure q -> c;"
    run(runner, [TemplateEntry(text, ("a",), (("x", (0.1,)), ("y", (0.2,))))])
    assert runner.depth_history == [[2, 2]]


def test_depth_is_not_recorded_for_circuits_refused(make):
    """A batch with a bad circuit leaves the history as it was."""
    runner = make(shots=10, track_depth=True)
    with pytest.raises(QasmError):
        runner.submit_circuits([COIN, "nonsense"])
    assert runner.depth_history == []


def test_an_event_set_before_stops_everything(make):
    """Nothing runs, nothing is recorded."""
    runner = make(shots=10, track_depth=True)
    event = threading.Event()
    event.set()
    with pytest.raises(ExecutionCancelledError, match="cancelled before"):
        runner.submit_circuits([COIN], cancellation_event=event)
    assert runner.depth_history == []


def many():
    """Circuits of different structures and widths, so that there is something to stop in between."""
    wide = "".join(f"h q[{i}];" for i in range(14))
    return [HEAD + f"qreg q[14]; creg c[14]; {wide} {'x q[0];' * (i + 1)} measure q -> c;" for i in range(40)]


def test_an_event_set_during_the_run_stops_it(runner):
    """Set from the progress callback after the first circuits; the error says so, and the runner goes on."""
    if runner.is_async:
        pytest.skip("circuits run elsewhere")
    event, seen = threading.Event(), []

    def progress(done, total):
        seen.append((done, total))
        event.set()

    with pytest.raises(ExecutionCancelledError, match="cancelled after partial completion"):
        runner.submit_circuits(many(), cancellation_event=event, progress=progress)
    assert seen
    assert seen[0][0] < 40
    assert {total for _, total in seen} == {40}
    assert runner.submit_circuits([COIN]).results


def test_progress_ends_with_everything(runner):
    """Numbers of circuits done only grow, and end at the number of circuits."""
    seen = []
    circuits = [COIN] * 20 + many()[:3] + [BELL] * 5
    runner.submit_circuits(circuits, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (28, 28)
    assert seen == sorted(seen)


def test_ham_ops_and_shot_groups_exclude_each_other(runner):
    """An error that names both."""
    with pytest.raises(
        ValueError, match="shot_groups is incompatible with ham_ops.*Pass exactly one"
    ) as caught:
        runner.submit_circuits([COIN], ham_ops="Z", shot_groups=[(0, 1, 5)])
    assert isinstance(caught.value, VivaceError)


def test_unknown_keywords_warn(runner, run):
    """They are ignored, but not in silence: the closest known one is named, at the caller's line."""
    with pytest.warns(
        UserWarning, match=r"unknown keyword 'shotgroups' \(did you mean 'shot_groups'\?\)"
    ) as caught:
        result = runner.submit_circuits([COIN], shotgroups=[(0, 1, 5)])
    assert caught[0].filename == __file__
    assert result.is_async() or sum(result.results[0]["results"].values()) == 100


def test_shots_of_one_call_are_no_option(runner, run):
    """Upstream drops them in silence."""
    with pytest.warns(UserWarning, match="unknown keyword 'shots'. Shots are the runner's"):
        runner.submit_circuits([COIN], shots=5)


def test_no_warning_without_a_reason(runner, run):
    """An ordinary run is silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(runner, [COIN, BELL])


@pytest.mark.parametrize("single", [BELL, TemplateEntry("OPENQASM 2.0;", (), (("a", ()),))])
def test_a_single_circuit_is_refused(runner, single):
    """A bare text or template is a mistake more often than a batch of one."""
    with pytest.raises(TypeError, match="submit_circuits expects a collection of circuits"):
        runner.submit_circuits(single)


def test_a_single_qiskit_circuit_is_refused(runner):
    from qiskit.circuit import QuantumCircuit

    with pytest.raises(TypeError, match=r"got a single QuantumCircuit\. Wrap it"):
        runner.submit_circuits(QuantumCircuit(1))


def test_templates_and_circuits_do_not_mix(runner):
    with pytest.raises(TypeError, match="Circuit '1' is a template"):
        runner.submit_circuits([COIN, TemplateEntry(COIN, (), (("a", ()),))])


def test_a_bad_circuit_is_named_with_its_place(runner):
    """Label, line, column, source line, as attributes and in the text."""
    bad = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n  foo q[0];\n'
    with pytest.raises(QasmError) as caught:
        runner.submit_circuits({"good": COIN, "bad": bad, "worse": "?"})
    error = caught.value
    assert (error.label, error.lineno, error.offset, error.text) == ("bad", 4, 3, "  foo q[0];")
    text = str(error)
    assert "'bad'" in text
    assert "Unknown gate 'foo' at 4:3" in text
    assert "Line 4:   foo q[0];" in text


def test_a_seed_repeats_counts(make, run):
    """On runners that are seeded, the same seed gives the same counts, whatever comes before."""
    counts = []
    for noise in ([], [BELL]):
        runner = make(shots=1000)
        run(runner, noise or [COIN])
        runner.set_seed(5)
        counts.append([run(runner, {"a": BELL, "b": COIN}).results for _ in range(2)])
    assert counts[0][0] == counts[0][1] == counts[1][0] == counts[1][1]


@pytest.mark.parametrize("copied", [lambda r: pickle.loads(pickle.dumps(r)), copy.copy, copy.deepcopy])
def test_runners_can_be_copied(make, run, copied):
    """A copy has the options and the history, and works, also after the original ran and closed."""
    runner = make(shots=50, track_depth=True)
    runner.set_seed(3)
    first = run(runner, {"a": COIN})
    twin = copied(runner)
    runner.close()
    assert (twin.shots, twin.track_depth, twin.depth_history) == (50, True, [[2]])
    assert run(twin, {"a": COIN}).results == first.results
    twin.close()


def test_many_threads_may_use_one_runner(make, run):
    """Eight threads at once, each with its own circuits: everyone gets their own results."""
    runner = make(shots=200)

    def work(number):
        n = 2 + number % 3
        flip = HEAD + f"qreg q[{n}]; creg c[{n}]; x q[{number % n}]; measure q -> c;"
        reset = HEAD + f"qreg q[{n}]; creg c[{n}]; x q; reset q[{number % n}]; measure q -> c;"
        key = format(1 << number % n, f"0{n}b")
        other = format((1 << n) - 1 - (1 << number % n), f"0{n}b")
        for _ in range(5):
            found = [entry["results"] for entry in run(runner, [flip, reset] * 3).results]
            assert found == [{key: 200}, {other: 200}] * 3
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(16))) == list(range(16))


def test_closing_twice_and_using_after(make, run):
    """close() may come at any time and as often as one likes."""
    runner = make(shots=10)
    runner.close()
    for _ in range(2):
        assert run(runner, [COIN, many()[0]]).results
        runner.close()
        runner.close()
    with runner as entered:
        assert entered is runner
        assert run(runner, [COIN]).results
    assert run(runner, [COIN]).results
