"""The journal of jobs: what was sent, kept on disk, so that a crash loses none of it.

One SQLite file for all processes of a user. It holds no token. A journal that cannot be written warns once,
and the work goes on without.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
import warnings
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from vivace.backends.qoro.words import NO_PADDING, Padding

__all__ = ["JobRecord", "Journal"]

_VERSION: Final = 2
_KEPT: Final = 10_000
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS jobs (
    job_id TEXT PRIMARY KEY, base_url TEXT NOT NULL, tag TEXT NOT NULL, job_type TEXT NOT NULL,
    target TEXT NOT NULL, state TEXT NOT NULL, n_circuits INTEGER NOT NULL, labels BLOB, words BLOB,
    created_at REAL NOT NULL, updated_at REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (base_url, created_at)",
    "ALTER TABLE jobs ADD COLUMN account TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN uploader TEXT NOT NULL DEFAULT ''",
)
_COLUMNS: Final = (
    "job_id, base_url, tag, job_type, target, state, n_circuits, created_at, updated_at, account, uploader"
)
_UPLOADS: Final = frozenset({"UPLOADING", "FINALIZING"})
# An uploader that was not heard of for so long is gone: longer than any one upload takes.
_SILENCE: Final = 900.0
# Seconds to wait for other processes.
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What the journal knows of a job.

    Attributes:
        job_id: The job.
        base_url: Service it was sent to.
        tag: Its tag.
        job_type: What it does, as `JobType` has it; ``"VALIDATE"`` characterises a QUBO.
        target: Cluster or system it was sent to.
        state: ``"UPLOADING"``, ``"FINALIZING"`` (the last upload is on its way), ``"SUBMITTED"``,
            ``"ABANDONED"`` (its upload was in doubt, so that it does not run; another job took its place, if
            any upload succeeded), ``"DELETED"``, or the last status seen.
        n_circuits: Number of circuits; 0 for one that characterises a QUBO.
        created_at: Seconds since the epoch.
        updated_at: Likewise.
        account: Which API key it was sent with: a hash that leads to no key. Empty where that is not known.
        uploader: Who uploads it, as ``"host:process"``; empty when that is over.
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
    account: str = ""
    uploader: str = ""

    @property
    def is_unfinished(self) -> bool:
        """Whether the upload never ended, as far as the journal knows."""
        return self.state in _UPLOADS

    @property
    def is_live(self) -> bool:
        """Whether a process, perhaps this one, is uploading the job right now."""
        host, _, process = self.uploader.rpartition(":")
        if not self.is_unfinished or not process or time.time() - self.updated_at > _SILENCE:
            return False
        return host != socket.gethostname() or _is_running(int(process))


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

    def opened(self, record: JobRecord, labels: Sequence[str], padding: Padding = NO_PADDING) -> None:
        """Put a job on record, with its labels, and the words that were padded."""
        row = {
            **asdict(record),
            "labels": _packed(list(labels)),
            "words": _packed(padding.to_json()) if padding.ranges else None,
        }
        places = ", ".join(f":{name}" for name in row)
        query = f"INSERT OR REPLACE INTO jobs ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - ours

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(query, row)
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

    def beat(self, job_id: str) -> None:
        """Record that a job is still being uploaded."""
        query = "UPDATE jobs SET updated_at = ? WHERE job_id = ?"
        self._use("write", lambda c: c.execute(query, (time.time(), job_id)))

    def release(self, job_id: str) -> None:
        """Record that nobody uploads a job any more."""
        self._use("write", lambda c: c.execute("UPDATE jobs SET uploader = '' WHERE job_id = ?", (job_id,)))

    def jobs(self, base_url: str | None = None, account: str | None = None) -> list[JobRecord]:
        """Jobs on record, latest first; only those of one service, or of one account, if these are given.

        Jobs whose account is not known are of any.
        """
        given = {"base_url": base_url, "account": account}
        where = "(:base_url IS NULL OR base_url = :base_url)"
        where += " AND (:account IS NULL OR account IN (:account, ''))"
        query = f"SELECT {_COLUMNS} FROM jobs WHERE {where} ORDER BY created_at DESC, rowid DESC"  # noqa: S608 - ours
        rows = self._use("read", lambda c: c.execute(query, given).fetchall())
        return [JobRecord(*row) for row in rows or ()]

    def job(self, job_id: str) -> JobRecord | None:
        """A job on record, or None."""
        row = self._row(_COLUMNS, job_id)
        return None if row is None else JobRecord(*row)

    def labels(self, job_id: str) -> list[str] | None:
        """Labels of a job's circuits, in order, or None."""
        found: list[str] | None = self._unpacked("labels", job_id, list)
        return found

    def padding(self, job_id: str) -> Padding:
        """The words of a job that were padded."""
        found: Padding | None = self._unpacked("words", job_id, Padding.from_json)
        return found or NO_PADDING

    def _row(self, columns: str, job_id: str) -> tuple[Any, ...] | None:
        query = f"SELECT {columns} FROM jobs WHERE job_id = ?"  # noqa: S608 - ours
        row: tuple[Any, ...] | None = self._use("read", lambda c: c.execute(query, (job_id,)).fetchone())
        return row

    def _unpacked(self, column: str, job_id: str, read: Callable[[Any], Any]) -> Any:
        row = self._row(column, job_id)
        if row is None or row[0] is None:
            return None
        try:
            return read(json.loads(zlib.decompress(row[0])))
        except (zlib.error, ValueError, TypeError) as error:
            self._warn("read", f"the {column} of job {job_id} are damaged ({error})")
            return None

    def _use(self, what: str, work: Callable[[sqlite3.Connection], Any]) -> Any:
        # A connection for each use: threads share none, and a fork inherits none.
        try:
            self._make()
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as connection, connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                    _upgrade(connection)
                return work(connection)
        except (sqlite3.Error, OSError) as error:
            self._warn(what, str(error))
            return None

    def _make(self) -> None:
        # What runs where is nobody else's business. SQLite gives its other files the mode of the first.
        if not self.path.exists():
            self.path.parent.mkdir(0o700, parents=True, exist_ok=True)
            self.path.touch(0o600)

    def _warn(self, what: str, why: str) -> None:
        if not self._broken:
            self._broken = True
            warnings.warn(
                f"Cannot {what} the job journal {self.path}: {why}. Jobs are not on record; pass "
                "journal=None to do without, or another path.",
                UserWarning,
                stacklevel=5,
            )


def _upgrade(connection: sqlite3.Connection) -> None:
    _log_ahead(connection)
    connection.execute("BEGIN IMMEDIATE")  # of several processes one does it
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise sqlite3.DatabaseError(f"it is of a later release of Vivace (format {version})")
    if version < _VERSION:
        for statement in _SCHEMA[2 * version :]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. Where another process does so, SQLite does not wait by itself."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is there, but not ours
    return True


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value).encode(), 1)
