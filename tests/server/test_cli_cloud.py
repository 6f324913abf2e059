"""`vivace run --backend qoro` and `vivace jobs`, against a server on loopback."""

import json
import re
import signal
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from support.server import BELL, slow_circuit
from vivace.backends import JobStatus, QoroService
from vivace.cli import app


@pytest.fixture
def vivace(server, account, tmp_path, monkeypatch):
    """Runs commands in a directory, with an account and a journal of their own."""
    token = account().session.headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("QORO_API_KEY", token)
    monkeypatch.setenv("QORO_API_URL", server.url)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "words.txt").write_text("0.5 ZZ\n-1.0 XX\n")

    def run(*arguments, code=0):
        done = CliRunner().invoke(app, [*map(str, arguments)])
        assert done.exit_code == code, done.output
        assert token not in done.output
        return done

    return run


def states(done):
    """Job ids and states of a listing."""
    return [tuple(line.split()[:2]) for line in done.stdout.splitlines()[1:]]


def test_a_run_in_the_cloud_gives_what_one_here_gives(vivace):
    def entries(backend, *options):
        out = f"{backend}.json"
        done = vivace("run", "bell.qasm", "--backend", backend, "--out", out, *options)
        assert done.stderr == ""
        return json.loads(Path(out).read_text())["results"]

    assert entries("qoro", "--seed", 5) == entries("maestro", "--seed", 5)
    (there,), (here,) = (entries(b, "--observable", "words.txt") for b in ("qoro", "maestro"))
    assert there["value"] == pytest.approx(here["value"])
    assert there["results"] == pytest.approx(here["results"])


def test_a_detached_job_is_listed_and_resumed(vivace, server, monkeypatch):
    job_id = vivace("run", "bell.qasm", "--backend", "qoro", "--shots", 30, "--detach").stdout.strip()
    listed = vivace("jobs")
    assert states(listed) == [(job_id, "SUBMITTED")]
    line = listed.stdout.splitlines()[1].split()
    assert line[2:5] == ["EXECUTE", "1", "qoro_maestro"]
    assert line[-1] == server.url
    done = vivace("jobs", "resume", job_id, "--out", "counts.json")
    (entry,) = json.loads(Path("counts.json").read_text())["results"]
    assert sum(entry["results"].values()) == 30
    assert done.stdout.splitlines()[0].split() == ["circuit", "outcome", "count", "share"]
    assert states(vivace("jobs")) == [(job_id, "COMPLETED")]
    # Listing what is on record takes neither a token nor a service.
    monkeypatch.delenv("QORO_API_KEY")
    assert states(vivace("jobs")) == [(job_id, "COMPLETED")]
    assert vivace("jobs", "--base-url", "http://127.0.0.1:1/api").stdout == "no jobs on record\n"
    assert states(vivace("jobs", "--base-url", f"{server.url}/")) == [(job_id, "COMPLETED")]


def test_jobs_are_asked_after_and_the_latest_come_first(vivace):
    first = vivace("run", "bell.qasm", "--backend", "qoro", "--detach").stdout.strip()
    second = vivace("run", "bell.qasm", "--backend", "qoro", "--detach").stdout.strip()
    with QoroService() as service:
        service.poll_job_status([first, second], loop_until_complete=True, verbose=False)
    assert states(vivace("jobs", "--refresh")) == [(second, "COMPLETED"), (first, "COMPLETED")]
    listed = vivace("jobs", "--last", 1)
    assert states(listed)[0] == (second, "COMPLETED")
    assert listed.stdout.endswith("and 1 more; --last shows them\n")


def test_a_resumed_job_of_an_observable(vivace):
    options = ("--backend", "qoro", "--observable", "words.txt", "--detach")
    job_id = vivace("run", "bell.qasm", *options).stdout.strip()
    done = vivace("jobs", "resume", job_id, "--observable", "words.txt")
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["bell", "<H>", "-0.50000000"],
        ["bell", "ZZ", "1.00000000"],
        ["bell", "XX", "1.00000000"],
    ]
    Path("words.txt").write_text("1 YY\n")
    done = vivace("jobs", "resume", job_id, "--observable", "words.txt", code=2)
    assert done.stderr == (
        "vivace: error: --observable: circuit 'bell' has no value of YY; the job was of others.\n"
    )


def test_rows_that_are_done_are_saved_when_credits_run_out(vivace, server, account, monkeypatch):
    """8192 circuits are one job; the credits are for no second one."""
    session = account(credits=Decimal("8.5")).session
    monkeypatch.setenv("QORO_API_KEY", session.headers["Authorization"].removeprefix("Bearer "))
    Path("a.qasm").write_text("OPENQASM 2.0; qreg q[1]; creg c[1]; ry(a) q[0]; measure q -> c;")
    options = ("--range", "a=0:1:9000", "--shots", 10, "--backend", "qoro", "--out", "rows.npz")
    done = vivace("sweep", "a.qasm", *options, code=2)
    assert done.stderr.startswith("vivace: error: ")
    assert done.stderr.endswith(
        "8192 of 9000 rows were done before that; the results are saved in rows.npz\n"
    )
    with np.load("rows.npz") as stored:
        assert len(stored["values"]) == 8192


def test_a_job_is_cancelled(vivace, tmp_path):
    names = [f"slow{index}.qasm" for index in range(40)]
    for index, name in enumerate(names):
        (tmp_path / name).write_text(slow_circuit(index))
    job_id = vivace("run", *names, "--backend", "qoro", "--detach").stdout.strip()
    assert vivace("jobs", "cancel", job_id).stdout == f"cancelled      {job_id}\n"
    with QoroService() as service:
        assert service.get_job_status(job_id) is JobStatus.CANCELLED
    assert vivace("jobs", "resume", job_id, code=2).stderr.startswith("vivace: error: ")
    assert vivace("jobs", "cancel", job_id, code=2).stderr.startswith("vivace: error: 409 Conflict: ")


@pytest.fixture
def ctrl_c():
    """Presses Ctrl+C as soon as a job is submitted."""
    stopped = threading.Event()

    def press():
        with QoroService() as service:
            while not stopped.wait(0.01):
                if any(record.state == "SUBMITTED" for record in service.jobs()):
                    signal.raise_signal(signal.SIGINT)
                    return

    # The handler runs in the main thread, wherever the signal was raised.
    thread = threading.Thread(target=press)
    yield thread.start
    stopped.set()
    thread.join()


def test_ctrl_c_cancels_the_job_and_says_so(vivace, tmp_path, ctrl_c):
    names = [f"slow{index}.qasm" for index in range(60)]
    for index, name in enumerate(names):
        (tmp_path / name).write_text(slow_circuit(index))
    ctrl_c()
    done = vivace("run", *names, "--backend", "qoro", code=130)
    (job_id, state) = states(vivace("jobs"))[0]
    assert state == "CANCELLED"
    at_once, then = done.stderr.splitlines()
    # It is on record a moment before it is waited for.
    what = f"(job {job_id}|what was sent)"
    assert re.fullmatch(rf"vivace: Cancelling {what}\. Press Ctrl\+C again to wait no longer\.", at_once)
    assert then == f"vivace: interrupted: Polling cancelled for job {job_id}. Job {job_id} was cancelled."


def test_ctrl_c_cancels_the_job_of_a_sweep_and_says_so(vivace, ctrl_c):
    Path("slow.qasm").write_text(slow_circuit(0).replace("measure", "rx(a) q[0]; measure", 1))
    ctrl_c()
    done = vivace(
        "sweep", "slow.qasm", "--range", "a=0:1:4000", "--backend", "qoro", "--shots", 1000, code=130
    )
    (job_id, state) = states(vivace("jobs"))[0]
    assert state == "CANCELLED"
    assert done.stderr == (
        "vivace: Cancelling what was sent. Press Ctrl+C again to wait no longer.\n"
        f"vivace: interrupted: 0 of 4000 rows done; nothing is saved. Job {job_id} was cancelled.\n"
    )


def test_an_unknown_job_is_one_line(vivace):
    for command in ("resume", "cancel"):
        done = vivace("jobs", command, "00000000-0000-0000-0000-000000000000", code=2)
        assert done.stderr == 'vivace: error: 404 Not Found: {"detail": "No such job."}\n'


def test_a_sweep_in_the_cloud_gives_what_one_here_gives(vivace):
    def swept(backend, *options):
        out = f"{backend}.npz"
        vivace("sweep", "ansatz.qasm", "--range", "a=0:pi:50", "--backend", backend, "--out", out, *options)
        return dict(np.load(out))

    Path("ansatz.qasm").write_text(BELL.replace("h q[0];", "ry(a) q[0];"))
    there, here = (swept(backend, "--observable", "words.txt") for backend in ("qoro", "maestro"))
    np.testing.assert_allclose(there["energies"], here["energies"], atol=1e-12)
    there, here = (swept(backend, "--shots", 30, "--seed", 5) for backend in ("qoro", "maestro"))
    assert there.keys() == here.keys()
    for name in there.keys() - {"seconds"}:
        np.testing.assert_array_equal(there[name], here[name])
