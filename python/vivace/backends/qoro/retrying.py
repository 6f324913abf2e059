"""Which faults pass, and how they are waited out."""

from __future__ import annotations

import email.utils
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final, TypeVar

import requests

from vivace.backends.qoro.http_errors import (
    QoroConnectionError,
    QoroHTTPError,
    QoroTimeoutError,
    QoroTLSError,
    UnreadableAnswerError,
)
from vivace.cancellation import check, wait
from vivace.errors import ConfigError

__all__ = ["RetryPolicy", "is_ambiguous", "is_harmless", "is_transient", "repeated"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

# From 520 on: what Cloudflare says of a service behind it.
_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504, *range(520, 528), 530})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How faults that pass are waited out.

    Waits grow by the factor two from ``backoff`` to ``max_backoff``, each between half and all of that. A
    ``Retry-After`` of the service counts up to ``max_retry_after``: a longer one is an error at once, so that
    no server can make a client wait for hours. Only what a job on its way depends on, its status while it is
    polled and its results, is asked for again after that time, up to ``attempts`` times.

    Attributes:
        attempts: Attempts in all, at least 1.
        backoff: First wait, in seconds.
        max_backoff: Longest wait, in seconds.
        max_retry_after: Longest ``Retry-After`` that is honoured, in seconds.

    >>> RetryPolicy(attempts=0)
    Traceback (most recent call last):
    ...
    vivace.errors.ConfigError: attempts must be at least 1, got 0.
    """

    attempts: int = 6
    backoff: float = 0.2
    max_backoff: float = 10.0
    max_retry_after: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigError(f"attempts must be at least 1, got {self.attempts}.", "attempts")
        for name in ("backoff", "max_backoff", "max_retry_after"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} must be at least 0, got {getattr(self, name)}.", name)

    def wait_before(self, attempt: int) -> float:
        """Seconds to wait before attempt number ``attempt`` (the second one is 1)."""
        longest = min(self.max_backoff, self.backoff * 2.0 ** min(attempt - 1, 60))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients out, keeps no secret


def repeated(
    once: Callable[[], T],
    name: str,
    policy: RetryPolicy,
    *,
    attempts: int,
    retriable: Callable[[Exception], bool],
    patient: bool,
    event: Event | None,
) -> T:
    """What a request brings, sent again after faults.

    Args:
        once: Sends it.
        name: Its name, for logs and errors.
        policy: How long to wait.
        attempts: Attempts in all.
        retriable: Whether to send it again after a fault.
        patient: Whether to send it again though the service asks to wait longer than the policy allows.
        event: Set it to stop between attempts.
    """
    attempt, told = 1, False
    while True:
        try:
            return once()
        except (QoroHTTPError, QoroConnectionError, UnreadableAnswerError) as error:
            if isinstance(error, QoroHTTPError):
                error.attempts = attempt
            asked = _retry_after(error.response) if isinstance(error, QoroHTTPError) else None
            too_long = asked is not None and asked > policy.max_retry_after
            if attempt >= attempts or not retriable(error):
                raise
            if too_long and not patient:
                error.add_note(
                    f"The service asks to wait {asked:.0f} s; at most {policy.max_retry_after:g} s are "
                    "waited (max_retry_after of RetryPolicy)."
                )
                raise
            pause = policy.wait_before(attempt) if asked is None else min(asked, policy.max_retry_after)
            unreachable = isinstance(error, QoroConnectionError) and not error.sent
            if not told and (unreachable or too_long or isinstance(error, QoroTimeoutError)):
                told = True
                why = f"The service asks to wait {asked:.0f} s ({name})." if too_long else f"{error}"
                _log.warning("%s Trying again, %d times at most.", why, attempts - attempt)
            _log.debug("%s: attempt %d failed (%s); again in %.2f s", name, attempt, error, pause)
        wait(event, pause)
        check(event, f"Request cancelled: {name}.")
        attempt += 1


def _retry_after(response: requests.Response | None) -> float | None:
    """Seconds that an answer asks to wait; None if it does not, or not in a way that can be read."""
    text = "" if response is None else response.headers.get("Retry-After", "")
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def is_transient(error: Exception) -> bool:
    """Whether a fault may pass, so that a request which does no harm is worth repeating."""
    if isinstance(error, QoroHTTPError):
        return error.status_code in _TRANSIENT
    return not isinstance(error, QoroTLSError)


def is_ambiguous(error: Exception) -> bool:
    """Whether the service may have acted on the request all the same."""
    if isinstance(error, QoroHTTPError):
        # A redirect may come after the deed.
        status = error.status_code
        return status < 400 or status == 425 or (status in _TRANSIENT and status != 429)
    return not isinstance(error, QoroTLSError)


def is_harmless(error: Exception) -> bool:
    """Whether the service cannot have acted on the request."""
    if isinstance(error, QoroHTTPError):
        return error.status_code == 429
    return isinstance(error, QoroConnectionError) and not error.sent and is_transient(error)
