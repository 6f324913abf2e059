"""Connections that ask for nothing are closed: there are only so many of them."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["connection_class"]


def connection_class(head_time: float) -> type[asyncio.Protocol]:
    """The class of connections on which the head of a request must arrive within so many seconds.

    After an answer, those whose request had a valid token are kept for longer; see `api.context`.

    Args:
        head_time: The seconds, from the start of the connection or the first byte of a later head.
    """

    class Connection(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
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
            self.timeout_keep_alive = self._patience if state.get("known") else head_time  # type: ignore[assignment]
            super().on_response_complete()

        def _watch(self) -> None:
            cycle: Any = self.cycle  # None before the first head
            if cycle is not None and not cycle.response_complete:
                self._drop_deadline()
            elif self._deadline is None:
                self._deadline = self.loop.call_later(head_time, self.transport.close)

        def _drop_deadline(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Connection
