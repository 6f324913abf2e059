"""Jobs followed to their end: polled, cancelled, fetched, resumed."""

import copy
import json
import logging
import signal
import threading
from urllib.parse import unquote

import pytest
import requests

from vivace.backends import (
    ExecutionConfig,
    ExecutionResult,
    JobStatus,
    QoroHTTPError,
    RetryPolicy,
)
from vivace.backends.qoro.jobs import Poll
from vivace.backends.qoro.wire import endpoints
from vivace.errors import (
    ExecutionCancelledError,
    JobFailedError,
    JobTimedOutError,
    MaxRetriesReachedError,
)

CIRCUITS = {f"c{i}": f"OPENQASM 2.0; qreg q[2]; creg c[2]; rx({i}) q[0]; measure q -> c;" for i in range(7)}


@pytest.fixture
def pending(service):
    return service.submit_circuits(CIRCUITS)


def test_one_poll_is_one_request(service, cloud, pending):
    cloud.jobs[pending.job_id].statuses.extendleft(["SCHEDULED"])
    assert service.poll_job_status(pending) is JobStatus.SCHEDULED
    assert len(cloud.sent(endpoints.STATUS)) == 1


def test_polling_reports_until_the_end_and_hands_over_the_answer(service, cloud):
    cloud.statuses = ["PENDING", "RUNNING", "PAUSED", "COMPLETED"]
    seen, answers = [], []
    status = service.poll_job_status(
        service.submit_circuits(CIRCUITS),
        loop_until_complete=True,
        on_complete=answers.append,
        progress_callback=lambda *call: seen.append(call),
    )
    assert status is JobStatus.COMPLETED
    assert seen == [(1, "PENDING"), (2, "RUNNING"), (3, "PAUSED")]
    assert answers[0]["run_time"] == answers[0].json()["run_time"] == 1.5


@pytest.mark.parametrize("end", ["FAILED", "CANCELLED", "INSUFFICIENT_CREDITS", "TIMED_OUT"])
def test_a_bad_end_is_returned_or_raised_as_asked(service, cloud, end):
    cloud.statuses = ["RUNNING", end]
    pending = service.submit_circuits(CIRCUITS)
    assert service.poll_job_status(pending, loop_until_complete=True, verbose=False) == end
    cloud.jobs[pending.job_id].statuses.append(end)
    with pytest.raises(Exception, match=rf"Qoro job {pending.job_id} .* \({end}\)\."):
        service.poll_job_status(pending, raise_on_failure=True)


def test_an_unknown_status_goes_on_and_is_logged_once(service, cloud, caplog):
    """Upstream dies with a ValueError at the first status it does not know."""
    cloud.statuses = ["DAYDREAMING", "DAYDREAMING", "COMPLETED"]
    seen = []
    status = service.poll_job_status(
        service.submit_circuits(CIRCUITS), True, progress_callback=lambda _, text: seen.append(text)
    )
    assert (status, seen) == (JobStatus.COMPLETED, ["DAYDREAMING", "DAYDREAMING"])
    assert [r.levelno for r in caplog.records if "DAYDREAMING" in r.message] == [logging.WARNING]


@pytest.mark.parametrize("fault", ["drop", "cut", "garble", (500, {}, ""), (504, {}, "")])
def test_polling_survives_a_service_that_is_away_for_a_while(service, cloud, pending, fault):
    """Upstream dies on the first 5xx other than 502."""
    cloud.faults["job status"].extend([fault] * 10)
    assert service.poll_job_status(pending, True, verbose=False) is JobStatus.COMPLETED


def test_a_service_that_asks_for_much_patience_is_polled_on(service, cloud, pending):
    """`Retry-After` beyond the most that is allowed: asked again after that, not given up."""
    cloud.faults["job status"].extend([(503, {"Retry-After": "21600"}, "")] * 12)
    assert service.poll_job_status(pending, True, verbose=False) is JobStatus.COMPLETED
    assert len(cloud.sent(endpoints.STATUS)) == 14


def test_such_polls_count(connect, cloud):
    service = connect(max_retries=3)
    pending = service.submit_circuits(CIRCUITS)
    cloud.faults["job status"].extend([(429, {"Retry-After": "21600"}, "")] * 12)
    with pytest.raises(MaxRetriesReachedError):
        service.poll_job_status(pending, True, verbose=False)
    assert len(cloud.sent(endpoints.STATUS)) == 9


def test_a_service_that_asks_for_it_every_time_is_given_up_and_that_is_seen_coming(connect, cloud, caplog):
    service = connect(max_retries=None)
    pending = service.submit_circuits(CIRCUITS)
    cloud.faults["job status"].extend([(503, {"Retry-After": "21600"}, "later")] * 100)
    with pytest.raises(QoroHTTPError, match="^503 Service Unavailable: later") as caught:
        service.poll_job_status(pending, True, verbose=False)
    assert caught.value.__notes__ == [
        f"Job {pending.job_id} goes on: service.resume({pending.job_id!r}) waits for it and fetches."
    ]
    assert len(cloud.sent(endpoints.STATUS)) == 15  # five polls, as often as other faults
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told == ["The service asks to wait 21600 s (job status). Trying again, 2 times at most."] * 5


def test_a_job_that_does_not_exist_does_not_go_on(service):
    with pytest.raises(QoroHTTPError, match="^404 Not Found") as caught:
        service.resume("bogus")
    assert not hasattr(caught.value, "__notes__")


def test_one_look_at_a_job_is_not_as_patient(service, cloud, pending):
    cloud.faults["job status"].append((503, {"Retry-After": "21600"}, "later"))
    with pytest.raises(QoroHTTPError, match="^503 Service Unavailable: later\nThe service asks to wait"):
        service.get_job_status(pending)
    assert len(cloud.sent(endpoints.STATUS)) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_results_of_a_job_that_ended_are_worth_the_same_patience(service, cloud, pending, caplog, status):
    service.poll_job_status(pending, True, verbose=False)
    cloud.page = 3
    cloud.faults["job results"].extend([(status, {"Retry-After": "21600"}, "")] * 2)
    assert [entry["label"] for entry in service.get_job_results(pending).results] == list(CIRCUITS)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told == ["The service asks to wait 21600 s (job results). Trying again, 2 times at most."]
    cloud.faults["job results"].extend([(status, {"Retry-After": "21600"}, "")] * 3)
    with pytest.raises(QoroHTTPError) as caught:
        service.get_job_results(pending)
    assert caught.value.attempts == 3
    assert caught.value.__notes__ == [
        f"Job {pending.job_id} keeps its results: service.resume({pending.job_id!r}) fetches them."
    ]


def test_such_a_wait_can_be_cancelled(connect, cloud):
    service = connect(retry=RetryPolicy(max_retry_after=3000))
    pending, event = service.submit_circuits(CIRCUITS), threading.Event()
    cloud.faults["job status"].append((503, {"Retry-After": "21600"}, ""))
    cloud.on_request = lambda name: event.set() if name == "job status" else None
    with pytest.raises(ExecutionCancelledError, match=f"^Polling cancelled for job {pending.job_id}.$"):
        service.poll_job_status(pending, True, verbose=False, cancellation_event=event)


def test_polling_gives_up_when_the_service_stays_away_and_says_how_to_go_on(service, cloud, pending):
    cloud.faults["job status"].extend(["drop"] * 15)
    with pytest.raises(ConnectionError) as caught:
        service.poll_job_status(pending, True, verbose=False)
    assert f"service.resume('{pending.job_id}')" in caught.value.__notes__[0]
    assert cloud.jobs[pending.job_id].status != "CANCELLED"


def test_running_out_of_polls_is_an_error_and_leaves_nothing_running(connect, cloud):
    """Upstream leaves the remote job running."""
    cloud.statuses = ["RUNNING"] * 9
    service = connect(max_retries=3)
    pending = service.submit_circuits(CIRCUITS)
    with pytest.raises(MaxRetriesReachedError) as caught:
        service.poll_job_status(pending, True, verbose=False)
    assert str(caught.value) == f"Maximum retries reached: 3 retries attempted for job {pending.job_id}"
    assert caught.value.retries == 3
    assert cloud.jobs[pending.job_id].status == "CANCELLED"


@pytest.mark.parametrize("most", [2, 5, 30, 5000])
def test_polls_that_are_limited_are_not_used_up_in_a_moment(most):
    how = Poll(3.0, most, None, None)
    waits = [how.wait_after(attempt) for attempt in range(1, most)]
    assert max(waits) == 3.0
    assert sum(waits) > 0.85 * 3.0 * (most - 1)


def test_polls_without_a_limit_begin_fast():
    how = Poll(3.0, None, None, None)
    assert how.wait_after(1) < 0.1
    assert how.wait_after(99) == 3.0


def test_a_caller_with_an_event_cleans_up_itself(service, cloud):
    cloud.statuses = ["RUNNING"] * 99
    pending, event = service.submit_circuits(CIRCUITS), threading.Event()
    with pytest.raises(ExecutionCancelledError, match=f"^Polling cancelled for job {pending.job_id}.$"):
        service.poll_job_status(
            pending, True, progress_callback=lambda *_: event.set(), cancellation_event=event
        )
    assert cloud.jobs[pending.job_id].status == "RUNNING"


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_once_or_twice_cancels_the_job(service, cloud, times):
    """Upstream leaves the remote job running on the second one."""
    cloud.statuses = ["RUNNING"] * 99
    pending = service.submit_circuits(CIRCUITS)

    def press(*_):
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(ExecutionCancelledError if times == 1 else KeyboardInterrupt):
        service.poll_job_status(pending, True, progress_callback=press)
    assert cloud.jobs[pending.job_id].status == "CANCELLED"


def test_polls_shows_a_line_on_a_terminal_only(service, pending, capsys):
    service.poll_job_status(pending, True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "method", ["poll_job_status", "get_job_results", "cancel_job", "delete_job", "get_job_status"]
)
def test_what_cannot_be_a_job_is_not_asked_for(service, cloud, method):
    """`job/../` is another endpoint, quoted or not."""
    asked = len(cloud.requests)
    for job_id in (
        ".",
        "..",
        "a/b",
        "../credits",
        "a\\b",
        "a?b",
        "a#b",
        "a\nb",
        "a\x7f",
        "a\u2028",
        "\ud800",
    ):
        with pytest.raises(ValueError, match="^Not the id of a job: "):
            getattr(service, method)(job_id)
    assert len(cloud.requests) == asked
    with pytest.raises(ValueError, match="^ExecutionResult must have a job_id"):
        getattr(service, method)("")


@pytest.mark.parametrize("job_id", ["a b", "%2e%2e", "...", "a%2Fb", "é", "a;b", "a&b=c", "a+b", "~:@"])
def test_ids_reach_the_service_as_they_are(service, cloud, job_id):
    with pytest.raises(requests.HTTPError, match="404"):
        service.poll_job_status(job_id)
    path = cloud.paths[-1]
    assert unquote(path) == f"/api/job/{job_id}/status/"
    assert path.count("/") == 5


@pytest.mark.parametrize(
    "method", ["poll_job_status", "get_job_results", "cancel_job", "delete_job", "get_job_status"]
)
def test_methods_need_a_job(service, method):
    with pytest.raises(
        ValueError, match="^ExecutionResult must have a job_id. Results of a synchronous backend"
    ):
        getattr(service, method)(ExecutionResult([]))


def test_cancel_and_delete_answer_as_the_service_does(service, cloud, pending):
    answer = service.cancel_job(pending)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    with pytest.raises(requests.HTTPError, match="Can only cancel a PENDING or RUNNING job"):
        service.cancel_job(pending)
    assert service.delete_job(pending).status_code == 204
    with pytest.raises(requests.HTTPError, match="404"):
        service.delete_job(pending)


@pytest.mark.parametrize("method", ["cancel_job", "delete_job"])
def test_ending_a_job_works_though_the_answer_is_lost(service, cloud, pending, method):
    cloud.faults["job cancel" if method == "cancel_job" else "job delete"].append("lose")
    getattr(service, method)(pending)
    assert pending.job_id not in cloud.live()


def test_results_of_a_running_job_are_not_there_yet(service, pending):
    with pytest.raises(
        requests.HTTPError, match="^400 Bad Request: Job results not available, likely job is still running$"
    ):
        service.get_job_results(pending)


@pytest.mark.parametrize(("end", "error"), [("FAILED", JobFailedError), ("TIMED_OUT", JobTimedOutError)])
def test_results_of_a_failed_job_are_its_error(service, cloud, end, error):
    cloud.statuses = [end]
    pending = service.submit_circuits(CIRCUITS)
    service.poll_job_status(pending, True)
    why = {"detail": "Circuit 'c3' is beyond us."}
    text = f"\\({end}\\)\\. The service says: Circuit 'c3' is beyond us\\.$"
    for ask in (
        lambda: service.get_job_results(pending),
        lambda: list(service.iter_results(pending)),
        lambda: service.poll_job_status(pending, raise_on_failure=True),
        lambda: service.resume(pending, verbose=False),
    ):
        cloud.jobs[pending.job_id].statuses.append(end)
        cloud.faults["job results"].append((400, {}, json.dumps(why)))
        with pytest.raises(error, match=text) as caught:
            ask()
        assert caught.value.detail == "The service says: Circuit 'c3' is beyond us."


@pytest.mark.parametrize(
    "fault", ["drop", (400, {}, "no JSON"), (400, {}, "[]"), (400, {}, "{}"), (500, {}, "{}")]
)
def test_a_service_that_gives_no_reason(service, cloud, fault):
    cloud.statuses = ["FAILED"]
    cloud.faults["job results"].append(fault)
    with pytest.raises(JobFailedError) as caught:
        service.run(CIRCUITS, verbose=False)
    assert str(caught.value) == f"Qoro job {next(iter(cloud.jobs))} failed (FAILED)."
    assert caught.value.detail is None


def test_configs_of_jobs(service, cloud, pending):
    with pytest.raises(requests.HTTPError, match="404 Not Found"):
        service.get_execution_config(pending)
    assert service.get_maestro_config(pending) is None
    assert service.get_device_config(pending) is None
    config = ExecutionConfig(64, simulation_method="Stabilizer")
    assert service.set_execution_config(pending, config)["status"] == "ok"
    assert service.get_execution_config(pending) == config
    with pytest.raises(requests.HTTPError, match="404"):
        service.get_maestro_config("nonsense")
    with pytest.raises(TypeError, match="config must be an ExecutionConfig, got dict"):
        service.set_execution_config(pending, {})


def test_a_deep_copy_remembers_for_itself(connect, cloud):
    """As one that was pickled, but with the token and the same journal."""
    service = connect(track_depth=True)
    pending = service.submit_circuits(CIRCUITS)
    with copy.deepcopy(service) as other:
        other.run(CIRCUITS, verbose=False)
        other.clear_depth_history()
        assert (len(service.depth_history), other.depth_history) == (1, [])
        service.poll_job_status(pending, True, verbose=False)
        asked = len(cloud.sent(endpoints.STATUS))
        assert other.get_job_results(pending).run_time == service.get_job_results(pending).run_time == 1.5
        assert len(cloud.sent(endpoints.STATUS)) == asked + 1  # the original knew it, the copy did not
        assert other.journal is service.journal
