"""Cancellation: checks, waits, and Ctrl+C with real signals."""

import os
import signal
import threading
import time

import pytest

from vivace.cancellation import check, interrupt_scope, wait
from vivace.errors import ExecutionCancelledError


@pytest.fixture(autouse=True)
def default_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is not None
    signal.signal(signal.SIGINT, before)


def test_check_passes_until_the_event_is_set():
    event = threading.Event()
    check(None, "stopped")
    check(event, "stopped")
    event.set()
    with pytest.raises(ExecutionCancelledError, match="^stopped$"):
        check(event, "stopped")


def test_wait_wakes_as_soon_as_another_thread_sets_the_event():
    event = threading.Event()
    timer = threading.Timer(0.05, event.set)
    timer.start()
    started = time.monotonic()
    assert wait(event, 30) is True
    assert time.monotonic() - started < 5
    timer.join()


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.01])
def test_wait_ends_without_an_event(seconds):
    assert wait(None, seconds) is False


def test_first_press_sets_the_event_and_the_second_raises():
    with pytest.raises(KeyboardInterrupt), interrupt_scope() as event:
        os.kill(os.getpid(), signal.SIGINT)
        assert event.wait(5)
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_press_interrupts_a_wait():
    with interrupt_scope() as event:
        pressed = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        pressed.start()
        assert wait(event, 30) is True
        pressed.join()


def test_presses_during_many_short_waits_never_hang():
    for _ in range(30):
        with interrupt_scope() as event:
            pressed = threading.Timer(0.002, os.kill, (os.getpid(), signal.SIGINT))
            pressed.start()
            deadline = time.monotonic() + 10
            while not wait(event, 0.0001):
                assert time.monotonic() < deadline
            pressed.join()


def test_the_callers_event_is_the_one_set():
    mine = threading.Event()
    with interrupt_scope(mine) as event:
        assert event is mine
        signal.raise_signal(signal.SIGINT)
        assert wait(mine, 5)


def test_the_handler_comes_back_after_an_error():
    with pytest.raises(RuntimeError), interrupt_scope():
        raise RuntimeError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_systems_default_is_taken_over_and_put_back():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with interrupt_scope() as event:
        signal.raise_signal(signal.SIGINT)
        assert wait(event, 5)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_handler_of_the_program_is_left_alone(handler):
    signal.signal(signal.SIGINT, handler)
    with interrupt_scope() as event:
        assert signal.getsignal(signal.SIGINT) is handler
        signal.raise_signal(signal.SIGINT)
        assert not event.is_set()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_handler_set_inside_the_scope_stays():
    def own(*_):
        pass

    with interrupt_scope():
        signal.signal(signal.SIGINT, own)
    assert signal.getsignal(signal.SIGINT) is own


def test_scopes_nest():
    with interrupt_scope() as outer:
        with interrupt_scope() as inner:
            pass
        signal.raise_signal(signal.SIGINT)
        assert wait(outer, 5)
        assert not inner.is_set()


def test_other_threads_get_an_event_and_no_handler():
    seen = []

    def work():
        with interrupt_scope() as event:
            seen.append((signal.getsignal(signal.SIGINT), event.is_set()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(signal.default_int_handler, False)]
