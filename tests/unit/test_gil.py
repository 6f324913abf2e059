"""Python's other threads run while Rust works."""

import sys
import threading
import time

import numpy as np
import pytest

from vivace import _core

TEXT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[12]; creg c[12]; ' + "ry(0.3) q; cx q[0],q[5]; " * 300
LABELS = [str(number) for number in range(50)]
KEYS = [f"{number:040b}" for number in range(0, 60_000_000_000, 3_000_000)]
HISTOGRAM = _core.encode_histogram(KEYS, list(range(1, len(KEYS) + 1)), None)[::2]
BATCH = _core.CircuitBatch.from_texts(["a"], [TEXT])


@pytest.fixture
def ticking():
    """How often another thread has had its turn. It takes none that is not offered."""
    ticks, stop, interval = [0], threading.Event(), sys.getswitchinterval()

    def tick():
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=tick)
    thread.start()
    sys.setswitchinterval(1000)
    yield lambda: ticks[0]
    sys.setswitchinterval(interval)
    stop.set()
    thread.join()


CALLS = {
    "decode_histogram": lambda: _core.decode_histogram(HISTOGRAM[0], 40, HISTOGRAM[1]),
    "encode_histogram": lambda: _core.encode_histogram(KEYS, [1] * len(KEYS), None),
    "validate_qasm": lambda: _core.validate_qasm(TEXT + "h q; " * 5000),
    "from_texts": lambda: _core.CircuitBatch.from_texts(LABELS, [TEXT] * 50),
    "native": BATCH.templates[0].native,
    "compress_texts": lambda: _core.compress_texts([TEXT] * 200),
    "parse_observables": lambda: _core.parse_observables("X" * 1_000_000),
    "parities": lambda: _core.parities(np.zeros((500, 1024)), list(range(50))),
}


def offers_a_turn(call, ticks):
    """Whether one of many calls lets the other thread in, which may be slow to come."""
    for _ in range(200):
        before = ticks()
        call()
        if ticks() > before:
            return True
    return False


@pytest.mark.parametrize("name", CALLS)
def test_other_threads_run_meanwhile(ticking, name):
    assert offers_a_turn(CALLS[name], ticking)


def test_a_call_that_offers_no_turn_is_noticed(ticking):
    """The test above can fail."""
    assert not offers_a_turn(lambda: sorted(KEYS), ticking)
