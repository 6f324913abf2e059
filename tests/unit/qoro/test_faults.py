"""Whatever the connection does: no circuit is lost, none runs twice, and the results are the same."""

import random
import threading

import pytest

from vivace.backends import (
    CircuitPayload,
    QoroConnectionError,
    QoroHTTPError,
    RetryPolicy,
    UnreadableAnswerError,
)
from vivace.backends.qoro.wire import endpoints
from vivace.circuits import CircuitBatch
from vivace.errors import ExecutionCancelledError, QoroJobError, SubmissionError

NAMES = [f"a{k}" for k in range(40)]
TEXT = (
    'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2];'
    + "".join(f"rx({n}) q[0];" for n in NAMES)
    + " measure q -> c;"
)
DRAW = random.Random(1)
# Enough numbers for three uploads, and results of more than two pages.
ROWS = CircuitPayload.from_matrix(TEXT, NAMES, [[DRAW.random() for _ in NAMES] for _ in range(250)])
EXPECTED = list(CircuitBatch.of([ROWS]).bound_texts().items())
RESULTS = [{"label": label, "results": {"01": 1000}} for label, _ in EXPECTED]

FAULTS = ["drop", "lose", "cut", *[(status, {}, "") for status in (429, 500, 502, 503, 504)]]
FAULTS += [(status, {"Retry-After": "0"}, "") for status in (429, 503)]
POSITIONS = [
    *[("job init", 0), ("circuit upload", 0), ("circuit upload", 1), ("circuit upload", 2)],
    *[("job status", n) for n in range(2)],
    *[("job results", n) for n in range(3)],
]


def check(cloud, result):
    assert result.results == RESULTS
    ((job_id, job),) = cloud.live().items()
    assert job_id == result.job_id
    assert [(label, text) for label, text, _ in job.circuits()] == EXPECTED
    assert all(
        other.status == "CANCELLED" or not other.finalized
        for other in cloud.jobs.values()
        if other is not job
    )


@pytest.fixture
def service(connect):
    return connect(max_request_bytes=80_000)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize(("endpoint", "position"), POSITIONS)
def test_one_fault_anywhere_changes_nothing(service, cloud, endpoint, position, fault):
    """Upstream resends an upload whose answer was lost, so that its circuits run twice, or gives up."""
    cloud.faults[endpoint].extend([*[None] * position, fault])
    check(cloud, service.run([ROWS], verbose=False))


@pytest.mark.parametrize("fault", ["garble", "cut"])
@pytest.mark.parametrize("endpoint", ["job init", "job status", "job results"])
def test_garbled_answers_change_nothing(service, cloud, endpoint, fault):
    cloud.faults[endpoint].append(fault)
    check(cloud, service.run([ROWS], verbose=False))


@pytest.mark.parametrize("seed", range(20))
def test_many_faults_change_nothing_or_are_one_clear_error(service, cloud, seed):
    draw = random.Random(seed)
    for endpoint, _ in POSITIONS:
        cloud.faults[endpoint].extend(draw.choice([None, None, None, *FAULTS]) for _ in range(6))
    try:
        result = service.run([ROWS], verbose=False)
    except (SubmissionError, QoroHTTPError, QoroConnectionError, UnreadableAnswerError):
        cloud.faults.clear()
        if not cloud.live():
            return
        result = service.resume(next(iter(cloud.live())), verbose=False)
    check(cloud, result)


def test_a_queued_job_whose_last_answer_was_lost_is_not_run_twice(service, cloud):
    """PENDING does not tell whether the last upload arrived: the job is stopped, another takes its place."""
    cloud.statuses = ["PENDING"] * 20 + ["COMPLETED"]
    cloud.faults["circuit upload"].extend([None, None, "lose"])
    check(cloud, service.run([ROWS], verbose=False))
    assert len(cloud.jobs) == 2
    assert len(cloud.sent(endpoints.CANCEL)) == 1


def test_a_job_that_ended_before_it_could_be_stopped_is_the_one(service, cloud):
    cloud.statuses = ["PENDING"] * 4 + ["COMPLETED"]
    cloud.faults["circuit upload"].extend([None, None, "lose"])
    cloud.faults["job cancel"].append((409, {}, ""))
    check(cloud, service.run([ROWS], verbose=False))
    assert len(cloud.jobs) == 1


def test_a_lost_answer_to_a_cancellation_does_not_matter(service, cloud):
    cloud.statuses = ["PENDING"] * 20 + ["COMPLETED"]
    cloud.faults["circuit upload"].extend([None, None, "lose"])
    cloud.faults["job cancel"].append("lose")
    check(cloud, service.run([ROWS], verbose=False))


ASTRAY = [
    *[(status, {}, "") for status in (300, 302, 304, 521, 523, 525, 526, 527, 530)],
    *[
        (200, {}, "<html>login</html>"),
        (200, {}, "welcome"),
        (302, {"Location": "https://login.invalid/"}, ""),
    ],
]


@pytest.mark.parametrize("fault", ASTRAY, ids=str)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_upload_answered_by_something_else_is_not_delivered(service, cloud, fault, position):
    cloud.faults["circuit upload"].extend([*[None] * position, fault])
    check(cloud, service.run([ROWS], verbose=False))


def test_a_page_in_answer_to_a_cancellation_cancels_nothing(service, cloud):
    cloud.statuses = ["PENDING"] * 20 + ["COMPLETED"]
    cloud.faults["circuit upload"].extend([None, None, "lose"])
    cloud.faults["job cancel"].extend([(200, {}, "<html>login</html>")] * 9)
    with pytest.raises(SubmissionError, match="It may run: service.resume"):
        service.submit_circuits([ROWS])
    assert len(cloud.jobs) == 1


def test_an_upload_that_never_works_is_given_up_and_nothing_runs(service, cloud):
    cloud.faults["circuit upload"].extend([None, "drop"] * 9)
    with pytest.raises(SubmissionError, match="Gave up after 3 jobs: the upload to job") as caught:
        service.submit_circuits([ROWS])
    assert not cloud.live()
    assert len(cloud.jobs) == 3
    assert caught.value.job_id == list(cloud.jobs)[-1]
    assert 0 < caught.value.first_circuit < 250
    assert not caught.value.may_run


def test_when_nothing_can_be_seen_any_more_the_error_says_how_to_go_on(service, cloud):
    cloud.faults["circuit upload"].extend([None, None, "lose"])
    cloud.faults["job status"].extend(["drop"] * 15)
    with pytest.raises(SubmissionError, match="It may run: service.resume") as caught:
        service.submit_circuits([ROWS])
    assert caught.value.may_run
    assert service.resume(caught.value.job_id, verbose=False).results == RESULTS


@pytest.mark.parametrize("status", [400, 401, 402, 403, 413])
def test_a_refused_upload_leaves_no_open_job(service, cloud, status):
    cloud.faults["circuit upload"].extend([None, (status, {}, "no")])
    with pytest.raises(OSError, match=f"{status} ") as caught:
        service.submit_circuits([ROWS])
    ((job_id, job),) = cloud.jobs.items()
    assert job.status == "CANCELLED"
    assert caught.value.__notes__ == [f"Job {job_id} was open by then, and is cancelled."]


FAR = {"Retry-After": "21600"}
TOLD = "The service asks to wait 21600 s; at most 0.01 s are waited (max_retry_after of RetryPolicy)."


@pytest.mark.parametrize("status", [429, 503])
def test_a_job_that_is_to_be_opened_hours_later_is_not(service, cloud, status):
    """Hazard 1 of wire-protocol 13: upstream sleeps as long as the answer says, six hours at most."""
    cloud.faults["job init"].append((status, FAR, "later"))
    with pytest.raises(QoroHTTPError, match=f"^{status} .*: later\n") as caught:
        service.submit_circuits([ROWS])
    assert caught.value.__notes__ == [TOLD]
    assert len(cloud.sent(endpoints.INIT)) == 1
    assert cloud.jobs == {}


def test_an_upload_that_is_to_come_hours_later_does_not(service, cloud):
    """Refused like that the job is cancelled; where the service may have acted, another takes its place."""
    cloud.faults["circuit upload"].extend([None, (429, FAR, "later")])
    with pytest.raises(QoroHTTPError, match="^429 Too Many Requests: later") as caught:
        service.submit_circuits([ROWS])
    ((job_id, job),) = cloud.jobs.items()
    assert (len(cloud.sent(endpoints.ADD_CIRCUITS)), job.status) == (2, "CANCELLED")
    opened = f"Job {job_id} was open by then, and is cancelled."
    assert caught.value.__notes__[-1] == opened
    cloud.faults["circuit upload"].extend([None, (503, FAR, "later")])
    check(cloud, service.run([ROWS], verbose=False))
    assert len(cloud.jobs) == 3


@pytest.mark.parametrize("lost", [False, True])
def test_a_submission_in_doubt_can_be_cancelled(connect, cloud, lost):
    """The last answer is lost and the status cannot be read: the event is heard all the same."""
    service = connect(retry=RetryPolicy(attempts=9, backoff=9.0))
    event = threading.Event()
    cloud.statuses = ["PENDING"] * 99
    cloud.faults["circuit upload"].append("lose")
    cloud.faults["job cancel"].extend([(403, {}, "no")] * 2 * lost)
    cloud.on_request = lambda name: event.set() if name == "job status" else None
    with pytest.raises(SubmissionError if lost else ExecutionCancelledError) as caught:
        service.submit_circuits([ROWS], cancellation_event=event)
    ((job_id, job),) = cloud.jobs.items()
    if lost:
        assert (caught.value.job_id, caught.value.may_run) == (job_id, True)
    else:
        assert caught.value.__notes__ == [f"Job {job_id} was open by then, and is cancelled."]
        assert job.status == "CANCELLED"


def test_an_unknown_status_does_not_count_as_started(service, cloud):
    cloud.statuses = ["DREAMING"] * 99
    cloud.faults["circuit upload"].extend([None, None, "lose"])
    with pytest.raises(SubmissionError, match="it is 'DREAMING', and cannot be cancelled") as caught:
        service.submit_circuits([ROWS])
    assert caught.value.may_run


def test_a_job_that_somebody_cancelled_is_not_said_to_be_open(service, cloud):
    cloud.faults["circuit upload"].extend([None, (400, {}, "no")])
    cloud.faults["job cancel"].append("lose")
    cloud.faults["job cancel"].append((409, {}, ""))
    with pytest.raises(QoroHTTPError) as caught:
        service.submit_circuits([ROWS])
    (job_id,) = cloud.jobs
    assert caught.value.__notes__ == [f"Job {job_id} was open by then, and is cancelled."]


def test_an_open_job_that_cannot_be_cancelled_is_told_and_found_again(connect, cloud, tmp_path):
    service = connect(max_request_bytes=80_000, journal=tmp_path / "jobs.db")
    cloud.faults["circuit upload"].extend([None, (400, {}, "no")])
    cloud.faults["job cancel"].extend(["drop"] * 2)
    with pytest.raises(QoroHTTPError) as caught:
        service.submit_circuits([ROWS])
    ((job_id, job),) = cloud.jobs.items()
    assert caught.value.__notes__ == [
        f"Job {job_id} was open by then, and could not be cancelled (Cannot reach {cloud.url} (job cancel): "
        f"Remote end closed connection without response): service.cancel_job({job_id!r}) does, when the "
        f"service can be reached. If all of it had arrived, service.resume({job_id!r}) waits for it and "
        "fetches."
    ]
    assert [(found.job_id, found.state) for found in service.jobs()] == [(job_id, "UPLOADING")]
    with pytest.raises(SubmissionError, match="broke off, so it will not run. It is cancelled"):
        service.resume(job_id, verbose=False)
    assert job.status == "CANCELLED"


def test_results_that_cannot_be_fetched_just_now_are_told(service, cloud):
    cloud.faults["job results"].extend([None, *["drop"] * 9])
    with pytest.raises(QoroConnectionError) as caught:
        service.run([ROWS], verbose=False)
    (job_id,) = cloud.jobs
    cloud.faults.clear()
    told = f"Job {job_id} keeps its results: service.resume({job_id!r}) fetches them."
    assert caught.value.__notes__ == [told]
    assert service.resume(job_id, verbose=False).results == RESULTS


def test_a_lost_answer_to_init_opens_one_job_where_the_service_knows_the_key(service, cloud):
    cloud.faults["job init"].extend(["lose", "lose"])
    service.submit_circuits([ROWS])
    assert len(cloud.jobs) == 1


@pytest.mark.parametrize("end", ["FAILED", "CANCELLED", "INSUFFICIENT_CREDITS", "TIMED_OUT"])
def test_a_bad_end_is_an_error_of_its_own(service, cloud, end):
    cloud.statuses = ["RUNNING", end]
    with pytest.raises(QoroJobError, match=rf"\({end}\)\.") as caught:
        service.run([ROWS], verbose=False)
    assert caught.value.status == end
