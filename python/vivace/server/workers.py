"""The threads that run jobs."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeAlias

from vivace.backends.qoro.wire.jobs import JobStatus
from vivace.errors import ExecutionCancelledError, VivaceError
from vivace.server.execution import Worker, run_job
from vivace.server.jobs import Job, NewJob
from vivace.server.queue import JobQueue
from vivace.server.refusals import Refused
from vivace.server.settings import Settings

__all__ = ["Workers", "time_limit"]

_PAUSE: Final = 1.0
_End: TypeAlias = Callable[[], None]

_log = logging.getLogger(__name__)


class Workers:
    """Threads that take jobs from the queue, one each, as accounts take turns.

    One more writes the ends of jobs that the database did not take at first; no job is started before that.

    Args:
        queue: The queue.
        settings: How many of them, and what they run jobs with.
    """

    def __init__(self, queue: JobQueue, settings: Settings) -> None:
        self._queue = queue
        self._settings = settings
        self._changed = threading.Condition()
        self._ready = True  # what waits in the database when the server starts
        self._stopping = False
        self._running: dict[str, threading.Event] = {}
        self._unwritten: list[_End] = []
        self._threads = [
            threading.Thread(target=self._work, name=f"vivace-worker-{index}", daemon=True)
            for index in range(settings.workers)
        ]
        self._threads.append(threading.Thread(target=self._catch_up, name="vivace-catch-up", daemon=True))

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell that a job has become ready."""
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def cancel(self, job: Job) -> None:
        """Interrupt a job that was cancelled in the store, if it runs."""
        with self._changed:
            event = self._running.get(job.job_id)
            if event is not None:
                event.set()

    def settle(self, end: Callable[[], None]) -> None:
        """Write how a job ended. What the database does not take now is written when it does again.

        Args:
            end: Writes it.

        Raises:
            sqlite3.OperationalError: It is not written yet.
            Refused: As ``end`` does; nobody is told if that is later.
        """
        try:
            end()
        except sqlite3.OperationalError:
            with self._changed:
                self._unwritten.append(end)
                self._changed.notify_all()
            raise

    def stop(self) -> None:
        """Interrupt all jobs, which wait for the next server, and end the threads."""
        with self._changed:
            self._stopping = True
            for event in self._running.values():
                event.set()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._unwritten = [end for end in self._unwritten if not _written(end)]

    def _catch_up(self) -> None:
        """Write what could not be written, again and again, however busy the workers are."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unwritten or self._stopping)
                if self._changed.wait_for(lambda: self._stopping, _PAUSE):
                    return
                ends = list(self._unwritten)
            kept = [end for end in ends if not _written(end)]
            with self._changed:
                self._unwritten[: len(ends)] = kept
                self.wake()

    def _work(self) -> None:
        worker = Worker()
        with worker.simulator:
            while True:
                with self._changed:
                    self._changed.wait_for(self._may_claim)
                    if self._stopping:
                        return
                    job = self._claimed()
                    if job is not None:
                        event = self._running[job.job_id] = threading.Event()
                if job is None:
                    worker.simulator.close()  # what it holds comes back when there is work again
                    continue
                try:
                    self.settle(self._run(job, worker, event))
                except sqlite3.OperationalError:
                    _log.exception("The end of job %s cannot be written; trying again", job.job_id)
                except Exception:  # noqa: BLE001 - a worker outlives whatever happens to its job
                    _log.exception("Job %s could not be settled", job.job_id)
                finally:
                    with self._changed:
                        if self._running.get(job.job_id) is event:  # not that of who took the job up since
                            del self._running[job.job_id]
                        self.wake()  # it may wait again, and others have looked in vain

    def _may_claim(self) -> bool:
        return self._stopping or (self._ready and not self._unwritten)

    def _claimed(self) -> Job | None:
        """The next job; None if none waits, or the database cannot be used just now."""
        try:
            job = self._queue.claim()
        except sqlite3.Error:
            _log.exception("The database cannot be read; trying again")
            self._changed.wait(_PAUSE)
            return None
        self._ready = job is not None
        return job

    def _run(self, job: Job, worker: Worker, event: threading.Event) -> _End:
        """Run a job as far as it gets; what to write then."""
        finish = partial(self._queue.finish, job)
        try:
            limit = time_limit(job.spec, self._settings)
            with _deadline(job, limit, event) as expired:
                done = run_job(job, worker, self._queue, self._settings, event)
        except ExecutionCancelledError:
            put_back = partial(self._queue.put_back, job)  # unless it is CANCELLED
            late = partial(finish, JobStatus.TIMED_OUT, f"It ran for {limit} s.")
            return late if expired.is_set() else put_back
        except (VivaceError, MemoryError, Warning) as error:
            return partial(finish, JobStatus.FAILED, str(error) or type(error).__name__)
        except sqlite3.OperationalError:
            _log.exception("Job %s waits for the database", job.job_id)
            return partial(self._queue.take_back, job)
        except BaseException as error:  # noqa: BLE001 - panics of the core, too: it is told in log and job
            _log.exception("Job %s failed", job.job_id)
            return partial(finish, JobStatus.FAILED, f"The server failed: {type(error).__name__}.")
        return partial(finish, JobStatus.COMPLETED) if done else partial(self._queue.put_back, job)


def _written(end: _End) -> bool:
    """Whether the end of a job is written, or never will be."""
    try:
        end()
    except sqlite3.OperationalError:
        return False
    except Refused:  # it is settled all the same
        pass
    except Exception:  # noqa: BLE001 - others wait behind it
        _log.exception("A job could not be settled")
    return True


def time_limit(spec: NewJob, settings: Settings) -> int | None:
    """Seconds a job may run: ``max_execution_time`` of its ``api_meta``, and what the server allows at most.

    >>> from vivace.backends.qoro.wire.jobs import JobType
    >>> time_limit(NewJob(JobType.EXECUTE), Settings(time_limit=60))
    60
    """
    asked = None
    if spec.config_kind == "execution_configuration":
        asked = ((spec.config or {}).get("api_meta") or {}).get("max_execution_time")
    return min((limit for limit in (asked, settings.time_limit) if limit is not None), default=None)


@contextmanager
def _deadline(job: Job, limit: int | None, event: threading.Event) -> Iterator[threading.Event]:
    """Set ``event`` when the job has run for as long as it may; the event yielded tells that this was so."""
    expired = threading.Event()
    if limit is None:
        yield expired
        return

    def expire() -> None:
        expired.set()
        event.set()

    seconds = min(max(0.0, limit - job.run_time), threading.TIMEOUT_MAX)
    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
