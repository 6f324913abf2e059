"""Databases of earlier versions of the server: nothing in them is lost; those of later ones are refused."""

import contextlib
import hashlib
import json
import shutil
import sqlite3

import pytest

from support.server import BELL, Client, body
from vivace.codecs import decode_histogram, encode_histogram
from vivace.errors import ConfigError
from vivace.server import LocalServer, Settings

TOKEN = "token-of-long-ago"
TIME = "2026-11-20T12:00:00.000+00:00"

FIRST = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tier TEXT NOT NULL,
    balance INTEGER NOT NULL, used INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
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
    id INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE, account INTEGER NOT NULL REFERENCES accounts,
    job_type TEXT NOT NULL, tag TEXT NOT NULL, packing INTEGER NOT NULL, target TEXT, is_qpu INTEGER NOT NULL,
    config_kind TEXT, config TEXT, status TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '', finalized INTEGER NOT NULL DEFAULT 0,
    n_circuits INTEGER NOT NULL DEFAULT 0, n_done INTEGER NOT NULL DEFAULT 0,
    paid INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, run_time REAL NOT NULL DEFAULT 0.0,
    created_at TEXT NOT NULL, completed_at TEXT
) STRICT;
CREATE INDEX jobs_waiting ON jobs (id) WHERE status = 'PENDING' AND finalized;
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
PRAGMA user_version = 1;
"""
"""The first schema, as the server of that version wrote it."""

COLUMNS = "id, job_id, account, job_type, tag, packing, target, is_qpu, status, finalized, n_circuits, n_done"


def insert(connection, table, *values):
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def insert_job(connection, number, job_id, job_type, status, finalized, n_circuits, n_done):
    target = None if job_type == "VALIDATE" else "qoro_maestro"
    values = (number, job_id, 1, job_type, "old", 0, target, 0, status, finalized, n_circuits, n_done, TIME)
    connection.execute(
        f"INSERT INTO jobs ({COLUMNS}, created_at) VALUES ({', '.join('?' * len(values))})", values
    )


def insert_upload(connection, job, circuits, *, finalized):
    text = json.dumps(body(finalized=finalized, circuits=circuits, shots=30)).encode()
    digest = hashlib.sha256(text).digest()
    insert(connection, "uploads", job, 0, len(circuits), 0, digest, text)
    for place, label in enumerate(circuits):
        insert(connection, "circuits", job, place, label, None)


@pytest.fixture
def first_version(tmp_path):
    """A database of version 1: a job done, one that was running, one half uploaded, a characterisation."""
    path = tmp_path / "server.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(FIRST)
        insert(connection, "accounts", 1, "local", "PRO", 7_000_000, 3_000_000, TIME, TIME)
        insert(connection, "tokens", hashlib.sha256(TOKEN.encode()).digest(), 1, 1)
        insert(connection, "ledger", 1, 1, 10_000_000, 10_000_000, "PURCHASE", "Start", None, TIME)
        insert(connection, "ledger", 2, 1, -3_000_000, 7_000_000, "USAGE", "3 circuits", "done", TIME)
        insert_job(connection, 3, "done", "EXECUTE", "COMPLETED", 1, 1, 1)
        insert(connection, "circuits", 3, 0, "bell", json.dumps(encode_histogram({"00": 2, "11": 3})))
        insert_job(connection, 5, "running", "EXECUTE", "RUNNING", 1, 2, 0)
        insert_upload(connection, 5, {"a": BELL, "b": BELL}, finalized="true")
        insert_job(connection, 6, "half", "EXECUTE", "PENDING", 0, 1, 0)
        insert_upload(connection, 6, {"a": BELL}, finalized="false")
        insert_job(connection, 9, "qubo", "VALIDATE", "COMPLETED", 0, 0, 0)
        insert(connection, "analyses", 9, '{"job_id":"qubo","status":"COMPLETED"}', "<p>report</p>")
    return path


def dump(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_first_version_is_brought_up_to_date_with_all_it_holds(first_version):
    with LocalServer(first_version, settings=Settings(upload_time=10**9)) as server:
        client = Client(server.url, TOKEN)
        assert client.get("credits/")["balance"] == "7.00"
        assert [line["amount"] for line in client.get("credits/transactions/")["results"]] == [
            "-3.00",
            "10.00",
        ]
        assert decode_histogram(client.results("done")[0]["results"]) == {"00": 2, "11": 3}
        client.add("half", circuits={"b": BELL}, shots=30)
        assert client.wait("running") == client.wait("half") == "COMPLETED"
        assert [entry["label"] for entry in client.results("half")] == ["a", "b"]
        assert client.get("job/qubo/validation_result/")["status"] == "COMPLETED"
        assert client.call("DELETE", "job/done").status_code == 204
        new = client.submit(circuits={"a": BELL}, shots=5)
        assert client.wait(new) == "COMPLETED"


def test_it_is_the_same_as_a_new_one_then(first_version, tmp_path):
    for path in (first_version, tmp_path / "new.db"):
        with LocalServer(path, settings=Settings(workers=0)):
            pass

    def columns(path):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            tables = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type='index'").fetchall()
            version = connection.execute("PRAGMA user_version").fetchone()
            described = {
                name: (
                    sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({name})")),
                    sorted(row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({name})")),
                )
                for name in tables
            }
        return described, sorted(indexes, key=str), version

    assert columns(first_version) == columns(tmp_path / "new.db")


def test_numbers_of_deleted_jobs_are_not_given_away_again(first_version):
    with LocalServer(first_version, settings=Settings(workers=0)) as server:
        client = Client(server.url, TOKEN)
        client.call("DELETE", "job/qubo")
        new = client.open()
        with server.service.database.read() as connection:
            assert connection.execute("SELECT id FROM jobs WHERE job_id = ?", (new,)).fetchone()[0] == 10


def test_bytes_of_half_uploaded_jobs_are_counted(first_version):
    with (
        LocalServer(first_version, settings=Settings(workers=0)) as server,
        server.service.database.read() as connection,
    ):
        held, stored = connection.execute(
            "SELECT n_bytes, (SELECT length(body) FROM uploads WHERE job = jobs.id) FROM jobs "
            "WHERE job_id = 'half'"
        ).fetchone()
    assert held == stored > 0


def test_a_migration_that_fails_changes_nothing(first_version, tmp_path):
    with contextlib.closing(sqlite3.connect(first_version)) as connection, connection:
        connection.execute("DROP INDEX jobs_of_account")  # what the migration stumbles over, half-way
    before = dump(first_version)
    with pytest.raises(ConfigError, match="cannot be used as a server's database: no such index"):
        LocalServer(first_version)
    copy = tmp_path / "copy.db"
    shutil.copy(first_version, copy)
    assert dump(copy) == before


def test_databases_of_later_versions_are_refused(tmp_path):
    with LocalServer(tmp_path / "server.db"):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "server.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    expected = r"a later Vivace has written this database \(version 99; this one knows versions up to 4\)"
    with pytest.raises(ConfigError, match=rf"{expected}\. Update Vivace, or choose another file\."):
        LocalServer(tmp_path / "server.db")


def test_databases_of_other_programs_are_refused(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "server.db")) as connection, connection:
        connection.execute("CREATE TABLE jobs (a)")
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(ConfigError, match="expected a database of a Vivace server; found 1 tables"):
        LocalServer(tmp_path / "server.db")
