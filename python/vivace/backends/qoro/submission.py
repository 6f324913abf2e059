"""From circuits to a job that runs: checks, bodies, and an upload that neither loses nor repeats a circuit.

A job does not start before its last body. So an upload whose outcome is unknown is not repeated: the job is
abandoned, and everything goes to a new one. Only for the last body the question is whether the job has
started; its status tells.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from vivace import _core
from vivace.backends.observables import Observables
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError
from vivace.backends.qoro.jobs import fetch_status_patiently, has_begun, status_reads
from vivace.backends.qoro.opening import open_job, upload_to
from vivace.backends.qoro.recording import Recording
from vivace.backends.qoro.retrying import is_ambiguous
from vivace.backends.qoro.stopping import HURRIED, stop_job
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import codings, endpoints
from vivace.backends.qoro.wire.fields import check_answer
from vivace.backends.qoro.wire.uploads import measurement_members
from vivace.backends.qoro.words import NO_PADDING, Padding, SentWords
from vivace.backends.runner import shot_ranges
from vivace.backends.submission import nothing_to_sample
from vivace.cancellation import check, wait
from vivace.circuits import CircuitBatch
from vivace.errors import ExecutionCancelledError, ProtocolError, SubmissionError

__all__ = ["Prepared", "Submission", "Submitted", "has_started", "prepare"]

_log = logging.getLogger(__name__)

_JOBS: Final = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission that is checked and measured.

    Attributes:
        batch: The circuits.
        upload: Their bodies.
        padding: Words that were padded.
    """

    batch: CircuitBatch
    upload: _core.Upload
    padding: Padding = NO_PADDING

    def bodies(self, start: int = 0, *, gzip: bool = False) -> Iterator[tuple[bytes, int, int]]:
        """The bodies in order, with their circuits; the next few are made while one is being sent.

        Args:
            start: First circuit: 0, or the one after the last of a body.
            gzip: Whether they are compressed. The same circuits share a body either way.
        """
        total = len(self.batch)
        bodies = self.upload.write(start, gzip)
        if bodies[-1][2] < total:
            with ThreadPoolExecutor(1, thread_name_prefix="vivace-upload") as maker:
                while (stop := bodies[-1][2]) < total:
                    ahead = maker.submit(self.upload.write, stop, gzip)
                    yield from bodies
                    bodies = ahead.result()
        yield from bodies


def prepare(
    batch: CircuitBatch,
    *,
    shots: int | None,
    ham_ops: str | None,
    circuit_ham_map: Sequence[tuple[int, int]] | None,
    shot_groups: Any,
    templates: bool | None,
    max_body: int = endpoints.MAX_BODY,
) -> Prepared:
    """Check a submission, and plan its bodies. Nothing is sent.

    Args:
        batch: The circuits; at least one.
        shots: Shots of every circuit, when sampling.
        ham_ops: Pauli words, for expectation values.
        circuit_ham_map: Ranges of circuits for the groups of ``ham_ops``, as `Observables` reads them.
        shot_groups: Ranges of circuits with their shots.
        templates: Whether circuits of one structure travel as a template; None where that is smaller. If so,
            those of several structures still go together as texts, where that is smaller than the requests.
        max_body: Longest body, in bytes.

    Raises:
        SimulationError: A circuit is to be sampled, but measures nothing.
    """
    padding, ranges = NO_PADDING, []
    if shot_groups is not None:
        ranges = shot_ranges(shot_groups)
        _core.shots_per_circuit(ranges, len(batch))
        members = ""
    else:
        sent_map = None
        if ham_ops is not None:
            words = SentWords.of(Observables(ham_ops, circuit_ham_map, len(batch)), batch)
            ham_ops, sent_map, padding = words.ham_ops, words.ranges, words.padding
        members = measurement_members(shots=shots, ham_ops=ham_ops, circuit_ham_map=sent_map)
    if ranges or circuit_ham_map is not None:
        templates = False
    upload = _core.Upload(batch.core, members, ranges, max_body, templates)
    if ham_ops is None:
        blank = next((template for template in batch.templates if not template.native().measures), None)
        if blank is not None:
            raise nothing_to_sample(batch.labels[blank.circuits[0]])
    return Prepared(batch, upload, padding)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that was handed over.

    Attributes:
        job_id: The job.
        requests: Uploads it took.
    """

    job_id: str
    requests: int


class _UnknownOutcomeError(Exception):
    """Whether the service took a body is not known."""

    def __init__(self, cause: Exception, first: int, requests: int, *, last: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.first = first
        self.requests = requests
        self.last = last


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission under way.

    Attributes:
        transport: The service.
        prepared: What to upload.
        record: Says how jobs are opened; told of every one, and what becomes of it.
        event: Set it to stop; the job is then cancelled.
        progress: Called with (circuits uploaded, circuits in all).
    """

    transport: Transport
    prepared: Prepared
    record: Recording
    event: Event | None = None
    progress: Callable[[int, int], None] | None = None

    def deliver(self) -> Submitted:
        """Open a job and upload everything, exactly once.

        Raises:
            QoroHTTPError: The service refused the job or a body; the job is cancelled.
            SubmissionError: No upload could be confirmed; tells what is out there.
            ExecutionCancelledError: The event was set.
        """
        for attempt in range(1, _JOBS + 1):
            job_id, gzip = self._open()
            with upload_to(self.transport, self.record, job_id):
                requests = self._delivered(job_id, attempt, gzip=gzip)
            if requests is None:
                continue
            self.record.state(job_id, "SUBMITTED")
            return Submitted(job_id, requests)
        raise AssertionError("the loop returns or raises")  # pragma: no cover

    def _delivered(self, job_id: str, attempt: int, *, gzip: bool) -> int | None:
        """Uploads it took; None if the job was abandoned."""
        try:
            return self._upload(job_id, gzip=gzip)
        except _UnknownOutcomeError as unknown:
            if unknown.last and has_started(self.transport, job_id, unknown.cause, self.event):
                return unknown.requests
            self._abandon(job_id, unknown, attempt)
            return None

    def _open(self) -> tuple[str, bool]:
        """Id of a new job, and whether its uploads are to be compressed."""
        check(self.event, "Submission cancelled before a job was opened.")
        accepted: list[str] = []
        job_id = open_job(
            self.transport,
            self.record,
            heed=lambda headers: accepted.append(headers.get(codings.ACCEPT_ENCODING, "")),
            event=self.event,
        )
        taken = codings.accepts_gzip(accepted[0])
        return job_id, taken and self.transport.codes_bodies

    def _upload(self, job_id: str, *, gzip: bool) -> int:
        total = len(self.prepared.batch)
        requests = done = 0
        while done < total:
            for body, start, stop in self.prepared.bodies(done, gzip=gzip):
                check(self.event, "Submission cancelled.")
                if stop == total:
                    self.record.state(job_id, "FINALIZING")
                try:
                    self._send(job_id, body, gzip=gzip)
                except (QoroConnectionError, QoroHTTPError, ProtocolError) as error:
                    if gzip and isinstance(error, QoroHTTPError) and error.status_code == 415:
                        # It does not take them after all, or something on the way does not.
                        gzip = self.transport.codes_bodies = False
                        break
                    if not is_ambiguous(error):
                        raise
                    raise _UnknownOutcomeError(error, start, requests + 1, last=stop == total) from None
                requests, done = requests + 1, stop
                self.record.uploading(job_id)
                if self.progress is not None:
                    self.progress(stop, total)
        return requests

    def _send(self, job_id: str, body: bytes, *, gzip: bool) -> None:
        self.transport.send(
            endpoints.ADD_CIRCUITS,
            check_answer,
            job_id=job_id,
            body=body,
            headers={codings.CONTENT_ENCODING: codings.GZIP} if gzip else None,
            repeatable=False,
            cancellation_event=self.event,
        )

    def _abandon(self, job_id: str, unknown: _UnknownOutcomeError, attempt: int) -> None:
        # One that cannot be cancelled never runs either. The journal keeps it open, to be cancelled later.
        # Whether the last body has arrived is known by now: it has not, and the job is cancelled.
        if unknown.last or self._is_stopped(job_id):
            self.record.state(job_id, "ABANDONED")
        _log.info("Upload to job %s at circuit %d is in doubt (%s).", job_id, unknown.first, unknown)
        if attempt == _JOBS:
            raise SubmissionError(
                f"Gave up after {_JOBS} jobs: the upload to job {job_id} broke off at circuit "
                f"{unknown.first} ({unknown}). None of the jobs will run; submit again when the "
                "service can be reached.",
                job_id,
                unknown.first,
            ) from unknown.cause
        wait(self.event, self.transport.retry.wait_before(attempt))

    def _is_stopped(self, job_id: str) -> bool:
        hurried = self.event is not None and self.event.is_set()
        return stop_job(self.transport, job_id, seconds=HURRIED if hurried else None).is_cancelled


def has_started(transport: Transport, job_id: str, cause: Exception, event: Event | None = None) -> bool:
    """Whether the service has the last body of a job. If that cannot be seen, the job is cancelled.

    Raises:
        SubmissionError: The job can be neither seen to run nor cancelled.
        ExecutionCancelledError: The event was set; the job is cancelled.
    """
    try:
        return _has_started(transport, job_id, event)
    except ExecutionCancelledError as error:
        stopped = stop_job(transport, job_id, seconds=HURRIED)
        if stopped.status is not None:
            raise
        raise _in_doubt(job_id, cause, error) from error
    except (QoroHTTPError, QoroConnectionError, ProtocolError) as error:
        raise _in_doubt(job_id, cause, error) from error


def _has_started(transport: Transport, job_id: str, event: Event | None) -> bool:
    cancelled = f"Submission cancelled while job {job_id} was in doubt."
    for reply in status_reads(transport, job_id, event, cancelled):
        begun = has_begun(reply)
        if begun is not None:
            return begun
        if reply.finalized is False:
            break
    # PENDING may mean waiting for the last body, or queued with all of them.
    try:
        transport.exchange(endpoints.CANCEL, job_id=job_id, cancellation_event=event)
    except QoroHTTPError as error:
        if error.status_code != 409:
            raise
        reply = fetch_status_patiently(transport, job_id, event)
        begun = has_begun(reply)
        if begun is None:
            raise ProtocolError(f"it is {reply.status!r:.60}, and cannot be cancelled") from None
        return begun
    return False


def _in_doubt(job_id: str, cause: Exception, error: Exception) -> SubmissionError:
    return SubmissionError(
        f"Job {job_id} has all its circuits but perhaps those of the last upload ({cause}), and its "
        f"status cannot be read ({error}). It may run: service.resume({job_id!r}) waits for it and "
        f"fetches, service.cancel_job({job_id!r}) stops it. Do not submit again before.",
        job_id,
        may_run=True,
    )
