"""Jobs that are out there: status, polling until the end, cancelling."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

import requests

from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError, reason_in
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.endpoints import Endpoint
from vivace.backends.qoro.wire.jobs import JobStatus, StatusReply
from vivace.cancellation import check, wait
from vivace.errors import (
    ExecutionCancelledError,
    MaxRetriesReachedError,
    ProtocolError,
    QoroJobError,
    VivaceError,
)

__all__ = [
    "RESUME",
    "Poll",
    "StatusPayload",
    "fetch_status",
    "fetch_status_patiently",
    "has_begun",
    "job_error",
    "known_status",
    "may_pass",
    "poll",
    "reason_given",
    "status_reads",
]

_log = logging.getLogger(__name__)

RESUME: Final = "service.resume({!r})"
"""The call that waits for a job of circuits and fetches its results."""

_FIRST_WAIT: Final = 0.05
_GROWTH: Final = 1.5
_FAILED_POLLS: Final = 5
_STATUS_READS: Final = 4

_unknown_statuses: set[str] = set()


class StatusPayload(dict[str, Any]):
    """The answer to a status request: a dict that also has the ``json()`` of an HTTP response.

    >>> StatusPayload(status="COMPLETED", run_time=1.5).json()["run_time"]
    1.5
    """

    def json(self) -> dict[str, Any]:
        """The same data."""
        return dict(self)


def fetch_status(
    transport: Transport, job_id: str, cancellation_event: Event | None = None, *, patient: bool = False
) -> StatusReply:
    """Ask for the status of a job once; faults that pass are waited out, as by `Transport.send`."""
    return transport.get(
        endpoints.STATUS, _read_status, job_id=job_id, patient=patient, cancellation_event=cancellation_event
    )


def fetch_status_patiently(
    transport: Transport, job_id: str, cancellation_event: Event | None = None
) -> StatusReply:
    """The same for when much depends on it: a service may be away for as long as polling bears with it."""
    for attempt in range(1, _FAILED_POLLS):
        try:
            return fetch_status(transport, job_id, cancellation_event, patient=True)
        except (QoroHTTPError, QoroConnectionError, ProtocolError) as error:
            if not may_pass(error):
                raise
            _log.info("Read %d of the status of job %s failed: %s", attempt, job_id, error)
        check(cancellation_event, f"Waiting for the status of job {job_id} was cancelled.")
    return fetch_status(transport, job_id, cancellation_event, patient=True)


def status_reads(
    transport: Transport, job_id: str, event: Event | None, cancelled: str
) -> Iterator[StatusReply]:
    """The status of a job, a few times with a wait after each, for one that may not tell at first.

    Args:
        transport: The service.
        job_id: The job.
        event: Set it to stop.
        cancelled: Text of the error then.
    """
    for attempt in range(1, _STATUS_READS + 1):
        yield fetch_status_patiently(transport, job_id, event)
        wait(event, transport.retry.wait_before(attempt))
        check(event, cancelled)


def _read_status(body: Any) -> StatusReply:
    if not isinstance(body, dict):
        raise ProtocolError(f"Expected a status as an object, got {type(body).__name__}.")
    return StatusReply.from_wire(body)


def known_status(reply: StatusReply) -> JobStatus | str:
    """The status as one of ours; a text we do not know is logged once, and means that the job goes on."""
    status = JobStatus.coerce(reply.status)
    if status is not None:
        return status
    if reply.status not in _unknown_statuses:
        _unknown_statuses.add(reply.status)
        _log.warning("The service reports the unknown job status %r; polling goes on.", reply.status)
    return reply.status


def has_begun(reply: StatusReply) -> bool | None:
    """Whether a job has all its circuits, and runs, ran or will; None if its status does not tell."""
    status = JobStatus.coerce(reply.status)
    if status is JobStatus.CANCELLED:
        return False
    if reply.finalized or (status is not None and status is not JobStatus.PENDING):
        return True
    return None


@dataclass(frozen=True, slots=True)
class Poll:
    """What to do while a job is polled.

    Attributes:
        interval: Longest wait between polls, in seconds; the first ones follow faster.
        most: Polls in all; None for no limit.
        on_poll: Called with (poll number from 1, answer) while the job goes on.
        event: Set it to stop.
        resumed_by: The call that a user goes on with, with a place for the job id.
    """

    interval: float
    most: int | None
    on_poll: Callable[[int, StatusReply], None] | None
    event: Event | None
    resumed_by: str = field(default=RESUME, kw_only=True)

    def wait_after(self, attempt: int) -> float:
        """Seconds to wait after poll number ``attempt``: from fast to the interval, spread a little.

        Of polls that are limited a tenth may be fast, so that they are not used up in a moment.
        """
        if self.most is not None and attempt > self.most // 10:
            return self.interval
        growing = _FIRST_WAIT * _GROWTH ** min(attempt - 1, 60)
        return min(self.interval, growing * random.uniform(0.8, 1.2))  # noqa: S311 - keeps no secret

    def goes_on(self, job_id: str) -> str:
        """What to tell a user of a job that is not polled any more."""
        return f"Job {job_id} goes on: {self.resumed_by.format(job_id)} waits for it and fetches."


def poll(transport: Transport, job_id: str, how: Poll) -> tuple[JobStatus, StatusReply]:
    """Ask until the job ends.

    Raises:
        MaxRetriesReachedError: The job did not end within the polls allowed.
        ExecutionCancelledError: The event was set. It is looked at before each request and interrupts waits.
        QoroHTTPError: The service refused, or kept failing.
        QoroConnectionError: No answer came, several polls in a row.
    """
    attempt = failed = 0
    while how.most is None or attempt < how.most:
        check(how.event, f"Polling cancelled for job {job_id}.")
        attempt += 1
        try:
            reply = fetch_status(transport, job_id, how.event, patient=True)
        except ExecutionCancelledError:
            raise ExecutionCancelledError(f"Polling cancelled for job {job_id}.") from None
        except (QoroHTTPError, QoroConnectionError, ProtocolError) as error:
            failed += 1
            if failed >= _FAILED_POLLS or not may_pass(error):
                if not (isinstance(error, QoroHTTPError) and error.status_code == 404):
                    error.add_note(how.goes_on(job_id))
                raise
            _log.info("Poll %d of job %s failed: %s", attempt, job_id, error)
        else:
            failed = 0
            status = known_status(reply)
            if isinstance(status, JobStatus) and status.is_terminal:
                return status, reply
            if how.on_poll is not None:
                how.on_poll(attempt, reply)
        if how.most is None or attempt < how.most:
            wait(how.event, how.wait_after(attempt))
    raise MaxRetriesReachedError(job_id, attempt)


def job_error(
    transport: Transport,
    job_id: str,
    status: str,
    refusal: QoroHTTPError | None = None,
    *,
    event: Event | None = None,
) -> QoroJobError:
    """The error of a job that ended badly, with the reason that the service gives who asks for its results.

    Args:
        transport: The service.
        job_id: The job.
        status: How it ended.
        refusal: The answer to that question, if it was asked before.
        event: Set it to wait no longer for the answer.
    """
    if refusal is None:
        reason = reason_given(transport, endpoints.RESULTS, job_id, event)
    else:
        reason = reason_in(refusal.response)
    return QoroJobError.for_status(job_id, status, reason and f"The service says: {reason}")


def reason_given(
    transport: Transport, endpoint: Endpoint, job_id: str, event: Event | None = None
) -> str | None:
    """Why the service refuses a request, in its words; None if it does not say."""
    try:
        transport.exchange(endpoint, job_id=job_id, attempts=1, cancellation_event=event)
    except QoroHTTPError as error:
        return reason_in(error.response)
    except (VivaceError, requests.RequestException) as error:
        _log.debug("Job %s: no reason given: %s", job_id, error)
    return None


def may_pass(error: Exception) -> bool:
    """Whether a job may be asked about again after a fault, though that took its number of attempts."""
    return not isinstance(error, QoroHTTPError) or error.status_code in (408, 429) or error.status_code >= 500
