"""Worker processes of `MaestroSimulator`: started when they pay, never left behind, no harm when they die."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from vivace.backends import MaestroSimulator
from vivace.errors import ExecutionCancelledError, SimulationError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
WORDS = "Z" + "I" * 12 + ";" + "Z" * 13

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")


def circuits(count):
    """Circuits of 13 qubits and one structure, whose cones are all of it."""
    angles = np.random.default_rng(0).uniform(0, 3, (count, 39))
    layer = "".join(f"ry(%.8f) q[{q}];" for q in range(13))
    links = "".join(f"cx q[{q}],q[{q + 1}];" for q in range(12))
    text = HEAD + "qreg q[13]; creg c[13];" + layer + links + layer + links + layer + "measure q->c;"
    return [text % tuple(row) for row in angles.tolist()]


def children(of=None):
    """Processes that a process has started and that have not ended."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == (of or os.getpid()) and state != "Z":
            found.add(int(stat.parent.name))
    return found


@pytest.fixture
def own():
    """The workers started since: other tests may have left processes of their own."""
    before = children()
    return lambda: children() - before


def eventually(condition):
    """Wait, for a minute at most."""
    until = time.monotonic() + 60
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def run(simulator, texts, **options):
    return simulator.submit_circuits(texts, ham_ops=WORDS, **options).expectations().values


def test_they_end_with_the_simulator_and_come_back(own):
    """One for every core at most; close() ends them; the next submission starts others."""
    texts = circuits(20)
    with MaestroSimulator(path="workers") as simulator:
        assert not own()
        first = run(simulator, texts)
        assert 1 <= len(own()) <= os.cpu_count()
        simulator.close()
        assert not own()
        np.testing.assert_array_equal(run(simulator, texts), first)
        assert own()
    assert not own()


def test_they_are_kept(own):
    """A second submission runs on the same processes."""
    with MaestroSimulator(path="workers") as simulator:
        run(simulator, circuits(20))
        first = own()
        run(simulator, circuits(1))
        assert own() == first


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core gains nothing from a second process")
def test_they_start_when_there_is_enough_to_do(own):
    """Not for a few circuits; for many, or for few again and again."""
    with MaestroSimulator() as simulator:
        run(simulator, circuits(3))
        assert not own()
        for _ in range(100):
            run(simulator, circuits(20))
        assert own()


def test_a_simulator_that_is_dropped_takes_them_along(own):
    """Without close()."""
    simulator = MaestroSimulator(path="workers")
    run(simulator, circuits(4))
    assert own()
    del simulator
    assert eventually(lambda: not own())


def kill(processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def test_the_death_of_one_is_told_and_mended(own):
    """The error names a circuit and what happened; the next submission works."""
    texts, over = circuits(400), threading.Event()

    def hunt():
        while not over.wait(0.01):
            kill(own())

    with MaestroSimulator(path="workers") as simulator:
        expected = run(simulator, texts)
        hunter = threading.Thread(target=hunt)
        hunter.start()
        with pytest.raises(SimulationError, match=r"^Circuit '\d+' .* exit code -9") as told:
            for _ in range(1000):
                run(simulator, texts)
        over.set()
        hunter.join()
        assert told.value.label is not None
        np.testing.assert_array_equal(run(simulator, texts), expected)


def test_a_worker_that_dies_is_replaced_once(own):
    """The rows it had are run again, and nobody notices."""
    texts = circuits(400)
    with MaestroSimulator(path="workers") as simulator:
        expected = run(simulator, texts)
        hunter = threading.Timer(0.1, lambda: kill(sorted(own())[:1]))
        hunter.start()
        for _ in range(5):
            np.testing.assert_array_equal(run(simulator, texts), expected)
        hunter.join()


@pytest.mark.parametrize("path", ["circuits", "workers"])
def test_closed_while_circuits_run(path):
    """The submission ends with an error that says so; the simulator can be used again."""
    texts, over = circuits(500), threading.Event()

    def close():
        while not over.wait(0.1):
            simulator.close()

    with MaestroSimulator(path=path) as simulator:
        expected = run(simulator, texts[:1])
        closer = threading.Thread(target=close)
        closer.start()
        with pytest.raises(ExecutionCancelledError, match="^The simulator was closed while circuits were"):
            for _ in range(100):
                run(simulator, texts)
        over.set()
        closer.join()
        np.testing.assert_allclose(run(simulator, texts[:1]), expected, atol=1e-12)


def test_without_workers_everything_runs_here(own, monkeypatch, caplog):
    """Where no process can be started; it is said in the log."""
    texts = circuits(50)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with MaestroSimulator() as simulator:
        for _ in range(20):
            result = simulator.submit_circuits(texts, ham_ops=WORDS)
    assert not own()
    assert "No worker processes, circuits run in this one" in caplog.text
    with MaestroSimulator(path="kept") as kept:
        np.testing.assert_allclose(result.expectations().values, run(kept, texts), atol=1e-12)


def test_the_death_of_an_idle_one_goes_unnoticed(own):
    """Another takes its place."""
    texts = circuits(20)
    with MaestroSimulator(path="workers") as simulator:
        expected = run(simulator, texts)
        first = own()
        kill(first)
        assert eventually(lambda: not own())
        np.testing.assert_array_equal(run(simulator, texts), expected)
        assert own().isdisjoint(first)


def test_cancelled_between_parts(own):
    """The event stops the run; the workers stay fit for the next."""
    texts, event = circuits(3000), threading.Event()
    with MaestroSimulator(path="workers") as simulator:
        with pytest.raises(ExecutionCancelledError, match="cancelled after partial completion"):
            run(simulator, texts, cancellation_event=event, progress=lambda _done, _total: event.set())
        assert run(simulator, texts[:2]).shape == (2, 2)
    assert not own()


def test_progress_counts_every_circuit():
    """Up to their number, never back."""
    seen = []
    with MaestroSimulator(path="workers") as simulator:
        run(simulator, circuits(900), progress=lambda *numbers: seen.append(numbers))
    assert seen == sorted(seen)
    assert seen[-1] == (900, 900)


def test_from_several_threads(own):
    """As many workers as cores, whoever asks; everyone gets their own values."""
    texts = circuits(60)
    with MaestroSimulator(path="workers") as simulator:
        expected = run(simulator, texts)
        found = [None] * 4

        def submit(index):
            found[index] = run(simulator, texts[15 * index : 15 * index + 15])

        threads = [threading.Thread(target=submit, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(np.concatenate(found), expected)
        assert len(own()) <= os.cpu_count()


def test_a_pickled_simulator_has_none(own):
    """It starts its own."""
    with MaestroSimulator(path="workers") as simulator:
        run(simulator, circuits(4))
        first = own()
        with pickle.loads(pickle.dumps(simulator)) as copy:
            assert own() == first
            assert copy.path == "workers"
            run(copy, circuits(4))
            assert own() > first
        assert own() == first


SCRIPT = """
import os, sys
sys.path.insert(0, {tests!r})
from unit.test_workers import children, circuits, run
from vivace.backends import MaestroSimulator
simulator = MaestroSimulator(path="workers")
run(simulator, circuits(20))
print(*children(), flush=True)
{end}
"""


AT_WORK = """
import threading, time
threading.Thread(target=run, args=(simulator, circuits(20_000)), daemon=True).start()
time.sleep(0.5)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    "end", ["", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise SystemExit(1)", AT_WORK]
)
def test_none_outlives_its_parent(end):
    """However that ends, and without a word on the way."""
    script = SCRIPT.format(tests=str(Path(__file__).parent.parent), end=end)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    workers = [int(number) for number in done.stdout.split()]
    assert workers
    assert eventually(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_the_program_that_starts_them_is_not_run_again(tmp_path):
    """A script without a `__main__` guard is fine, and what it prints is printed once."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent.parent), end="print('end')"))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout.count("end") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_them_to_its_parent(own):
    """The child's own end does not end them, and it does not keep them alive."""
    with MaestroSimulator(path="workers") as simulator:
        expected = run(simulator, circuits(8))
        first = own()
        child = os.fork()
        if child == 0:
            same = np.array_equal(run(simulator, circuits(8)), expected)
            simulator.close()
            os._exit(0 if same else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert own() == first
        np.testing.assert_array_equal(run(simulator, circuits(8)), expected)
    assert not own()
