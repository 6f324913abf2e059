"""A job is opened, and filled or cancelled: what submissions of circuits and of QUBO problems share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event

from vivace.backends.qoro.jobs import cancel_quietly
from vivace.backends.qoro.recording import Recording
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.fields import parse_object
from vivace.backends.qoro.wire.jobs import job_id_of
from vivace.errors import CharacterizationSubmitError, SubmissionError

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
        event: Set it to stop between attempts.

    Returns:
        Id of the job.
    """
    # A service that knows the header opens one job, however often the request comes. For the others a
    # second one does no harm: it never gets its last body.
    job_id = transport.send(
        endpoints.INIT,
        lambda data: job_id_of(parse_object(data, "The answer to job init")),
        body=record.init.to_wire(),
        headers={endpoints.IDEMPOTENCY_HEADER: uuid.uuid4().hex},
        heed=heed,
        cancellation_event=event,
    )
    record.opened(job_id)
    return job_id


@contextmanager
def upload_to(transport: Transport, record: Recording, job_id: str) -> Iterator[None]:
    """Cancel a job whose upload is given up, whyever that is; the error tells what became of the job."""
    try:
        yield
    except (SubmissionError, CharacterizationSubmitError):
        raise  # tells of the job itself
    except BaseException as error:
        if cancel_quietly(transport, job_id):
            record.state(job_id, "ABANDONED")
            error.add_note(f"Job {job_id} was open by then, and is cancelled.")
        else:
            error.add_note(
                f"Job {job_id} was open by then, and could not be cancelled: "
                f"service.cancel_job({job_id!r}) does, when the service can be reached."
            )
        raise
    finally:
        record.ended(job_id)
