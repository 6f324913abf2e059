"""Requests that take a lot: so many at once, and the others wait in line without holding a thread."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from vivace.server.accounts import Account
from vivace.server.refusals import Refused

__all__ = ["Turns"]

P = ParamSpec("P")
T = TypeVar("T")


class Turns:
    """A line in front of one kind of work. To be used on one event loop.

    Args:
        at_once: How many requests are worked on at once.
        each: How many of an account may be worked on or wait; None for any number.
    """

    def __init__(self, at_once: int, each: int | None = None) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._each = each
        self._there: Counter[int] = Counter()

    async def run(
        self,
        function: Callable[Concatenate[Account, P], T],
        account: Account,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What the function returns, called on a thread when it is its turn.

        Raises:
            Refused: 429, since the account has as many requests there as it may.
        """
        if self._each is not None and self._there[account.id] >= self._each:
            raise Refused(
                429,
                f"The account has {self._each} requests of this kind under way; wait for one of them.",
                headers={"Retry-After": "5"},
            )
        self._there[account.id] += 1
        try:
            async with self._free:
                return await run_in_threadpool(function, account, *args, **kwargs)
        finally:
            self._there[account.id] -= 1
            if not self._there[account.id]:
                del self._there[account.id]
