"""The journal: what is out there is known after a crash."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from support.cloud import TOKEN
from vivace.backends import Journal
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
        assert service.jobs()[0].state == "ABANDONED"
    else:
        assert record.state == "FINALIZING"
        assert len(service.resume(record.job_id, verbose=False).results) == 200


def test_old_entries_are_dropped_at_last(path):
    from vivace.backends import JobRecord

    journal = Journal(path)
    record = JobRecord("a", "u", "t", "EXECUTE", "c", "COMPLETED", 1, 0.0, 0.0)
    journal.opened(record, ["x"], None)
    columns = "(job_id, base_url, tag, job_type, target, state, n_circuits, created_at, updated_at)"
    with sqlite3.connect(path) as connection:
        rows = ((f"j{i}", "u", "t", "E", "c", "DONE", 1, float(i + 1), 0.0) for i in range(10_000))
        connection.executemany(f"INSERT INTO jobs {columns} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    journal.opened(JobRecord("b", "u", "t", "EXECUTE", "c", "DONE", 1, time.time(), 0.0), [], {"ZI": "Z"})
    found = [record.job_id for record in journal.jobs()]
    assert (len(found), found[0], "a" in found) == (10_000, "b", False)
    assert journal.words("b") == {"ZI": "Z"}
    assert json.dumps(journal.labels("b")) == "[]"
