"""The tables of a server's database, and how those of earlier versions become them."""

from __future__ import annotations

from typing import Final

__all__ = ["MIGRATIONS", "SCHEMA", "TABLES", "VERSION"]

VERSION: Final = 4
"""What ``PRAGMA user_version`` says of `SCHEMA`."""

TABLES: Final = frozenset({"accounts", "tokens", "ledger", "jobs", "uploads", "circuits", "analyses"})
"""Names that a database of ours has in every version."""

# As in version 2; what came later is added to it.
_JOBS: Final = """
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
"""

_FROM_2: Final = """
ALTER TABLE jobs ADD COLUMN n_before INTEGER NOT NULL DEFAULT 0;  -- n_done when it was last started
PRAGMA user_version = 3;
"""

_FROM_3: Final = """
ALTER TABLE jobs ADD COLUMN warnings TEXT NOT NULL DEFAULT '{}';  -- by topic, in JSON
CREATE TABLE facts (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    first INTEGER NOT NULL,  -- place of the first of the circuits that it is about; the next row ends them
    metadata TEXT NOT NULL, PRIMARY KEY (job, first)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 4;
"""

SCHEMA: Final = f"""
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
{_JOBS}
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
{_FROM_2}{_FROM_3}
"""
"""A script that makes the tables of an empty database."""

# Version 1 gave numbers of deleted jobs away again, let accounts take no turns, and counted no open uploads.
_FROM_1: Final = """
ALTER TABLE accounts ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
PRAGMA legacy_alter_table = ON;  -- the other tables go on to refer to the new one
ALTER TABLE jobs RENAME TO jobs_1;
PRAGMA legacy_alter_table = OFF;
DROP INDEX jobs_waiting;
DROP INDEX jobs_of_account;
{jobs}
INSERT INTO jobs (
    id, job_id, account, job_type, tag, packing, target, is_qpu, config_kind, config, status, detail,
    finalized, n_circuits, n_done, paid, attempts, run_time, n_bytes, created_at, changed_at, completed_at
) SELECT
    id, job_id, account, job_type, tag, packing, target, is_qpu, config_kind, config, status, detail,
    finalized, n_circuits, n_done, paid, attempts, run_time,
    (SELECT coalesce(sum(length(body)), 0) FROM uploads WHERE job = jobs_1.id), created_at, created_at,
    completed_at
FROM jobs_1 ORDER BY id;
DROP TABLE jobs_1;
PRAGMA user_version = 2;
""".replace("{jobs}", _JOBS)

MIGRATIONS: Final = (_FROM_1, _FROM_2, _FROM_3)
"""Scripts that take a database from each version to the next, from version 1 on."""
