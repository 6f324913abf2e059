"""`vivace serve`: what it prints, and that what it cannot do is one line."""

import logging
import re
import signal

import pytest
from typer.testing import CliRunner

from support.server import BELL, Client, ServerProcess, slow_circuit
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


LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  job (\S+) of local (.*), (\d+\.\d\d) s(: .*)?")


def test_it_tells_what_becomes_of_jobs(tmp_path, processes):
    process = processes(tmp_path / "server.db", "--workers", "1", "--credits", "0.002", quiet=False)
    client = process.client
    done = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
    client.wait(done)
    poor = client.submit(circuits={"a": BELL}, shots=5)
    gone = client.open(tag=ServerProcess.TOKEN)
    client.call("DELETE", f"job/{gone}")
    spare = client.open("VALIDATE")
    client.post(f"job/{spare}/cancel/")
    out, errors, _ = process.stop()
    assert out.count("\n") == 4
    assert ServerProcess.TOKEN not in errors
    lines = [LINE.fullmatch(line).groups() for line in errors.splitlines()]
    assert [(job_id, what, reason) for job_id, what, _, reason in lines] == [
        (done, "OPENED", None),
        (done, "QUEUED, 0 of 2 circuits", None),
        (done, "RUNNING, 0 of 2 circuits", None),
        (done, "COMPLETED, 2 of 2 circuits", None),
        (poor, "OPENED", None),
        (
            poor,
            "INSUFFICIENT_CREDITS, 0 of 1 circuits",
            ": The job costs 0.001 credits; the account has 0.00.",
        ),
        (gone, "OPENED", None),
        (gone, "DELETED", None),
        (spare, "OPENED, characterization", None),
        (spare, "CANCELLED, characterization", ": Its owner cancelled it."),
    ]


def test_it_is_quiet_when_asked(tmp_path, processes):
    process = processes(tmp_path / "server.db", "--quiet")
    process.client.wait(process.client.submit(circuits={"a": BELL}, shots=5))
    assert process.stop()[1:] == ("", 0)


def test_a_program_reads_what_becomes_of_jobs_from_the_log(tmp_path, caplog):
    caplog.set_level(logging.INFO, "vivace.server")
    wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; creg c[1]; h q[0]; measure q[0] -> c[0];'
    with LocalServer(tmp_path / "server.db") as server:
        client = Client(server.url, server.token)
        job_id = client.submit(circuits={"a\nb": wide}, shots=5, config={"simulation_type": 0})
        client.wait(job_id)
    last = [record.getMessage() for record in caplog.records if job_id in record.getMessage()][-1]
    assert re.fullmatch(
        rf"job {job_id} of local FAILED, 0 of 1 circuits, 0\.00 s: Circuit 'a\\nb' has 40 qubits; .*", last
    )


def test_a_token_is_made_where_none_is_given(tmp_path, processes, monkeypatch):
    monkeypatch.setattr(ServerProcess, "TOKEN", "")
    process = processes(tmp_path / "server.db")
    token = re.match(r"token +(\S{40,})$", process.head[1])[1]
    process.TOKEN = token
    assert process.client.get("credits/")


def test_what_an_earlier_database_keeps_is_told(tmp_path, processes, monkeypatch):
    """Its tokens, its credits and its tier; the tokens can be ended."""
    first = processes(tmp_path / "server.db", "--credits", "12.5", "--tier", "free")
    assert re.search("tokens|account", first.stop()[0]) is None
    again = processes(tmp_path / "server.db").stop()[0]
    assert re.search("tokens|account", again) is None, "nothing is given that does not apply"
    old = ServerProcess.TOKEN
    monkeypatch.setattr(ServerProcess, "TOKEN", "another-token")
    second = processes(tmp_path / "server.db", "--credits", "7", "--tier", "pro")
    assert Client(second.url, old).get("credits/")["balance"] == "12.50"
    out = second.stop()[0]
    assert "tokens         1 from earlier still valid; --revoke-others ends them\n" in out
    told = "that of the database: 12.50 credits, tier FREE; --tier and --credits changed nothing"
    assert f"account        {told}\n" in out
    third = processes(tmp_path / "server.db", "--revoke-others")
    assert Client(third.url, old).refused("GET", "credits/")[0] == 401
    assert third.client.get("credits/")["balance"] == "12.50"
    assert "tokens         1 from earlier revoked\n" in third.stop()[0]
    monkeypatch.setattr(ServerProcess, "TOKEN", old)
    assert processes(tmp_path / "server.db").client.get("credits/"), "given again, it is valid again"


def test_the_help_tells_what_an_earlier_database_keeps():
    text = " ".join(re.sub("[│╭╮╰╯─]", " ", CliRunner().invoke(app, ["serve", "--help"]).stdout).split())
    assert "Tokens that the database has stay valid." in text
    assert "Credits of a new account. Default: 1000000. An earlier database keeps its own." in text


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


def test_a_file_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "ham.txt"
    path.write_text("1 ZZ\n")
    assert refused("--db", path, "--port", 0) == (
        f"vivace: error: {path}: cannot be used as a server's database: file is not a database.\n"
    )
    assert [found.name for found in tmp_path.iterdir()] == ["ham.txt"]
    assert path.read_text() == "1 ZZ\n"


def test_folders_are_not_made(tmp_path):
    path = tmp_path / "nope" / "x.db"
    assert refused("--db", path, "--port", 0) == (
        f"vivace: error: {path}: there is no folder {path.parent}. Make it, or choose another file.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_help_tells_what_a_token_is():
    help_text = CliRunner().invoke(app, ["serve", "--help"]).stdout
    assert "8 ASCII characters or more" in " ".join(help_text.split())


def test_jobs_survive_a_stop_and_keep_their_results(tmp_path, processes):
    first = processes(tmp_path / "server.db")
    job_id = first.client.submit(circuits={"bell": BELL}, shots=7)
    first.client.wait(job_id)
    before = first.client.results(job_id)
    first.stop()
    assert processes(tmp_path / "server.db").client.results(job_id) == before
