"""A job is opened, and filled or cancelled: what submissions of circuits and of QUBO problems share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event

from vivace.backends.qoro.jobs import RESUME
from vivace.backends.qoro.recording import Recording
from vivace.backends.qoro.stopping import HURRIED, Stopped, stop_job
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.fields import parse_object
from vivace.backends.qoro.wire.jobs import job_id_of
from vivace.errors import CharacterizationSubmitError, ExecutionCancelledError, SubmissionError

__all__ = ["open_job", "upload_to"]


def open_job(
    transport: Transport,
    record: Recording,
    *,
    heed: Callable[[Mapping[str, str]], None] | None = None,
    event: Event | None = None,
) -> str:
    """Open a job and put it on record.

    Args:
        transport: The service.
        record: Says what is opened, and is told of it.
        heed: Called with the headers of the answer.
        event: Set it to stop between attempts, and to wait a few seconds for an answer at most.

    Returns:
        Id of the job.
    """
    # A service that knows the header opens one job, however often the request comes. For the others a
    # second one does no harm: it never gets its last body.
    try:
        job_id = transport.send(
            endpoints.INIT,
            lambda data: job_id_of(parse_object(data, "The answer to job init")),
            body=record.init.to_wire(),
            headers={endpoints.IDEMPOTENCY_HEADER: uuid.uuid4().hex},
            heed=heed,
            cancellation_event=event,
        )
    except ExecutionCancelledError as error:
        error.add_note("If the service opens a job all the same, it never runs: it gets no circuits.")
        raise
    record.opened(job_id)
    return job_id


@contextmanager
def upload_to(
    transport: Transport, record: Recording, job_id: str, *, fetched_by: str = RESUME
) -> Iterator[None]:
    """Cancel a job whose upload is given up, whyever that is; the error tells what became of the job.

    Args:
        transport: The service.
        record: Is told of it.
        job_id: The job.
        fetched_by: The call that fetches what it brings if it runs all the same, with a place for its id.
    """
    try:
        yield
    except (SubmissionError, CharacterizationSubmitError):
        raise  # tells of the job itself
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and any(job_id in note for note in _notes(error)):
            raise  # Ctrl+C once more, while it was being stopped: that is told
        asked_for = isinstance(error, KeyboardInterrupt | ExecutionCancelledError)
        stopped = stop_job(transport, job_id, seconds=HURRIED if asked_for else None, fetched_by=fetched_by)
        if stopped.status is not None:
            record.state(job_id, stopped.status)
        error.add_note(_told(stopped))
        raise
    finally:
        record.ended(job_id)


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def _told(stopped: Stopped) -> str:
    if stopped.is_cancelled:
        return f"Job {stopped.job_id} was open by then, and is cancelled."
    if stopped.status is not None:
        return stopped.told()
    return (
        f"Job {stopped.job_id} was open by then, and could not be cancelled ({stopped.why}): "
        f"service.cancel_job({stopped.job_id!r}) does, when the service can be reached. If all of it had "
        f"arrived, {stopped.fetched_by.format(stopped.job_id)} waits for it and fetches."
    )
