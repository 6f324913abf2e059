"""The SQLite file of a server: one writer, one reader, write-ahead log."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vivace.errors import ConfigError

__all__ = ["Database", "now"]

_VERSION: Final = 2

_SCHEMA: Final = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tier TEXT NOT NULL,
    balance INTEGER NOT NULL, used INTEGER NOT NULL, turn INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE tokens (
    digest BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts, active INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts, amount INTEGER NOT NULL,
    balance_after INTEGER NOT NULL, kind TEXT NOT NULL, description TEXT NOT NULL, job_id TEXT,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_of_account ON ledger (account, id);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never one of a deleted job: workers may hold that still
    job_id TEXT NOT NULL UNIQUE, account INTEGER NOT NULL REFERENCES accounts,
    job_type TEXT NOT NULL, tag TEXT NOT NULL, packing INTEGER NOT NULL, target TEXT, is_qpu INTEGER NOT NULL,
    config_kind TEXT, config TEXT, status TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '', finalized INTEGER NOT NULL DEFAULT 0,
    n_circuits INTEGER NOT NULL DEFAULT 0, n_done INTEGER NOT NULL DEFAULT 0,
    paid INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, run_time REAL NOT NULL DEFAULT 0.0,
    n_bytes INTEGER NOT NULL DEFAULT 0, request_key TEXT, request_digest BLOB,
    created_at TEXT NOT NULL, changed_at TEXT NOT NULL, completed_at TEXT,
    UNIQUE (account, request_key)
) STRICT;
CREATE INDEX jobs_waiting ON jobs (account, id) WHERE status = 'PENDING' AND finalized;
CREATE INDEX jobs_running ON jobs (account) WHERE status = 'RUNNING';
CREATE INDEX jobs_open ON jobs (account, n_bytes) WHERE status = 'PENDING' AND NOT finalized;
CREATE INDEX jobs_stale ON jobs (changed_at) WHERE status = 'PENDING' AND NOT finalized;
CREATE INDEX jobs_of_account ON jobs (account, id);
CREATE TABLE uploads (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, first INTEGER NOT NULL,
    n_circuits INTEGER NOT NULL, map_end INTEGER NOT NULL, digest BLOB NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (job, first)
) STRICT;
CREATE TABLE circuits (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, place INTEGER NOT NULL, label TEXT NOT NULL,
    result TEXT, PRIMARY KEY (job, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX circuit_labels ON circuits (job, label);
CREATE TABLE analyses (
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, reply TEXT NOT NULL, html TEXT NOT NULL
) STRICT;
"""


def now(offset: float = 0.0) -> str:
    """The time in ISO 8601, UTC, ``offset`` seconds from now. Later times are later texts."""
    return (datetime.now(UTC) + timedelta(seconds=offset)).isoformat(timespec="milliseconds")


class Database:
    """The file, opened for one server at a time. What `write` has committed survives any death.

    Args:
        path: Where the file is, or will be made.

    Raises:
        ConfigError: Another server has it open, or it is not a database of ours.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     database = Database(f"{folder}/a.db")
    ...     with database.read() as connection:
    ...         connection.execute("SELECT count(*) FROM jobs").fetchone()[0]
    ...     database.close()
    0
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._closing = contextlib.ExitStack()
        self._locks = threading.Lock(), threading.Lock()
        try:
            self._claim()
            self._writer = self._open()
            self._prepare()
            self._reader = self._open()
        except sqlite3.Error as error:
            self._closing.close()
            raise ConfigError(f"{self.path}: cannot be used as a server's database: {error}.", "db") from None
        except BaseException:
            self._closing.close()
            raise

    def _claim(self) -> None:
        # An exclusive transaction on a file of its own: the system drops it when the process dies.
        beside = self.path.with_name(f"{self.path.name}-lock")
        try:
            lock = sqlite3.connect(beside, timeout=0, isolation_level=None, check_same_thread=False)
            self._closing.callback(lock.close)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise ConfigError(
                f"{self.path}: another server is using this database, or the folder cannot be written "
                f"({error}). Stop that server, or choose another file.",
                "db",
            ) from None

    def _open(self) -> sqlite3.Connection:
        self.path.touch(mode=0o600)
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        self._closing.callback(connection.close)
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _prepare(self) -> None:
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        tables = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            self._writer.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise ConfigError(
                f"{self.path}: expected a database of a Vivace server, version {_VERSION}; found {tables} "
                f"tables of version {version}. Choose another file.",
                "db",
            )

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that changes things: all of it or nothing, one at a time."""
        with self._locks[0]:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:  # neither committed nor, as on a full disk, undone by SQLite
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A look at what is committed, the same throughout."""
        with self._locks[1]:
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                if self._reader.in_transaction:
                    self._reader.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file and let other servers have it. May be called twice."""
        with self._locks[0], self._locks[1]:
            self._closing.close()
