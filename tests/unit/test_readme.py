"""The README does what it says."""

import re
import shutil
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


@pytest.mark.parametrize("index", range(len(PYTHON)))
def test_examples_run(index, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(PYTHON[index], "README.md", "exec"), {})  # our own text
    shown = capsys.readouterr().out
    assert shown in README


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
        extra = re.search(r"\[(\w+)\]", command)[1]
        assert re.search(rf"^{extra} = ", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)


def test_make_sweep_runs_the_command_shown():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = next(command for command in COMMANDS if command.startswith("vivace sweep"))
    flat = " ".join(makefile.replace("\\\n", "").replace("$(BIN)/", "").split())
    assert " ".join(shown.split()) in flat
