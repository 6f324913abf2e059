"""Jobs that characterise a QUBO: analysed once, on record, found again, and never lost once paid for."""

import json
import signal
import threading
import time

import pytest
import requests
from typer.testing import CliRunner

from support.cloud import TOKEN
from vivace.backends import (
    CharacterizationResult,
    QoroHTTPError,
    characterize_and_validate,
    get_characterization_result,
)
from vivace.backends.qoro.wire import endpoints
from vivace.cli import app
from vivace.errors import (
    CharacterizationFailedError,
    CharacterizationSubmitError,
    ResultError,
    SubmissionError,
)

QUBO = {(0,): -1.0, (0, 1): 2.0}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite3"


def submit(service):
    return service.characterize_and_validate(QUBO, target_states=["10"])


def only(cloud):
    """Id and job of the one job there is."""
    ((job_id, job),) = cloud.jobs.items()
    return job_id, job


def goes_on(job_id):
    call = f"get_characterization_result({job_id!r}, service=...)"
    return f"Job {job_id} goes on: {call} waits for it and fetches."


@pytest.mark.parametrize(
    "fault",
    ["drop", "lose", "cut", "garble", *[(s, {}, "") for s in (302, 500, 502, 503, 524)], (200, {}, "<html>")],
)
def test_a_problem_is_analysed_once_whatever_happens_to_the_answer(service, cloud, fault):
    cloud.faults["QUBO submission"].extend([fault, fault])
    assert submit(service)["status"] == "COMPLETED"
    ((_, job),) = cloud.jobs.items()
    assert len(job.bodies) == 1


PHASES = {
    "QUBO submission": "submission",
    "job status": "status polling",
    "characterization result": "result retrieval",
}
LASTING = ["drop", (503, {}, ""), (502, {}, "")]
STUCK = [(endpoint, fault) for endpoint in PHASES for fault in LASTING]
STUCK += [(endpoint, (501, {}, "")) for endpoint in ("job status", "characterization result")]


@pytest.mark.parametrize(("endpoint", "fault"), STUCK, ids=str)
def test_getting_stuck_says_in_which_phase_and_how_to_go_on(service, cloud, endpoint, fault):
    phase = PHASES[endpoint]
    cloud.faults[endpoint].extend([fault] * 20)
    with pytest.raises(
        CharacterizationSubmitError,
        match=rf"got stuck during {phase}: .*[^.]\. The job exists: fetch it with get_characterization_res",
    ) as caught:
        submit(service)
    job_id, _ = only(cloud)
    assert (caught.value.job_id, caught.value.phase) == (job_id, phase)
    assert "service.resume" not in "".join(getattr(caught.value.__cause__, "__notes__", []))
    cloud.faults.clear()
    if phase != "submission":  # there it has not arrived
        assert get_characterization_result(job_id, service=service).quality_score == 80.0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("endpoint", ["job status", "characterization result"])
def test_an_analysis_is_worth_the_patience_of_results(service, cloud, endpoint, status):
    """`Retry-After` beyond the most that is allowed: asked again after that, and given up at last."""
    far = (status, {"Retry-After": "21600"}, "")
    cloud.faults[endpoint].extend([far] * 2)
    assert submit(service)["status"] == "COMPLETED"
    cloud.jobs.clear()
    cloud.faults[endpoint].extend([far] * 100)
    with pytest.raises(CharacterizationSubmitError) as caught:
        submit(service)
    assert caught.value.job_id == only(cloud)[0]


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize("endpoint", ["job status", "characterization result"])
def test_a_refusal_after_the_submission_is_one(service, cloud, endpoint, status):
    cloud.faults[endpoint].append((status, {}, "who are you"))
    with pytest.raises(QoroHTTPError, match=f"^{status} .*: who are you") as caught:
        submit(service)
    assert caught.value.__notes__ == [goes_on(only(cloud)[0])]


def test_an_analysis_that_there_is_not_does_not_go_on(service):
    with pytest.raises(QoroHTTPError, match="^404 Not Found") as caught:
        get_characterization_result("no-such-job", service=service)
    assert not hasattr(caught.value, "__notes__")


def test_a_slow_upload_is_no_silence(connect, cloud, path, monkeypatch):
    """Each attempt may take minutes; the record says each time that somebody is at it."""
    service, beats, clock = connect(journal=path), [], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 60 * len(beats))

    def a_minute_passes(name):
        if name == "QUBO submission":
            beats.append(service.jobs()[0].updated_at)

    cloud.on_request = a_minute_passes
    cloud.faults["QUBO submission"].extend(["drop", "drop"])
    submit(service)
    assert beats == sorted(set(beats))
    assert len(beats) == 3


def test_nobody_asks_whether_one_has_sent_what_one_has_just_sent(connect, cloud, path):
    service, cloud.statuses = connect(journal=path), ["COMPLETED"]
    service.journal.set_state = lambda *_: None  # as if it could not be written
    submit(service)
    assert len(cloud.sent(endpoints.STATUS)) == 1


@pytest.mark.parametrize("status", [400, 402, 403])
def test_a_refused_problem_leaves_no_open_job(service, cloud, status):
    cloud.faults["QUBO submission"].append((status, {}, "no"))
    with pytest.raises(requests.HTTPError, match=str(status)):
        submit(service)
    assert only(cloud)[1].status == "CANCELLED"


@pytest.mark.parametrize("end", ["FAILED", "CANCELLED", "INSUFFICIENT_CREDITS", "TIMED_OUT"])
def test_a_job_that_ended_badly_is_told_or_raised(service, cloud, end):
    found = submit(service)
    cloud.jobs[found["job_id"]].statuses.clear()
    cloud.jobs[found["job_id"]].status = end
    assert service.characterize_and_validate(job_id=found["job_id"]) == {
        "job_id": found["job_id"],
        "status": end,
    }
    with pytest.raises(CharacterizationFailedError, match=rf"\({end}\)"):
        get_characterization_result(found["job_id"], service=service)


def test_why_an_analysis_failed_is_told(service, cloud):
    found = submit(service)
    cloud.jobs[found["job_id"]].status = "FAILED"
    cloud.faults["characterization result"].append((409, {}, '{"error": "it is too frustrated"}'))
    with pytest.raises(
        CharacterizationFailedError, match=r"\(FAILED\)\. The service says: it is too frustrated$"
    ):
        get_characterization_result(found["job_id"], service=service)


def test_an_unknown_status_does_not_mean_that_the_problem_arrived(service, cloud):
    cloud.faults["QUBO submission"].append("drop")
    cloud.faults["job status"].append((200, {}, '{"status": "DREAMING"}'))
    found = submit(service)
    assert found["status"] == "COMPLETED"
    assert len(cloud.jobs) == 1


def test_an_open_job_that_cannot_be_cancelled_is_told_and_found_again(connect, cloud, path):
    service = connect(journal=path)
    cloud.faults["QUBO submission"].append((400, {}, "no"))
    cloud.faults["job cancel"].extend(["drop"] * 2)
    with pytest.raises(requests.HTTPError) as caught:
        submit(service)
    job_id, job = only(cloud)
    assert caught.value.__notes__ == [
        f"Job {job_id} was open by then, and could not be cancelled (Cannot reach {cloud.url} (job cancel): "
        f"Remote end closed connection without response): service.cancel_job({job_id!r}) does, when the "
        "service can be reached. If all of it had arrived, "
        f"get_characterization_result({job_id!r}, service=...) waits for it and fetches."
    ]
    assert [(found.job_id, found.state) for found in service.jobs()] == [(job_id, "UPLOADING")]
    with pytest.raises(
        SubmissionError, match="will not run. It is cancelled; submit the problem again"
    ) as broken:
        get_characterization_result(job_id, service=service)
    assert broken.value.job_id == job_id
    assert job.status == "CANCELLED"
    assert [found.state for found in service.jobs()] == ["CANCELLED"]


def ctrl_c_during(cloud, endpoint):
    """Ctrl+C in the main thread, while it waits for an answer of the endpoint."""
    main = threading.main_thread().ident
    asked = threading.Event()

    def press(name):
        if name == endpoint.name and not asked.is_set():
            asked.set()
            signal.pthread_kill(main, signal.SIGINT)

    cloud.on_request = press
    cloud.faults[endpoint.name].append("drop")


def test_ctrl_c_during_the_upload_leaves_no_open_job(connect, cloud, path):
    service = connect(journal=path)
    ctrl_c_during(cloud, endpoints.SUBMIT_QUBO)
    with pytest.raises(KeyboardInterrupt) as caught:
        submit(service)
    job_id, job = only(cloud)
    assert caught.value.__notes__ == [f"Job {job_id} was open by then, and is cancelled."]
    assert job.status == "CANCELLED"
    assert [(found.job_id, found.state) for found in service.jobs()] == [(job_id, "CANCELLED")]


@pytest.mark.parametrize("endpoint", [endpoints.STATUS, endpoints.VALIDATION_RESULT])
def test_ctrl_c_after_the_upload_tells_where_the_analysis_is(service, cloud, endpoint):
    ctrl_c_during(cloud, endpoint)
    with pytest.raises(KeyboardInterrupt) as caught:
        submit(service)
    job_id, _ = only(cloud)
    assert caught.value.__notes__ == [goes_on(job_id)]
    assert get_characterization_result(job_id, service=service).quality_score == 80.0


def test_jobs_are_on_record_with_what_became_of_them(connect, cloud, path):
    service = connect(journal=path)
    states = {}
    cloud.on_request = lambda name: states.setdefault(name, [record.state for record in service.jobs()])
    done = characterize_and_validate(QUBO, ["10"], service=service)
    assert states == {
        "job init": [],
        "QUBO submission": ["UPLOADING"],
        "job status": ["SUBMITTED"],
        "characterization result": ["COMPLETED"],
        "characterization report": ["COMPLETED"],
    }
    (record,) = service.jobs()
    assert (record.job_id, record.state, record.job_type) == (done.job_id, "COMPLETED", "VALIDATE")
    assert (record.tag, record.target, record.n_circuits) == ("divi-characterize", "", 0)
    assert (record.base_url, record.uploader) == (cloud.url, "")
    assert service.journal.labels(done.job_id) == []


def test_an_upload_that_goes_on_is_left_alone(connect, cloud, path):
    """Only one whose uploader is gone will never be analysed."""
    service, other = connect(journal=path), connect(journal=path, max_retries=1)
    errors = []

    def look(name):
        if name == "QUBO submission":
            with pytest.raises(CharacterizationSubmitError, match="Maximum retries reached") as caught:
                get_characterization_result(only(cloud)[0], service=other)
            errors.append(caught.value.phase)

    cloud.on_request = look
    assert submit(service)["status"] == "COMPLETED"
    assert errors == ["status polling"]


def test_refreshing_asks_about_analyses_too(connect, cloud, path):
    service = connect(journal=path)
    for end in ("COMPLETED", "FAILED"):
        cloud.faults["job status"].append((403, {}, "no"))
        with pytest.raises(QoroHTTPError):
            submit(service)
        list(cloud.jobs.values())[-1].status = end
    for job in cloud.jobs.values():
        job.statuses.clear()
    assert [record.state for record in service.jobs()] == ["SUBMITTED"] * 2
    assert [record.state for record in service.jobs(refresh=True)] == ["FAILED", "COMPLETED"]


@pytest.mark.parametrize("method", ["resume", "get_job_results", "iter_results"])
def test_an_analysis_is_not_taken_for_circuits(connect, cloud, path, method):
    service = connect(journal=path)
    job_id = submit(service)["job_id"]
    asked = len(cloud.requests)
    with pytest.raises(ResultError) as caught:
        getattr(service, method)(job_id)
    assert str(caught.value) == (
        f"Job {job_id} is a characterization and has no circuits: get_characterization_result({job_id!r}, "
        "service=...) waits for it and fetches the analysis."
    )
    assert len(cloud.requests) == asked


def test_an_analysis_on_the_command_line(connect, cloud, monkeypatch, tmp_path):
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    monkeypatch.setenv("QORO_API_URL", cloud.url)
    job_id = submit(connect(journal="default"))["job_id"]
    listed = CliRunner().invoke(app, ["jobs"])
    assert listed.stdout.splitlines()[1].split()[:3] == [job_id, "COMPLETED", "VALIDATE"]
    done = CliRunner().invoke(app, ["jobs", "resume", job_id[:6], "--out", str(tmp_path / "found.json")])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [
        f"QUBO Characterization Result — Job {job_id[:8]}...",
        "  Status: COMPLETED",
    ]
    assert done.stdout.splitlines()[-1] == f"analysis       {tmp_path / 'found.json'}"
    found = json.loads((tmp_path / "found.json").read_text())
    assert CharacterizationResult(**found) == get_characterization_result(job_id, service=connect())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--observable", "words.txt"], "job {} is a characterization and takes no --observable"),
        (["--out", "found.csv"], "found.csv: an analysis is written as .json."),
    ],
)
def test_options_of_circuits_are_not_for_an_analysis(connect, cloud, monkeypatch, options, problem):
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    monkeypatch.setenv("QORO_API_URL", cloud.url)
    job_id = submit(connect(journal="default"))["job_id"]
    asked = len(cloud.requests)
    done = CliRunner().invoke(app, ["jobs", "resume", job_id, *options])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"vivace: error: {problem.format(job_id)}\n"
    assert len(cloud.requests) == asked
