"""Jobs as they are stored: opened, filled, asked about, cancelled, deleted. `queue` runs them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from vivace.backends.qoro.wire.jobs import JobStatus, JobType
from vivace.errors import DuplicateLabelError
from vivace.server.accounts import Account, Accounts, micros
from vivace.server.database import Database, now
from vivace.server.refusals import conflict, forbidden, invalid, missing
from vivace.server.settings import Settings

__all__ = ["Job", "JobStore", "NewJob", "settle"]


@dataclass(frozen=True)
class NewJob:
    """What a job is opened with.

    Attributes:
        job_type: What it does, as the client called it.
        tag: Free text.
        packing: Whether packing was asked for.
        target: Name of the cluster or QPU system; None for characterisations.
        is_qpu: Whether the target is a QPU system.
        config_kind: Name of the configuration: one of those in `wire.jobs.InitRequest`, or None.
        config: The configuration as it travels.
    """

    job_type: JobType
    tag: str = "default"
    packing: bool = False
    target: str | None = None
    is_qpu: bool = False
    config_kind: str | None = None
    config: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """A stored job.

    Attributes:
        id: Number in the database; jobs run in this order.
        job_id: Its public id.
        account: Number of the account it belongs to.
        spec: What it was opened with.
        status: Where it stands.
        detail: Why it stands there, for those that ended badly.
        finalized: Whether its last upload has arrived.
        n_circuits: Circuits uploaded.
        n_done: Circuits that have results; the first ones in order.
        attempts: Times it was started since it last got on.
        n_before: `n_done` when it was last started.
        run_time: Seconds it ran.
        created_at: ISO 8601.
        completed_at: ISO 8601; None while it is not terminal.
    """

    id: int
    job_id: str
    account: int
    spec: NewJob
    status: JobStatus
    detail: str
    finalized: bool
    n_circuits: int
    n_done: int
    attempts: int
    n_before: int
    run_time: float
    created_at: str
    completed_at: str | None

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> Self:
        """The job in a row of the table."""
        spec = NewJob(
            JobType(row["job_type"]),
            row["tag"],
            bool(row["packing"]),
            row["target"],
            bool(row["is_qpu"]),
            row["config_kind"],
            None if row["config"] is None else json.loads(row["config"]),
        )
        plain = ("n_circuits", "n_done", "attempts", "n_before", "run_time", "created_at", "completed_at")
        return cls(
            row["id"],
            row["job_id"],
            row["account"],
            spec,
            JobStatus(row["status"]),
            row["detail"],
            bool(row["finalized"]),
            *(row[n] for n in plain),
        )


def settle(
    connection: sqlite3.Connection, accounts: Accounts, job: Job, status: JobStatus, detail: str = ""
) -> None:
    """End a job, within a transaction of the caller's: circuits paid for and not run are paid back."""
    row = connection.execute("SELECT paid, n_circuits, n_done FROM jobs WHERE id = ?", (job.id,)).fetchone()
    back = row["paid"] * (row["n_circuits"] - row["n_done"]) // max(1, row["n_circuits"])
    if back:
        accounts.book(connection, job.account, back, "REFUND", "Circuits that did not run", job.job_id)
    connection.execute(
        "UPDATE jobs SET status = ?, detail = ?, completed_at = ?, paid = paid - ? WHERE id = ?",
        (status.value, detail, now(), back, job.id),
    )
    # Uploads are known by their digests from here on; and what was never paid for has no results to keep.
    connection.execute("UPDATE uploads SET body = x'' WHERE job = ?", (job.id,))
    if status is not JobStatus.COMPLETED and not row["paid"]:
        connection.execute("DELETE FROM circuits WHERE job = ?", (job.id,))


class JobStore:
    """The jobs of a database, as their owners see and change them.

    Args:
        database: The database.
        accounts: Who pays.
        settings: Prices and limits.
    """

    def __init__(self, database: Database, accounts: Accounts, settings: Settings) -> None:
        self._database = database
        self._accounts = accounts
        self._settings = settings

    def create(
        self,
        account: Account,
        spec: NewJob,
        status: JobStatus = JobStatus.PENDING,
        *,
        key: str | None = None,
        body: bytes = b"",
    ) -> str:
        """Open a job; its id. Jobs whose uploads stopped long ago are given up on the way.

        Args:
            account: Who opens it.
            spec: What with.
            status: Where it stands.
            key: Requests of an account that have the same key open one job.
            body: What the request with the key says; the same each time.
        """
        job_id, time = str(uuid.uuid4()), now()
        config = None if spec.config is None else json.dumps(spec.config)
        digest = None if key is None else hashlib.sha256(body).digest()
        with self._database.write() as connection:
            earlier = connection.execute(
                "SELECT job_id, request_digest FROM jobs WHERE account = ? AND request_key = ?",
                (account.id, key),
            ).fetchone()
            if earlier is not None:
                if earlier["request_digest"] != digest:
                    raise conflict("Another request was sent with this Idempotency-Key")
                return str(earlier["job_id"])
            self._give_up_stale(connection)
            self._check_open(connection, account)
            connection.execute(
                "INSERT INTO jobs (job_id, account, job_type, tag, packing, target, is_qpu, config_kind, "
                "config, status, request_key, request_digest, created_at, changed_at, completed_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job_id,
                    account.id,
                    spec.job_type.value,
                    spec.tag,
                    spec.packing,
                    spec.target,
                    spec.is_qpu,
                    spec.config_kind,
                    config,
                    status.value,
                    key,
                    digest,
                    time,
                    time,
                    time if status.is_terminal else None,
                ),
            )
        return job_id

    def _check_open(self, connection: sqlite3.Connection, account: Account) -> None:
        """Refuse another job to an account that has too many open."""
        n_open = connection.execute(
            "SELECT count(*) FROM jobs WHERE account = ? AND status = 'PENDING' AND NOT finalized",
            (account.id,),
        ).fetchone()[0]
        if n_open >= self._settings.limits.open_jobs:
            raise forbidden(
                f"The account has {n_open} jobs without their last upload, and may have no more: "
                "finish or cancel some."
            )

    def _give_up_stale(self, connection: sqlite3.Connection) -> None:
        patience = self._settings.upload_time
        rows = connection.execute(
            "SELECT * FROM jobs WHERE status = 'PENDING' AND NOT finalized AND changed_at < ? LIMIT 100",
            (now(-patience),),
        ).fetchall()
        for job in map(Job.of_row, rows):
            detail = f"Nothing was uploaded for {patience} s, and its last upload had not arrived."
            settle(connection, self._accounts, job, JobStatus.FAILED, detail)

    def get(self, account: Account, job_id: str, *, changing: bool = False) -> Job:
        """The job of that id.

        Args:
            account: Who asks.
            job_id: The id.
            changing: Whether somebody else's job is forbidden (403) rather than unknown (404).
        """
        with self._database.read() as connection:
            return self._get(connection, account, job_id, changing=changing)

    def _get(
        self, connection: sqlite3.Connection, account: Account, job_id: str, *, changing: bool = False
    ) -> Job:
        row = connection.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        if row is None or (row["account"] != account.id and not changing):
            raise missing()
        if row["account"] != account.id:
            raise forbidden()
        return Job.of_row(row)

    def recent(self, account: Account, limit: int, offset: int = 0) -> list[Job]:
        """The latest jobs of an account but for the first ``offset`` of them, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM jobs WHERE account = ? ORDER BY id DESC LIMIT ? OFFSET ?",
                (account.id, limit, offset),
            ).fetchall()
        return [Job.of_row(row) for row in rows]

    def append(
        self,
        account: Account,
        job_id: str,
        body: bytes,
        labels: Sequence[str],
        *,
        finalized: bool,
        map_end: int = 0,
    ) -> bool:
        """Add an upload to a job; True if that makes it ready to run.

        A body that the job has already got is the repetition of a request whose answer was lost, since labels
        are unique: it changes nothing.

        Args:
            account: Who uploads.
            job_id: The job.
            body: The request body, checked.
            labels: Labels of its circuits.
            finalized: Whether it is the last one.
            map_end: End of the last range of its ``circuit_ham_map``.
        """
        digest = hashlib.sha256(body).digest()
        with self._database.write() as connection:
            job = self._get(connection, account, job_id)
            seen = connection.execute(
                "SELECT 1 FROM uploads WHERE job = ? AND digest = ?", (job.id, digest)
            ).fetchone()
            given_up = job.status.is_terminal and not job.finalized
            if seen is not None and not given_up and job.status is not JobStatus.CANCELLED:
                return False
            if job.status is not JobStatus.PENDING or job.finalized:
                raise conflict("Job is not in PENDING status, or its last upload has arrived")
            total = job.n_circuits + len(labels)
            if total > self._settings.limits.circuits:
                raise invalid(
                    f"A job may have at most {self._settings.limits.circuits} circuits, got {total}."
                )
            self._check_open_bytes(connection, account, len(body))
            connection.execute(
                "INSERT INTO uploads (job, first, n_circuits, map_end, digest, body) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (job.id, job.n_circuits, len(labels), map_end, digest, body),
            )
            self._insert_labels(connection, job, labels)
            connection.execute(
                "UPDATE jobs SET n_circuits = ?, n_bytes = n_bytes + ?, changed_at = ? WHERE id = ?",
                (total, len(body), now(), job.id),
            )
            return finalized and self._finalize(connection, job, total)

    def _check_open_bytes(self, connection: sqlite3.Connection, account: Account, more: int) -> None:
        limit = self._settings.limits.open_bytes
        held = connection.execute(
            "SELECT total(n_bytes) FROM jobs WHERE account = ? AND status = 'PENDING' AND NOT finalized",
            (account.id,),
        ).fetchone()[0]
        if held + more > limit:
            raise forbidden(
                f"Jobs without their last upload may hold {limit} bytes of an account's uploads: finish or "
                "cancel some."
            )

    @staticmethod
    def _insert_labels(connection: sqlite3.Connection, job: Job, labels: Sequence[str]) -> None:
        rows = [(job.id, place, label) for place, label in enumerate(labels, job.n_circuits)]
        try:
            connection.executemany("INSERT INTO circuits (job, place, label) VALUES (?, ?, ?)", rows)
        except sqlite3.IntegrityError:
            for label in labels:
                if connection.execute(
                    "SELECT 1 FROM circuits WHERE job = ? AND label = ? AND place < ?",
                    (job.id, label, job.n_circuits),
                ).fetchone():
                    raise DuplicateLabelError(label) from None
            raise

    def _finalize(self, connection: sqlite3.Connection, job: Job, total: int) -> bool:
        if job.spec.job_type is JobType.CIRCUIT_CUT and total != 1:
            raise invalid(f"Only one circuit allowed for circuit-cutting jobs, got {total}.")
        map_end = connection.execute("SELECT max(map_end) FROM uploads WHERE job = ?", (job.id,)).fetchone()[
            0
        ]
        if map_end > total:
            raise invalid(f"'circuit_ham_map' reaches circuit {map_end}, but the job has {total}.")
        price = micros(total * self._settings.circuit_price)
        paid = self._accounts.book(connection, job.account, -price, "USAGE", f"{total} circuits", job.job_id)
        connection.execute(
            "UPDATE jobs SET finalized = 1, paid = ? WHERE id = ?", (price if paid else 0, job.id)
        )
        if not paid:
            detail = f"The job costs {self._accounts.lacking(connection, job.account, price)}."
            settle(connection, self._accounts, job, JobStatus.INSUFFICIENT_CREDITS, detail)
        return paid

    def configure(self, account: Account, job_id: str, config: Mapping[str, Any]) -> None:
        """Replace the configuration of a job by an ``execution_configuration``."""
        with self._database.write() as connection:
            job = self._get(connection, account, job_id)
            if job.status is not JobStatus.PENDING:
                raise conflict("Job is not in PENDING status")
            if job.n_done:
                raise conflict("Job has begun to run; it waits for its next turn")
            connection.execute(
                "UPDATE jobs SET config_kind = 'execution_configuration', config = ? WHERE id = ?",
                (json.dumps(config), job.id),
            )

    def cancel(self, account: Account, job_id: str) -> tuple[Job, int]:
        """Cancel a job; how it stood, and the number of circuits that will not run."""
        with self._database.write() as connection:
            job = self._get(connection, account, job_id, changing=True)
            if not job.status.is_cancellable:
                raise conflict("Can only cancel a PENDING or RUNNING job")
            settle(connection, self._accounts, job, JobStatus.CANCELLED, "Its owner cancelled it.")
        return job, job.n_circuits - job.n_done

    def delete(self, account: Account, job_id: str) -> Job:
        """Delete a job and all that belongs to it; how it stood. The ledger keeps its lines."""
        with self._database.write() as connection:
            job = self._get(connection, account, job_id)
            if not job.status.is_terminal:
                settle(connection, self._accounts, job, JobStatus.CANCELLED)
            connection.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
        return job
