"""Connections that ask for nothing are closed: there are only so many, and others need them."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["connection_class"]


def connection_class(head_time: float) -> type[asyncio.Protocol]:
    """The class of connections on which the head of a request must arrive within so many seconds.

    When there are as many connections as the server may have, a new one takes the place of the one that has
    waited longest for a head. After an answer, those whose request had a valid token are kept for longer, and
    keep their place; see `api.context`.

    Args:
        head_time: The seconds, from the start of the connection or the first byte of a later head.
    """
    return type("Connection", (_Connection,), {"head_time": head_time, "waiting": {}})


class _Connection(H11Protocol):
    head_time: ClassVar[float]
    waiting: ClassVar[dict[_Connection, None]]  # in the order in which they began to wait

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._make_room()
        super().connection_made(transport)
        self._patience = self.timeout_keep_alive
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_deadline()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        state: dict[str, Any] = self.scope.get("state") or {}
        known = state.get("known", False)
        self.timeout_keep_alive = self._patience if known else self.head_time  # type: ignore[assignment]
        super().on_response_complete()
        if not known:
            self._watch()

    def _make_room(self) -> None:
        most = self.limit_concurrency
        while most is not None and self.waiting and len(self.connections) + 1 >= most:
            oldest = next(iter(self.waiting))
            del self.waiting[oldest]
            self.connections.discard(oldest)
            oldest.transport.abort()

    def _watch(self) -> None:
        cycle: Any = self.cycle  # None before the first head
        if cycle is not None and not cycle.response_complete:
            self._drop_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.head_time, self.transport.close)
            self.waiting[self] = None

    def _drop_deadline(self) -> None:
        self.waiting.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
