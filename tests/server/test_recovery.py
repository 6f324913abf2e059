"""A server that dies forgets nothing: the next one on its database finishes what was begun."""

import contextlib
import signal
import sqlite3
import subprocess
import sys

import pytest
import requests

from support.server import BELL, Client, plain, slow_circuit
from vivace.backends import MaestroSimulator
from vivace.codecs import decode_histogram
from vivace.errors import ConfigError
from vivace.server import LocalServer, Settings

SLOW = {f"c{i}": slow_circuit(i) for i in range(60)}


def counts(client, job_id):
    return [{"label": e["label"], "results": decode_histogram(e["results"])} for e in client.results(job_id)]


def upload(client, circuits, **config):
    """A job of the circuits in uploads of 25."""
    job_id = client.open(maestro_config=config)
    items = list(circuits.items())
    for start in range(0, len(items), 25):
        last = start + 25 >= len(items)
        client.add(
            job_id,
            finalized="true" if last else "false",
            circuits=dict(items[start : start + 25]),
            shots=50,
        )
    return job_id


def begun(client, job_id):
    """Wait until a part of the job is done."""
    client.wait(job_id, lambda _: client.get(f"job/{job_id}/status/")["run_time"] > 0)


def test_a_killed_server_finishes_its_jobs_when_it_is_back(tmp_path, processes):
    first = processes(tmp_path / "server.db", "--workers", "1")
    job_id = upload(first.client, SLOW, seed=9)
    waiting = first.client.submit(circuits={"bell": BELL}, shots=20)
    half = first.client.open()
    first.client.add(half, finalized="false", circuits={"a": BELL}, shots=5)
    begun(first.client, job_id)
    assert first.client.status(job_id) == "RUNNING"
    first.stop(signal.SIGKILL)

    second = processes(tmp_path / "server.db")
    assert second.head[-1].startswith("database")
    client = second.client
    client.add(half, circuits={"b": BELL}, shots=5)
    assert {client.wait(job) for job in (job_id, waiting, half)} == {"COMPLETED"}
    with MaestroSimulator(shots=50, seed=9) as simulator:
        assert counts(client, job_id) == plain(simulator.submit_circuits(SLOW))
    assert [entry["label"] for entry in client.results(half)] == ["a", "b"]
    lines = client.get("credits/transactions/")["results"]
    assert sorted(line["amount"] for line in lines if line["job_id"] == job_id) == ["-0.06"], "paid for once"


def test_a_stopped_server_puts_its_jobs_back(tmp_path, processes):
    first = processes(tmp_path / "server.db", "--workers", "1")
    job_id = upload(first.client, SLOW)
    begun(first.client, job_id)
    assert first.stop(signal.SIGINT)[1:] == ("", 0)
    second = processes(tmp_path / "server.db")
    assert second.client.wait(job_id) == "COMPLETED"
    assert [entry["label"] for entry in second.client.results(job_id)] == list(SLOW)


def test_a_job_that_kills_every_server_is_given_up(tmp_path, processes):
    attempts = Settings().attempts
    for attempt in range(attempts):
        server = processes(tmp_path / "server.db", "--workers", "1")
        if attempt == 0:
            job_id = upload(server.client, {"endless": slow_circuit(0, 24, 16)})
        server.client.wait(job_id, lambda status: status == "RUNNING")
        server.stop(signal.SIGKILL)
    last = processes(tmp_path / "server.db")
    assert last.client.status(job_id) == "FAILED"
    reason = f"The server stopped {attempts} times while it ran this job, and got no further."
    assert last.client.refused("GET", f"job/{job_id}/resultsV2/") == (400, reason)
    assert last.client.wait(last.client.submit(circuits={"bell": BELL}, shots=5)) == "COMPLETED"


def test_a_job_that_gets_on_is_not_given_up(tmp_path):
    """However often servers die with it; only starts without a new result are counted."""
    settings = Settings(workers=0, attempts=2)
    with LocalServer(tmp_path / "server.db", settings=settings) as server:
        client, line = Client(server.url, server.token), server.service.queue
        job_id = client.submit(circuits={f"c{i}": BELL for i in range(3)}, shots=5)
        for place in range(3):
            assert line.save(line.claim(), place, [None], 0.1)
            assert line.recover() == (1, 0), "it waits again"
        line.claim()
        assert line.recover() == (1, 0)
        line.put_back(line.claim())  # a stop that was asked for does not count
        line.claim()
        assert line.recover() == (0, 1)
        assert client.status(job_id) == "FAILED"


def test_a_panic_of_the_core_ends_its_job_and_not_the_worker(monkeypatch):
    """Panics of Rust are no `Exception` in Python."""

    class Panic(BaseException):
        pass

    def panic(*_, **__):
        raise Panic

    with LocalServer(settings=Settings(workers=1)) as server:
        client = Client(server.url, server.token)
        with monkeypatch.context() as patched:
            patched.setattr(MaestroSimulator, "submit_circuits", panic)
            job_id = client.submit(circuits={"bell": BELL}, shots=5)
            assert client.wait(job_id) == "FAILED"
        reason = client.refused("GET", f"job/{job_id}/resultsV2/")[1]
        assert "The server failed: Panic." in reason
        assert client.wait(client.submit(circuits={"bell": BELL}, shots=5)) == "COMPLETED"


def test_one_server_for_a_database(tmp_path):
    with LocalServer(tmp_path / "server.db") as server:
        with pytest.raises(ConfigError, match="another server is using this database"):
            LocalServer(tmp_path / "server.db")
        again = server.token
    with LocalServer(tmp_path / "server.db") as server:
        assert server.token != again
        for token in (server.token, again):  # earlier tokens stay valid
            assert Client(server.url, token).get("credits/")["balance"] == "1000000.00"


def test_other_files_are_refused(tmp_path):
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("not a database, but some text that is long enough to look at" * 20)
    with pytest.raises(ConfigError, match="file is not a database"):
        LocalServer(text)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(ConfigError, match="expected a database of a Vivace server"):
        LocalServer(other)
    with pytest.raises(ConfigError, match="there is no folder"):
        LocalServer(tmp_path / "missing" / "server.db")


def test_a_port_in_use_is_told():
    with LocalServer() as server:
        port = int(server.page.rsplit(":", 1)[1].strip("/"))
        with pytest.raises(ConfigError, match=f"Cannot listen on 127.0.0.1:{port}: Address already in use."):
            LocalServer(port=port)


def test_a_closed_server_is_gone():
    with LocalServer() as server:
        assert Client(server.url, server.token).get("credits/")
    with pytest.raises(requests.ConnectionError):
        requests.get(server.page, timeout=5)
    server.close()


def test_neither_the_database_nor_what_is_printed_holds_secrets(tmp_path, processes):
    process = processes(tmp_path / "server.db")
    process.client.get("credits/")
    requests.get(f"{process.url}/credits/", headers={"Authorization": "Bearer wrong-secret"}, timeout=5)
    out, errors, code = process.stop()
    assert code == 0
    assert errors == ""
    assert out.count(process.TOKEN) == 1, "printed once, for the user"
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert process.TOKEN.encode() not in stored
    assert (tmp_path / "server.db").stat().st_mode & 0o077 == 0


def test_the_log_is_written_ahead(tmp_path):
    with LocalServer(tmp_path / "server.db") as server:
        client = Client(server.url, server.token)
        client.wait(client.submit(circuits={"bell": BELL}, shots=5))
        with contextlib.closing(sqlite3.connect(tmp_path / "server.db")) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert other.execute("SELECT status FROM jobs").fetchall() == [("COMPLETED",)]


def test_other_addresses(tmp_path):
    with LocalServer(host="localhost") as server:
        assert server.url.startswith("http://localhost:")
        assert Client(server.url, server.token).get("credits/")
    with pytest.raises(ConfigError, match="Cannot listen on no.such.host.invalid"):
        LocalServer(host="no.such.host.invalid")


@pytest.mark.parametrize("module", ["fastapi", "uvicorn"])
def test_what_is_not_installed_is_told(module):
    code = f"import sys; sys.modules[{module!r}] = None; from vivace.server import LocalServer; LocalServer()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    expected = (
        "The server needs FastAPI and uvicorn, which are not installed. "
        "Install the extra 'server': pip install 'vivace[server]' (from a clone: pip install '.[server]')"
    )
    assert done.stderr.splitlines()[-1].endswith(expected)
