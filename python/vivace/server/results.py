"""What came of the circuits of a job."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from vivace.server.database import Database
from vivace.server.jobs import Job

__all__ = ["Results"]


class Results:
    """The results in a database, as `JobQueue.save` stores them.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def warnings(self, job: Job) -> list[str]:
        """What users are to be warned of."""
        with self._database.read() as connection:
            row = connection.execute("SELECT warnings FROM jobs WHERE id = ?", (job.id,)).fetchone()
        return [] if row is None else list(json.loads(row["warnings"]).values())

    def metadata(self, job: Job, offset: int, n_circuits: int) -> list[dict[str, Any]]:
        """How each circuit was run; empty where nobody knows, as of databases of earlier versions."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT first, metadata FROM facts WHERE job = :job AND first < :stop AND first >= coalesce("
                "(SELECT max(first) FROM facts WHERE job = :job AND first <= :start), 0) ORDER BY first",
                {"job": job.id, "start": offset, "stop": offset + n_circuits},
            ).fetchall()
        found: list[dict[str, Any]] = [{}] * n_circuits
        for row in rows:
            place = max(row["first"] - offset, 0)
            found[place:] = [json.loads(row["metadata"])] * (n_circuits - place)
        return found

    def entries(
        self, job: Job, offset: int, limit: int, max_bytes: int | None = None
    ) -> list[tuple[str, Any]]:
        """Labels and results as they travel, in order; None for circuits that did not run.

        Args:
            job: The job.
            offset: Place of the first.
            limit: How many at most.
            max_bytes: Fewer, if they are longer than this together; one at least.
        """
        rows: list[sqlite3.Row] = []
        size = 0
        with self._database.read() as connection:
            for row in connection.execute(
                "SELECT label, result FROM circuits WHERE job = ? AND place >= ? ORDER BY place LIMIT ?",
                (job.id, offset, limit),
            ):
                size += len(row["label"]) + len(row["result"] or "")
                if max_bytes is not None and rows and size > max_bytes:
                    break
                rows.append(row)
        return [(row["label"], None if row["result"] is None else json.loads(row["result"])) for row in rows]
