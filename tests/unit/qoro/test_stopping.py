"""Jobs that nobody waits for any more: cancelled within seconds, and what is told of those that are not."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from support.cloud import TOKEN
from vivace.backends import CircuitPayload, QoroHTTPError
from vivace.backends.qoro.wire import endpoints
from vivace.errors import ExecutionCancelledError, MaxRetriesReachedError

TEXT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q -> c;'


@pytest.fixture
def pending(service, cloud):
    cloud.statuses = ["RUNNING"] * 999
    return service.submit_circuits([TEXT])


def press_when(asked):
    """Ctrl+C in the main thread as soon as the event is set."""

    def press():
        if asked.wait(20):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def in_a_moment():
    asked = threading.Event()
    threading.Timer(0.1, asked.set).start()
    return press_when(asked)


def may_go_on(job_id, why):
    return (
        f"Job {job_id} could not be cancelled ({why}) and may go on: service.resume({job_id!r}) waits for it "
        f"and fetches, service.cancel_job({job_id!r}) stops it."
    )


def stopped(service, pending):
    """The notes of an error after Ctrl+C."""
    thread = in_a_moment()
    with pytest.raises(ExecutionCancelledError) as caught:
        service.poll_job_status(pending, True, verbose=False)
    thread.join()
    return caught.value.__notes__


def test_ctrl_c_is_answered_at_once(service, pending, caplog):
    assert stopped(service, pending) == [f"Job {pending.job_id} was cancelled."]
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, f"Cancelling job {pending.job_id}. Press Ctrl+C again to wait no longer.")
    ]


def test_a_job_that_cannot_be_cancelled_is_not_taken_for_one_that_is(service, cloud, pending):
    cloud.faults["job cancel"].append((403, {}, "no"))
    assert stopped(service, pending) == [may_go_on(pending.job_id, "403 Forbidden: no")]


def test_so_is_one_whose_polls_run_out(connect, cloud, tmp_path):
    cloud.statuses = ["RUNNING"] * 99
    service = connect(max_retries=3, journal=tmp_path / "jobs.db")
    pending = service.submit_circuits([TEXT])
    cloud.faults["job cancel"].append((403, {}, "no"))
    with pytest.raises(MaxRetriesReachedError) as caught:
        service.poll_job_status(pending, True, verbose=False)
    assert caught.value.__notes__ == [may_go_on(pending.job_id, "403 Forbidden: no")]
    assert [record.state for record in service.jobs()] == ["SUBMITTED"]


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "CANCELLED"])
def test_a_job_that_had_ended_by_then_is_told_and_recorded(connect, cloud, tmp_path, end):
    cloud.statuses = ["RUNNING"] * 3 + [end]
    service = connect(max_retries=3, journal=tmp_path / "jobs.db")
    pending = service.submit_circuits([TEXT])
    cloud.faults["job cancel"].append((409, {}, "too late"))
    with pytest.raises(MaxRetriesReachedError) as caught:
        service.poll_job_status(pending, True, verbose=False)
    told = {
        "COMPLETED": f"had ended by then: service.resume({pending.job_id!r}) fetches its results.",
        "FAILED": "had ended by then, as FAILED.",
        "CANCELLED": "was cancelled.",
    }
    assert caught.value.__notes__ == [f"Job {pending.job_id} {told[end]}"]
    assert [record.state for record in service.jobs()] == [end]


def test_an_upload_that_was_complete_after_all_is_told(connect, cloud, tmp_path):
    """The last upload arrived, its answer was a refusal of something on the way."""
    service = connect(journal=tmp_path / "jobs.db")
    cloud.statuses = ["COMPLETED"]

    def arrive(name):
        if name == "circuit upload":
            for job in cloud.jobs.values():
                job.finalized, job.status = True, "COMPLETED"

    cloud.on_request = arrive
    cloud.faults["circuit upload"].append((403, {}, "no"))
    with pytest.raises(QoroHTTPError) as caught:
        service.submit_circuits([TEXT])
    (job_id,) = cloud.jobs
    assert caught.value.__notes__ == [
        f"Job {job_id} had ended by then: service.resume({job_id!r}) fetches its results."
    ]
    assert [record.state for record in service.jobs()] == ["COMPLETED"]


def test_an_upload_that_is_stopped_is_told_once(connect, cloud, tmp_path):
    service, event = connect(max_request_bytes=2000, journal=tmp_path / "jobs.db"), threading.Event()
    with pytest.raises(ExecutionCancelledError) as caught:
        service.submit_circuits(
            [CircuitPayload.from_matrix(TEXT.replace("h q", "rx(t) q"), ["t"], [[i] for i in range(200)])],
            cancellation_event=event,
            progress=lambda *_: event.set(),
        )
    (job_id,) = cloud.jobs
    told = [str(caught.value), *caught.value.__notes__]
    assert told == ["Submission cancelled.", f"Job {job_id} was open by then, and is cancelled."]
    assert [record.state for record in service.jobs()] == ["CANCELLED"]


@pytest.mark.parametrize("endpoint", ["job status", "circuit upload"])
def test_a_service_that_does_not_answer_is_left_alone(service, cloud, hang, monkeypatch, endpoint):
    """A stopped process, or a network that swallows everything: its timeouts are minutes."""
    monkeypatch.setattr("vivace.backends.qoro.polling.HURRIED", 0.5)
    monkeypatch.setattr("vivace.backends.qoro.opening.HURRIED", 0.5)
    thread = press_when(hang(endpoint, "job cancel"))
    started = time.monotonic()
    with pytest.raises(ExecutionCancelledError) as caught:
        service.run([TEXT], verbose=False)
    assert time.monotonic() - started < 5
    thread.join()
    (job_id,) = cloud.jobs
    (note,) = caught.value.__notes__
    assert f"could not be cancelled (No answer from {cloud.url} within 0.5 s (job cancel))" in note
    for call in (f"service.resume({job_id!r}) waits for it and fetches", f"service.cancel_job({job_id!r})"):
        assert call in note


def test_an_answer_that_comes_soon_after_ctrl_c_counts(service, cloud, pending):
    cloud.jobs[pending.job_id].statuses.clear()
    cloud.jobs[pending.job_id].statuses.append("COMPLETED")
    event = threading.Event()

    def slowly(name):
        event.set()
        time.sleep(0.3)

    cloud.on_request = slowly
    assert service.poll_job_status(pending, True, cancellation_event=event) == "COMPLETED"


def test_ctrl_c_again_does_not_wait_for_the_cancellation(service, pending, hang):
    thread = in_a_moment()
    again = press_when(hang("job cancel"))
    with pytest.raises(KeyboardInterrupt) as caught:
        service.poll_job_status(pending, True, verbose=False)
    thread.join()
    again.join()
    assert caught.value.__notes__ == [may_go_on(pending.job_id, "the answer was not waited for")]


def test_a_short_fault_does_not_keep_a_job_from_being_cancelled(service, cloud, pending):
    cloud.faults["job cancel"].append((503, {"Retry-After": "30"}, ""))
    started = time.monotonic()
    assert service.stop_job(pending) == f"Job {pending.job_id} was cancelled."
    assert time.monotonic() - started < 5


COMMAND = """
import sys
from vivace.cli import main
sys.argv[1:] = ["run", "coin.qasm", "--backend", "qoro"]
main()
"""


@pytest.mark.parametrize("presses", [1, 2])
def test_the_command_line_says_at_once_what_it_does_and_then_what_to_do(cloud, hang, tmp_path, presses):
    (tmp_path / "coin.qasm").write_text(TEXT)
    asked = hang("job status", "job cancel")
    environment = os.environ | {"QORO_API_KEY": TOKEN, "QORO_API_URL": cloud.url}
    child = subprocess.Popen(
        [sys.executable, "-c", COMMAND], env=environment, stderr=subprocess.PIPE, text=True
    )
    with child:
        assert asked.wait(60)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        (job_id,) = cloud.jobs
        first = child.stderr.readline()
        assert first == f"vivace: Cancelling job {job_id}. Press Ctrl+C again to wait no longer.\n"
        assert time.monotonic() - started < 1
        if presses > 1:
            time.sleep(2)  # until it waits for the cancellation
            child.send_signal(signal.SIGINT)
        rest = child.stderr.read()
        assert child.wait(30) == 130
    assert time.monotonic() - started < 12
    if presses > 1:
        assert rest.startswith("vivace: interrupted; nothing is saved. Job ")
    else:
        assert rest.startswith(f"vivace: interrupted: Polling cancelled for job {job_id}. Job ")
    assert f"and may go on: vivace jobs resume {job_id} waits for it and fetches, vivace jobs" in rest


FETCH = """
import sys
from vivace.backends import CircuitPayload, QoroService
text = 'OPENQASM 2.0; qreg q[1]; creg c[1]; rx(t) q[0]; measure q -> c;'
with QoroService(sys.argv[2], base_url=sys.argv[1], journal=None) as service:
    {}
"""
JOB = '[CircuitPayload.from_matrix(text, ["t"], [[i] for i in range(500)])]'
ONE_BY_ONE = f"""
    job = service.submit_circuits({JOB})
    service.poll_job_status(job, True, verbose=False)
    print(len(list(service.iter_results(job))))
"""


@pytest.mark.parametrize("fetch", [f"service.run({JOB})", ONE_BY_ONE], ids=["run", "iter_results"])
def test_ctrl_c_while_pages_are_fetched_ahead_ends_the_program(cloud, fetch):
    """Threads that wait for an answer would keep it, until their timeouts of minutes."""
    over, asked = threading.Event(), threading.Event()

    def on_request(name):
        if name == "job results" and len([1 for seen, *_ in cloud.requests if seen == name]) > 1:
            asked.set()
            over.wait(30)

    cloud.statuses, cloud.on_request = ["COMPLETED"], on_request
    command = [sys.executable, "-c", FETCH.format(fetch.strip()), cloud.url, TOKEN]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with child:
        assert asked.wait(60)
        time.sleep(0.3)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        told = child.communicate(timeout=60)[1]
        taken = time.monotonic() - started
    over.set()
    (job_id,) = cloud.jobs
    assert "KeyboardInterrupt" in told
    if "run" in fetch:
        assert f"Job {job_id} keeps its results: service.resume({job_id!r}) waits for it and fetches." in told
    assert taken < 5


@pytest.mark.parametrize("ctrl_c", [True, False], ids=["Ctrl+C", "event"])
def test_a_job_that_opens_while_it_is_given_up_is_cancelled(connect, cloud, tmp_path, ctrl_c):
    """Its id comes two seconds later, and is waited for."""
    opening, event = threading.Event(), None if ctrl_c else threading.Event()

    def slowly(name):
        if name == "job init":
            opening.set()
            if event is not None:
                event.set()
            time.sleep(2)

    cloud.on_request = slowly
    service = connect(journal=tmp_path / "jobs.db")
    thread = press_when(opening) if ctrl_c else None
    with pytest.raises(ExecutionCancelledError) as caught:
        service.run([TEXT], verbose=False, cancellation_event=event)
    if thread is not None:
        thread.join()
    (job_id,) = cloud.jobs
    assert cloud.jobs[job_id].status == "CANCELLED"
    assert [record.state for record in service.jobs()] == ["CANCELLED"]
    assert caught.value.__notes__ == [f"Job {job_id} was open by then, and is cancelled."]


def test_ctrl_c_is_not_forgotten_when_the_job_ends_just_then(service, cloud):
    cloud.statuses = ["COMPLETED"]
    asked = threading.Event()

    def slowly(name):
        if name == "job status" and not asked.is_set():
            asked.set()
            time.sleep(0.5)

    cloud.on_request = slowly
    thread = press_when(asked)
    with pytest.raises(ExecutionCancelledError) as caught:
        service.run([TEXT], verbose=False)
    thread.join()
    (job_id,) = cloud.jobs
    assert caught.value.__notes__ == [
        f"Job {job_id} had ended by then: service.resume({job_id!r}) fetches its results."
    ]


def test_ctrl_c_again_while_an_upload_is_in_doubt_is_heeded_and_told_once(service, cloud):
    cloud.faults["circuit upload"].append("lose")
    reading, cancelling, over = threading.Event(), threading.Event(), threading.Event()

    def on_request(name):
        if name == "job status":
            reading.set()
            time.sleep(1.5)
        if name == "job cancel":
            cancelling.set()
            over.wait(30)

    cloud.on_request = on_request
    threads = [press_when(reading), press_when(cancelling)]
    cloud.statuses = ["PENDING"] * 99
    with pytest.raises(KeyboardInterrupt) as caught:
        service.run([TEXT], verbose=False)
    for thread in threads:
        thread.join()
    over.set()
    (job_id,) = cloud.jobs
    assert sum(job_id in note for note in caught.value.__notes__) == 1
    assert len(cloud.sent(endpoints.CANCEL)) == 1
