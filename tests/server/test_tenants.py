"""Accounts beside each other: none gets at another's jobs, holds all workers, or fills the disk."""

import sqlite3
import threading
from decimal import Decimal

import pytest

from support.server import BELL, Client, body, slow_circuit, template
from vivace.backends import JobStatus
from vivace.codecs import compress_text
from vivace.server import Limits, LocalServer, Settings
from vivace.server.execution import Worker, run_job

IDLE = Settings(workers=0)


def minutes():
    """An upload that takes minutes to run."""
    rows = [(f"{i}", [0.001 * i]) for i in range(2000)]
    wide = slow_circuit(0, 20, 16).replace("ry(0.1) q[0];", "ry(a) q[0];", 1)
    return template(rows, shots=50) | {"circuit_template": compress_text(wide)}


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
        assert bob.get(f"job/{other}/status/") == {
            "status": "RUNNING", "run_time": 0.0, "finalized": True, "circuits_done": 0, "circuits": 1,
        }  # fmt: skip


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


def test_accounts_take_turns():
    """One worker, many jobs of one account: the job of another is the next but one at the latest."""
    with LocalServer(settings=IDLE) as server:
        alice, bob, carol = (client_of(server, name) for name in ("alice", "bob", "carol"))
        jobs = {alice.submit(circuits={"a": BELL}, shots=5): f"alice {i}" for i in range(4)}
        jobs |= {bob.submit(circuits={"a": BELL}, shots=5): f"bob {i}" for i in range(2)}
        jobs |= {carol.submit(circuits={"a": BELL}, shots=5): "carol 0"}
        order = []
        while (job := server.service.queue.claim()) is not None:
            order.append(jobs[job.job_id])
            server.service.queue.finish(job, JobStatus.FAILED)
        assert order == ["alice 0", "bob 0", "carol 0", "alice 1", "bob 1", "alice 2", "alice 3"]


def test_a_free_worker_goes_to_who_has_none():
    with LocalServer(settings=IDLE) as server:
        alice, bob = client_of(server, "alice"), client_of(server, "bob")
        queue = server.service.queue
        bob.submit(circuits={"a": BELL}, shots=5)
        queue.finish(queue.claim(), JobStatus.FAILED)
        first = alice.submit(circuits={"a": BELL}, shots=5)
        alice.submit(circuits={"a": BELL}, shots=5)
        assert queue.claim().job_id == first
        late = bob.submit(circuits={"a": BELL}, shots=5)
        assert queue.claim().job_id == late


@pytest.mark.parametrize("workers", [1, 2])
def test_long_jobs_make_way_for_other_accounts(workers):
    """One account holds every worker, for minutes; the short jobs of another are done before that."""
    with LocalServer(settings=Settings(workers=workers, turn_time=0.0)) as server:
        alice, bob = (client_of(server, name) for name in ("alice", "bob"))
        jobs = [alice.submit(**minutes()) for _ in range(workers)]
        for job_id in jobs:
            alice.wait(job_id, lambda status: status == "RUNNING")
        for _ in range(3):
            assert bob.wait(bob.submit(circuits={"a": BELL}, shots=5)) == "COMPLETED"
        for job_id in jobs:
            assert alice.wait(job_id, lambda status: status == "RUNNING")
            alice.post(f"job/{job_id}/cancel/")


def test_a_turn_that_is_over_ends_with_the_circuit_that_runs():
    """Where others wait; where nobody does, the job goes on to its end."""
    settings = Settings(workers=0, turn_time=0.0)
    worker = Worker()
    with LocalServer(settings=settings) as server, worker.simulator:
        alice, bob, queue = client_of(server, "alice"), client_of(server, "bob"), server.service.queue
        long = alice.submit(circuits={f"c{i}": BELL for i in range(100)}, shots=5)
        short = bob.submit(circuits={"a": BELL}, shots=5)
        order, done = [], []
        while (job := queue.claim()) is not None:
            order.append((job.job_id, job.n_done))
            if run_job(job, worker, queue, settings, threading.Event()):
                queue.finish(job, JobStatus.COMPLETED)
                done.append(job.job_id)
            else:
                queue.put_back(job)
        assert order == [(long, 0), (short, 0), (long, 1)]
        assert done == [short, long]


def test_jobs_that_make_way_for_each_other_lose_nothing():
    circuits = {f"c{i}": slow_circuit(i, 14) for i in range(60)}
    with LocalServer(settings=Settings(workers=1, turn_time=0.0)) as server:
        clients = [client_of(server, name) for name in ("alice", "bob", "carol")]
        jobs = [client.open(maestro_config={"seed": 4}) for client in clients]
        for client, job_id in zip(clients, jobs, strict=True):
            client.add(job_id, circuits=circuits, shots=20)
        alone = client_of(server, "dave")
        undisturbed = alone.open(maestro_config={"seed": 4})
        for client, job_id in zip(clients, jobs, strict=True):
            assert client.wait(job_id) == "COMPLETED"
        alone.add(undisturbed, circuits=circuits, shots=20)
        assert alone.wait(undisturbed) == "COMPLETED"
        expected = alone.get(f"job/{undisturbed}/results")
        for client, job_id in zip(clients, jobs, strict=True):
            assert client.get(f"job/{job_id}/results") == expected
            lines = client.get("credits/transactions/")["results"]
            assert [line["amount"] for line in lines if line["job_id"] == job_id] == ["-0.06"]


def test_a_job_that_has_begun_is_not_configured_any_more():
    with LocalServer(settings=IDLE) as server:
        client, queue = Client(server.url, server.token), server.service.queue
        job_id = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
        held = queue.claim()
        assert queue.save(held, 0, [None], 0.1)
        queue.put_back(held)
        assert client.status(job_id) == "PENDING", "clients before 0.14 fail when they read PAUSED"
        path = f"job/{job_id}/execution_config/"
        reason = "Job has begun to run; it waits for its next turn"
        assert client.refused("POST", path, json={"bond_dimension": 1}) == (409, reason)


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_a_job_that_is_ended_by_its_owner_frees_its_worker(how):
    with LocalServer(settings=Settings(workers=1)) as server:
        client = Client(server.url, server.token)
        job_id = client.submit(**minutes())
        client.wait(job_id, lambda status: status == "RUNNING")
        if how == "cancel":
            assert client.post(f"job/{job_id}/cancel/")["circuits_cancelled"] > 0
        else:
            assert client.call("DELETE", f"job/{job_id}").status_code == 204
        assert client.wait(client.submit(circuits={"a": BELL}, shots=5)) == "COMPLETED"


def test_no_job_runs_for_longer_than_the_server_allows():
    with LocalServer(settings=Settings(time_limit=0)) as server:
        client = Client(server.url, server.token)
        slow = {f"c{i}": slow_circuit(i) for i in range(40)}
        for options in ({}, {"execution_configuration": {"api_meta": {"max_execution_time": 3600}}}):
            job_id = client.open(**options)
            client.add(job_id, circuits=slow, shots=5)
            assert client.wait(job_id) == "TIMED_OUT"
            assert client.refused("GET", f"job/{job_id}/resultsV2/")[1] == "It ran for 0 s."


def test_jobs_without_their_last_upload_are_counted():
    with LocalServer(settings=Settings(limits=Limits(open_jobs=2))) as server:
        client, other = Client(server.url, server.token), client_of(server, "other")
        first, _ = client.open(), client.open("VALIDATE")
        status, reason = client.refused("POST", "job/init/", json={"job_type": "EXECUTE"})
        assert (status, reason) == (
            403,
            "The account has 2 jobs without their last upload, and may have no more: finish or cancel some.",
        )
        assert other.open()
        client.add(first, circuits={"a": BELL}, shots=5)
        second = client.open()
        client.post(f"job/{second}/cancel/")
        assert client.open()


def test_their_bytes_are_counted():

    def upload(label):
        return body(finalized="false", circuits={label: BELL}, shots=5)

    with LocalServer(settings=Settings(limits=Limits(open_bytes=1000))) as server:
        client = Client(server.url, server.token)
        held = client.open()
        client.post(f"job/{held}/add_circuits/", upload("x" * 500))
        job_id = client.open()
        large = upload("y" * 500)
        status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=large)
        assert (status, reason) == (
            403,
            "Jobs without their last upload may hold 1000 bytes of an account's uploads: finish or cancel "
            "some.",
        )
        client.post(f"job/{held}/cancel/")
        client.post(f"job/{job_id}/add_circuits/", large)


def test_jobs_that_end_without_being_paid_for_keep_nothing(tmp_path):
    with LocalServer(tmp_path / "server.db") as server:
        poor = client_of(server, "poor", credits=Decimal(0))
        cancelled, unpaid = poor.open(), poor.open()
        poor.add(cancelled, finalized="false", circuits={"a": BELL}, shots=5)
        poor.post(f"job/{cancelled}/cancel/")
        poor.add(unpaid, circuits={"a": BELL}, shots=5)
        assert poor.status(unpaid) == "INSUFFICIENT_CREDITS"
        with server.service.database.read() as connection:
            assert connection.execute("SELECT total(length(body)) FROM uploads").fetchone()[0] == 0
            assert connection.execute("SELECT count(*) FROM circuits").fetchone()[0] == 0


def test_uploads_that_stopped_are_given_up():
    with LocalServer(settings=Settings(upload_time=0)) as server:
        client = Client(server.url, server.token)
        job_id = client.open()
        upload = body(finalized="false", circuits={"a": BELL}, shots=5)
        client.post(f"job/{job_id}/add_circuits/", upload)
        client.wait(job_id, lambda status: client.open() and status == "FAILED")
        assert client.refused("GET", f"job/{job_id}/resultsV2/")[1] == (
            "Nothing was uploaded for 0 s, and its last upload had not arrived."
        )
        assert client.refused("POST", f"job/{job_id}/add_circuits/", json=upload)[0] == 409


def test_analyses_of_an_account_wait_in_line_and_hold_nobody_up():
    """Far more of them than the server has threads: the account gets 429 for most, others their answers."""
    n = 200
    terms = {f"{i},{j}": float((i * 7 + j) % 5 - 2) for i in range(n) for j in range(i, min(n, i + 30))}
    qubo = {"qubo": terms, "target_states": ["0" * n], "options": {"analysis": {"sensitivity": True}}}
    with LocalServer(settings=Settings(limits=Limits(analyses=2))) as server:
        client, other = Client(server.url, server.token), client_of(server, "other")
        jobs = [client.open("VALIDATE") for _ in range(60)]
        found = []

        def submit(job_id):
            response = Client(server.url, server.token).call("POST", f"job/{job_id}/submit_qubo/", json=qubo)
            found.append((response.status_code, response.headers.get("Retry-After")))

        threads = [threading.Thread(target=submit, args=(job_id,)) for job_id in jobs]
        for thread in threads:
            thread.start()
        assert other.get("credits/")
        for thread in threads:
            thread.join()
        assert set(found) == {(200, None), (429, "5")}
        assert client.status(jobs[0]) in ("PENDING", "COMPLETED")


def test_an_analysis_that_cannot_be_paid_in_the_end_is_402():
    """The credits are spent on something else while the analysis runs."""
    n = 500
    terms = {f"{i},{j}": float((i * 7 + j) % 5 - 2) for i in range(n) for j in range(i, min(n, i + 40))}
    analysis = {"sensitivity": True, "parameter_sweep": True}
    qubo = {"qubo": terms, "target_states": ["0" * n], "options": {"analysis": analysis}}
    with LocalServer(settings=IDLE) as server:
        client = client_of(server, "poor", credits=Decimal(n) / 100)
        job_id, found = client.open("VALIDATE"), []

        def submit():
            mine = Client(server.url, client.session.headers["Authorization"].split()[1])
            found.append(mine.refused("POST", f"job/{job_id}/submit_qubo/", json=qubo))

        thread = threading.Thread(target=submit)
        thread.start()
        client.wait(job_id, lambda status: status == "RUNNING")
        client.submit(circuits={"a": BELL}, shots=5)
        thread.join()
        assert found == [(402, "500 variables cost 5.00 credits; the account has 4.999.")]
        assert client.status(job_id) == "INSUFFICIENT_CREDITS"
