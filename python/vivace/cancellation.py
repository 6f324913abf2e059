"""Cancellation: one event, passed down every call.

Loops call `check` between items and `wait` instead of sleeping; `interrupt_scope` turns Ctrl+C into the
same event.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from vivace.errors import ExecutionCancelledError

__all__ = ["check", "interrupt_scope", "wait"]

# How long a signal handler waits for the event to be set before it lets the program go on.
_SET_PATIENCE: Final = 0.1


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


@contextmanager
def interrupt_scope(event: threading.Event | None = None) -> Iterator[threading.Event]:
    """Turn the first Ctrl+C into a cancellation, and the second into KeyboardInterrupt.

    Nothing is installed outside the main thread, or where the program has a SIGINT handler of its own: then
    the event is handed out as it is. The handler found on entry is restored on exit.

    Args:
        event: Event to set; a new one by default.

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

    pressed = False

    def on_interrupt(_signum: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            signal.signal(signal.SIGINT, previous)
            raise KeyboardInterrupt
        pressed = True
        _set_from_handler(event)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield event
    finally:
        if signal.getsignal(signal.SIGINT) is on_interrupt:
            signal.signal(signal.SIGINT, previous)


def _set_from_handler(event: threading.Event) -> None:
    """Set the event from a signal handler without risk of deadlock.

    The handler runs between two instructions of the main thread, which may hold the lock of this very event
    (inside `Event.wait`); setting it here would then never return. A helper thread waits for the lock
    instead.
    """
    helper = threading.Thread(target=event.set, name="vivace-interrupt", daemon=True)
    helper.start()
    helper.join(_SET_PATIENCE)
