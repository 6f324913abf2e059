"""`QoroJobs`: jobs that are out there: waited for, fetched, resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any, cast

from vivace.backends.qoro.fetch import fetch_entries, tabled
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError
from vivace.backends.qoro.joblists import Jobs, job_ids_of, one_job_id
from vivace.backends.qoro.jobs import RESUME, has_begun, status_reads
from vivace.backends.qoro.journal import JobRecord
from vivace.backends.qoro.polling import QoroPolling
from vivace.backends.qoro.stopping import stop_job
from vivace.backends.qoro.wire.jobs import JobStatus, JobType
from vivace.backends.qoro.words import NO_PADDING, Padding
from vivace.errors import (
    ExecutionCancelledError,
    ProtocolError,
    QoroJobError,
    ResultError,
    SubmissionError,
)
from vivace.results import CompletedResult, ExecutionResult

__all__ = ["QoroJobs"]


class QoroJobs(QoroPolling):
    """A connection that follows jobs to their end and fetches their results.

    Args:
        **connection: As for `QoroPolling`.
    """

    def __init__(self, **connection: Any) -> None:
        super().__init__(**connection)
        self._circuits: dict[str, int] = {}
        self._padded: dict[str, Padding] = {}
        # Results whose fetching broke off, their first entries: the next attempt goes on from there. And
        # those that are complete, but came with others that are not.
        self._fetched: dict[str, list[dict[str, Any]]] = {}
        self._whole: dict[str, list[dict[str, Any]]] = {}
        self._warned: dict[str, set[str]] = {}

    def _forget(self, job_id: str) -> None:
        for kept in (self._circuits, self._padded, self._fetched, self._whole, self._warned, self._run_times):
            kept.pop(job_id, None)

    def get_job_results(
        self, execution_result: Jobs, *, cancellation_event: Event | None = None
    ) -> CompletedResult:
        """Fetch the results of a job that has ended.

        Args:
            execution_result: The job, or a list of jobs.
            cancellation_event: Set it to stop fetching. The job keeps its results.

        Returns:
            The same result object, now with results in the order of the circuits. For a list, the results one
            after the other.

        Raises:
            QoroHTTPError: There are no results yet; 400.
            QoroJobError: The job ended badly.
            ProtocolError: Results are missing. What came is kept, and not fetched again.
            ResultError: The job is on record as one that has no circuits.
            ExecutionCancelledError: ``cancellation_event`` was set. What came is kept, too.
        """
        job_ids, _ = job_ids_of(execution_result)
        entries, run_time = self._results_of_all(job_ids, cancellation_event)
        found = tabled(entries)
        if isinstance(execution_result, ExecutionResult):
            return cast("CompletedResult", execution_result.with_results(found, run_time))
        return CompletedResult(found, job_ids[0], 1, run_time)

    def _results_of_all(
        self, job_ids: Sequence[str], event: Event | None
    ) -> tuple[list[dict[str, Any]], float]:
        """Entries of jobs, one after the other, and how long they ran. What came before a fault is kept."""
        parts: list[list[dict[str, Any]]] = []
        try:
            for job_id in job_ids:
                parts.append(self._results(job_id, event))  # noqa: PERF401 - for what came before a fault
            run_time = sum(self._run_time(job_id, event) for job_id in job_ids)
        except BaseException:  # Ctrl+C, too
            self._whole.update(zip(job_ids, parts, strict=False))
            raise
        return [entry for part in parts for entry in part], run_time

    def iter_results(
        self, execution_result: ExecutionResult | str, *, cancellation_event: Event | None = None
    ) -> Iterator[dict[str, Any]]:
        """Results of a job one by one, for those that do not fit into memory.

        A few pages are held, and the labels of all results that came, to see that none comes twice.

        Yields:
            ``{"label": ..., "results": ...}`` for each circuit, in order.

        Raises:
            QoroHTTPError: There are no results yet; 400.
            QoroJobError: The job ended badly.
            ProtocolError: Results are missing.
            ResultError: The job is on record as one that has no circuits.
            ExecutionCancelledError: ``cancellation_event`` was set.
        """
        return self._entries(one_job_id(execution_result), cancellation_event)

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

    def _results(self, job_id: str, event: Event | None) -> list[dict[str, Any]]:
        whole = self._whole.pop(job_id, None)
        if whole is not None:
            return whole
        known = self._fetched.get(job_id, ())
        entries: list[dict[str, Any]] = []
        try:
            for entry in self._entries(job_id, event, known, packed=True):
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

    def _run_time(self, job_id: str, event: Event | None) -> float:
        """Seconds the job ran; 0.0 if nobody knows. Results are not lost for it."""
        if job_id not in self._run_times:
            try:
                self._status(job_id, event)
            except (QoroHTTPError, QoroConnectionError, ProtocolError, ExecutionCancelledError):
                return 0.0
        return self._run_times.get(job_id, 0.0)

    def resume(
        self, job_id: ExecutionResult | str, *, verbose: bool = True, cancellation_event: Event | None = None
    ) -> CompletedResult:
        """Wait for a job that was submitted before, here or elsewhere, and fetch its results.

        Args:
            job_id: The job.
            verbose: Whether to show a bar on the console.
            cancellation_event: Set it to stop waiting or fetching; the job goes on, or keeps its results.
                Without it, Ctrl+C cancels the job.

        Raises:
            SubmissionError: The upload goes on, or broke off, so that the job will not run, or is in doubt.
            QoroJobError: The job ended badly.
            ResultError: The job is on record as one that has no circuits: a characterization, which
                `get_characterization_result` waits for and fetches.
        """
        name = one_job_id(job_id)
        record = self._circuits_on_record(name)
        if record is not None and record.is_unfinished:
            self._check_upload(record, cancellation_event)
        self.poll_job_status(
            name, True, verbose=verbose, cancellation_event=cancellation_event, raise_on_failure=True
        )
        return self.get_job_results(job_id, cancellation_event=cancellation_event)

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
        for reply in status_reads(self._transport, name, event, f"Resuming job {name} was cancelled."):
            begun = has_begun(reply)
            if begun:
                self._record(name, "SUBMITTED")
                return
            never_sent = record.state == "UPLOADING" and reply.status == JobStatus.PENDING
            if begun is False or reply.finalized is False or never_sent:
                raise self._broken_off(record)
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
