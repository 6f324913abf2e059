"""The journal of jobs: what was sent, kept on disk, so that a crash loses none of it.

One SQLite file for all processes of a user. It holds no token. A journal that cannot be written warns once,
and the work goes on without.
"""

from __future__ import annotations

import json
import sqlite3
import time
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["JobRecord", "Journal"]

_VERSION: Final = 1
_KEPT: Final = 10_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    job_id TEXT PRIMARY KEY, base_url TEXT NOT NULL, tag TEXT NOT NULL, job_type TEXT NOT NULL,
    target TEXT NOT NULL, state TEXT NOT NULL, n_circuits INTEGER NOT NULL, labels BLOB, words BLOB,
    created_at REAL NOT NULL, updated_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (base_url, created_at);
"""
_COLUMNS: Final = "job_id, base_url, tag, job_type, target, state, n_circuits, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What the journal knows of a job.

    Attributes:
        job_id: The job.
        base_url: Service it was sent to.
        tag: Its tag.
        job_type: What it does.
        target: Cluster or system it was sent to.
        state: ``"UPLOADING"``, ``"FINALIZING"`` (the last upload is on its way), ``"SUBMITTED"``,
            ``"ABANDONED"`` (another job took its place), ``"DELETED"``, or the last status seen.
        n_circuits: Number of circuits.
        created_at: Seconds since the epoch.
        updated_at: Likewise.
    """

    job_id: str
    base_url: str
    tag: str
    job_type: str
    target: str
    state: str
    n_circuits: int
    created_at: float
    updated_at: float


class Journal:
    """Jobs on record. Safe to share between threads and processes.

    Args:
        path: The file; by default ``jobs.sqlite3`` in the user's data directory for Vivace.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "jobs.sqlite3")
    ...     journal.jobs()
    []
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = None if path is None else Path(path)
        self._broken = False

    def __repr__(self) -> str:
        return f"Journal({str(self._path)!r})" if self._path is not None else "Journal()"

    @property
    def path(self) -> Path:
        """Where the journal is."""
        if self._path is None:
            import platformdirs

            self._path = Path(platformdirs.user_data_dir("vivace", appauthor=False)) / "jobs.sqlite3"
        return self._path

    def opened(self, record: JobRecord, labels: Sequence[str], words: Mapping[str, str] | None) -> None:
        """Put a job on record, with its labels, and the words that were padded (as sent, as given)."""
        fields = (record.job_id, record.base_url, record.tag, record.job_type, record.target, record.state)
        packed = (record.n_circuits, _packed(list(labels)), _packed(dict(words)) if words else None)
        row = (*fields, *packed, record.created_at, record.updated_at)

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            connection.execute(
                "DELETE FROM jobs WHERE job_id IN (SELECT job_id FROM jobs ORDER BY created_at DESC "
                "LIMIT -1 OFFSET ?)",
                (_KEPT,),
            )

        self._use("write", insert)

    def set_state(self, job_id: str, state: str) -> None:
        """Record where a job stands. Jobs that are not on record stay off it."""
        query = "UPDATE jobs SET state = ?, updated_at = ? WHERE job_id = ? AND state != ?"
        self._use("write", lambda c: c.execute(query, (state, time.time(), job_id, state)))

    def jobs(self, base_url: str | None = None) -> list[JobRecord]:
        """Jobs on record, latest first; only those of one service, if it is given."""
        where, values = ("", ()) if base_url is None else ("WHERE base_url = ?", (base_url,))
        query = f"SELECT {_COLUMNS} FROM jobs {where} ORDER BY created_at DESC, rowid DESC"  # noqa: S608 - ours
        rows = self._use("read", lambda c: c.execute(query, values).fetchall())
        return [JobRecord(*row) for row in rows or ()]

    def job(self, job_id: str) -> JobRecord | None:
        """A job on record, or None."""
        row = self._row(_COLUMNS, job_id)
        return None if row is None else JobRecord(*row)

    def labels(self, job_id: str) -> list[str] | None:
        """Labels of a job's circuits, in order, or None."""
        row = self._row("labels", job_id)
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def words(self, job_id: str) -> dict[str, str]:
        """The words of a job that were padded: as sent, as given."""
        row = self._row("words", job_id)
        return {} if row is None or row[0] is None else json.loads(zlib.decompress(row[0]))

    def _row(self, columns: str, job_id: str) -> tuple[Any, ...] | None:
        query = f"SELECT {columns} FROM jobs WHERE job_id = ?"  # noqa: S608 - ours
        row: tuple[Any, ...] | None = self._use("read", lambda c: c.execute(query, (job_id,)).fetchone())
        return row

    def _use(self, what: str, work: Callable[[sqlite3.Connection], Any]) -> Any:
        # A connection for each use: threads share none, and a fork inherits none.
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.executescript(_SCHEMA)
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
                return work(connection)
        except (sqlite3.Error, OSError) as error:
            if not self._broken:
                self._broken = True
                warnings.warn(
                    f"Cannot {what} the job journal {self.path}: {error}. Jobs are not on record; pass "
                    "journal=None to do without, or another path.",
                    UserWarning,
                    stacklevel=4,
                )
            return None


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value).encode(), 1)
