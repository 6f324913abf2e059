"""The threads of a simulator: jobs, each for one circuit or a few, run on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any, TypeVar

from vivace.backends.maestro.planner import cores
from vivace.backends.maestro.run import Run
from vivace.backends.submission import blaming
from vivace.errors import ExecutionCancelledError

__all__ = ["Job", "Threads"]

T = TypeVar("T")

Job = tuple[str, Callable[[], T]]
"""The label of the circuit it is for, and what to do."""


class Threads:
    """A pool that is made on first use; any number of threads may give it jobs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """Let the threads go, once their jobs are done; they come back with the next use."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def run_all(self, run: Run, jobs: Sequence[Job[T]], *, report: bool = False) -> list[T]:
        """Run jobs; results in order.

        Args:
            run: The submission; its event stops the jobs between one another.
            jobs: What to do, and the label of the circuit it is for.
            report: Whether each job is one circuit done.
        """

        def task(label: str, function: Callable[[], T]) -> T:
            run.check()
            with blaming(label):
                return function()

        futures = [self._submit(task, *job) for job in jobs]
        try:
            for future in futures:
                while not future.done():
                    wait([future], timeout=0.1)
                    run.check()
                future.result()
                if report:
                    run.progress(1)
        except BaseException as error:
            # Those that close() took off the queue are cancelled, and nobody is left to say so to wait().
            wait([future for future in futures if not future.cancel()])
            if isinstance(error, CancelledError):
                raise ExecutionCancelledError(
                    "The simulator was closed while circuits were running"
                ) from None
            raise
        return [future.result() for future in futures]

    def _submit(self, task: Callable[..., T], *arguments: Any) -> Future[T]:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="vivace-maestro")
            return self._pool.submit(task, *arguments)
