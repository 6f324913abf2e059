"""`Recording`: what the journal is told of one submission."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from vivace.backends.qoro.journal import JobRecord, Journal
from vivace.backends.qoro.wire.jobs import InitRequest
from vivace.backends.qoro.words import NO_PADDING, Padding

__all__ = ["Recording"]

_BEAT: Final = 10.0


@dataclass(slots=True)
class Recording:
    """A submission on record, or not, if there is no journal.

    Attributes:
        journal: Where.
        base_url: Service it goes to.
        account: Which API key it is sent with; see `JobRecord`.
        init: How its jobs are opened.
        labels: Labels of its circuits, if it has any.
        padding: Its words that were padded.
    """

    journal: Journal | None
    base_url: str
    account: str
    init: InitRequest
    labels: Sequence[str] = ()
    padding: Padding = NO_PADDING
    _beaten: float = field(default=0.0, init=False)

    def opened(self, job_id: str) -> None:
        """A job was opened."""
        if self.journal is None:
            return
        now = time.time()
        record = JobRecord(
            job_id=job_id,
            base_url=self.base_url,
            tag=self.init.tag,
            job_type=self.init.job_type.value,
            target=self.init.simulator_cluster or self.init.qpu_system_name or "",
            state="UPLOADING",
            n_circuits=len(self.labels),
            created_at=now,
            updated_at=now,
            account=self.account,
            uploader=f"{socket.gethostname()}:{os.getpid()}",
        )
        self.journal.opened(record, self.labels, self.padding)
        self._beaten = time.monotonic()

    def state(self, job_id: str, state: str) -> None:
        """A job stands elsewhere now."""
        if self.journal is not None:
            self.journal.set_state(job_id, state)

    def uploading(self, job_id: str) -> None:
        """The upload goes on: a body has arrived, or is about to be sent."""
        if self.journal is not None and time.monotonic() - self._beaten > _BEAT:
            self.journal.beat(job_id)
            self._beaten = time.monotonic()

    def ended(self, job_id: str) -> None:
        """Nobody uploads the job any more, however that ended."""
        if self.journal is not None:
            self.journal.release(job_id)
