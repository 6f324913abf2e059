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
from vivace.server import schema
from vivace.server.lifecycle import Lifecycle

__all__ = ["Database", "now"]

_MAGIC: Final = b"SQLite format 3\0"


def now(offset: float = 0.0) -> str:
    """The time in ISO 8601, UTC, ``offset`` seconds from now. Later times are later texts."""
    return (datetime.now(UTC) + timedelta(seconds=offset)).isoformat(timespec="milliseconds")


class Database:
    """The file, opened for one server at a time. What `write` has committed survives any death.

    Args:
        path: Where the file is, or will be made.

    A file of an earlier version of ours is brought up to date, all of it or nothing.

    Raises:
        ConfigError: Another server has it open, it is not a database of ours, it is of a later version, or
            there is no folder for it.

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
            self._jobs = Lifecycle(self._writer)
            self._reader = self._open()
        except sqlite3.Error as error:
            self._closing.close()
            raise ConfigError(f"{self.path}: cannot be used as a server's database: {error}.", "db") from None
        except BaseException:
            self._closing.close()
            raise

    def _claim(self) -> None:
        if not self.path.parent.is_dir():
            raise ConfigError(
                f"{self.path}: there is no folder {self.path.parent}. Make it, or choose another file.", "db"
            )
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
        # Only now: closing a file that SQLite has open in this process would drop its locks.
        if self.path.is_file():
            with self.path.open("rb") as file:
                if file.read(len(_MAGIC)) not in (b"", _MAGIC):
                    self._closing.callback(beside.unlink)
                    raise sqlite3.DatabaseError("file is not a database")

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
        tables = {row["name"] for row in self._writer.execute("SELECT name FROM sqlite_master")}
        if version == 0 and not tables:
            self._become(schema.SCHEMA)
        elif not tables >= schema.TABLES or version == 0:
            raise ConfigError(
                f"{self.path}: expected a database of a Vivace server; found {len(tables)} tables and "
                "indexes of something else. Choose another file.",
                "db",
            )
        elif version > schema.VERSION:
            raise ConfigError(
                f"{self.path}: a later Vivace has written this database (version {version}; this one knows "
                f"versions up to {schema.VERSION}). Update Vivace, or choose another file.",
                "db",
            )
        else:
            for step in schema.MIGRATIONS[version - 1 :]:
                self._become(step)

    def _become(self, script: str) -> None:
        # References are not followed while tables are replaced; a script that fails is undone by closing.
        self._writer.execute("PRAGMA foreign_keys = OFF")
        self._writer.executescript(f"BEGIN IMMEDIATE; {script} COMMIT;")
        self._writer.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that changes things: all of it or nothing, one at a time."""
        with self._locks[0]:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
                self._jobs.tell()
            finally:
                self._jobs.forget()
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
