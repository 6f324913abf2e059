"""Lists of jobs: what is done to each, and what is told of the others when one fails."""

import logging
import signal
import threading
import time

import pytest

from vivace.backends import ExecutionResult, QoroHTTPError
from vivace.errors import ExecutionCancelledError, JobFailedError, MaxRetriesReachedError

TEXT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q -> c;'


@pytest.fixture
def submit(service, cloud):
    """Makes so many jobs; the result is their ids."""

    def submit(number):
        cloud.statuses = ["RUNNING"] * 999
        return [service.submit_circuits([TEXT]).job_id for _ in range(number)]

    return submit


def end(cloud, job_id, status="COMPLETED"):
    cloud.jobs[job_id].statuses.clear()
    cloud.jobs[job_id].status = status


@pytest.mark.parametrize("method", ["cancel_job", "delete_job"])
def test_all_jobs_are_tried_though_one_fails(service, cloud, submit, method):
    """The first error is raised, and tells of the others."""
    a, b, c, d = submit(4)
    done = "cancelled" if method == "cancel_job" else "deleted"
    refusals = [(409, {}, "too late"), None, (403, {}, "not yours"), None]
    cloud.faults[f"job {method.removesuffix('_job')}"].extend(refusals)
    with pytest.raises(QoroHTTPError, match="^409 Conflict: too late") as caught:
        getattr(service, method)([a, b, c, d])
    assert caught.value.__notes__ == [
        f"That was job {a}.",
        f"Job {c}: 403 Forbidden: not yours",
        f"Jobs {b} and {d} were {done}.",
    ]


def test_the_error_of_one_job_alone_is_as_it_was(service, cloud, submit):
    (a,) = submit(1)
    for jobs in (a, [a]):
        cloud.faults["job cancel"].append((409, {}, "too late"))
        with pytest.raises(QoroHTTPError) as caught:
            service.cancel_job(jobs)
        assert not hasattr(caught.value, "__notes__")


def test_a_service_that_is_gone_is_not_asked_about_every_job(service, cloud, submit):
    a, b, c, d = submit(4)
    cloud.faults["job cancel"].extend([None, "drop", "drop", "drop"])
    with pytest.raises(ConnectionError) as caught:
        service.cancel_job([a, b, c, d])
    assert caught.value.__notes__ == [
        f"That was job {b}.",
        f"Job {a} was cancelled.",
        f"Jobs {c} and {d} were not tried.",
    ]


def test_a_job_that_is_named_twice_is_told_once(service, cloud, submit):
    (a,) = submit(1)
    cloud.faults["job cancel"].extend([(409, {}, "too late")] * 2)
    with pytest.raises(QoroHTTPError) as caught:
        service.cancel_job([a, a])
    assert caught.value.__notes__ == [f"That was job {a}."]


def press(*_):
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_tells_which_jobs_were_cancelled_before_it(service, cloud, submit):
    a, b, c = submit(3)
    main, seen = threading.main_thread().ident, []

    def on_request(name):
        if name == "job cancel":
            seen.append(name)
        if len(seen) == 2:
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.2)

    cloud.on_request = on_request
    with pytest.raises(KeyboardInterrupt) as caught:
        service.cancel_job([a, b, c])
    assert caught.value.__notes__ == [f"Job {a} was cancelled."]


def test_ctrl_c_cancels_all_jobs_that_are_waited_for(service, cloud, submit, caplog):
    a, b, c = submit(3)
    with pytest.raises(ExecutionCancelledError, match=f"^Polling cancelled for job {a}.") as caught:
        service.poll_job_status([a, b, c], True, progress_callback=press)
    assert caught.value.__notes__ == [f"Jobs {a}, {b} and {c} were cancelled."]
    assert {job.status for job in cloud.jobs.values()} == {"CANCELLED"}
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"Cancelling job {a} and 2 more. Press Ctrl+C again to wait no longer."
    ]


def test_jobs_that_have_ended_are_left_alone_or_told(service, cloud, submit):
    done, polled, ended, refused = submit(4)
    end(cloud, done)
    end(cloud, ended)

    cloud.faults["job cancel"].extend([None, None, (403, {}, "no")])
    with pytest.raises(ExecutionCancelledError) as caught:
        service.poll_job_status([done, polled, ended, refused], True, progress_callback=press)
    assert caught.value.__notes__ == [
        f"Job {polled} was cancelled.",
        f"Job {ended} had ended by then: service.resume({ended!r}) fetches its results.",
        f"Job {refused} could not be cancelled (403 Forbidden: no) and may go on: service.resume({refused!r})"
        f" waits for it and fetches, service.cancel_job({refused!r}) stops it.",
    ]
    assert cloud.jobs[done].status == "COMPLETED"


def test_no_job_is_left_running_when_polls_run_out(connect, cloud, submit):
    a, b = submit(2)
    with pytest.raises(MaxRetriesReachedError) as caught:
        connect(max_retries=2).poll_job_status([a, b], True, verbose=False)
    assert caught.value.__notes__ == [f"Jobs {a} and {b} were cancelled."]


def test_all_jobs_together_are_stopped_within_seconds_or_not_at_all(
    service, cloud, submit, hang, monkeypatch
):
    monkeypatch.setattr("vivace.backends.qoro.polling.HURRIED", 0.5)
    a, b, c = submit(3)
    hang("job cancel")
    started = time.monotonic()
    with pytest.raises(ExecutionCancelledError) as caught:
        service.poll_job_status([a, b, c], True, progress_callback=press)
    assert time.monotonic() - started < 5
    first, *others = caught.value.__notes__
    assert first.startswith(f"Job {a} could not be cancelled (No answer from {cloud.url} within 0.5 s")
    assert [note.partition(" and may go on")[0] for note in others] == [
        f"Job {job} could not be cancelled (there was no time left)" for job in (b, c)
    ]


def test_ctrl_c_again_names_the_jobs_that_were_not_cancelled(service, cloud, submit, hang):
    a, b, c = submit(3)
    asked = hang("job cancel")

    def again():
        if asked.wait(20):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=again)
    thread.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        service.poll_job_status([a, b, c], True, progress_callback=press)
    thread.join()
    assert [note.partition(" and may go on")[0] for note in caught.value.__notes__] == [
        f"Job {a} could not be cancelled (the answer was not waited for)",
        f"Job {b} could not be cancelled (it was not waited for)",
        f"Job {c} could not be cancelled (it was not waited for)",
    ]


def test_results_of_a_list_are_fetched_once_though_some_are_not_ready(service, cloud, submit):
    """What was already fetched is never lost."""
    a, b = submit(2)
    end(cloud, a)
    for _ in range(2):
        with pytest.raises(QoroHTTPError, match="^400 Bad Request: Job results not available"):
            service.get_job_results([a, b])
    end(cloud, b)
    assert len(service.get_job_results([a, b]).results) == 2
    assert len([path for path in cloud.paths if f"{a}/resultsV2" in path]) == 1


def test_they_serve_one_job_alone_too(service, cloud, submit):
    a, b = submit(2)
    end(cloud, a)
    end(cloud, b, "FAILED")
    with pytest.raises(JobFailedError):
        service.get_job_results([a, b])
    assert len(service.get_job_results(a).results) == 1
    assert len([path for path in cloud.paths if f"{a}/resultsV2" in path]) == 1


def test_results_of_a_job_that_is_deleted_are_gone(service, cloud, submit):
    a, b = submit(2)
    end(cloud, a)
    with pytest.raises(QoroHTTPError):
        service.get_job_results([a, b])
    service.delete_job(a)
    with pytest.raises(QoroHTTPError, match="^404 "):
        service.get_job_results(a)


def test_the_run_time_of_a_list_is_that_of_its_jobs(connect, cloud, submit):
    jobs = submit(2)
    for job_id in jobs:
        end(cloud, job_id)
    assert connect().get_job_results(jobs[0]).run_time == 1.5
    assert connect().get_job_results(jobs).run_time == 3.0


MANY = ["poll_job_status", "get_job_results", "cancel_job", "delete_job", "get_job_status"]
ONE = [
    "get_maestro_config",
    "get_execution_config",
    "get_device_config",
    "iter_results",
    "stop_job",
    "resume",
]


@pytest.mark.parametrize("method", MANY + ONE)
def test_a_list_without_a_job_is_an_error(service, cloud, method):
    asked = len(cloud.requests)
    with pytest.raises(ValueError, match="^Expected a job or a list of jobs, got an empty list.$"):
        getattr(service, method)([])
    assert len(cloud.requests) == asked


@pytest.mark.parametrize("method", ONE)
def test_what_is_for_one_job_takes_no_list_of_several(service, cloud, method):
    asked = len(cloud.requests)
    for jobs in (["a", "b"], [["a", "b"]], (ExecutionResult(job_id="a"), "b")):
        with pytest.raises(ValueError, match="^Expected one job, got a list of 2. Call this for each.$"):
            getattr(service, method)(jobs)
    assert len(cloud.requests) == asked


@pytest.mark.parametrize("method", MANY)
def test_a_list_in_a_list_is_for_one_job(service, method):
    with pytest.raises(ValueError, match="^Expected one job, got a list of 2. Call this for each.$"):
        getattr(service, method)([["a", "b"], "c"])
