"""`QoroPolling`: where jobs stand, waiting for their end, and stopping those that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from numbers import Integral, Real
from threading import Event
from typing import Any, Final

from vivace._suggest import warn_unknown_keywords
from vivace.backends.qoro.client import QoroClient, checked_type
from vivace.backends.qoro.joblists import Jobs, job_ids_of, one_job_id
from vivace.backends.qoro.jobs import (
    Poll,
    StatusPayload,
    fetch_status,
    job_error,
    known_status,
    poll,
)
from vivace.backends.qoro.request import one_of
from vivace.backends.qoro.stopping import HURRIED, Announcement, stop_jobs, told_of
from vivace.backends.qoro.waiting import job_bar
from vivace.backends.qoro.wire.jobs import JobStatus, StatusReply
from vivace.cancellation import check, interrupt_scope
from vivace.errors import ConfigError, ExecutionCancelledError, MaxRetriesReachedError
from vivace.results import ExecutionResult

__all__ = ["QoroPolling"]

_POLL_KEYWORDS: Final = ("progress_callback", "poll_callback", "pbar_update_fn")
_KNOWN_KEYWORDS: Final = (
    "loop_until_complete",
    "on_complete",
    "verbose",
    "raise_on_failure",
    "progress",
    *_POLL_KEYWORDS,
)


class QoroPolling(QoroClient):
    """A connection that follows jobs to their end.

    Args:
        polling_interval: Longest wait between polls, in seconds; the first polls follow faster.
        max_retries: Polls before giving up; None for no limit.
        **connection: As for `QoroClient`.
    """

    def __init__(
        self, *, polling_interval: float = 3.0, max_retries: int | None = 5000, **connection: Any
    ) -> None:
        checked_type("polling_interval", polling_interval, Real, "a number of seconds")
        checked_type("max_retries", max_retries, Integral | None, "a whole number or None")
        if not polling_interval >= 0:
            raise ConfigError(
                f"polling_interval must be at least 0, got {polling_interval}.", "polling_interval"
            )
        if max_retries is not None and max_retries < 1:
            raise ConfigError(f"max_retries must be at least 1, or None, got {max_retries}.", "max_retries")
        super().__init__(**connection)
        self.polling_interval = polling_interval
        self.max_retries = max_retries
        self._run_times: dict[str, float] = {}

    def get_job_status(self, execution_result: Jobs) -> Any:
        """Where a job stands: one request for each.

        Returns:
            A `JobStatus`, or the text of a status that is unknown here; a list of them for a list.
        """
        job_ids, is_list = job_ids_of(execution_result)
        found = [self._status(job_id) for job_id in job_ids]
        return found if is_list else found[0]

    def _status(self, job_id: str, event: Event | None = None) -> JobStatus | str:
        reply = fetch_status(self._transport, job_id, event)
        status = known_status(reply)
        if isinstance(status, JobStatus) and status.is_terminal:
            self._note_end(job_id, status, reply.run_time)
        return status

    def _note_end(self, job_id: str, status: JobStatus, run_time: float) -> None:
        self._run_times[job_id] = run_time
        self._record(job_id, status.value)

    def poll_job_status(
        self,
        execution_result: Jobs,
        loop_until_complete: bool = False,
        on_complete: Callable[[Any], None] | None = None,
        verbose: bool = True,
        progress_callback: Callable[[int, str], None] | None = None,
        cancellation_event: Event | None = None,
        *,
        raise_on_failure: bool = False,
        progress: Callable[[int, int], None] | None = None,
        **old: Any,
    ) -> Any:
        """Ask for the status of a job, once or until it ends.

        Without a ``cancellation_event``, Ctrl+C cancels the job, and so does running out of polls; with one,
        that is up to the caller. Jobs of a list are waited for one after the other, and those that are still
        to come are cancelled with the one that is polled.

        Args:
            execution_result: The job, or a list of jobs.
            loop_until_complete: Whether to ask until the job ends.
            on_complete: Called when the job has ended, with the answer: a dict with ``status`` and
                ``run_time`` that also has a ``json()``.
            verbose: Whether to show a bar on the console, if there is no callback.
            progress_callback: Called with (poll number from 1, status) while the job goes on.
            cancellation_event: Set it to stop asking. It interrupts waits; an answer is waited for a second
                more.
            raise_on_failure: Whether a job that ended badly is an error.
            progress: Called with (circuits done, circuits in all) while the job goes on, where the service
                says.
            **old: ``poll_callback`` and ``pbar_update_fn``, the same as ``progress_callback``.

        Returns:
            The `JobStatus`, also if it is a bad one; a list of them for a list.

        Raises:
            MaxRetriesReachedError: The job did not end within ``max_retries`` polls.
            ExecutionCancelledError: Ctrl+C, or ``cancellation_event`` was set.
            QoroJobError: The job ended badly, and ``raise_on_failure``.
        """
        warn_unknown_keywords(
            [name for name in old if name not in _POLL_KEYWORDS],
            _KNOWN_KEYWORDS,
            where="poll_job_status",
        )
        told = one_of({**old, "progress_callback": progress_callback}, *_POLL_KEYWORDS)
        job_ids, is_list = job_ids_of(execution_result)

        def one(waiting: Sequence[str]) -> JobStatus | str:
            if not loop_until_complete:
                status = self._status(waiting[0])
            else:
                status = self._polled(waiting, on_complete, verbose, told, progress, cancellation_event)
            if raise_on_failure and _ended_badly(status):
                raise job_error(self._transport, waiting[0], status, event=cancellation_event)
            return status

        found = [one(job_ids[position:]) for position in range(len(job_ids))]
        return found if is_list else found[0]

    def _polled(
        self,
        waiting: Sequence[str],
        on_complete: Callable[[Any], None] | None,
        verbose: bool,
        told: Callable[[int, str], None] | None,
        progress: Callable[[int, int], None] | None,
        event: Event | None,
    ) -> JobStatus:
        """The end of the first of the jobs; the others wait for it, and are stopped with it."""
        job_id = waiting[0]
        with (
            _interrupts(event, waiting) as scoped,
            nullcontext() if event is not None else self._cancelling(waiting, scoped),
            job_bar(job_id, self.max_retries, shown=verbose and told is None) as shown,
        ):

            def tell(attempt: int, reply: StatusReply) -> None:
                if progress is not None and reply.progress is not None:
                    progress(*reply.progress)
                if told is not None:
                    told(attempt, str(known_status(reply)))
                elif shown is not None:
                    shown(attempt, reply)

            how = Poll(self.polling_interval, self.max_retries, tell, scoped)
            status, reply = poll(self._transport, job_id, how)
        self._note_end(job_id, status, reply.run_time)
        if on_complete is not None:
            on_complete(StatusPayload(status=reply.status, run_time=reply.run_time))
        return status

    @contextmanager
    def _cancelling(self, job_ids: Sequence[str], event: Event) -> Iterator[None]:
        """Cancel jobs that are not waited for any more. That is an error, also if the first just ended."""
        try:
            yield
            check(event, f"Polling cancelled for job {job_ids[0]}.")
        except (ExecutionCancelledError, MaxRetriesReachedError, KeyboardInterrupt) as error:
            for note in self._stopped(job_ids):
                error.add_note(note)
            raise

    def stop_job(self, execution_result: ExecutionResult | str) -> str:
        """Cancel a job that nobody waits for any more, within seconds or not at all.

        Returns:
            What became of it, and what to do if it may go on; a sentence to show.
        """
        (told,) = self._stopped([one_job_id(execution_result)])
        return told

    def _stopped(self, job_ids: Sequence[str]) -> list[str]:
        """Cancel jobs, and tell what became of them."""
        stopped = stop_jobs(self._transport, job_ids, seconds=HURRIED)
        for one in stopped:
            if one.status is not None:
                self._record(one.job_id, one.status)
        return told_of(stopped)


@contextmanager
def _interrupts(event: Event | None, job_ids: Sequence[str]) -> Iterator[Event]:
    """The event given, or a new one that Ctrl+C sets, which cancels the jobs."""
    if event is not None:
        yield event
        return
    with interrupt_scope(pressed=Announcement(job_ids[0], more=len(job_ids) - 1)) as scoped:
        yield scoped


def _ended_badly(status: JobStatus | str) -> bool:
    return isinstance(status, JobStatus) and status.is_terminal and status is not JobStatus.COMPLETED
