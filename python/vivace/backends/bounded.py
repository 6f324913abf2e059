"""What was made lately and may be wanted again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from vivace.backends.forks import ForkSafeLock

__all__ = ["Bounded"]

T = TypeVar("T")

_LOCK: Final = ForkSafeLock()


class Bounded(dict[Hashable, T]):
    """The results of the latest so many different calls, shared by threads.

    >>> kept = Bounded(limit=1)
    >>> kept.get_or("a", lambda: 1), kept.get_or("a", lambda: 2), kept.get_or("b", lambda: 3), list(kept)
    (1, 1, 3, ['b'])
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def clear(self) -> None:
        """Let go of all."""
        with _LOCK:
            super().clear()

    def get_or(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value kept under ``key``, or a new one."""
        with _LOCK:
            if key in self:
                value = self[key] = self.pop(key)  # the latest stand last
                return value
        value = make()
        with _LOCK:
            self[key] = value
            while len(self) > self._limit:
                del self[next(iter(self))]
        return value
