"""Methods whose need of memory nobody knows fail when it has run out, and nothing else does."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from vivace.backends.maestro.ceiling import Ceiling

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells and limits")

# A limit of the test's own, so that it does not take the memory of the machine.
SCRIPT = """
import resource, sys
from vivace.backends import MaestroSimulator
from vivace.errors import SimulationError

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[60];'
wide += "".join(f"ry(0.{q + 10}) q[{q}]; rx(0.3) q[{q}];" for q in range(60))
with MaestroSimulator(simulation_type="PauliPropagator") as simulator:
    try:
        simulator.submit_circuits({"wide": wide + "cz q[0],q[1];"}, ham_ops="Z" * 60)
    except SimulationError as error:
        print(error.label, error, sep="; ")
    print(simulator.submit_circuits([wide], ham_ops="Z" + "I" * 59).expectations().values.round(6))
print(resource.getrlimit(resource.RLIMIT_AS)[0] >> 30)
"""


def test_more_words_than_memory_is_an_error() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.splitlines() == [
        "wide; Circuit 'wide' has more Pauli words than this machine has memory for with PauliPropagator. "
        "Set pp_coefficient_threshold or pp_max_pauli_weight, which drop words, or use "
        'simulation_type="MatrixProductState".',
        "[[0.950564]]",  # cos(0.1) cos(0.3)
        "2",
    ]


def test_the_ceiling_is_there_while_anybody_is_inside() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    ceiling, both, one_left = Ceiling(), Barrier(2), Barrier(2)

    def first() -> None:
        with ceiling:
            both.wait()
        one_left.wait()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(first)
        with ceiling:
            both.wait()
            one_left.wait()
            limit = resource.getrlimit(resource.RLIMIT_AS)[0]
            assert 0 < limit < 1 << 60
            with pytest.raises(MemoryError):
                bytearray(limit)
        done.result()
    assert resource.getrlimit(resource.RLIMIT_AS) == before
