"""Worker processes that run kept simulators, whose calls hold the GIL: one for every core.

A worker is this interpreter with a file of ours and the simulator library, nothing else: the program that
uses us is not imported again. It ends when its standard input does, so also with the process that started it.
"""

from __future__ import annotations

import logging
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
_LOG: Final = logging.getLogger(__name__)
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
        try:
            self._hear()
        except (EOFError, OSError):
            code = self.end()
            raise OSError(f"a worker process ended with exit code {code} before it was ready") from None

    def _hear(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        return read_frame(self._process.stdout)

    def ask(self, task: Task, method: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        """Whether the worker succeeded, and its answer or what went wrong.

        Raises:
            EOFError: The worker has ended.
            OSError: Likewise.
        """
        requests = self._process.stdin
        assert requests is not None  # noqa: S101 - a pipe
        circuit = None if self._loaded == task.number else tuple(task.circuit)
        self._loaded = None
        write_frame(requests, (circuit, method, arguments))
        succeeded, answer = self._hear()
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

    def start(self) -> bool:
        """Start one if there is none; whether that was possible."""
        try:
            worker = self._take()
        except OSError as error:
            _LOG.warning("No worker processes, circuits run in this one: %s", error)
            return False
        self._put_back(worker)
        return True

    def run(self, label: str, task: Task, method: str, *arguments: Any) -> Any:
        """What a method of `Kept` returns, from a worker that is idle, or a new one.

        A worker that ends is replaced once: what it was asked depends on nothing before it.

        Raises:
            SimulationError: The simulator failed, or the worker ended; names the circuit ``label``.
        """
        try:
            try:
                succeeded, answer = self._ask(task, method, arguments)
            except (EOFError, OSError) as error:
                _LOG.warning("Circuit '%s' and those after it run again: %s", label, error)
                succeeded, answer = self._ask(task, method, arguments)
        except (EOFError, OSError) as error:
            raise SimulationError(
                f"Circuit '{label}' and those after it could not be run: {error}. Run them again; if memory "
                "was short, with less else on this machine.",
                label,
            ) from None
        if not succeeded:
            raise SimulationError(f"Circuit {label!r} failed in the simulator: {answer}", label)
        return answer

    def _ask(self, task: Task, method: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        worker = self._take()
        try:
            found = worker.ask(task, method, arguments)
        except (EOFError, OSError):
            code = self._drop(worker)
            raise OSError(f"a worker process ended with exit code {code}") from None
        except BaseException:
            self._drop(worker, at_once=True)
            raise
        self._put_back(worker)
        return found

    def close(self) -> None:
        """End the workers: those at work once they are done, the others before this returns."""
        with self._lock:
            idle, self._all, self._idle = self._idle, set(), []
        for worker in idle:
            worker.let_go()
        for worker in idle:
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
            self._drop(worker)
        worker = _Worker()
        with self._lock:
            self._all.add(worker)
        return worker

    def _pop(self) -> _Worker | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _put_back(self, worker: _Worker) -> None:
        with self._lock:
            kept = worker in self._all
            if kept:
                self._idle.append(worker)
        if not kept:  # close() was called meanwhile
            worker.end()

    def _drop(self, worker: _Worker, *, at_once: bool = False) -> int:
        with self._lock:
            self._all.discard(worker)
        return worker.end(at_once=at_once)
