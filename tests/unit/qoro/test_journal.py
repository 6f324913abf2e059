"""The journal: what is out there is known after a crash."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from support.cloud import TOKEN
from vivace.backends import JobRecord, Journal
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.words import Padding
from vivace.errors import SubmissionError

CIRCUITS = {f"c{i}": f"OPENQASM 2.0; qreg q[2]; creg c[2]; rx({i}) q[0]; measure q -> c;" for i in range(7)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deeper" / "jobs.sqlite3"


def test_jobs_are_on_record_with_what_became_of_them(connect, cloud, path):
    service = connect(journal=path)
    first, second = service.submit_circuits(CIRCUITS), service.submit_circuits(CIRCUITS, ham_ops="ZZ")
    service.poll_job_status(first, True)
    service.delete_job(second)
    later, earlier = Journal(path).jobs()
    assert (earlier.job_id, earlier.state, earlier.job_type) == (first.job_id, "COMPLETED", "EXECUTE")
    assert (later.job_id, later.state, later.job_type) == (second.job_id, "DELETED", "EXPECTATION")
    assert (later.n_circuits, later.target, later.tag, later.base_url) == (
        7,
        "qoro_maestro",
        "default",
        cloud.url,
    )
    assert Journal(path).labels(first.job_id) == list(CIRCUITS)


def test_the_journal_holds_no_token(connect, path):
    connect(journal=path).submit_circuits(CIRCUITS)
    assert not [file for file in path.parent.iterdir() if TOKEN.encode() in file.read_bytes()]


def test_jobs_of_other_services_are_not_listed(connect, path):
    connect(journal=path).submit_circuits(CIRCUITS)
    journal = Journal(path)
    assert journal.jobs("http://elsewhere") == []
    assert len(journal.jobs()) == 1


def test_without_a_journal_there_are_no_jobs_on_record(service, tmp_path):
    service.submit_circuits(CIRCUITS)
    assert service.jobs() == []
    assert not (tmp_path / "data").exists()


def test_the_journal_is_in_the_data_directory_of_the_user(connect, tmp_path):
    if sys.platform != "linux":
        pytest.skip("XDG_DATA_HOME")
    service = connect(journal=Journal())
    service.submit_circuits(CIRCUITS)
    assert service.journal.path == tmp_path / "data" / "vivace" / "jobs.sqlite3"
    assert len(service.jobs()) == 1


def test_another_process_fetches_what_this_one_submitted(connect, path):
    with pytest.warns(UserWarning, match="padding"):
        pending = connect(journal=path).submit_circuits(CIRCUITS, ham_ops="Z")
    other = connect(journal=path)
    assert [record.state for record in other.jobs()] == ["SUBMITTED"]
    result = other.resume(pending.job_id, verbose=False)
    assert result.expectations().words == ("Z",)
    assert [record.state for record in other.jobs()] == ["COMPLETED"]


def test_refreshing_asks_about_jobs_that_had_not_ended(connect, cloud, path):
    service = connect(journal=path)
    jobs = [service.submit_circuits(CIRCUITS) for _ in range(2)]
    del cloud.jobs[jobs[0].job_id]
    service.jobs(refresh=True)
    assert [record.state for record in service.jobs(refresh=True)] == ["COMPLETED", "DELETED"]


def test_results_that_are_missing_are_noticed_later_too(connect, cloud, path):
    pending = connect(journal=path).submit_circuits(CIRCUITS)
    cloud.results[pending.job_id] = [{"label": "c0", "results": None}]
    with pytest.raises(ValueError, match="expected results of 7 circuits, got 1"):
        connect(journal=path).resume(pending.job_id, verbose=False)


def test_a_journal_that_cannot_be_written_does_not_stop_the_work(connect, tmp_path):
    (tmp_path / "file").write_text("")
    service = connect(journal=tmp_path / "file" / "jobs.sqlite3")
    with pytest.warns(UserWarning, match=r"Cannot write the job journal .* pass journal=None to do without"):
        pending = service.submit_circuits(CIRCUITS)
    assert service.poll_job_status(pending, True) == "COMPLETED"


def test_a_file_that_is_no_journal_is_left_alone(connect, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes, not a database" * 100)
    with pytest.warns(UserWarning, match="file is not a database"):
        connect(journal=path).submit_circuits(CIRCUITS)
    assert path.read_text().startswith("my notes")


def test_many_threads_share_a_journal(connect, path):
    service = connect(journal=path)
    threads = [threading.Thread(target=service.submit_circuits, args=(CIRCUITS,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(service.jobs()) == 8


RACING = """
import sys, warnings
from vivace.backends import JobRecord, Journal
warnings.simplefilter("error")
print(flush=True)
sys.stdin.readline()
record = JobRecord(sys.argv[1], "u", "t", "EXECUTE", "c", "UPLOADING", 1, 0.0, 0.0)
Journal({path!r}).opened(record, ["a"])
"""


def test_many_processes_make_a_journal_at_once(tmp_path):
    """None of their jobs is lost; SQLite does not wait by itself where two change how a file is logged."""
    for attempt in range(6):
        path = tmp_path / f"{attempt}.sqlite3"
        script = [sys.executable, "-c", RACING.format(path=str(path))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        processes = [subprocess.Popen([*script, str(number)], **pipes) for number in range(8)]
        for process in processes:
            process.stdout.readline()
        for process in processes:
            process.stdin.write(b"\n")
            process.stdin.flush()
        assert [process.communicate()[1] for process in processes] == [b""] * 8
        assert len(Journal(path).jobs()) == 8


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from vivace.backends import QoroService, CircuitPayload
service = QoroService({token!r}, base_url={url!r}, journal={path!r}, max_request_bytes=2000)
rows = CircuitPayload.from_matrix(
    "OPENQASM 2.0; qreg q[1]; creg c[1]; rx(t) q[0]; measure q -> c;", ["t"], [[i] for i in range(200)])
def kill(done, total):
    if done >= {at} * total:
        os.kill(os.getpid(), signal.SIGKILL)
service.submit_circuits([rows], progress=kill)
"""


@pytest.mark.parametrize("at", [0.3, 1.0])
def test_a_client_killed_while_uploading(connect, cloud, path, at):
    """The job is on record before its first upload. Half-way it never runs; after the last upload it does."""
    code = KILLED.format(
        token=TOKEN, url=cloud.url, path=str(path), tests=str(Path(__file__).parents[2]), at=at
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ), check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()
    service = connect(journal=path)
    (record,) = service.jobs()
    if at < 1:
        assert record.state == "UPLOADING"
        with pytest.raises(SubmissionError, match="The upload of job .* broke off, so it will not run"):
            service.resume(record.job_id, verbose=False)
        assert not cloud.live()
        assert service.jobs()[0].state == "CANCELLED"
    else:
        assert record.state == "FINALIZING"
        assert len(service.resume(record.job_id, verbose=False).results) == 200


def dead_uploader():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{socket.gethostname()}:{process.pid}"


def left_behind(service, path, **change):
    """A job as its uploader leaves it that is killed before it can say that the last upload was answered."""
    pending = service.submit_circuits(CIRCUITS)
    about = {"state": "FINALIZING", "uploader": dead_uploader(), **change}
    record = replace(Journal(path).job(pending.job_id), **about)
    Journal(path).opened(record, list(CIRCUITS))
    return pending.job_id


def test_a_queued_job_whose_uploader_died_is_not_stopped(connect, cloud, path):
    """The service does not say whether it waits for the last upload, so nobody decides for the user."""
    service, cloud.statuses = connect(journal=path), ["PENDING"] * 9 + ["COMPLETED"]
    job_id = left_behind(service, path)
    with pytest.raises(SubmissionError, match="does not tell whether it is queued or waits") as caught:
        service.resume(job_id, verbose=False)
    assert caught.value.may_run
    assert job_id in cloud.live()
    assert [record.state for record in service.jobs()] == ["FINALIZING"]


def test_a_service_that_says_whether_all_has_arrived_is_believed(connect, cloud, path):
    service, cloud.statuses = connect(journal=path), ["PENDING"] * 9 + ["COMPLETED"]
    cloud.tells_finalized = True
    assert len(service.resume(left_behind(service, path), verbose=False).results) == 7
    job_id = left_behind(service, path)
    cloud.jobs[job_id].finalized = False
    with pytest.raises(SubmissionError, match="broke off, so it will not run. It is cancelled"):
        service.resume(job_id, verbose=False)


def test_a_last_upload_whose_answer_was_lost_is_asked_about(connect, cloud):
    cloud.statuses, cloud.tells_finalized = ["PENDING"] * 9 + ["COMPLETED"], True
    cloud.faults["circuit upload"].append("lose")
    assert len(connect().run(CIRCUITS, verbose=False).results) == 7
    assert len(cloud.jobs) == 1
    assert not cloud.sent(endpoints.CANCEL)


def test_an_upload_that_goes_on_is_not_resumed(connect, cloud, path):
    uploader, other = (
        connect(journal=path, max_request_bytes=700, factor_circuits=False),
        connect(journal=path),
    )
    found = []

    def progress(*_):
        (record,) = other.jobs()
        with pytest.raises(
            SubmissionError, match=f"is being uploaded right now, by process .*:{os.getpid()}"
        ) as e:
            other.resume(record.job_id, verbose=False)
        found.append(e.value.may_run)

    result = uploader.run(CIRCUITS, verbose=False, progress=progress)
    assert len(found) >= 2
    assert all(found)
    assert (len(result.results), len(cloud.jobs)) == (7, 1)


@pytest.mark.parametrize(
    ("uploader", "age", "live"),
    [("elsewhere:1", 0, True), ("elsewhere:1", 3600, False), ("", 0, False), (None, 0, False)],
)
def test_who_uploads_a_job_is_known(uploader, age, live):
    uploader = dead_uploader() if uploader is None else uploader
    then = time.time() - age
    record = JobRecord("a", "u", "t", "EXECUTE", "c", "UPLOADING", 1, then, then, uploader=uploader)
    assert record.is_live is live
    assert not replace(record, state="SUBMITTED").is_live


def test_jobs_of_another_key_are_not_listed_nor_touched(connect, cloud, path):
    cloud.tokens.add("other-key")
    alice, bob = connect(journal=path), connect(journal=path, auth_token="other-key")
    alice.submit_circuits(CIRCUITS)
    assert bob.jobs(refresh=True) == []
    assert [record.state for record in alice.jobs()] == ["SUBMITTED"]
    assert "other-key" not in str(Journal(path).jobs())


def test_a_job_of_an_unknown_key_is_not_taken_for_deleted(connect, cloud, path):
    """Journals of earlier releases do not say whose a job is."""
    cloud.tokens.add("other-key")
    left_behind(connect(journal=path), path, state="SUBMITTED", account="")
    bob = connect(journal=path, auth_token="other-key")
    assert [record.state for record in bob.jobs(refresh=True)] == ["SUBMITTED"]


@pytest.mark.parametrize("fault", [(401, {}, "no"), (403, {}, "no"), "drop"])
def test_a_job_that_cannot_be_asked_about_does_not_hide_the_others(connect, cloud, path, fault):
    service = connect(journal=path)
    for _ in range(2):
        service.submit_circuits(CIRCUITS)
    cloud.faults["job status"].extend([fault] * (3 if fault == "drop" else 1))
    with pytest.warns(
        UserWarning, match="Not every job could be asked about; those stand as last seen. The first"
    ):
        found = service.jobs(refresh=True)
    # Latest first, in the order they were asked about. A service that is away is not asked again.
    assert [record.state for record in found] == ["SUBMITTED", "SUBMITTED" if fault == "drop" else "RUNNING"]


def test_the_journal_is_for_its_user_only(connect, path):
    connect(journal=path).submit_circuits(CIRCUITS)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def changed(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_journal_of_a_later_release_is_left_alone(connect, path):
    connect(journal=path).submit_circuits(CIRCUITS)
    changed(path, "PRAGMA user_version = 9")
    with pytest.warns(UserWarning, match=r"it is of a later release of Vivace \(format 9\)"):
        connect(journal=path).submit_circuits(CIRCUITS)
    changed(path, "PRAGMA user_version = 2")
    assert len(Journal(path).jobs()) == 1


def test_a_journal_of_the_first_release_goes_on(connect, path):
    connect(journal=path).submit_circuits(CIRCUITS)
    columns = [f"ALTER TABLE jobs DROP COLUMN {name}" for name in ("account", "uploader")]
    changed(path, *columns, "PRAGMA user_version = 1")
    service = connect(journal=path)
    service.submit_circuits(CIRCUITS)
    assert len(service.jobs(refresh=True)) == 2


@pytest.mark.filterwarnings("ignore:Observable 'Z' has 1 letters")
def test_padded_words_of_an_earlier_journal_come_as_given(connect, path):
    job = connect(journal=path).submit_circuits(CIRCUITS, ham_ops="Z")
    packed = zlib.compress(json.dumps({"ZI": "Z"}).encode())
    changed(path, f"UPDATE jobs SET words = x'{packed.hex()}'")
    found = connect(journal=path).resume(job.job_id, verbose=False)
    assert found.expectations().words == ("Z",)


def test_damaged_entries_are_a_warning(connect, path):
    pending = connect(journal=path).submit_circuits(CIRCUITS)
    changed(path, "UPDATE jobs SET labels = x'00'")
    with pytest.warns(UserWarning, match=f"the labels of job {pending.job_id} are damaged"):
        assert Journal(path).labels(pending.job_id) is None


def test_old_entries_are_dropped_at_last(path):
    journal = Journal(path)
    record = JobRecord("a", "u", "t", "EXECUTE", "c", "COMPLETED", 1, 0.0, 0.0)
    journal.opened(record, ["x"])
    columns = "(job_id, base_url, tag, job_type, target, state, n_circuits, created_at, updated_at)"
    with sqlite3.connect(path) as connection:
        rows = ((f"j{i}", "u", "t", "E", "c", "DONE", 1, float(i + 1), 0.0) for i in range(10_000))
        connection.executemany(f"INSERT INTO jobs {columns} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    journal.opened(
        JobRecord("b", "u", "t", "EXECUTE", "c", "DONE", 1, time.time(), 0.0),
        [],
        Padding(((0, 1, {"Z": "ZI"}),)),
    )
    found = [record.job_id for record in journal.jobs()]
    assert (len(found), found[0], "a" in found) == (10_000, "b", False)
    assert journal.padding("b") == Padding(((0, 1, {"Z": "ZI"}),))
    assert json.dumps(journal.labels("b")) == "[]"
