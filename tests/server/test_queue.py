"""The line of jobs: whose turn it is, and what becomes of what workers hold when they come late."""

import threading
from queue import SimpleQueue

from support.server import BELL, Client, body, slow_circuit
from vivace.backends import JobStatus
from vivace.backends.qoro.wire.jobs import JobType
from vivace.server import Limits, LocalServer, Settings
from vivace.server.jobs import NewJob
from vivace.server.queue import JobQueue
from vivace.server.workers import Workers, time_limit

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


def test_the_status_says_how_many_circuits_are_done():
    """The first ones, as a worker stores them piece by piece."""
    with LocalServer(settings=IDLE) as server:
        client, queue = Client(server.url, server.token), server.service.queue
        job_id = client.submit(circuits={"a": BELL, "b": BELL, "c": BELL}, shots=10)
        job, seen = queue.claim(), []
        for start, piece in ((0, [{"00": 10}]), (1, [{"00": 10}, {"11": 10}])):
            assert queue.save(job, start, piece, 0.1)
            status = client.get(f"job/{job_id}/status/")
            seen.append((status["circuits_done"], status["circuits"]))
        assert seen == [(1, 3), (3, 3)]


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


class HandedOver(JobQueue):
    """The first job that is put back is with another worker before the one that put it back goes on."""

    def __init__(self, *args):
        super().__init__(*args)
        self.first, self.held = threading.Lock(), None
        self.taken, self.over = threading.Event(), threading.Event()

    def put_back(self, job):
        if self.first.acquire(blocking=False):
            self.held = job.job_id, threading.get_ident()
            super().put_back(job)  # from here on others can have it
            assert self.taken.wait(60)
        else:
            super().put_back(job)

    def claim(self):
        job = super().claim()
        if job is not None and self.held is not None:
            if job.job_id == self.held[0]:
                self.taken.set()
            elif threading.get_ident() == self.held[1]:
                self.over.set()
        return job

    def uploads(self, job):
        if self.held is not None and job.job_id == self.held[0]:
            assert self.over.wait(60)
        return super().uploads(job)


def test_a_server_that_stops_interrupts_a_job_that_changed_hands():
    """One worker has put the job back, and is not done with that when another runs it again."""
    settings = Settings(workers=2, turn_time=0.0)
    slow = {f"c{i}": slow_circuit(i, 19) for i in range(60)}
    with LocalServer(settings=IDLE) as server:
        service = server.service
        alice, bob, carol = (Client(server.url, service.accounts.issue(name)) for name in ("a", "b", "c"))
        owners = {client.submit(circuits=slow, shots=5): client for client in (alice, bob)}
        queue = HandedOver(service.database, service.accounts, settings)
        workers = Workers(queue, settings)
        workers.start()
        for job_id, client in owners.items():
            client.wait(job_id, lambda status: status == "RUNNING")
        carol.submit(circuits={"a": BELL}, shots=5)
        assert queue.over.wait(60)
        handed_over = queue.held[0]
        (other,) = owners.keys() - {handed_over}
        owners[other].post(f"job/{other}/cancel/")  # nobody waits any more for whom the first would make way
        workers.stop()
        assert owners[handed_over].status(handed_over) == "PENDING", "it waits for the next server"


def test_a_job_runs_for_a_day_at_most():
    plain = NewJob(JobType.EXECUTE)
    asked = {"api_meta": {"max_execution_time": 1_000_000}}
    patient = NewJob(JobType.EXECUTE, config_kind="execution_configuration", config=asked)
    assert time_limit(plain, Settings()) == time_limit(patient, Settings()) == 86_400


def test_analyses_that_wait_hold_no_thread():
    """More of them than the server has threads, and none gets on; others are answered all the same."""
    count = 60
    qubo = {"qubo": {"0,0": 1.0}, "target_states": ["0"]}
    with LocalServer(settings=Settings(limits=Limits(analyses=count))) as server:
        other = Client(server.url, server.service.accounts.issue("other"))
        clients = [Client(server.url, server.token) for _ in range(count + 1)]
        jobs = [client.open("VALIDATE") for client in clients]
        answers = SimpleQueue()

        def submit(client, job_id):
            answers.put(client.call("POST", f"job/{job_id}/submit_qubo/", json=qubo).status_code)

        threads = [threading.Thread(target=submit, args=both) for both in zip(clients, jobs, strict=True)]
        with server.service.database.write():  # what an analysis that starts must wait for
            for thread in threads:
                thread.start()
            assert answers.get(timeout=60) == 429, "all the others are there"
            for _ in range(30):
                other.get("credits/")
            assert answers.empty()
        for thread in threads:
            thread.join()
        assert [answers.get() for _ in range(count)] == [200] * count


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
