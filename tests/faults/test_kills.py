"""Clients and servers that are killed: what they had begun is found again, and never run twice."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from decimal import Decimal

import pytest

from support.proxy import Proxy
from support.server import Client, ServerProcess, slow_circuit
from support.threads import at_once
from vivace.backends import (
    JobConfig,
    MaestroConfig,
    MaestroSimulator,
    QoroService,
    RetryPolicy,
    get_characterization_result,
)
from vivace.errors import ResultError, SubmissionError

PATIENT = RetryPolicy(attempts=400, backoff=0.02, max_backoff=0.1)
CIRCUITS = {f"c{i}": slow_circuit(i, qubits=10, layers=4) for i in range(120)}
CONFIG = JobConfig(shots=50, simulator_cluster="qoro_maestro")
CHUNK = 20_000  # four uploads

CLIENT = """
import json, sys
from vivace.backends import JobConfig, MaestroConfig, QoroService
options = json.load(sys.stdin)
circuits, token = options.pop("circuits"), options.pop("token")
config = JobConfig(shots=50, simulator_cluster="qoro_maestro")
options |= {"polling_interval": 0.01, "maestro_config": MaestroConfig(seed=7)}
with QoroService(token, config, **options) as service:
    {work}
"""
RUN = "service.run(circuits, verbose=False)"
ANALYSE = "service.characterize_and_validate({(0,): -1.0, (1,): 0.5, (0, 1): 2.0}, target_states=['10'])"


@pytest.fixture(scope="module")
def expected():
    with MaestroSimulator(shots=50, config=MaestroConfig(seed=7)) as simulator:
        return plain(simulator.submit_circuits(CIRCUITS))


def plain(result):
    """Labels and counts, however they came about."""
    return [(entry["label"], entry["results"]) for entry in result.results]


@contextlib.contextmanager
def killed_at(world, journal, position, fault, work=RUN):
    """A client in another process, killed while a request is out (``"drop"``) or has been acted on
    (``"lose"``); where it connected to."""
    killed = threading.Event()
    process = []

    def kill(*at):
        if at == position:
            process[0].kill()
            killed.set()
            return fault
        return None

    never = lambda *at: None  # noqa: E731
    with Proxy(world.url, *((kill, never) if fault == "drop" else (never, kill))) as proxy:
        options = {
            "token": world.token,
            "circuits": CIRCUITS,
            "base_url": proxy.url,
            "journal": str(journal),
            "max_request_bytes": CHUNK,
            "factor_circuits": False,
        }
        code = CLIENT.replace("{work}", work)
        process.append(subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True))
        process[0].communicate(json.dumps(options), timeout=60)
        assert killed.is_set(), proxy.seen
        assert process[0].returncode == -signal.SIGKILL
        yield proxy.url


BROKEN = [(("circuit upload", chunk), "drop") for chunk in range(4)]
BROKEN += [(("circuit upload", chunk), "lose") for chunk in range(3)]
WHOLE = [(("circuit upload", 3), "lose"), (("job status", 0), "drop")]
WHOLE += [(("job results", page), "drop") for page in range(2)]


def test_a_client_killed_before_all_is_uploaded(server, make_world, tally, expected, tmp_path):
    """The next one finds the job in the journal: it never runs, and can be submitted again."""

    def one(case):
        point, fault = case
        journal = tmp_path / f"{point} {fault}.db"
        world = make_world(server, journal)
        with killed_at(world, journal, point, fault) as url, world.service(url) as service:
            (record,) = service.jobs(refresh=True)
            assert record.n_circuits == len(CIRCUITS)
            assert record.state == ("FINALIZING" if point[1] == 3 else "UPLOADING")
            with pytest.raises(
                SubmissionError, match="will not run. It is cancelled; submit its 120"
            ) as caught:
                service.resume(record.job_id, verbose=False)
            assert caught.value.job_id == record.job_id
            assert [found.state for found in service.jobs()] == ["CANCELLED"]
            assert world.client.status(record.job_id) == "CANCELLED"
            assert world.spent() == {}
            found = service.run(CIRCUITS, verbose=False, override_job_config=JobConfig(shots=50))
        assert plain(found) == expected
        world.check(len(CIRCUITS))
        tally.add(injected=1, explained=1)

    at_once(one, BROKEN)


def test_a_client_killed_after_all_is_uploaded(server, make_world, tally, expected, tmp_path):
    """The next one waits for the job that runs, and fetches."""

    def one(case):
        point, fault = case
        journal = tmp_path / f"{point} {fault}.db"
        world = make_world(server, journal)
        with killed_at(world, journal, point, fault) as url, world.service(url) as service:
            (record,) = service.jobs()
            assert record.state == {"circuit upload": "FINALIZING", "job status": "SUBMITTED"}.get(
                point[0], "COMPLETED"
            )
            if point[0] == "circuit upload":  # one that waits in the queue still would be cancelled
                assert world.client.wait(record.job_id) == "COMPLETED"
            assert plain(service.resume(record.job_id, verbose=False)) == expected
            assert [found.state for found in service.jobs()] == ["COMPLETED"]
        world.check(len(CIRCUITS))
        tally.add(injected=1, survived=1)

    at_once(one, WHOLE)


SENT = [
    (("QUBO submission", 0), "lose"),
    (("job status", 0), "drop"),
    (("characterization result", 0), "drop"),
]


def test_a_client_killed_before_it_has_its_analysis(server, make_world, tally, tmp_path):
    """The next one finds the job in the journal and fetches the analysis, which is paid for."""

    def one(case):
        point, fault = case
        journal = tmp_path / f"{point} {fault}.db"
        world = make_world(server, journal)
        with killed_at(world, journal, point, fault, ANALYSE) as url, world.service(url) as service:
            (record,) = service.jobs()
            assert (record.job_type, record.state) == (
                "VALIDATE",
                {"QUBO submission": "UPLOADING", "job status": "SUBMITTED"}.get(point[0], "COMPLETED"),
            )
            with pytest.raises(ResultError, match="get_characterization_result"):
                service.resume(record.job_id, verbose=False)
            found = get_characterization_result(record.job_id, service=service)
            assert (found.status, found.report is None) == ("COMPLETED", False)
            assert [found.state for found in service.jobs()] == ["COMPLETED"]
        assert world.spent() == {record.job_id: Decimal("0.02")}
        tally.add(injected=1, survived=1)

    at_once(one, SENT)


def test_a_client_killed_before_its_problem_is_sent(server, make_world, tally, tmp_path):
    """The next one finds the job in the journal: it will never be analysed, and can be submitted again."""
    journal = tmp_path / "jobs.db"
    world = make_world(server, journal)
    with (
        killed_at(world, journal, ("QUBO submission", 0), "drop", ANALYSE) as url,
        world.service(url) as service,
    ):
        (record,) = service.jobs(refresh=True)
        assert record.state == "UPLOADING"
        with pytest.raises(SubmissionError, match="will not run. It is cancelled; submit the problem again"):
            get_characterization_result(record.job_id, service=service)
        assert [found.state for found in service.jobs()] == ["CANCELLED"]
    assert world.client.status(record.job_id) == "CANCELLED"
    assert world.spent() == {}
    tally.add(injected=1, explained=1)


def port_of(url):
    return url.rsplit(":", 1)[1].split("/")[0]


DOWN = [("circuit upload", 1), ("circuit upload", 3), ("job status", 1), ("job results", 1)]


def test_a_killed_server(tally, expected, tmp_path):
    """It comes back on the same port and database; a client that is patient notices nothing."""

    def one(point):
        servers = [ServerProcess(tmp_path / f"server {point}.db", "--workers", "1")]
        back = []

        def plan(*at):
            if at == point:
                servers[0].stop(signal.SIGKILL)
                again = (tmp_path / f"server {point}.db", "--port", port_of(servers[0].url))
                back.append(threading.Thread(target=lambda: servers.append(ServerProcess(*again))))
                back[0].start()

        try:
            with (
                Proxy(servers[0].url, plan) as proxy,
                QoroService(
                    ServerProcess.TOKEN,
                    CONFIG,
                    base_url=proxy.url,
                    journal=tmp_path / f"jobs {point}.db",
                    polling_interval=0.01,
                    retry=PATIENT,
                    max_request_bytes=CHUNK,
                    factor_circuits=False,
                    maestro_config=MaestroConfig(seed=7),
                ) as service,
            ):
                assert plain(service.run(CIRCUITS, verbose=False)) == expected
                back[0].join()
                client = Client(servers[1].url, ServerProcess.TOKEN)
                assert client.get("credits/")["balance"] == "999999.88", "paid for once"
            tally.add(injected=1, survived=1)
        finally:
            for server in servers:
                server.stop()

    at_once(one, DOWN)
