"""Jobs that nobody waits for any more: cancelled where that works, and what to tell of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import requests

from vivace.backends.qoro.http_errors import QoroHTTPError
from vivace.backends.qoro.joblists import done_to
from vivace.backends.qoro.jobs import RESUME, known_status
from vivace.backends.qoro.retrying import is_transient
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.endpoints import Endpoint
from vivace.backends.qoro.wire.fields import parse_object
from vivace.backends.qoro.wire.jobs import JobStatus, StatusReply
from vivace.cancellation import wait
from vivace.errors import VivaceError

__all__ = ["HURRIED", "Announcement", "Stopped", "stop_job", "stop_jobs", "told_of"]

_log = logging.getLogger(__name__)

HURRIED: Final = 5.0
"""Seconds to cancel a job in, for somebody who has pressed Ctrl+C and waits."""

_ATTEMPTS: Final = 2
_SHORTEST: Final = 0.1


class Announcement:
    """What to say at once when Ctrl+C is pressed: a line of the log, which is on standard error by default.

    Attributes:
        job_id: The job that is cancelled then, if there is one by now.
        more: How many others are, too.
    """

    __slots__ = ("job_id", "more")

    def __init__(self, job_id: str | None = None, *, more: int = 0) -> None:
        self.job_id = job_id
        self.more = more

    def __call__(self) -> None:
        """Say it."""
        what = "what was sent" if self.job_id is None else f"job {self.job_id}"
        what += f" and {self.more} more" if self.more else ""
        _log.warning("Cancelling %s. Press Ctrl+C again to wait no longer.", what)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of a job that was to be stopped.

    Attributes:
        job_id: The job.
        status: How it ended; None if it may go on.
        why: Why it could not be cancelled.
        fetched_by: The call that fetches what it brings, with a place for its id.
    """

    job_id: str
    status: JobStatus | None
    why: str = ""
    fetched_by: str = RESUME

    @property
    def is_cancelled(self) -> bool:
        """Whether it is cancelled now; also if it was before."""
        return self.status is JobStatus.CANCELLED

    def told(self) -> str:
        """The same in words, with what to do about it.

        >>> Stopped("a-1", JobStatus.COMPLETED).told()
        "Job a-1 had ended by then: service.resume('a-1') fetches its results."
        """
        if self.is_cancelled:
            return done_to([self.job_id], "cancelled")
        call = self.fetched_by.format(self.job_id)
        if self.status is JobStatus.COMPLETED:
            return f"Job {self.job_id} had ended by then: {call} fetches its results."
        if self.status is not None:
            return f"Job {self.job_id} had ended by then, as {self.status}."
        return (
            f"Job {self.job_id} could not be cancelled ({self.why}) and may go on: {call} waits for it and "
            f"fetches, service.cancel_job({self.job_id!r}) stops it."
        )


def stop_job(
    transport: Transport, job_id: str, *, seconds: float | None = None, fetched_by: str = RESUME
) -> Stopped:
    """Cancel a job if possible. Whoever calls this has an error of their own to report.

    Args:
        transport: The service.
        job_id: The job.
        seconds: How long to try; as long as the service may take by default.
        fetched_by: See `Stopped`.

    Raises:
        KeyboardInterrupt: Ctrl+C; a note tells of the job.
    """
    try:
        _cancel(transport, job_id, seconds)
    except (VivaceError, requests.RequestException) as error:
        _log.debug("Job %s could not be cancelled: %s", job_id, error)
        ended = isinstance(error, QoroHTTPError) and error.status_code == 409
        status = _end(transport, job_id, seconds) if ended else None
        return Stopped(job_id, status, f"{error}".rstrip("."), fetched_by)
    except KeyboardInterrupt as error:
        error.add_note(Stopped(job_id, None, "the answer was not waited for", fetched_by).told())
        raise
    return Stopped(job_id, JobStatus.CANCELLED, fetched_by=fetched_by)


def stop_jobs(transport: Transport, job_ids: Sequence[str], *, seconds: float) -> list[Stopped]:
    """Cancel jobs where possible, all of them within so many seconds, as `stop_job` does."""
    end = time.monotonic() + seconds
    found: list[Stopped] = []
    for job_id in job_ids:
        left = end - time.monotonic()
        if found and left < _SHORTEST:
            found.append(Stopped(job_id, None, "there was no time left"))
            continue
        try:
            found.append(stop_job(transport, job_id, seconds=left))
        except KeyboardInterrupt as error:
            rest = [Stopped(other, None, "it was not waited for") for other in job_ids[len(found) + 1 :]]
            for note in told_of([*found, *rest]):
                error.add_note(note)
            raise
    return found


def told_of(stopped: Sequence[Stopped]) -> list[str]:
    """What became of jobs, in words: a sentence on those that were cancelled, and one on each of the others.

    >>> told_of([Stopped(name, JobStatus.CANCELLED) for name in "abc"])
    ['Jobs a, b and c were cancelled.']
    """
    cancelled = [one.job_id for one in stopped if one.is_cancelled]
    others = [one.told() for one in stopped if not one.is_cancelled]
    return [done_to(cancelled, "cancelled"), *others] if cancelled else others


def _cancel(transport: Transport, job_id: str, seconds: float | None) -> None:
    if seconds is None:
        transport.exchange(endpoints.CANCEL, job_id=job_id, attempts=_ATTEMPTS)
        return
    end, pause = time.monotonic() + seconds, transport.retry.wait_before(1)
    try:
        transport.exchange(_within(endpoints.CANCEL, seconds), job_id=job_id, attempts=1)
    except (VivaceError, requests.RequestException) as error:
        left = end - time.monotonic() - pause
        if not is_transient(error) or left < _SHORTEST:
            raise
        wait(None, pause)
        transport.exchange(_within(endpoints.CANCEL, left), job_id=job_id, attempts=1)


def _end(transport: Transport, job_id: str, seconds: float | None) -> JobStatus | None:
    """How a job ended; None if it did not, or nobody tells."""
    try:
        answer = transport.exchange(
            _within(endpoints.STATUS, seconds), job_id=job_id, attempts=None if seconds is None else 1
        )
        status = known_status(StatusReply.from_wire(parse_object(answer.content, "The answer to job status")))
    except (VivaceError, requests.RequestException):
        return None
    return status if isinstance(status, JobStatus) and status.is_terminal else None


def _within(endpoint: Endpoint, seconds: float | None) -> Endpoint:
    return endpoint if seconds is None else endpoint._replace(timeout=round(seconds, 1))
