"""The jobs that wait and run, as the workers see them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from vivace.backends.qoro.wire.fields import dump_json
from vivace.backends.qoro.wire.jobs import JobStatus, JobType
from vivace.backends.qoro.wire.results import runs
from vivace.server.accounts import Account, Accounts, micros
from vivace.server.database import Database, now
from vivace.server.jobs import Job, settle
from vivace.server.refusals import Refused, conflict
from vivace.server.settings import Settings

__all__ = ["JobQueue", "StoredUpload"]

_CLAIM: Final = """
UPDATE jobs SET status = 'RUNNING', attempts = attempts + 1, n_before = n_done WHERE id = (
    SELECT min(jobs.id) FROM jobs JOIN accounts ON accounts.id = jobs.account
    WHERE status = 'PENDING' AND finalized GROUP BY accounts.id
    ORDER BY (SELECT count(*) FROM jobs AS o WHERE o.account = accounts.id AND o.status = 'RUNNING'), turn
    LIMIT 1
) RETURNING *
"""

_WANTED: Final = """
SELECT 1 FROM (SELECT DISTINCT account FROM jobs WHERE status = 'PENDING' AND finalized) AS waiting
WHERE account <> :account
AND (SELECT count(*) FROM jobs AS o WHERE o.account = waiting.account AND o.status = 'RUNNING')
  < (SELECT count(*) FROM jobs AS o WHERE o.account = :account AND o.status = 'RUNNING')
LIMIT 1
"""


@dataclass(frozen=True)
class StoredUpload:
    """An upload of a job.

    Attributes:
        first: Place in the job of its first circuit.
        n_circuits: Number of its circuits.
        body: The request body.
    """

    first: int
    n_circuits: int
    body: bytes


class JobQueue:
    """Takes jobs through RUNNING to their end. Nothing it does touches a job that was cancelled meanwhile.

    Args:
        database: The database.
        accounts: Who pays.
        settings: Prices, and how often a job may be started.
    """

    def __init__(self, database: Database, accounts: Accounts, settings: Settings) -> None:
        self._database = database
        self._accounts = accounts
        self._settings = settings

    def recover(self) -> tuple[int, int]:
        """Take up what an earlier server left RUNNING; the numbers of jobs that wait again, and that failed.

        Circuits wait again, from where they stood. Characterisations have lost the request that waited for
        them, and fail; so do jobs that were started too often without a new result, since they may be what
        killed the server.
        """
        with self._database.write() as connection:
            rows = connection.execute("SELECT * FROM jobs WHERE status = 'RUNNING'").fetchall()
            waiting = [
                self._taken_up(connection, job, "The server stopped {} times while it ran this job")
                for job in map(Job.of_row, rows)
            ]
        return sum(waiting), len(waiting) - sum(waiting)

    def _taken_up(self, connection: sqlite3.Connection, job: Job, told: str) -> bool:
        """Let a job wait again that was left RUNNING, or fail; whether it waits."""
        if job.spec.job_type is JobType.CHARACTERIZE:
            reason = "The server was stopped during the analysis. Submit it again."
        elif job.attempts >= self._settings.attempts and job.n_done == job.n_before:
            reason = f"{told.format(job.attempts)}, and got no further."
        else:
            connection.execute(
                "UPDATE jobs SET status = 'PENDING', attempts = iif(n_done > n_before, 0, attempts) "
                "WHERE id = ?",
                (job.id,),
            )
            return True
        settle(connection, self._accounts, job, JobStatus.FAILED, reason)
        return False

    def claim(self) -> Job | None:
        """The next job, now RUNNING; None if none waits.

        Accounts take turns: first those with the fewest jobs that run, then those whose last turn was longest
        ago. The jobs of an account run in order.
        """
        with self._database.write() as connection:
            row = connection.execute(_CLAIM).fetchone()
            if row is not None:
                connection.execute(
                    "UPDATE accounts SET turn = (SELECT max(turn) FROM accounts) + 1 WHERE id = ?",
                    (row["account"],),
                )
        return None if row is None else Job.of_row(row)

    def is_wanted(self, job: Job) -> bool:
        """Whether a job waits of another account that has fewer jobs RUNNING than the account of this one."""
        with self._database.read() as connection:
            return connection.execute(_WANTED, {"account": job.account}).fetchone() is not None

    def uploads(self, job: Job) -> Iterator[StoredUpload]:
        """The uploads of a job that have circuits without results, in order."""
        after = -1
        while True:
            with self._database.read() as connection:
                row = connection.execute(
                    "SELECT first, n_circuits, body FROM uploads WHERE job = ? AND first > ? "
                    "AND first + n_circuits > ? ORDER BY first LIMIT 1",
                    (job.id, after, job.n_done),
                ).fetchone()
            if row is None:
                return
            yield StoredUpload(*row)
            after = row["first"]

    def save(
        self,
        job: Job,
        first: int,
        results: Sequence[object],
        seconds: float,
        *,
        metadata: Sequence[Mapping[str, Any]] = (),
        warnings: Mapping[str, str] = MappingProxyType({}),
    ) -> bool:
        """Store results of the next circuits of a job; False if it is not RUNNING any more.

        Args:
            job: The job.
            first: Place of the first of them.
            results: Results as they travel.
            seconds: How long they took.
            metadata: How each of them was run.
            warnings: What users are to be warned of, by topic; those known before stay.
        """
        known = metadata or [{}] * len(results)
        facts = [(job.id, first + start, dump_json(dict(own)).decode()) for start, own in runs(known)]
        texts = [(dump_json(result).decode(), job.id, first + i) for i, result in enumerate(results)]
        with self._database.write() as connection:
            if not _still(connection, job):
                return False
            connection.execute(
                "UPDATE jobs SET n_done = ?, run_time = run_time + ? WHERE id = ?",
                (first + len(texts), seconds, job.id),
            )
            connection.executemany("UPDATE circuits SET result = ? WHERE job = ? AND place = ?", texts)
            connection.executemany("INSERT INTO facts VALUES (?, ?, ?)", facts)
            _add_warnings(connection, job, warnings)
        return True

    def finish(self, job: Job, status: JobStatus, detail: str = "") -> None:
        """End a job, if it is RUNNING still."""
        with self._database.write() as connection:
            if _still(connection, job):
                settle(connection, self._accounts, job, status, detail)

    def put_back(self, job: Job) -> None:
        """Let a job wait again before it is done: the server stops, or others wait for its worker.

        It is PENDING then, where the protocol has PAUSED: qoro-divi before 0.14 does not know that and fails.
        `JobStore.configure` refuses it all the same, as one that has begun.
        """
        with self._database.write() as connection:
            if _still(connection, job):
                connection.execute(
                    "UPDATE jobs SET status = 'PENDING', "
                    "attempts = iif(n_done > n_before, 0, attempts - 1) WHERE id = ?",
                    (job.id,),
                )

    def take_back(self, job: Job) -> None:
        """Let a job wait again that stopped for want of the database; not for ever, as `recover` does."""
        with self._database.write() as connection:
            if _still(connection, job):
                row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job.id,)).fetchone()
                told = "The server's database failed {} times while it ran this job"
                self._taken_up(connection, Job.of_row(row), told)

    def start_analysis(self, account: Account, job: Job, n_variables: int) -> Job:
        """Take a characterisation from PENDING to RUNNING, if the account can pay for it; how it stands."""
        price = micros(n_variables * self._settings.variable_price)
        with self._database.write() as connection:
            if not self._is(connection, job, JobStatus.PENDING):
                raise conflict("Job is not in PENDING status")
            row = connection.execute("SELECT balance FROM accounts WHERE id = ?", (account.id,)).fetchone()
            if row["balance"] < price:
                raise Refused(402, self._too_poor(connection, account, n_variables))
            found = connection.execute(
                "UPDATE jobs SET status = 'RUNNING', attempts = attempts + 1 WHERE id = ? RETURNING *",
                (job.id,),
            ).fetchone()
        return Job.of_row(found)

    def finish_analysis(
        self, account: Account, job: Job, n_variables: int, reply: str, html: str, seconds: float
    ) -> None:
        """Complete a characterisation, store its reply, and charge for it."""
        price = micros(n_variables * self._settings.variable_price)
        with self._database.write() as connection:
            if not self._is(connection, job, JobStatus.RUNNING):
                raise conflict("Job was cancelled")
            told = f"Characterization of {n_variables} variables"
            paid = self._accounts.book(connection, account.id, -price, "USAGE", told, job.job_id)
            if paid:
                connection.execute(
                    "INSERT INTO analyses (job, reply, html) VALUES (?, ?, ?)", (job.id, reply, html)
                )
                connection.execute(
                    "UPDATE jobs SET status = 'COMPLETED', completed_at = ?, run_time = ? WHERE id = ?",
                    (now(), seconds, job.id),
                )
            else:
                reason = self._too_poor(connection, account, n_variables)
                settle(connection, self._accounts, job, JobStatus.INSUFFICIENT_CREDITS, reason)
        if not paid:
            raise Refused(402, reason)

    def analysis(self, job: Job) -> tuple[str, str] | None:
        """Reply and report of a characterisation; None if there are none."""
        with self._database.read() as connection:
            row = connection.execute("SELECT reply, html FROM analyses WHERE job = ?", (job.id,)).fetchone()
        return None if row is None else (row["reply"], row["html"])

    def _too_poor(self, connection: sqlite3.Connection, account: Account, n_variables: int) -> str:
        price = micros(n_variables * self._settings.variable_price)
        what = "1 variable costs" if n_variables == 1 else f"{n_variables} variables cost"
        return f"{what} {self._accounts.lacking(connection, account.id, price)}."

    @staticmethod
    def _is(connection: sqlite3.Connection, job: Job, status: JobStatus) -> bool:
        row = connection.execute("SELECT status FROM jobs WHERE id = ?", (job.id,)).fetchone()
        return row is not None and row["status"] == status.value


def _still(connection: sqlite3.Connection, job: Job) -> bool:
    """Whether a job that was claimed runs still: it neither ended nor was started again."""
    row = connection.execute(
        "SELECT 1 FROM jobs WHERE id = ? AND job_id = ? AND attempts = ? AND status = 'RUNNING'",
        (job.id, job.job_id, job.attempts),
    ).fetchone()
    return row is not None


def _add_warnings(connection: sqlite3.Connection, job: Job, warnings: Mapping[str, str]) -> None:
    if not warnings:
        return
    row = connection.execute("SELECT warnings FROM jobs WHERE id = ?", (job.id,)).fetchone()
    known = json.loads(row["warnings"])
    if warnings.keys() - known.keys():
        text = dump_json({**warnings, **known}).decode()
        connection.execute("UPDATE jobs SET warnings = ? WHERE id = ?", (text, job.id))
