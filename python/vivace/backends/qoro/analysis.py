"""QUBO problems characterised by the service: `QoroAnalysis`, and the functions around it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import requests

from vivace._suggest import warn_user
from vivace.backends.qoro.analysis_options import CharacterizationOptions, check_states, terms_of
from vivace.backends.qoro.analysis_result import CharacterizationResult
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError
from vivace.backends.qoro.jobs import (
    Poll,
    fetch_status,
    fetch_status_patiently,
    known_status,
    may_pass,
    poll,
    reason_given,
)
from vivace.backends.qoro.opening import open_job, upload_to
from vivace.backends.qoro.recording import Recording
from vivace.backends.qoro.remote import QoroJobs
from vivace.backends.qoro.retrying import is_ambiguous
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.characterization import QuboRequest
from vivace.backends.qoro.wire.fields import check_answer
from vivace.backends.qoro.wire.jobs import InitRequest, JobStatus, JobType
from vivace.backends.qoro.wire.qubo import EncodedQubo, encode_qubo
from vivace.cancellation import wait
from vivace.errors import (
    CharacterizationSubmitError,
    ConfigError,
    ConfigTypeError,
    MaxRetriesReachedError,
    ProtocolError,
)

__all__ = ["QoroAnalysis", "characterize_and_validate", "get_characterization_result"]

_log = logging.getLogger(__name__)

_SENDS: Final = 3
_TAG: Final = "divi-characterize"
_RESUMED_BY: Final = "get_characterization_result({!r}, service=...)"
_FAULTS: Final = (QoroHTTPError, QoroConnectionError, ProtocolError)


class QoroAnalysis(QoroJobs):
    """A connection that has QUBO problems characterised."""

    def characterize_and_validate(
        self,
        qubo: Any = None,
        *,
        target_states: Sequence[str] | None = None,
        reference_states: Sequence[str] | None = None,
        options: CharacterizationOptions | None = None,
        job_id: str | None = None,
        tag: str = _TAG,
        lossy: bool = False,
    ) -> dict[str, Any]:
        """Have a QUBO analysed, or fetch an analysis made before. Fetching is free.

        Args:
            qubo: Mapping of variables to coefficient, square matrix, or problem object. A constant does not
                travel; a warning says so.
            target_states: Bitstrings to compare with, leftmost character = variable 0. At least one, here or
                as ``reference_states``, unless ``job_id`` is given.
            reference_states: What later services call ``target_states``; goes out under the name given.
            options: What to look at.
            job_id: A job submitted before; ``qubo`` is then not looked at.
            tag: Free text that lists of jobs show.
            lossy: Whether a QUBO of many variables may be sent with small errors, where that is smaller. The
                reply then says under ``"qubo_max_error"`` how large they are.

        Returns:
            The reply of the service. For a job that ended badly: only its id and status.

        Raises:
            ConfigError: There is neither a QUBO nor a job, or states or options do not fit it.
            QoroHTTPError: The service refused the job.
            CharacterizationSubmitError: The service cannot be reached any more, and has the job, or may have
                it; tells how to go on.
            SubmissionError: The problem never reached the service, says the journal, so there is nothing to
                fetch.
        """
        if job_id is not None:
            return self._fetched_analysis(job_id)
        if qubo is None:
            raise ConfigError(
                "characterize_and_validate() requires either 'qubo' with states to compare with, or 'job_id' "
                "of an analysis made before.",
                "qubo",
            )
        key, request, encoded = _request(qubo, target_states, reference_states, options, lossy=lossy)
        init = InitRequest(JobType.CHARACTERIZE, tag)
        record = Recording(self._journal, self.base_url, self._account, init)
        name = open_job(self._transport, record)
        with upload_to(self._transport, record, name, fetched_by=_RESUMED_BY):
            self._send_qubo(name, request.to_wire(key=key), record)
        record.state(name, "SUBMITTED")
        found = self._fetched_analysis(name, submitted=True)
        if encoded.form == "factored_lossy":
            found["qubo_max_error"] = encoded.max_error
        return found

    def _send_qubo(self, job_id: str, body: dict[str, Any], record: Recording) -> None:
        """Send the problem. The service takes one for each job, so sending it again does no harm."""
        for attempt in range(1, _SENDS + 1):
            record.uploading(job_id)
            try:
                self._transport.send(
                    endpoints.SUBMIT_QUBO, check_answer, job_id=job_id, body=body, repeatable=False
                )
                return
            except _FAULTS as error:
                known = attempt > 1 and isinstance(error, QoroHTTPError) and error.status_code == 409
                if not is_ambiguous(error) and not known:
                    raise
                if self._analysis_started(job_id):
                    return
                if attempt == _SENDS:
                    raise CharacterizationSubmitError(job_id, error) from error
            wait(None, self._retry.wait_before(attempt))

    def _analysis_started(self, job_id: str) -> bool:
        try:
            status = known_status(fetch_status(self._transport, job_id))
        except _FAULTS as error:
            raise CharacterizationSubmitError(job_id, error) from error
        return isinstance(status, JobStatus) and status is not JobStatus.PENDING

    def _fetched_analysis(self, job_id: str, *, submitted: bool = False) -> dict[str, Any]:
        how = Poll(self.polling_interval, self.max_retries, None, None, resumed_by=_RESUMED_BY)
        with _findable(job_id, "status polling", how, known=submitted):
            if not submitted:
                self._check_sent(job_id)
            status, reply = poll(self._transport, job_id, how)
        self._note_end(job_id, status, reply.run_time)
        if status is not JobStatus.COMPLETED:
            return {"job_id": job_id, "status": reply.status}
        with _findable(job_id, "result retrieval", how):
            found = self._fetch_object(endpoints.VALIDATION_RESULT, job_id=job_id, patient=True)
        return {"job_id": job_id, **found}

    def _check_sent(self, job_id: str) -> None:
        """See that the service has the problem of a job, if whoever was to send it is gone."""
        record = None if self._journal is None else self._journal.job(job_id)
        if record is None or not record.is_unfinished or record.is_live:
            return
        if fetch_status_patiently(self._transport, job_id).status == JobStatus.PENDING:
            raise self._broken_off(record)

    def _explained(self, found: dict[str, Any]) -> dict[str, Any]:
        """The same, with the reason that the service gives if the job ended badly."""
        status = JobStatus.coerce(found["status"])
        if status is None or not status.is_terminal or status is JobStatus.COMPLETED:
            return found
        reason = reason_given(self._transport, endpoints.VALIDATION_RESULT, found["job_id"])
        return found if reason is None else {"detail": f"The service says: {reason}", **found}

    def fetch_characterization_html(self, job_id: str) -> str:
        """The report of an analysis as an HTML fragment.

        Raises:
            QoroHTTPError: There is none.
        """
        return self._transport.send(endpoints.VALIDATION_HTML, _html, job_id=job_id)


@contextmanager
def _findable(job_id: str, phase: str, how: Poll, *, known: bool = True) -> Iterator[None]:
    """Whatever stops us after the submission, the error tells of the job, which is paid for.

    Args:
        job_id: The job.
        phase: What is going on.
        how: Knows what to tell.
        known: Whether there is such a job for certain, so that a 404 says nothing else.
    """
    try:
        yield
    except (*_FAULTS, MaxRetriesReachedError) as error:
        if not may_pass(error):
            missing = isinstance(error, QoroHTTPError) and error.status_code == 404
            told = any("get_characterization_result" in note for note in getattr(error, "__notes__", ()))
            if not told and (known or not missing):
                error.add_note(how.goes_on(job_id))
            raise
        raise CharacterizationSubmitError(job_id, error, phase=phase) from error
    except KeyboardInterrupt as error:
        error.add_note(how.goes_on(job_id))
        raise


def _html(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ProtocolError("The report is not UTF-8.") from None


def _request(
    qubo: Any, targets: Any, references: Any, options: Any, *, lossy: bool
) -> tuple[str, QuboRequest, EncodedQubo]:
    if targets is not None and references is not None:
        raise ConfigTypeError("'target_states' and 'reference_states' are the same. Give one of them.")
    key = "target_states" if references is None else "reference_states"
    if options is not None and not isinstance(options, CharacterizationOptions):
        raise ConfigTypeError(
            f"options must be CharacterizationOptions, got {type(options).__name__}.", "options"
        )
    terms, n_variables = terms_of(qubo)
    if n_variables == 0:
        raise ConfigError("The QUBO has no variables.", "qubo")
    if terms.get((), 0.0):
        warn_user(
            f"The constant {terms[()]:g} of the QUBO does not travel: energies in the analysis lack it."
        )
    states = check_states(references if targets is None else targets, n_variables, name=key)
    payload = {}
    if options is not None:
        options.check_size(n_variables)
        payload = options.to_payload()
    try:
        encoded = encode_qubo(terms, n_variables, lossy=lossy)
    except ProtocolError as error:
        raise ConfigError(str(error), "qubo") from None
    told = max((key[-1] + 1 for key, coefficient in terms.items() if key and coefficient), default=0)
    if encoded.form != "terms" or told < n_variables:  # coefficients of zero do not travel
        payload.setdefault("n_qubits", n_variables)
    return key, QuboRequest(encoded.body, states, payload), encoded


def characterize_and_validate(
    problem: Any,
    target_states: Sequence[str] | None = None,
    *,
    service: QoroAnalysis,
    reference_states: Sequence[str] | None = None,
    options: CharacterizationOptions | None = None,
    lossy: bool = False,
) -> CharacterizationResult:
    """Have a problem analysed.

    Args:
        problem: As for `QoroService.characterize_and_validate`.
        target_states: Bitstrings to compare with, leftmost character = variable 0. At least one, here or as
            ``reference_states``.
        service: Who does it.
        reference_states: What later services call ``target_states``.
        options: What to look at.
        lossy: Whether small errors in the problem are good enough; the result tells how large they are.

    Raises:
        CharacterizationFailedError: The job ended without a result.
        Exception: As for `QoroService.characterize_and_validate`.
    """
    found = service.characterize_and_validate(
        problem,
        target_states=target_states,
        reference_states=reference_states,
        options=options,
        lossy=lossy,
    )
    return _wrapped(found, service)


def get_characterization_result(job_id: str, *, service: QoroAnalysis) -> CharacterizationResult:
    """Wait for an analysis submitted before, here or elsewhere, and fetch it. This is free.

    Raises:
        CharacterizationFailedError: The job ended without a result.
        Exception: As for `QoroService.characterize_and_validate`.
    """
    return _wrapped(service.characterize_and_validate(job_id=job_id), service)


def _wrapped(found: dict[str, Any], service: QoroAnalysis) -> CharacterizationResult:
    result = CharacterizationResult.from_response(service._explained(found))  # noqa: SLF001 - our own
    try:
        result.html = service.fetch_characterization_html(result.job_id)
    except (requests.RequestException, ProtocolError) as error:
        _log.warning("The report of job %s cannot be fetched: %s", result.job_id, error)
    return result
