"""The line of jobs: whose turn it is, and what becomes of what workers hold when they come late."""

import threading

from support.server import BELL, Client, body
from vivace.backends import JobStatus
from vivace.backends.qoro.wire.jobs import JobType
from vivace.server import Limits, LocalServer, Settings
from vivace.server.jobs import NewJob
from vivace.server.workers import time_limit

IDLE = Settings(workers=0)


def test_numbers_of_deleted_jobs_are_not_given_away_again():
    """SQLite does that with the largest number of a plain table, and workers know their jobs by it."""
    with LocalServer(settings=IDLE) as server:
        client, queue = Client(server.url, server.token), server.service.queue
        numbers = []
        for _ in range(3):
            job_id = client.submit(circuits={"a": BELL}, shots=10)
            numbers.append(queue.claim().id)
            assert client.call("DELETE", f"job/{job_id}").status_code == 204
        assert numbers == sorted(set(numbers))


def test_what_a_worker_holds_of_an_earlier_start_is_not_stored():
    """The job was taken up again by somebody else, and what is stored of it is theirs."""
    with LocalServer(settings=IDLE) as server:
        client, queue = Client(server.url, server.token), server.service.queue
        job_id = client.submit(circuits={"a": BELL, "b": BELL}, shots=10)
        late = queue.claim()
        queue.recover()
        current = queue.claim()
        assert current.job_id == late.job_id == job_id
        assert queue.save(current, 0, [{"current": 1}, {"current": 2}], 0.1)
        assert not queue.save(late, 0, [{"late": 1}], 0.1)
        queue.finish(late, JobStatus.FAILED, "late")
        queue.put_back(late)
        assert client.status(job_id) == "RUNNING"
        queue.finish(current, JobStatus.COMPLETED)
        assert [entry["results"] for entry in client.results(job_id)] == [{"current": 1}, {"current": 2}]


def test_who_has_a_worker_waits_for_who_has_none():
    """Also if the others had their turn later."""
    with LocalServer(settings=IDLE) as server:
        queue = server.service.queue
        alice, bob = (Client(server.url, server.service.accounts.issue(name)) for name in ("alice", "bob"))
        alice.submit(circuits={"a": BELL}, shots=5)
        queue.claim()
        bob.submit(circuits={"a": BELL}, shots=5)
        queue.finish(queue.claim(), JobStatus.FAILED)
        second = alice.submit(circuits={"a": BELL}, shots=5)
        late = bob.submit(circuits={"a": BELL}, shots=5)
        assert queue.claim().job_id == late
        assert queue.claim().job_id == second


def test_a_job_runs_for_a_day_at_most():
    plain = NewJob(JobType.EXECUTE)
    asked = {"api_meta": {"max_execution_time": 1_000_000}}
    patient = NewJob(JobType.EXECUTE, config_kind="execution_configuration", config=asked)
    assert time_limit(plain, Settings()) == time_limit(patient, Settings()) == 86_400


def test_analyses_that_wait_hold_no_thread():
    """More of them than the server has threads, one at a time; others are answered while nearly all wait."""
    n, count = 120, 60
    terms = {f"{i},{j}": float((i * 7 + j) % 5 - 2) for i in range(n) for j in range(i, min(n, i + 30))}
    qubo = {"qubo": terms, "target_states": ["0" * n], "options": {"analysis": {"sensitivity": True}}}
    with LocalServer(settings=Settings(limits=Limits(analyses=count))) as server:
        other = Client(server.url, server.service.accounts.issue("other"))
        clients = [Client(server.url, server.token) for _ in range(count)]
        jobs = [client.open("VALIDATE") for client in clients]
        done, sent = [], threading.Barrier(count + 1)

        def submit(client, job_id):
            sent.wait()
            done.append(client.call("POST", f"job/{job_id}/submit_qubo/", json=qubo).status_code)

        threads = [threading.Thread(target=submit, args=both) for both in zip(clients, jobs, strict=True)]
        for thread in threads:
            thread.start()
        sent.wait()
        for _ in range(30):
            other.get("credits/")
        assert len(done) < count // 3
        owner = Client(server.url, server.token)
        for job_id in jobs:
            owner.call("DELETE", f"job/{job_id}")
        for thread in threads:
            thread.join()
        assert set(done) <= {200, 404, 409}


def test_the_last_upload_of_a_cancelled_job_is_refused_when_it_comes_again():
    """An earlier answer was lost; to say 200 would mean that the job runs."""
    upload = body(circuits={"a": BELL}, shots=5)
    with LocalServer(settings=IDLE) as server:
        client = Client(server.url, server.token)
        job_id = client.open()
        for _ in range(2):
            client.post(f"job/{job_id}/add_circuits/", upload)
        client.post(f"job/{job_id}/cancel/")
        assert client.refused("POST", f"job/{job_id}/add_circuits/", json=upload)[0] == 409
