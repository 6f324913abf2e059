"""The database fails for a while: what ran just then is neither lost nor left RUNNING."""

import sqlite3
import threading
import time
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue

import pytest

from support.server import BELL, Client, slow_circuit
from vivace.backends.qoro.wire.jobs import JobStatus
from vivace.server import LocalServer, Settings
from vivace.server.queue import JobQueue
from vivace.server.workers import Workers

QUBO = {"qubo": {f"{i},{i + 1}": 1.0 for i in range(19)}, "target_states": ["01" * 10]}
LATER = (
    "The analysis is over. What came of it is stored, and can be fetched, when the server's database can be "
    "used again."
)


@pytest.fixture
def server(request):
    with LocalServer(settings=Settings(workers=getattr(request, "param", 1))) as running:
        yield running


@pytest.fixture
def client(server):
    return Client(server.url, server.token)


@contextmanager
def outage(server):
    """Nothing can be written, as on a disk that fails."""
    with server.service.database.write() as writer:
        pass
    writer.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        writer.execute("PRAGMA query_only = OFF")


@contextmanager
def working(line, settings):
    """Workers of our own for the jobs of a server that has none."""
    workers = Workers(line, settings)
    workers.start()
    try:
        yield workers
    finally:
        workers.stop()


def logged(caplog, text):
    deadline = time.monotonic() + 60
    while text not in caplog.text:
        assert time.monotonic() < deadline, caplog.text
        time.sleep(0.01)


def amounts(client, job_id):
    lines = client.get("credits/transactions/")["results"]
    return [line["amount"] for line in lines if line["job_id"] == job_id]


def test_a_job_goes_on_when_results_can_be_stored_again(server, client, caplog):
    circuits = {f"c{i}": slow_circuit(i) for i in range(60)}
    job_id = client.submit(circuits=circuits, shots=50)
    client.wait(job_id, lambda _: client.get(f"job/{job_id}/status/")["circuits_done"] > 0)
    with outage(server):
        logged(caplog, f"The end of job {job_id} cannot be written")
        assert client.status(job_id) == "RUNNING"
    assert client.wait(job_id) == "COMPLETED"
    assert [entry["label"] for entry in client.results(job_id)] == list(circuits)
    assert amounts(client, job_id) == ["-0.06"]
    assert client.wait(client.submit(circuits={"bell": BELL}, shots=5)) == "COMPLETED"


class FailsOnce(JobQueue):
    """The database fails for the first results, after the other worker has found nothing to do."""

    def __init__(self, server):
        super().__init__(server.service.database, server.service.accounts, server.service.settings)
        self.server, self.nothing_left, self.failed = server, threading.Event(), False

    def claim(self):
        job = super().claim()
        if job is None:
            self.nothing_left.set()
        return job

    def save(self, *arguments, **named):
        if self.failed:
            return super().save(*arguments, **named)
        self.failed = True
        assert self.nothing_left.wait(60)
        with outage(self.server):
            return super().save(*arguments, **named)


def test_a_job_that_was_taken_back_is_run_again_though_a_worker_found_nothing_meanwhile():
    with LocalServer(settings=Settings(workers=0)) as server:
        client, line = Client(server.url, server.token), FailsOnce(server)
        job_id = client.submit(circuits={"bell": BELL}, shots=5)
        with working(line, Settings(workers=2)):
            assert client.wait(job_id) == "COMPLETED"
        assert line.failed


def test_an_end_is_written_by_a_server_that_stops(server, client, caplog):
    job_id = client.submit(circuits={f"c{i}": slow_circuit(i) for i in range(60)}, shots=50)
    client.wait(job_id, lambda status: status == "RUNNING")
    with outage(server):
        logged(caplog, f"The end of job {job_id} cannot be written")
    server.service.workers.stop()
    assert client.status(job_id) in ("PENDING", "COMPLETED")


class Busy(JobQueue):
    """Keeps the worker of its first job until it is told to go on."""

    def __init__(self, server):
        super().__init__(server.service.database, server.service.accounts, server.service.settings)
        self.go_on = threading.Event()

    def uploads(self, job):
        assert self.go_on.wait(60)
        return super().uploads(job)


def test_an_end_is_written_while_all_workers_are_busy():
    with LocalServer(settings=Settings(workers=0)) as server:
        client, line = Client(server.url, server.token), Busy(server)
        ended, running = (client.submit(circuits={"bell": BELL}, shots=5) for _ in range(2))
        end = partial(line.finish, line.claim(), JobStatus.FAILED, "It failed.")
        with working(line, Settings(workers=1)) as workers:
            client.wait(running, lambda status: status == "RUNNING")
            with outage(server), pytest.raises(sqlite3.OperationalError):
                workers.settle(end)
            assert client.wait(ended) == "FAILED"
            assert client.status(running) == "RUNNING"
            line.go_on.set()
            assert client.wait(running) == "COMPLETED"


def test_a_job_that_meets_an_outage_each_time_is_given_up(tmp_path):
    settings = Settings(workers=0, attempts=3)
    with LocalServer(tmp_path / "server.db", settings=settings) as server:
        client, line = Client(server.url, server.token), server.service.queue
        job_id = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
        line.take_back(line.claim())
        job = line.claim()
        assert line.save(job, 0, [None], 0.1)
        line.take_back(job)  # it got on: counted from here again
        for _ in range(2):
            line.take_back(line.claim())
            assert client.status(job_id) == "PENDING"
        line.take_back(line.claim())
        assert client.refused("GET", f"job/{job_id}/resultsV2/") == (
            400,
            "The server's database failed 3 times while it ran this job, and got no further.",
        )


@pytest.mark.parametrize("server", [0, 1], indirect=True, ids=["no worker", "a worker"])
def test_an_analysis_is_stored_when_the_database_is_back(server, client):
    job_id, answers = client.open("VALIDATE"), SimpleQueue()
    patient = Client(server.url, server.token)

    def submit():
        answers.put(patient.refused("POST", f"job/{job_id}/submit_qubo/", json=QUBO))

    thread = threading.Thread(target=submit)
    thread.start()
    client.wait(job_id, lambda status: status == "RUNNING")
    with outage(server):
        assert answers.get(timeout=120) == (503, LATER)
        assert client.status(job_id) == "RUNNING"
        assert amounts(client, job_id) == []
    thread.join()
    assert client.wait(job_id) == "COMPLETED"
    assert client.get(f"job/{job_id}/validation_result/")["hardness"]["energy_min"] == 0.0
    assert amounts(client, job_id) == ["-0.20"]
