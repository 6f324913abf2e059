"""Cancellation: one event, passed down every call.

Loops call `check` between items and `wait` instead of sleeping; `interrupt_scope` turns Ctrl+C into the
same event.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeVar

from vivace.errors import ExecutionCancelledError

__all__ = ["Either", "check", "heeding", "interrupt_scope", "wait"]

T = TypeVar("T")

# How long a signal handler waits for the event to be set before it lets the program go on.
_SET_PATIENCE: Final = 0.1
_LOOK: Final = 0.1  # between two looks whether cancellation is asked for


def check(event: threading.Event | None, message: str) -> None:
    """Stop here if cancellation was asked for.

    Args:
        event: The cancellation event, or None for a run that cannot be cancelled.
        message: Text of the error.

    Raises:
        ExecutionCancelledError: The event is set.

    >>> event = threading.Event()
    >>> check(event, "batch cancelled")
    >>> event.set()
    >>> check(event, "batch cancelled")
    Traceback (most recent call last):
    ...
    vivace.errors.ExecutionCancelledError: batch cancelled
    """
    if event is not None and event.is_set():
        raise ExecutionCancelledError(message)


def wait(event: threading.Event | None, seconds: float) -> bool:
    """Sleep, but wake as soon as cancellation is asked for.

    Args:
        event: The cancellation event; None sleeps the whole time.
        seconds: How long to sleep at most.

    Returns:
        Whether the event is set.

    >>> event = threading.Event()
    >>> wait(event, 0.001)
    False
    >>> event.set()
    >>> wait(event, 3600)
    True
    """
    return (event or threading.Event()).wait(max(0.0, seconds))


class Either(threading.Event):
    """An event that is also set when another one is.

    Args:
        other: The other one, or None.

    >>> either = Either(other := threading.Event())
    >>> other.set()
    >>> either.is_set(), either.wait(3600)
    (True, True)
    """

    def __init__(self, other: threading.Event | None) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        """Whether one of them is set."""
        return super().is_set() or (self._other is not None and self._other.is_set())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for one of them; whether one is set."""
        if self._other is None:
            return super().wait(timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _LOOK if end is None else min(_LOOK, end - time.monotonic())
            if left <= 0:
                return False
            super().wait(left)
        return True


def heeding(call: Callable[[], T], event: threading.Event, message: str, grace: float = 1.0) -> T:
    """What a call brings, unless it keeps us waiting when cancellation is asked for.

    Args:
        call: Something that cannot be interrupted, but may be left to itself. It runs in another thread.
        event: The cancellation event.
        message: Text of the error.
        grace: A call that ends within so many seconds of the event counts all the same.

    Raises:
        ExecutionCancelledError: The event is set, and the call has not ended.

    >>> heeding(lambda: 1, threading.Event(), "cancelled")
    1
    """
    outcome = futures.Future[T]()
    threading.Thread(target=_settle, args=(outcome, call), name="vivace-call", daemon=True).start()
    try:
        while not futures.wait([outcome], _LOOK).done:
            if event.is_set() and not futures.wait([outcome], grace).done:
                raise ExecutionCancelledError(message)
        return outcome.result()
    finally:
        del outcome  # an error in it remembers this frame


def _settle(outcome: futures.Future[T], call: Callable[[], T]) -> None:
    try:
        outcome.set_result(call())
    except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
        outcome.set_exception(error)
    finally:
        del outcome


@contextmanager
def interrupt_scope(
    event: threading.Event | None = None, *, pressed: Callable[[], object] | None = None
) -> Iterator[threading.Event]:
    """Turn the first Ctrl+C into a cancellation, and the second into KeyboardInterrupt.

    Nothing is installed outside the main thread, or where the program has a SIGINT handler of its own: then
    the event is handed out as it is. The handler found on entry is restored on exit.

    Args:
        event: Event to set; a new one by default.
        pressed: Called at the first Ctrl+C, in another thread.

    Yields:
        The event.

    >>> with interrupt_scope() as event:
    ...     signal.raise_signal(signal.SIGINT)
    ...     event.wait(1)
    True
    """
    event = event or threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    ours_to_take = previous in (signal.default_int_handler, signal.SIG_DFL)
    if threading.current_thread() is not threading.main_thread() or not ours_to_take:
        yield event
        return

    again = False

    def on_interrupt(_signum: int, _frame: FrameType | None) -> None:
        nonlocal again
        if again:
            signal.signal(signal.SIGINT, previous)
            raise KeyboardInterrupt
        again = True
        _set_from_handler(event, pressed)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield event
    finally:
        if signal.getsignal(signal.SIGINT) is on_interrupt:
            signal.signal(signal.SIGINT, previous)


def _set_from_handler(event: threading.Event, pressed: Callable[[], object] | None) -> None:
    """Set the event from a signal handler without risk of deadlock.

    The handler runs between two instructions of the main thread, which may hold the lock of this very event
    (inside `Event.wait`); setting it here would then never return. A helper thread waits for the lock
    instead; the same goes for what `pressed` may need.
    """

    def work() -> None:
        event.set()
        if pressed is not None:
            pressed()

    helper = threading.Thread(target=work, name="vivace-interrupt", daemon=True)
    helper.start()
    helper.join(_SET_PATIENCE)
