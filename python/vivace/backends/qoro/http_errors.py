"""What goes wrong between a client and the service. Each error is also the one of ``requests`` for its case.

::

    VivaceError
    ├── QoroHTTPError         requests.HTTPError                          the service refused a request
    └── QoroConnectionError   requests.ConnectionError, ConnectionError   no answer came
        ├── QoroTLSError      requests.exceptions.SSLError                ... for want of a secure connection
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
    "QoroTLSError",
    "QoroTimeoutError",
    "UnreadableAnswerError",
    "describe",
    "reason_in",
    "why_insecure",
]

_SHOWN: Final = 500
# What OpenSSL makes of an answer in plain text, by release.
_PLAIN_HTTP: Final = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"


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


class QoroTLSError(QoroConnectionError, requests.exceptions.SSLError):
    """There is no secure connection to be had: no request was sent, and trying again does not help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class UnreadableAnswerError(ProtocolError):
    """An answer came, but it was cut off or garbled."""


class AnswerTooLongError(ProtocolError):
    """An answer is longer than ``max_response_bytes`` of the client; the rest of it was not read."""


class QoroTimeoutError(QoroConnectionError, requests.Timeout, TimeoutError):
    """No answer came in time."""


def why_insecure(error: BaseException, base_url: str) -> str | None:
    """Why there is no secure connection, if that is for certain, and not a fault that may pass."""
    text = str(error)
    if not isinstance(error, requests.exceptions.SSLError):
        return None
    if any(sign in text for sign in _PLAIN_HTTP):
        return f"this port speaks plain http; use http{base_url.removeprefix('https')}"
    if _UNTRUSTED in text:
        return "its certificate cannot be trusted; REQUESTS_CA_BUNDLE names a file of those that can"
    return None


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
