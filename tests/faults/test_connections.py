"""Whatever the connection does, at whichever request: each circuit runs once, and results are the same."""

import contextlib
import random
import re
import threading
from decimal import Decimal

import pytest

from support.proxy import FAULTS
from support.threads import at_once
from vivace.backends import (
    CircuitPayload,
    ExecutionConfig,
    Journal,
    QoroConnectionError,
    QoroHTTPError,
    UnreadableAnswerError,
)
from vivace.errors import CharacterizationSubmitError, SubmissionError

CLEAR = (SubmissionError, QoroHTTPError, QoroConnectionError, UnreadableAnswerError)

COUNT = 201  # three pages of results
HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; '
TEXT = HEAD + "ry(a) q[0]; rx(b) q[1]; cx q[0],q[1]; measure q -> c;"
ROWS = [[i / 50, i / 70] for i in range(COUNT)]
BOUND = {f"c{i}": TEXT.replace("(a)", f"({a})").replace("(b)", f"({b})") for i, (a, b) in enumerate(ROWS)}
TEMPLATE = [CircuitPayload.from_matrix(TEXT, ["a", "b"], ROWS)]
KINDS = {
    "sampling": (BOUND, {}),
    "expectation": (BOUND, {"ham_ops": "ZZ;XI;IY"}),
    "templates": (TEMPLATE, {}),
}
ONCE = [("QPU systems", 0), ("simulator clusters", 0), ("job delete", 0)]
POSITIONS = [
    ("job init", 0),
    *[("circuit upload", chunk) for chunk in range(3)],
    *[("job status", poll) for poll in range(2)],
    *[("job results", page) for page in range(3)],
]
CASES = [(kind, position) for kind in KINDS for position in POSITIONS]
CASES += [("templates", position) for position in ONCE]
OUTAGES = ("drop", "reset", "lose", "truncate", "429", "503", "lose 504")


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
        world.check(COUNT)
        polls = [seen for seen in world.proxy.seen if seen[0] == "job status"]
        assert sorted({*world.proxy.seen}) == sorted({*POSITIONS, *ONCE, *polls})
        assert len(found[kind]) == COUNT
    return found


@pytest.mark.parametrize(("kind", "position"), CASES, ids=str)
def test_one_fault_changes_nothing(undisturbed, server, make_world, tally, kind, position):
    """Upstream uploads circuits again, gives up, or loses what it fetched."""

    def one(fault):
        world = make_world(server)
        found = world.through(lambda *at: fault if at == position else None, work(kind))
        assert world.proxy.injected == 1, fault
        assert found == undisturbed[kind], fault
        world.check(COUNT)
        tally.add(survived=1)

    at_once(one, FAULTS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", range(3))
def test_a_gateway_that_refuses_gzip_costs_one_request(undisturbed, server, make_world, tally, kind, chunk):
    """Whichever upload it is at; the job is the same one, and what was uploaded before stays."""
    world = make_world(server)
    refused = ("circuit upload", chunk)
    found = world.through(lambda *at: "415" if at == refused else None, work(kind))
    assert (world.proxy.injected, found) == (1, undisturbed[kind])
    world.check(COUNT)
    assert len({path for path, _ in world.proxy.uploads}) == 1
    coded = [body[:2] == b"\x1f\x8b" for _, body in world.proxy.uploads]
    assert coded == [True] * chunk + [False] * (len(coded) - chunk)
    tally.add(survived=1)


def go_on(world, error, kind):
    """What a user does when the service is back, with nothing but the error at hand."""
    circuits, options = KINDS[kind]
    told = "\n".join([str(error), *getattr(error, "__notes__", ())])
    found = re.search(r"service\.resume\('([-0-9a-f]{36})'\)", told)
    with world.service(world.url) as service:
        if found is not None:
            with contextlib.suppress(SubmissionError):  # the upload broke off: to be submitted again
                return service.resume(found[1], verbose=False).results
        return service.run(circuits, verbose=False, **options).results


def disturbed(world, plan, kind, tally, undisturbed):
    """A run under a plan that may end it; results are right in any case, at last."""
    circuits, options = KINDS[kind]
    try:
        found = world.through(plan, lambda service: service.run(circuits, verbose=False, **options)).results
        tally.add(survived=1)
    except CLEAR as error:
        found = go_on(world, error, kind)
        tally.add(explained=1)
    assert found == undisturbed[kind]
    world.check(COUNT)


def outage(position, fault):
    """A plan: from the request at this position on, nothing works."""
    down = threading.Event()

    def plan(*at):
        if at == position:
            down.set()
        return fault if down.is_set() else None

    return plan


ENDS = [("expectation", position) for position in POSITIONS[:4]]
ENDS += [("templates", position) for position in (*POSITIONS[:5], *POSITIONS[6:], *ONCE[:2])]


@pytest.mark.parametrize(("kind", "position"), ENDS, ids=str)
def test_an_outage_is_one_clear_error(undisturbed, server, make_world, tally, tmp_path, kind, position):
    """From some request on nothing works: the error says how to go on when the service is back."""

    def one(fault):
        world = make_world(server, tmp_path / f"{fault}.db")
        disturbed(world, outage(position, fault), kind, tally, undisturbed)
        assert world.proxy.injected > 0

    at_once(one, OUTAGES)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.6])
def test_a_storm_loses_nothing(undisturbed, server, make_world, tally, tmp_path, rate):
    def one(seed):
        draw = random.Random(seed)
        world = make_world(server, tmp_path / f"{seed}.db")
        kind = draw.choice(list(KINDS))
        plan = lambda *at: draw.choice(FAULTS) if draw.random() < rate else None  # noqa: E731
        disturbed(world, plan, kind, tally, undisturbed)

    at_once(one, range(16))


AROUND = [
    *[("ping", 0), ("credits", 0), ("credit transactions", 0)],
    *[("execution config", 0), ("execution config", 1), ("job cancel", 0)],
]


@pytest.mark.parametrize("position", AROUND, ids=str)
def test_requests_around_a_job(idle, make_world, tally, position):
    def every_request(service):
        assert service.test_connection().status_code == 200
        job = service.submit_circuits(TEMPLATE)
        config = ExecutionConfig(bond_dimension=8)
        service.set_execution_config(job, config)
        assert service.get_execution_config(job) == config
        (line, _) = service.get_credit_transactions()["results"]
        assert line["job_id"] == job.job_id
        service.cancel_job(job)
        assert service.get_job_status(job) == "CANCELLED"
        assert service.get_credit_balance()["balance"] == "1000000.00"

    def one(fault):
        world = make_world(idle)
        world.through(lambda *at: fault if at == position else None, every_request)
        assert world.proxy.injected == 1
        tally.add(survived=1)

    at_once(one, FAULTS)


ANALYSIS = [("job init", 0), ("QUBO submission", 0), ("job status", 0), ("characterization result", 0)]
ANALYSIS_COST = [Decimal("0.02")]


def analysed(service):
    qubo = {(0,): -1.0, (1,): 0.5, (0, 1): 2.0}
    return service.characterize_and_validate(qubo, target_states=["10"])["report"]


@pytest.fixture(scope="module")
def report(server, make_world):
    """The report of an undisturbed analysis, and that its requests are those of `ANALYSIS`."""
    world = make_world(server)
    found = world.through(lambda *at: None, analysed)
    assert [seen for seen in world.proxy.seen if seen not in ONCE] == ANALYSIS
    return found


@pytest.mark.parametrize("position", ANALYSIS, ids=str)
def test_characterizations(server, make_world, tally, report, position):
    """Analysed once, paid for once."""

    def one(fault):
        world = make_world(server)
        found = world.through(lambda *at: fault if at == position else None, analysed)
        assert found == report
        assert world.proxy.injected == 1
        assert list(world.spent().values()) == ANALYSIS_COST
        tally.add(survived=1)

    at_once(one, FAULTS)


def analysed_after(world, error):
    """What a user does when the service is back, with nothing but the error at hand."""
    with world.service(world.url) as service:
        if isinstance(error, CharacterizationSubmitError):
            with contextlib.suppress(SubmissionError):  # it never arrived: to be submitted again
                return service.characterize_and_validate(job_id=error.job_id)["report"]
        return analysed(service)


@pytest.mark.parametrize("position", ANALYSIS, ids=str)
def test_an_outage_during_a_characterization_is_one_clear_error(
    server, make_world, tally, report, tmp_path, position
):
    """From some request on nothing works. What was analysed by then is fetched, not paid for again."""

    def one(fault):
        world = make_world(server, tmp_path / f"{fault}.db")
        with pytest.raises((CharacterizationSubmitError, *CLEAR)) as caught:
            world.through(outage(position, fault), analysed)
        assert isinstance(caught.value, CharacterizationSubmitError) or position in ANALYSIS[:2]
        assert analysed_after(world, caught.value) == report
        assert list(world.spent().values()) == ANALYSIS_COST
        assert [record.state for record in Journal(world.journal).jobs()].count("COMPLETED") == 1
        tally.add(explained=1)

    at_once(one, OUTAGES)
