"""Results that are not waited for any more: fetching stops within seconds, and tells how to go on."""

import signal
import threading
import time

import pytest

from vivace.backends import CircuitPayload
from vivace.backends.qoro.wire import endpoints
from vivace.errors import ExecutionCancelledError, JobFailedError
from vivace.sweeps import sweep

TEXT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; rx(t) q[0]; measure q -> c;'


@pytest.fixture
def pending(service, cloud):
    cloud.statuses = ["COMPLETED"]
    rows = CircuitPayload.from_matrix(TEXT, ["t"], [[i] for i in range(500)])
    pending = service.submit_circuits([rows])
    service.poll_job_status(pending, True, verbose=False)
    return pending


def told(job_id):
    return (
        f"Fetching results of job {job_id} was cancelled. It keeps them: service.resume({job_id!r}) fetches."
    )


FETCHES = {
    "run": lambda service, event: service.run(
        [TEXT.replace("rx(t)", "h")], verbose=False, cancellation_event=event
    ),
    "resume": lambda service, event: service.resume(
        service.submit_circuits([TEXT.replace("rx(t)", "h")]), verbose=False, cancellation_event=event
    ),
    "sweep": lambda service, event: sweep(
        TEXT, ["t"], [[0.0], [1.0]], runner=service, cancellation_event=event
    ),
}


@pytest.mark.parametrize("fetch", FETCHES.values(), ids=FETCHES)
def test_an_event_is_heeded_while_results_are_fetched(service, cloud, hang, fetch):
    cloud.statuses = ["COMPLETED"]
    asked, event = hang("job results"), threading.Event()
    setter = threading.Thread(target=lambda: asked.wait(20) and event.set())
    setter.start()
    started = time.monotonic()
    with pytest.raises(ExecutionCancelledError) as caught:
        fetch(service, event)
    setter.join()
    assert time.monotonic() - started < 5
    (job_id,) = cloud.jobs
    assert str(caught.value) == told(job_id)
    assert cloud.jobs[job_id].status == "COMPLETED"
    assert cloud.sent(endpoints.CANCEL) == []


def test_what_came_before_the_event_is_not_fetched_again(service, cloud, pending):
    event = threading.Event()
    cloud.page = 10

    def on_request(_):
        # Four pages are fetched ahead: this one means that the first was taken.
        if "offset=50&" in f"{cloud.paths[-1]}&":
            event.set()

    cloud.on_request = on_request
    with pytest.raises(ExecutionCancelledError):
        service.get_job_results(pending, cancellation_event=event)
    cloud.on_request = lambda _: None
    assert len(service.get_job_results(pending).results) == 500
    assert len([path for path in cloud.paths if "offset=0" in path]) == 1


def test_results_that_came_are_not_lost_for_the_run_time(connect, cloud, hang, pending):
    """Here nobody knows it yet, and the service does not answer."""
    event = threading.Event()
    asked = hang("job status")
    setter = threading.Thread(target=lambda: asked.wait(20) and event.set())
    setter.start()
    result = connect().get_job_results(pending.job_id, cancellation_event=event)
    setter.join()
    assert (len(result.results), result.run_time) == (500, 0.0)


def test_results_that_came_are_not_lost_when_ctrl_c_ends_the_wait_for_the_run_time(
    connect, cloud, hang, pending
):
    service, asked = connect(), hang("job status")
    presser = threading.Thread(
        target=lambda: asked.wait(20) and signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    )
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        service.get_job_results(pending.job_id)
    presser.join()
    cloud.on_request = lambda _: None
    assert len(service.get_job_results(pending.job_id).results) == 500
    assert len([path for path in cloud.paths if "offset=0" in path]) == 1


def fetching():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("vivace-results")]


@pytest.mark.parametrize("stop", ["event", "close"])
def test_no_thread_waits_to_explain_a_refusal_that_nobody_reads(service, cloud, pending, hang, stop):
    """Such a thread would keep the program from ending for as long as the service does not answer."""
    event = threading.Event()
    cloud.faults["job results"].extend([None, *[(400, {}, "no")] * 4])
    asked = hang("job status")
    found = service.iter_results(pending, cancellation_event=event)
    next(found)
    assert asked.wait(20)
    if stop == "close":
        found.close()
    else:
        event.set()
        with pytest.raises(ExecutionCancelledError) as caught:
            list(found)
        assert str(caught.value) == told(pending.job_id)
    end = time.monotonic() + 5
    while fetching() and time.monotonic() < end:
        time.sleep(0.05)
    assert fetching() == []


def test_the_reason_of_a_bad_end_is_not_waited_for_after_the_event(service, cloud, hang):
    cloud.statuses = ["FAILED"]
    asked, event = hang("job results"), threading.Event()
    setter = threading.Thread(target=lambda: asked.wait(20) and event.set())
    setter.start()
    started = time.monotonic()
    with pytest.raises(JobFailedError):
        service.run([TEXT.replace("rx(t)", "h")], verbose=False, cancellation_event=event)
    setter.join()
    assert time.monotonic() - started < 5
