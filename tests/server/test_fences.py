"""Workers that come late: what they hold of a job that is gone, or somebody else's now, is stored nowhere."""

from support.server import BELL, Client
from vivace.backends import JobStatus
from vivace.server import LocalServer, Settings

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
