"""Forked children: locks that are free there, and calls that need threads which a child has not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ForkSafeLock", "after_fork", "on_new_thread"]

T = TypeVar("T")


def after_fork(renew: Callable[[], object]) -> None:
    """Call ``renew`` in every child this process is forked into."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)


class ForkSafeLock:
    """A lock that is free in a forked child, whoever held it in the parent.

    >>> with ForkSafeLock():
    ...     "mine"
    'mine'
    """

    def __init__(self) -> None:
        self._renew()
        after_fork(self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def on_new_thread(function: Callable[[], T]) -> T:
    """The result of ``function``, from a thread of its own.

    GNU OpenMP keeps its workers by the thread that calls it; after a fork, the thread that made the child
    still counts on workers that only the parent has, and would wait for them forever.

    >>> on_new_thread(lambda: 7)
    7
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()
