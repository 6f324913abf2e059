"""Upstream's venv and the process in it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import venv
from pathlib import Path
from typing import IO, Any, Self, cast

from rich.console import Console

REQUIREMENT = "qoro-divi==0.15.1"
VENV = Path(__file__).parent.parent / ".venv-upstream"


def interpreter(place: Path, out: Console, requirement: str = REQUIREMENT, extra: str | None = None) -> Path:
    """Python of a venv that has upstream in it, with the extra `aer` if asked; makes one if there is none."""
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    name, wanted = requirement.split("==")
    code = f"import sys; from importlib.metadata import version; sys.exit(version({name!r}) != {wanted!r})"
    if extra is not None:
        code = f"import qiskit_{extra}; {code}"
        name = f"{name}[{extra}]"
    check = [python, "-c", code]
    if python.exists() and subprocess.run(check, check=False, capture_output=True).returncode == 0:
        return python
    with out.status(f"Installing {requirement} into {place} …"):
        if not python.exists():
            venv.create(place, clear=True, with_pip=True)
        quiet = ("--disable-pip-version-check", "--quiet")
        subprocess.run([python, "-m", "pip", "install", *quiet, f"{name}=={wanted}"], check=True)
    return python


class Upstream:
    """A runner of upstream's behind a pipe. One batch at a time: load it, run it, read its results."""

    def __init__(self, python: Path) -> None:
        worker = Path(__file__).with_name("upstream_worker.py")
        self._process = subprocess.Popen([python, worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        cast("IO[bytes]", self._process.stdin).close()
        self._process.wait()

    def versions(self) -> dict[str, str]:
        return self._ask("versions")

    def load(
        self,
        texts: list[str],
        words: str | None,
        shots: int,
        options: dict[str, Any],
        runner: str = "MaestroSimulator",
        apart: bool = False,
    ) -> None:
        self._ask("load", texts, words, shots, options, runner, apart)

    def run(self) -> tuple[float, float]:
        return self._ask("run")

    def results(self) -> list[dict[str, float]]:
        return self._ask("results")

    def _ask(self, name: str, *arguments: object) -> Any:
        orders, answers = (cast("IO[bytes]", pipe) for pipe in (self._process.stdin, self._process.stdout))
        pickle.dump((name, arguments), orders)
        orders.flush()
        try:
            good, value = pickle.load(answers)
        except EOFError:
            raise SystemExit(f"The upstream process ended during {name!r}; see its message above.") from None
        if not good:
            raise SystemExit(f"Upstream failed: {value}")
        return value
