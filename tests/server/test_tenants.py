"""Accounts beside each other: none gets at another's jobs, holds all workers, or fills the disk."""

import sqlite3
import threading

import pytest

from support.server import BELL, Client, body, slow_circuit
from vivace.backends import JobStatus
from vivace.codecs import decode_histogram
from vivace.server import Limits, LocalServer, Settings

IDLE = Settings(workers=0)


def client_of(server, name, **options):
    return Client(server.url, server.service.accounts.issue(name, **options))


def test_what_a_worker_holds_of_a_deleted_job_reaches_no_other_job():
    """The worker of a job that was deleted meanwhile comes back when somebody else has opened a new one."""
    with LocalServer(settings=IDLE) as server:
        alice, bob, queue = client_of(server, "alice"), client_of(server, "bob"), server.service.queue
        gone = alice.submit(circuits={"a": BELL}, shots=10)
        held = queue.claim()
        assert held.job_id == gone
        assert alice.call("DELETE", f"job/{gone}").status_code == 204
        other = bob.submit(circuits={"a": BELL}, shots=10)
        assert queue.claim().job_id == other
        assert not queue.save(held, 0, [{"alice": 1}], 0.1)
        queue.put_back(held)
        assert bob.status(other) == "RUNNING"
        queue.finish(held, JobStatus.COMPLETED)
        assert bob.get(f"job/{other}/status/") == {"status": "RUNNING", "run_time": 0.0, "finalized": True}


def test_jobs_deleted_while_they_run_leave_the_next_ones_alone(account):
    client, other = account(), account()
    for _ in range(5):
        doomed = client.submit(circuits={f"c{i}": slow_circuit(i) for i in range(20)}, shots=10)
        client.wait(doomed, lambda status: status != "PENDING")
        assert client.call("DELETE", f"job/{doomed}").status_code == 204
        job_id = other.submit(circuits={"bell": BELL}, shots=10)
        assert other.wait(job_id) == "COMPLETED"
        assert sum(decode_histogram(other.results(job_id)[0]["results"]).values()) == 10


def test_databases_of_earlier_versions_are_refused(tmp_path):
    with LocalServer(tmp_path / "server.db"):
        pass
    connection = sqlite3.connect(tmp_path / "server.db")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    from vivace.errors import ConfigError

    with pytest.raises(ConfigError, match=r"expected a database of a Vivace server, version 2; found"):
        LocalServer(tmp_path / "server.db")


def test_a_commit_that_fails_is_undone():
    with LocalServer(settings=IDLE) as server:
        client, database = Client(server.url, server.token), server.service.database
        with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            connection.execute("INSERT INTO analyses (job, reply, html) VALUES (999, '', '')")
        job_id = client.submit(circuits={"a": BELL}, shots=5)
        assert client.status(job_id) == "PENDING"


def test_a_full_disk_is_told_and_over_when_there_is_room_again():
    with LocalServer(settings=IDLE) as server:
        client = Client(server.url, server.token)
        job_id = client.open()
        with server.service.database.write() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        large = body(circuits={f"c{i}": BELL for i in range(3000)}, shots=5)
        for _ in range(2):
            status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=large)
            assert (status, reason) == (507, "The server has no room left on its disk. Nothing was stored.")
        assert client.status(job_id) == "PENDING"
        with server.service.database.write() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        client.post(f"job/{job_id}/add_circuits/", large)
        assert client.get(f"job/{job_id}/status/")["finalized"] is True
