"""A child forked after its parent used every thread there is works as the parent does."""

import multiprocessing
import sys

import pytest

from vivace.backends import CircuitBatch, MaestroSimulator

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[6]; creg c[6]; '
TEXTS = [
    HEAD
    + f"ry({angle / 50}) q[0]; "
    + "".join(f"cx q[{q}],q[{q + 1}];" for q in range(5))
    + "measure q -> c;"
    for angle in range(200)
]

PATHS = ["compiled", "probabilities", "kept", "workers", "circuits", None]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def in_child(function):
    """What ``function`` returns in a forked child."""
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(function()))
    child.start()
    child.join(30)
    if child.exitcode is None:
        child.kill()
        child.join()
        pytest.fail("the child hangs")
    assert child.exitcode == 0
    return queue.get()


def test_batches_are_made_in_a_forked_child_and_in_its_child():
    def labels():
        return CircuitBatch.of(TEXTS).labels

    expected = labels()
    assert in_child(labels) == expected
    assert in_child(lambda: (labels(), in_child(labels))) == (expected, expected)


@pytest.mark.parametrize("path", PATHS)
def test_a_simulator_works_in_a_forked_child(path):
    with MaestroSimulator(shots=100, path=path) as simulator:
        simulator.set_seed(1)

        def run():
            values = simulator.submit_circuits(TEXTS, ham_ops="ZZIIII;IIIIIZ;XXXXXX")
            return values.expectations().values.tolist(), simulator.submit_circuits(TEXTS[:20]).results

        assert in_child(run) == run()  # the library is loaded in the child first
        assert in_child(run) == run()
