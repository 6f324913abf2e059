"""A server without its sockets: what every endpoint does."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from vivace.backends.qoro.wire.characterization import CharacterizationReply
from vivace.backends.qoro.wire.fields import dump_json
from vivace.backends.qoro.wire.jobs import JobStatus, JobType
from vivace.codecs import decode_histogram
from vivace.server import intake
from vivace.server.accounts import Account, Accounts
from vivace.server.analysis.characterize import characterize
from vivace.server.analysis.html import report_html
from vivace.server.database import Database, now
from vivace.server.jobs import Job, JobStore
from vivace.server.queue import JobQueue
from vivace.server.refusals import NO_RESULTS, Refused, conflict, invalid, missing
from vivace.server.results import Results
from vivace.server.settings import Settings
from vivace.server.workers import Workers

__all__ = ["Service"]

_AT_ONCE: Final = 1000, 1 << 20  # entries and bytes

_log = logging.getLogger(__name__)


class Service:
    """Accounts, jobs and workers over one database.

    Args:
        db: The database file.
        settings: What is offered and allowed.

    Raises:
        ConfigError: The database cannot be used.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     service = Service(f"{folder}/server.db", Settings(workers=1))
    ...     token = service.accounts.issue("me")
    ...     account = service.accounts.of_token(token)
    ...     service.close()
    >>> account.name
    'me'
    """

    def __init__(self, db: str | os.PathLike[str], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.database = Database(db)
        self.accounts = Accounts(self.database, self.settings)
        self.jobs = JobStore(self.database, self.accounts, self.settings)
        self.results = Results(self.database)
        self.queue = JobQueue(self.database, self.accounts, self.settings)
        self.workers = Workers(self.queue, self.settings)
        self.recovered = self.queue.recover()

    def start(self) -> None:
        """Start the workers."""
        self.workers.start()

    def close(self) -> None:
        """End the workers and close the database. Jobs that were running wait for the next server."""
        self.workers.stop()
        self.database.close()

    def open_job(self, account: Account, body: bytes, key: str | None = None) -> str:
        """``job/init/``: the id of a new job, or of the one that the same request with this key opened."""
        if key is not None:
            intake.check_key(key)
        spec = intake.read_init(intake.read_body(body), account, self.settings)
        return self.jobs.create(account, spec, key=key, body=body)

    def add_circuits(self, account: Account, job_id: str, body: bytes) -> None:
        """``add_circuits/``."""
        job = self.jobs.get(account, job_id)
        upload = intake.read_upload(intake.read_body(body), job, self.settings.limits)
        map_end = max((end for _, end in upload.circuit_ham_map or ()), default=0)
        ready = self.jobs.append(
            account, job_id, body, upload.labels, finalized=upload.finalized, map_end=map_end
        )
        if ready:
            self.workers.wake()

    def one_shot(self, account: Account, body: bytes) -> str:
        """``job/``: open a job and fill it in one request."""
        init, upload = intake.read_legacy(intake.read_body(body))
        spec = intake.read_init(init, account, self.settings)
        job_id = self.jobs.create(account, spec)
        try:
            self.add_circuits(account, job_id, upload)
        except BaseException:
            self.jobs.delete(account, job_id)
            raise
        return job_id

    def failed_job(self, account: Account, body: bytes) -> str:
        """``job/create_failed/``: a job that has failed already, for tests of clients."""
        tag = intake.read_body(body).get("tag", "default")
        spec = intake.read_init({"job_type": "EXECUTE", "tag": tag}, account, self.settings)
        return self.jobs.create(account, spec, JobStatus.FAILED)

    def cancel(self, account: Account, job_id: str) -> int:
        """``cancel/``: the number of circuits that will not run."""
        job, left = self.jobs.cancel(account, job_id)
        self.workers.cancel(job)
        return left

    def delete(self, account: Account, job_id: str) -> None:
        """``DELETE job/{id}``."""
        self.workers.cancel(self.jobs.delete(account, job_id))

    def configure(self, account: Account, job_id: str, body: bytes) -> dict[str, Any]:
        """``POST execution_config/``: the configuration as it is stored."""
        self.jobs.get(account, job_id)
        config = intake.read_config(intake.read_body(body), account)
        self.jobs.configure(account, job_id, config)
        return config

    def configuration(self, account: Account, job_id: str, *, later: bool) -> dict[str, Any]:
        """``GET execution_config/``: all three configurations, of which one at most is set.

        Args:
            account: Who asks.
            job_id: The job.
            later: Whether the client is of those that take nulls for "none"; others get a 404.
        """
        job = self.jobs.get(account, job_id)
        if job.spec.config_kind is None and not later:
            raise missing("No execution configuration exists for this job.")
        names = ("execution_configuration", "maestro_config", "device_config")
        found: dict[str, Any] = {"job_id": job.job_id} | dict.fromkeys(names)
        if job.spec.config_kind is not None:
            config = dict(job.spec.config or {})
            if job.spec.config_kind == "device_config":
                config = {k: str(v).lower() if isinstance(v, bool) else v for k, v in config.items()}
            found[job.spec.config_kind] = config
        return found

    def submit_qubo(self, account: Account, job_id: str, body: bytes) -> None:
        """``submit_qubo/``: the whole analysis, charged when it is done."""
        job = self._characterization(account, job_id)
        request, n = intake.read_qubo(intake.read_body(body), self.settings.limits.variables)
        job = self.queue.start_analysis(account, job, n)
        began = time.monotonic()
        try:
            found = characterize(request)
            reply = CharacterizationReply(
                job_id,
                JobStatus.COMPLETED,
                found.hardness,
                found.report,
                found.recommendations,
                job.created_at,
                now(),
            ).to_wire()
            text, html = dump_json(reply).decode(), report_html(job_id, reply)
        except Exception as error:  # noqa: BLE001 - it is told in the log and in the job
            _log.exception("Characterization %s failed", job_id)
            self._settle(
                job_id, partial(self.queue.finish, job, JobStatus.FAILED, f"The analysis failed: {error}")
            )
            raise Refused(502, "The analysis failed; the server's log says how.") from None
        seconds = time.monotonic() - began
        self._settle(job_id, partial(self.queue.finish_analysis, account, job, n, text, html, seconds))

    def _settle(self, job_id: str, end: Callable[[], None]) -> None:
        try:
            self.workers.settle(end)
        except sqlite3.OperationalError as error:
            _log.error("Characterization %s is over, and cannot be stored yet: %s", job_id, error)
            raise Refused(
                503,
                "The analysis is over. What came of it is stored, and can be fetched, when the server's "
                "database can be used again.",
            ) from None

    def analysis(self, account: Account, job_id: str) -> tuple[str, str]:
        """``validation_result/``: the reply in JSON, and the report in HTML."""
        job = self._characterization(account, job_id)
        found = self.queue.analysis(job)
        if found is None:
            reason = f": {job.detail}" if job.detail else ""
            raise conflict(f"There is no result: the job is {job.status}{reason}")
        return found

    def _characterization(self, account: Account, job_id: str) -> Job:
        job = self.jobs.get(account, job_id, changing=True)
        if job.spec.job_type is not JobType.CHARACTERIZE:
            raise invalid("The job runs circuits; characterizations are of type VALIDATE.")
        return job

    def completed(self, account: Account, job_id: str) -> Job:
        """The job, if its results can be had."""
        job = self.jobs.get(account, job_id)
        if job.spec.job_type is JobType.CHARACTERIZE:
            raise invalid("A characterization has no circuits; ask for its validation_result.")
        if job.status is JobStatus.COMPLETED:
            return job
        if job.status.is_terminal:
            raise invalid(job.detail or "The job has no results.")
        raise invalid(NO_RESULTS)

    def plain_results(self, job: Job) -> Iterator[list[dict[str, Any]]]:
        """``GET job/{id}/results``: counts as objects, some entries at a time, read as they are asked for."""
        estimates = job.spec.job_type.modern is JobType.EXPECTATION
        offset = 0
        while entries := self.results.entries(job, offset, *_AT_ONCE):
            offset += len(entries)
            yield [
                {"label": label, "results": results if estimates else decode_histogram(results)}
                for label, results in entries
            ]
