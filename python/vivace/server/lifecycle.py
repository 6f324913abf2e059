"""What becomes of jobs, as lines of the log ``vivace.server``: one for each change that was committed."""

from __future__ import annotations

import logging
import sqlite3
from typing import Final

__all__ = ["Lifecycle"]

_TOLD: Final = """SELECT job_changed({row}.job_id, (SELECT name FROM accounts WHERE id = {row}.account),
{state}, iif({row}.job_type = 'VALIDATE', ', characterization', iif({row}.n_circuits, ', ' || {row}.n_done ||
' of ' || {row}.n_circuits || ' circuits', '')), {row}.run_time, {row}.detail)"""

_STATE: Final = (
    "CASE WHEN NEW.status <> 'PENDING' THEN NEW.status WHEN NEW.finalized THEN 'QUEUED' ELSE 'OPENED' END"
)

_TRIGGERS: Final = f"""
CREATE TEMP TRIGGER job_opened AFTER INSERT ON jobs
BEGIN {_TOLD.format(row="NEW", state=_STATE)}; END;
CREATE TEMP TRIGGER job_moved AFTER UPDATE OF status, finalized ON jobs
WHEN OLD.status <> NEW.status OR OLD.finalized <> NEW.finalized
BEGIN {_TOLD.format(row="NEW", state=_STATE)}; END;
CREATE TEMP TRIGGER job_deleted AFTER DELETE ON jobs
BEGIN {_TOLD.format(row="OLD", state="'DELETED'")}; END;
"""

_log = logging.getLogger("vivace.server")


class Lifecycle:
    """Notes what the transactions on a connection do to jobs; tells the log when they are committed.

    States are those of the protocol, but for PENDING: OPENED while uploads are missing, QUEUED while the job
    waits for its turn; and DELETED. Several changes within a transaction are one line. Texts that came from
    clients are escaped, so that none can write lines of its own; tokens are in none of them.

    Args:
        connection: A connection to a server's database, the one that writes.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._lines: dict[str, tuple[object, ...]] = {}
        connection.create_function("job_changed", 6, self._note)
        connection.executescript(_TRIGGERS)

    def _note(self, job_id: str, account: str, state: str, work: str, seconds: float, detail: str) -> None:
        reason = f": {_plain(detail)}" if detail else ""
        self._lines[job_id] = (job_id, _plain(account), state, work, seconds, reason)

    def tell(self) -> None:
        """The transaction is committed."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            _log.info("job %s of %s %s%s, %.2f s%s", *line)

    def forget(self) -> None:
        """The transaction was rolled back."""
        self._lines.clear()


def _plain(text: str) -> str:
    return repr(text[:500])[1:-1]
