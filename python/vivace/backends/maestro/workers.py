"""Worker processes that run kept simulators, whose calls hold the GIL: one for every core.

A worker is this interpreter with a file of ours and the simulator library, nothing else: the program that
uses us is not imported again. It ends when its standard input does, so also with the process that started it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Final

from vivace.backends.maestro import kept
from vivace.backends.maestro.kept import KeptCircuit, read_frame, write_frame
from vivace.backends.maestro.library import load_maestro
from vivace.errors import SimulationError

__all__ = ["Task", "Workers"]

_PINNED: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_PATIENCE: Final = 5.0  # seconds that a worker is given to end by itself
_numbers: Final = count()


class Task:
    """A circuit to run in workers; each is sent it once."""

    def __init__(self, circuit: KeptCircuit) -> None:
        self.circuit = circuit
        self.number = next(_numbers)


class _Worker:
    """One process."""

    def __init__(self) -> None:
        site = Path(load_maestro().__file__).parent.parent
        self._process = subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-I", "-S", kept.__file__, str(site)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, **dict.fromkeys(_PINNED, "1")},
            start_new_session=True,  # Ctrl+C in the terminal is for the parent alone
        )
        self._loaded: int | None = None

    def ask(self, task: Task, method: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        """Whether the worker succeeded, and its answer or what went wrong.

        Raises:
            EOFError: The worker has ended.
            OSError: Likewise.
        """
        process = self._process
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        circuit = None if self._loaded == task.number else tuple(task.circuit)
        self._loaded = None
        write_frame(process.stdin, (circuit, method, arguments))
        succeeded, answer = read_frame(process.stdout)
        if succeeded:
            self._loaded = task.number
        return succeeded, answer

    def is_alive(self) -> bool:
        """Whether the process has not ended, for whatever reason."""
        return self._process.poll() is None

    def end(self, *, at_once: bool = False) -> int:
        """End the process; its exit code."""
        if at_once:
            self._process.kill()
        self.let_go()
        try:
            return self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def let_go(self) -> None:
        """Close our ends of the pipes."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def disown(self) -> None:
        """In a forked child: the process is the parent's."""
        self.let_go()
        self._process.returncode = 0


class Workers:
    """The workers of one engine. They are started one by one as they are asked for, and kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    @staticmethod
    def possible() -> bool:
        """Whether this process can start others like itself."""
        return bool(sys.executable) and not getattr(sys, "frozen", False)

    @property
    def started(self) -> bool:
        """Whether there are any."""
        return bool(self._all)

    def run(self, label: str, task: Task, method: str, *arguments: Any) -> Any:
        """What a method of `Kept` returns, from a worker that is idle, or a new one.

        Raises:
            SimulationError: The simulator failed, or the worker ended; names the circuit ``label``.
        """
        worker = self._take()
        try:
            succeeded, answer = worker.ask(task, method, arguments)
        except (EOFError, OSError):
            self._forget(worker)
            code = worker.end()
            raise SimulationError(
                f"The worker process that ran circuit '{label}' and those after it has ended, with exit code "
                f"{code}. Run them again; if memory was short, with less else on this machine.",
                label,
            ) from None
        except BaseException:
            self._forget(worker)
            worker.end(at_once=True)
            raise
        with self._lock:
            self._idle.append(worker)
        if not succeeded:
            raise SimulationError(f"Circuit {label!r} failed in the simulator: {answer}", label)
        return answer

    def close(self) -> None:
        """End the workers, once nothing runs on them."""
        with self._lock:
            workers, self._all, self._idle = self._all, set(), []
        for worker in workers:
            worker.let_go()
        for worker in workers:
            worker.end()

    def disown(self) -> None:
        """In a forked child: leave the workers to the parent."""
        for worker in self._all:
            worker.disown()
        self._lock, self._idle, self._all = Lock(), [], set()  # the lock may have been held

    def _take(self) -> _Worker:
        while (worker := self._pop()) is not None:
            if worker.is_alive():
                return worker
            self._forget(worker)
            worker.end()
        worker = _Worker()
        with self._lock:
            self._all.add(worker)
        return worker

    def _pop(self) -> _Worker | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _forget(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
