"""Runs upstream's simulators in upstream's own venv, on orders from `beside.py`.

Orders and answers are pickled tuples on stdin and stdout; nothing of Vivace is imported here.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from importlib.metadata import version
from typing import Any, BinaryIO


class Worker:
    """Keeps one batch, so that a timed run is nothing but the submission."""

    def __init__(self) -> None:
        self._runner: Any = None
        self._batches: list[list[str]] = []
        self._words: str | None = None
        self._results: list[dict[str, Any]] = []

    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("qoro-divi", "qoro-maestro")}

    def load(
        self,
        texts: list[str],
        words: str | None,
        shots: int,
        options: dict[str, Any],
        runner: str,
        apart: bool,
    ) -> None:
        """Take a batch, to be submitted together or each circuit apart, and make the runner for it."""
        from divi.backends import MaestroConfig, MaestroSimulator

        if hasattr(self._runner, "close"):
            self._runner.close()
        if runner == "MaestroSimulator":
            self._runner = MaestroSimulator(shots=shots, maestro_config=MaestroConfig(**options))
        else:
            from divi.backends import QiskitSimulator

            from aer_options import build_options

            self._runner = QiskitSimulator(shots=shots, **build_options(options))
        self._batches, self._words = [[text] for text in texts] if apart else [texts], words

    def run(self) -> tuple[float, float]:
        """Submit the batch; wall and processor seconds until its results are there as dicts."""
        wall, processor = time.perf_counter(), time.process_time()
        self._results = []
        for batch in self._batches:
            self._results += self._runner.submit_circuits(batch, ham_ops=self._words).results
        return time.perf_counter() - wall, time.process_time() - processor

    def results(self) -> list[dict[str, float]]:
        """What the last run gave, in the order of the circuits."""
        return [entry["results"] for entry in self._results]


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer ``(name, arguments)`` with ``(True, value)`` or ``(False, message)`` until the pipe closes."""
    worker = Worker()
    while True:
        try:
            name, arguments = pickle.load(orders)
        except EOFError:
            return
        try:
            answer = (True, getattr(worker, name)(*arguments))
        except Exception as error:  # noqa: BLE001 - reported to the other side, which stops
            answer = (False, f"{type(error).__name__}: {error}")
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    # Whatever libraries print goes to stderr: stdout belongs to the answers.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, pipe)
