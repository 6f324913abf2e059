"""Whatever the connection does, at whichever request: each circuit runs once, and results are the same."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.proxy import FAULTS
from vivace.backends import CircuitPayload

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; '
TEXT = HEAD + "ry(a) q[0]; rx(b) q[1]; cx q[0],q[1]; measure q -> c;"
ROWS = [[i / 50, i / 70] for i in range(250)]
BOUND = {f"c{i}": TEXT.replace("(a)", f"({a})").replace("(b)", f"({b})") for i, (a, b) in enumerate(ROWS)}
TEMPLATE = [CircuitPayload.from_matrix(TEXT, ["a", "b"], ROWS)]
KINDS = {
    "sampling": (BOUND, {}),
    "expectation": (BOUND, {"ham_ops": "ZZ;XI;IY"}),
    "templates": (TEMPLATE, {}),
}
POSITIONS = [
    *[("QPU systems", 0), ("simulator clusters", 0), ("job init", 0)],
    *[("circuit upload", chunk) for chunk in range(3)],
    *[("job status", poll) for poll in range(2)],
    *[("job results", page) for page in range(3)],
    ("job delete", 0),
]


def work(kind):
    """A run with every kind of request."""
    circuits, options = KINDS[kind]

    def every_request(service):
        job = service.submit_circuits(circuits, **options)
        service.get_job_status(job)
        service.poll_job_status(job, loop_until_complete=True, verbose=False, raise_on_failure=True)
        results = service.get_job_results(job).results
        service.delete_job(job)
        return results

    return every_request


@pytest.fixture(scope="module")
def undisturbed(server, make_world):
    """The results of each kind, and that its requests are those of `POSITIONS`."""
    found = {}
    for kind in KINDS:
        world = make_world(server)
        found[kind] = world.through(lambda name, number: None, work(kind))
        world.check(250)
        polls = [seen for seen in world.proxy.seen if seen[0] == "job status"]
        assert sorted({*world.proxy.seen}) == sorted({*POSITIONS, *polls})
        assert len(found[kind]) == 250
    return found


@pytest.mark.parametrize("position", POSITIONS, ids=lambda position: f"{position[0]} {position[1]}")
@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_changes_nothing(undisturbed, server, make_world, tally, kind, position):
    """Upstream uploads circuits again, gives up, or loses what it fetched."""

    def one(fault):
        world = make_world(server)
        found = world.through(lambda *at: fault if at == position else None, work(kind))
        assert world.proxy.injected == 1, fault
        assert found == undisturbed[kind], fault
        world.check(250)
        tally.add(survived=1)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, FAULTS))
