"""The README does what it says."""

import json
import os
import re
import shutil
import socket
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    line
    for language, code in BLOCKS
    if language == "sh"
    for line in code.replace("\\\n", "").splitlines()
    if line.strip()
]


def test_it_is_short():
    assert len(README.splitlines()) < 120


def test_examples_run_one_after_the_other(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    names = {}
    for code in PYTHON:
        exec(compile(code, "README.md", "exec"), names)  # our own text
        assert capsys.readouterr().out in README


@pytest.mark.skipif(shutil.which("bash") is None, reason="the session is one of bash")
def test_the_session_with_a_server_runs(tmp_path):
    (session,) = [code for language, code in BLOCKS if language == "bash"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        session = session.replace("8765", str(free.getsockname()[1]))
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", session],
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    # The server may be a moment late; the command says so, and tries again.
    late = "vivace: warning: Cannot reach http://127.0"
    complaints = [line for line in done.stderr.splitlines() if not line.startswith(late)]
    assert (complaints, done.returncode) == ([], 0)
    (entry,) = json.loads((tmp_path / "counts.json").read_text())["results"]
    assert sum(entry["results"].values()) == 1000
    assert done.stdout.count("COMPLETED") == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_exist(command):
    program, *arguments = command.split()
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{arguments[0]}:", makefile, flags=re.MULTILINE)
    elif program == "vivace":
        vivace = shutil.which("vivace", path=sysconfig.get_path("scripts"))
        done = subprocess.run([vivace, *arguments[:1], "--help"], capture_output=True, text=True, check=True)
        known = set(re.findall(r"--[a-z-]+", done.stdout))
        assert {a for a in arguments if a.startswith("--")} <= known
    else:
        assert program == "pip"
        metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        for extra in re.search(r"\[([\w,]+)\]", command)[1].split(","):
            assert re.search(rf"^{extra} = ", metadata, re.MULTILINE)


def test_make_sweep_runs_the_command_shown():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = next(command for command in COMMANDS if command.startswith("vivace sweep"))
    flat = " ".join(makefile.replace("\\\n", "").replace("$(BIN)/", "").split())
    assert " ".join(shown.split()) in flat
