"""What goes wrong between a client and the service. Each error is also the one of ``requests`` for its case.

::

    VivaceError
    ├── QoroHTTPError         requests.HTTPError                          the service refused a request
    └── QoroConnectionError   requests.ConnectionError, ConnectionError   no answer came
        └── QoroTimeoutError  requests.Timeout, TimeoutError              ... in time
    ProtocolError
    ├── UnreadableAnswerError                                             an answer came, cut off or garbled
    └── AnswerTooLongError                                                an answer is longer than we take
"""

from __future__ import annotations

import json
from typing import Any, Final

import requests

from vivace.errors import ProtocolError, VivaceError

__all__ = [
    "AnswerTooLongError",
    "QoroConnectionError",
    "QoroHTTPError",
    "QoroTimeoutError",
    "UnreadableAnswerError",
    "describe",
    "reason_in",
]

_SHOWN: Final = 500


class QoroHTTPError(VivaceError, requests.HTTPError):
    """The service refused a request: an answer with a status that does not mean success.

    Attributes:
        status_code: HTTP status.
        response: The answer; what it says of the request leaves out the token.
        attempts: How often the request was sent.
    """

    def __init__(self, message: str, response: requests.Response) -> None:
        requests.HTTPError.__init__(self, message, response=response)
        self.status_code = response.status_code
        self.attempts = 1


class QoroConnectionError(VivaceError, requests.ConnectionError, ConnectionError):
    """No answer came: the service could not be reached, or the connection broke.

    Attributes:
        sent: Whether the request may have reached the service all the same.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        requests.ConnectionError.__init__(self, message)
        self.sent = sent


class UnreadableAnswerError(ProtocolError):
    """An answer came, but it was cut off or garbled."""


class AnswerTooLongError(ProtocolError):
    """An answer is longer than ``max_response_bytes`` of the client; the rest of it was not read."""


class QoroTimeoutError(QoroConnectionError, requests.Timeout, TimeoutError):
    """No answer came in time."""


def describe(response: requests.Response) -> str:
    """Text of an answer that is an error: status, reason and what the body says, in short."""
    head = f"{response.status_code} {response.reason}"
    text = response.text
    try:
        body: Any = json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        if "<html" in text.lower():
            body = f"(HTML error page from {response.url}; upstream may be down or timed out)"
        else:
            body = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return f"{head}: {body}"


def reason_in(response: requests.Response | None) -> str | None:
    """What the body of an answer that is an error says: its ``detail`` or ``error``; None without one."""
    try:
        body = None if response is None else response.json()
    except (ValueError, RecursionError):
        return None
    found = (body.get("detail") or body.get("error")) if isinstance(body, dict) else None
    return found[:_SHOWN] if isinstance(found, str) else None
