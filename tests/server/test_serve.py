"""`vivace serve`: what it prints, and that what it cannot do is one line."""

import re
import signal

import pytest
from typer.testing import CliRunner

from support.server import BELL, ServerProcess, slow_circuit
from vivace.cli import app
from vivace.server import LocalServer


def refused(*arguments):
    done = CliRunner().invoke(app, ["serve", *map(str, arguments)])
    assert done.exit_code == 2
    assert done.stdout == ""
    return done.stderr


def test_it_prints_what_clients_need(tmp_path, processes, monkeypatch):
    process = processes(tmp_path / "server.db", "--credits", "12.5", "--tier", "free")
    client = process.client
    assert client.get("credits/")["balance"] == "12.50"
    assert client.refused(
        "POST", "job/init/", json={"job_type": "EXECUTE", "simulator_cluster": "qoro_maestro_pro"}
    )
    out, errors, code = process.stop(signal.SIGTERM)
    assert (errors, code) == ("", 0)
    page = process.url.removesuffix("api")
    assert out == (
        f"url            {process.url}\n"
        f"token          {ServerProcess.TOKEN}\n"
        f"status page    {page}\n"
        f"database       {tmp_path / 'server.db'}\n"
    )


def test_a_token_is_made_where_none_is_given(tmp_path, processes, monkeypatch):
    monkeypatch.setattr(ServerProcess, "TOKEN", "")
    process = processes(tmp_path / "server.db")
    token = re.match(r"token +(\S{40,})$", process.head[1])[1]
    process.TOKEN = token
    assert process.client.get("credits/")


def test_it_tells_of_jobs_it_takes_up(tmp_path, processes):
    first = processes(tmp_path / "server.db", "--workers", "1")
    job_id = first.client.submit(circuits={f"c{i}": slow_circuit(i) for i in range(40)}, shots=5)
    first.client.wait(job_id, lambda status: status == "RUNNING")
    first.stop(signal.SIGKILL)
    out, _, _ = processes(tmp_path / "server.db").stop()
    assert "taken up       jobs of an earlier server: 1 go on, 0 failed with it\n" in out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--tier", "gold"], "Unknown tier 'gold'; expected one of FREE, PRO, ENTERPRISE."),
        (["--credits", "much"], "--credits much: expected a number from 0 to 10**12"),
        (["--credits", "nan"], "--credits nan: expected a number from 0 to 10**12"),
        (["--token", "short"], "Expected a token of at least 8 ASCII characters without spaces."),
        (["--host", "256.0.0.1"], "Cannot listen on 256.0.0.1"),
    ],
)
def test_bad_options_are_one_line(tmp_path, arguments, reason):
    error = refused("--db", tmp_path / "server.db", "--port", 0, *arguments)
    assert error.startswith(f"vivace: error: {reason}")
    assert error.count("\n") == 1


def test_a_database_in_use_is_one_line(tmp_path):
    with LocalServer(tmp_path / "server.db"):
        error = refused("--db", tmp_path / "server.db", "--port", 0)
    assert "another server is using this database" in error


def test_jobs_survive_a_stop_and_keep_their_results(tmp_path, processes):
    first = processes(tmp_path / "server.db")
    job_id = first.client.submit(circuits={"bell": BELL}, shots=7)
    first.client.wait(job_id)
    before = first.client.results(job_id)
    first.stop()
    assert processes(tmp_path / "server.db").client.results(job_id) == before
