"""All results in one list, for the oldest clients: read and sent piece by piece."""

from support.server import BELL, Client
from vivace.backends import JobStatus
from vivace.server import LocalServer, Settings


def finished(server, results):
    """A client, and a job with these results."""
    client, queue = Client(server.url, server.token), server.service.queue
    job_id = client.open("EXPECTATION")
    client.add(job_id, circuits={f"c{i}": BELL for i in range(len(results))}, observables="ZZ")
    job = queue.claim()
    assert queue.save(job, 0, results, 0.1)
    queue.finish(job, JobStatus.COMPLETED)
    return client, job_id


def test_they_are_all_there():
    results = [{"ZZ": i / 2500} for i in range(2500)]
    with LocalServer(settings=Settings(workers=0)) as server:
        client, job_id = finished(server, results)
        expected = [{"label": f"c{i}", "results": result} for i, result in enumerate(results)]
        assert client.get(f"job/{job_id}/results") == expected


def test_a_job_that_is_deleted_meanwhile_is_no_shorter_list():
    """Others are answered while it is sent: the list is neither read nor made at once."""
    with LocalServer(settings=Settings(workers=0)) as server:
        client, job_id = finished(server, [{"Z" * 20_000: 0.5}] * 2000)
        with client.session.get(f"{server.url}/job/{job_id}/results", stream=True, timeout=60) as response:
            pieces = response.iter_content(1000)
            first = next(pieces)
            assert Client(server.url, server.token).call("DELETE", f"job/{job_id}").status_code == 204
            found = first + b"".join(pieces)
    assert found.startswith(b'[{"label":"c0"')
    assert not found.endswith(b"]")


def test_counts_are_objects():
    with LocalServer(settings=Settings(workers=1)) as server:
        client = Client(server.url, server.token)
        job_id = client.submit(circuits={"a": BELL}, shots=5)
        assert client.wait(job_id) == "COMPLETED"
        (entry,) = client.get(f"job/{job_id}/results")
        assert sum(entry["results"].values()) == 5
