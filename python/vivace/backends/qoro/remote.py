"""`QoroJobs`: jobs that are out there: polled, waited for, fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import Any, Final, cast

from vivace._suggest import warn_unknown_keywords
from vivace.backends.qoro.client import Jobs, QoroClient
from vivace.backends.qoro.fetch import fetch_entries, tabled
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError
from vivace.backends.qoro.jobs import (
    RESUME,
    Poll,
    StatusPayload,
    fetch_status,
    fetch_status_patiently,
    has_begun,
    job_error,
    job_ids_of,
    known_status,
    poll,
)
from vivace.backends.qoro.journal import JobRecord
from vivace.backends.qoro.request import one_of
from vivace.backends.qoro.stopping import HURRIED, Announcement, stop_job
from vivace.backends.qoro.waiting import job_bar
from vivace.backends.qoro.wire.jobs import JobStatus, JobType, StatusReply
from vivace.backends.qoro.words import NO_PADDING, Padding
from vivace.cancellation import check, interrupt_scope, wait
from vivace.errors import (
    ConfigError,
    ExecutionCancelledError,
    MaxRetriesReachedError,
    ProtocolError,
    QoroJobError,
    ResultError,
    SubmissionError,
)
from vivace.results import CompletedResult, ExecutionResult

__all__ = ["QoroJobs"]

_POLL_KEYWORDS = ("progress_callback", "poll_callback", "pbar_update_fn")
_KNOWN_KEYWORDS = (
    "loop_until_complete",
    "on_complete",
    "verbose",
    "raise_on_failure",
    "progress",
    *_POLL_KEYWORDS,
)
_STATUS_READS: Final = 4


class QoroJobs(QoroClient):
    """A connection that follows jobs to their end and fetches their results.

    Args:
        polling_interval: Longest wait between polls, in seconds; the first polls follow faster.
        max_retries: Polls before giving up; None for no limit.
        **connection: As for `QoroClient`.
    """

    def __init__(
        self, *, polling_interval: float = 3.0, max_retries: int | None = 5000, **connection: Any
    ) -> None:
        if not polling_interval >= 0:
            raise ConfigError(
                f"polling_interval must be at least 0, got {polling_interval}.", "polling_interval"
            )
        if max_retries is not None and max_retries < 1:
            raise ConfigError(f"max_retries must be at least 1, or None, got {max_retries}.", "max_retries")
        super().__init__(**connection)
        self.polling_interval = polling_interval
        self.max_retries = max_retries
        self._circuits: dict[str, int] = {}
        self._padded: dict[str, Padding] = {}
        self._run_times: dict[str, float] = {}
        # First entries of results whose fetching broke off: the next attempt goes on from there.
        self._fetched: dict[str, list[dict[str, Any]]] = {}
        self._warned: dict[str, set[str]] = {}

    def get_job_status(self, execution_result: Jobs) -> Any:
        """Where a job stands: one request for each.

        Returns:
            A `JobStatus`, or the text of a status that is unknown here; a list of them for a list.
        """
        return self._for_each(execution_result, self._status)

    def _status(self, job_id: str) -> JobStatus | str:
        reply = fetch_status(self._transport, job_id)
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
        that is up to the caller.

        Args:
            execution_result: The job.
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

        def one(job_id: str) -> JobStatus | str:
            if not loop_until_complete:
                status = self._status(job_id)
            else:
                status = self._polled(job_id, on_complete, verbose, told, progress, cancellation_event)
            if raise_on_failure and _ended_badly(status):
                raise job_error(self._transport, job_id, status)
            return status

        return self._for_each(execution_result, one)

    def _polled(
        self,
        job_id: str,
        on_complete: Callable[[Any], None] | None,
        verbose: bool,
        told: Callable[[int, str], None] | None,
        progress: Callable[[int, int], None] | None,
        event: Event | None,
    ) -> JobStatus:
        with (
            _interrupts(event, job_id) as scoped,
            nullcontext() if event is not None else self._cancelling(job_id, scoped),
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
    def _cancelling(self, job_id: str, event: Event) -> Iterator[None]:
        """Cancel a job that is not waited for any more. That is an error, also if it has just ended."""
        try:
            yield
            check(event, f"Polling cancelled for job {job_id}.")
        except (ExecutionCancelledError, MaxRetriesReachedError, KeyboardInterrupt) as error:
            error.add_note(self.stop_job(job_id))
            raise

    def stop_job(self, execution_result: ExecutionResult | str) -> str:
        """Cancel a job that nobody waits for any more, within seconds or not at all.

        Returns:
            What became of it, and what to do if it may go on; a sentence to show.
        """
        (job_id,), _ = job_ids_of(execution_result)
        stopped = stop_job(self._transport, job_id, seconds=HURRIED)
        if stopped.status is not None:
            self._record(job_id, stopped.status)
        return stopped.told()

    def get_job_results(self, execution_result: Jobs) -> CompletedResult:
        """Fetch the results of a job that has ended.

        Returns:
            The same result object, now with results in the order of the circuits. For a list, the results one
            after the other.

        Raises:
            QoroHTTPError: There are no results yet; 400.
            QoroJobError: The job ended badly.
            ProtocolError: Results are missing. What came is kept, and not fetched again.
            ResultError: The job is on record as one that has no circuits.
        """
        job_ids, is_list = job_ids_of(execution_result)
        if is_list:
            parts = [self._results(job_id) for job_id in job_ids]
            run_time = sum(self._run_times.get(job_id, 0.0) for job_id in job_ids)
            found = tabled([entry for part in parts for entry in part])
            return CompletedResult(found, job_ids[0], 1, run_time)
        entries = self._results(job_ids[0])
        run_time = self._run_time(job_ids[0])
        if isinstance(execution_result, ExecutionResult):
            return cast("CompletedResult", execution_result.with_results(tabled(entries), run_time))
        return CompletedResult(tabled(entries), job_ids[0], 1, run_time)

    def iter_results(
        self, execution_result: ExecutionResult | str, *, cancellation_event: Event | None = None
    ) -> Iterator[dict[str, Any]]:
        """Results of a job one by one, for those that do not fit into memory: a few pages are held.

        Yields:
            ``{"label": ..., "results": ...}`` for each circuit, in order.

        Raises:
            QoroHTTPError: There are no results yet; 400.
            QoroJobError: The job ended badly.
            ProtocolError: Results are missing.
            ResultError: The job is on record as one that has no circuits.
        """
        (job_id,), _ = job_ids_of(execution_result)
        return self._entries(job_id, cancellation_event)

    def _entries(
        self, job_id: str, event: Event | None, known: Sequence[dict[str, Any]] = (), *, packed: bool = False
    ) -> Iterator[dict[str, Any]]:
        expected, padding = self._circuits.get(job_id), self._padded.get(job_id, NO_PADDING)
        if self._journal is not None and expected is None:
            record = self._circuits_on_record(job_id)
            expected = None if record is None else record.n_circuits
            padding = self._journal.padding(job_id)
        return fetch_entries(
            self._transport,
            job_id,
            expected=expected,
            padding=padding,
            known=known,
            packed=packed,
            warned=self._warned.setdefault(job_id, set()),
            cancellation_event=event,
        )

    def _results(self, job_id: str) -> list[dict[str, Any]]:
        known = self._fetched.get(job_id, ())
        entries: list[dict[str, Any]] = []
        try:
            for entry in self._entries(job_id, None, known, packed=True):
                entries.append(entry)  # noqa: PERF402 - what came before a fault is kept
        except QoroJobError:
            raise
        except BaseException as error:  # Ctrl+C, too
            if len(entries) > len(known):
                self._fetched[job_id] = entries
            if isinstance(error, KeyboardInterrupt):
                error.add_note(
                    f"Job {job_id} keeps its results: {RESUME.format(job_id)} waits for it and fetches."
                )
            raise
        self._fetched.pop(job_id, None)
        self._warned.pop(job_id, None)
        return entries

    def _run_time(self, job_id: str) -> float:
        """Seconds the job ran; 0.0 if nobody knows. Results are not lost for it."""
        if job_id not in self._run_times:
            try:
                self._status(job_id)
            except (QoroHTTPError, QoroConnectionError, ProtocolError):
                return 0.0
        return self._run_times.get(job_id, 0.0)

    def resume(
        self, job_id: ExecutionResult | str, *, verbose: bool = True, cancellation_event: Event | None = None
    ) -> CompletedResult:
        """Wait for a job that was submitted before, here or elsewhere, and fetch its results.

        Args:
            job_id: The job.
            verbose: Whether to show a bar on the console.
            cancellation_event: Set it to stop waiting; the job goes on. Without it, Ctrl+C cancels the job.

        Raises:
            SubmissionError: The upload goes on, or broke off, so that the job will not run, or is in doubt.
            QoroJobError: The job ended badly.
            ResultError: The job is on record as one that has no circuits: a characterization, which
                `get_characterization_result` waits for and fetches.
        """
        (name,), _ = job_ids_of(job_id)
        record = self._circuits_on_record(name)
        if record is not None and record.is_unfinished:
            self._check_upload(record, cancellation_event)
        self.poll_job_status(
            name, True, verbose=verbose, cancellation_event=cancellation_event, raise_on_failure=True
        )
        return self.get_job_results(job_id)

    def _circuits_on_record(self, job_id: str) -> JobRecord | None:
        """What the journal knows of a job that runs circuits."""
        record = None if self._journal is None else self._journal.job(job_id)
        if record is not None and record.job_type == JobType.CHARACTERIZE:
            raise ResultError(
                f"Job {job_id} is a characterization and has no circuits: get_characterization_result("
                f"{job_id!r}, service=...) waits for it and fetches the analysis."
            )
        return record

    def _check_upload(self, record: JobRecord, event: Event | None) -> None:
        """See that a job whose upload did not end, as far as the journal knows, will run all the same."""
        name = record.job_id
        if record.is_live:
            raise SubmissionError(
                f"Job {name} is being uploaded right now, by process {record.uploader}. Resume it when that "
                "is over.",
                name,
                may_run=True,
            )
        for attempt in range(1, _STATUS_READS + 1):
            reply = fetch_status_patiently(self._transport, name, event)
            begun = has_begun(reply)
            if begun:
                self._record(name, "SUBMITTED")
                return
            never_sent = record.state == "UPLOADING" and reply.status == JobStatus.PENDING
            if begun is False or reply.finalized is False or never_sent:
                raise self._broken_off(record)
            wait(event, self._retry.wait_before(attempt))
            check(event, f"Resuming job {name} was cancelled.")
        raise SubmissionError(
            f"Job {name} is {reply.status}, and the service does not tell whether it is queued or waits for "
            f"its last upload, on whose way the uploader ended. Try service.resume({name!r}) again later, or "
            f"stop it with service.cancel_job({name!r}) and submit again.",
            name,
            may_run=True,
        )

    def _broken_off(self, record: JobRecord) -> SubmissionError:
        ended, lost = "It may be cancelled", f"its {record.n_circuits} circuits"
        if record.job_type == JobType.CHARACTERIZE:
            lost = "the problem"
        if stop_job(self._transport, record.job_id).is_cancelled:
            self._record(record.job_id, JobStatus.CANCELLED)
            ended = "It is cancelled"
        return SubmissionError(
            f"The upload of job {record.job_id} broke off, so it will not run. {ended}; submit {lost} again.",
            record.job_id,
        )


@contextmanager
def _interrupts(event: Event | None, job_id: str) -> Iterator[Event]:
    """The event given, or a new one that Ctrl+C sets, which cancels the job."""
    if event is not None:
        yield event
        return
    with interrupt_scope(pressed=Announcement(job_id)) as scoped:
        yield scoped


def _ended_badly(status: JobStatus | str) -> bool:
    return isinstance(status, JobStatus) and status.is_terminal and status is not JobStatus.COMPLETED
