"""The one place where HTTP happens.

Sends a request and returns a complete, bounded answer, or raises. Requests that may be sent twice are sent
again after faults that pass; the others only when the service cannot have acted on them. Redirects to another
place are refused, so the token goes nowhere else; it is in no error, log, pickle or answer.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from importlib import metadata
from threading import Event
from typing import Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import NewConnectionError

from vivace.backends.qoro.addresses import checked_address, redirect_target, without_query
from vivace.backends.qoro.http_errors import (
    AnswerTooLongError,
    QoroConnectionError,
    QoroHTTPError,
    QoroTimeoutError,
    QoroTLSError,
    UnreadableAnswerError,
    describe,
    why_insecure,
)
from vivace.backends.qoro.retrying import RetryPolicy, is_harmless, is_transient, repeated
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.endpoints import Endpoint
from vivace.backends.qoro.wire.fields import dump_json, parse_json
from vivace.cancellation import heeding
from vivace.errors import ProtocolError

__all__ = ["MAX_RESPONSE", "Transport"]

MAX_RESPONSE: Final = 1 << 30
"""Longest answer to take, in bytes, unless told otherwise."""

T = TypeVar("T")

_CONNECT_TIMEOUT: Final = 10.0
_BLOCK: Final = 1 << 16
_MAX_REDIRECTS: Final = 5
_CONNECTIONS: Final = 8
_MAX_ERROR_BODY: Final = 1 << 16
_NOBODY_THERE: Final = (
    "Is the service there? Its address is base_url=, else QORO_API_URL; `vivace serve` starts one on this "
    "machine."
)
_MAY_BE_PAGES: Final = (endpoints.PING, endpoints.VALIDATION_HTML)


class Transport:
    """HTTP to one service, with one token.

    Args:
        base_url: Address that endpoints are below.
        authorization: Value of the ``Authorization`` header.
        retry: How to wait out faults.
        origin: Where the token is from, for those whose token is refused.
        max_response: Longest answer to take, in bytes, decompressed.

    Attributes:
        codes_bodies: Whether bodies may be compressed where the service says that it takes that. Once one was
            refused for it, none are any more.
    """

    def __init__(
        self,
        base_url: str,
        authorization: str,
        *,
        retry: RetryPolicy,
        origin: str = "",
        max_response: int = MAX_RESPONSE,
    ) -> None:
        self.base_url = checked_address(base_url, stacklevel=5)
        self.retry = retry
        self.max_response = max_response
        self.codes_bodies = True
        self._origin = origin
        self._authorization = _Authorization(authorization)
        self._session, self._pid = self._new_session(), os.getpid()

    def _new_session(self) -> requests.Session:
        session = _Session()
        # One session serves all threads: it keeps no state but its connections.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        agent = session.headers["User-Agent"]
        session.headers["User-Agent"] = f"vivace/{_version()} (python={platform.python_version()}) {agent!s}"
        # Proxies and certificates are taken from the environment here: to look for them costs requests
        # nearly a millisecond each time, and it would look into a .netrc file for credentials, too.
        found = session.merge_environment_settings(self.base_url, {}, None, None, None)
        session.proxies, session.verify, session.cert = found["proxies"], found["verify"], found["cert"]
        session.trust_env = False
        return session

    def _session_here(self) -> requests.Session:
        """The session; a new one in a forked process, which must not use the connections of its parent."""
        if self._pid != os.getpid():
            self._inherited = self._session  # kept, so that nothing closes what the parent still uses
            self._session, self._pid = self._new_session(), os.getpid()
        return self._session

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    def __reduce__(self) -> Any:
        raise TypeError("A transport holds connections and a token, and is not pickled.")

    def close(self) -> None:
        """Close the connections. They open again when needed."""
        self._session_here().close()

    def get(
        self,
        endpoint: Endpoint,
        read: Callable[[Any], T],
        *,
        job_id: str | None = None,
        params: Mapping[str, Any] | None = None,
        patient: bool = False,
        cancellation_event: Event | None = None,
    ) -> T:
        """Fetch JSON, and read it; an answer that cannot be read counts as cut off, and is fetched again.

        Args:
            endpoint: Where from.
            read: Makes something of the JSON; a `ProtocolError` of it means that the body was cut off.
            job_id: Which job.
            params: Query.
            patient: Whether a service that asks to wait longer than allowed is asked again all the same, each
                time after the longest wait that is; else that is an error at once.
            cancellation_event: Set it to stop between attempts, and to wait a second for an answer at most.

        Raises:
            UnreadableAnswerError: No attempt brought an answer that could be read.
            AnswerTooLongError: The answer is longer than ``max_response``.
            ProtocolError: The answer is a redirect to another place.
            QoroHTTPError: The service refused, or kept failing.
            QoroConnectionError: No answer came.
            ExecutionCancelledError: ``cancellation_event`` was set, and no answer came soon.
        """
        what = f"The answer to {endpoint.name}"

        def once() -> T:
            response = self._once(endpoint, job_id, params=params)
            return _made(response, lambda data: read(parse_json(data, what)))

        return self._repeated(endpoint, once, cancellation_event, patient=patient)

    def send(
        self,
        endpoint: Endpoint,
        read: Callable[[bytes], T],
        *,
        job_id: str | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        heed: Callable[[Mapping[str, str]], None] | None = None,
        cancellation_event: Event | None = None,
    ) -> T:
        """Send a request, and read the body of the answer. Raises as `get` does.

        Args:
            endpoint: Where to.
            read: Makes something of the body; a `ProtocolError` of it means that the body was cut off.
            job_id: Which job.
            body: JSON object, or its text.
            headers: Further headers.
            repeatable: Whether sending it twice does no harm. If not, it is sent again only when the service
                cannot have acted: it could not be reached, or answered 429.
            heed: Called with the headers of the answer, if its body could be read.
            cancellation_event: As for `get`; the service may still act on a request that is left alone.
        """
        data = body if body is None or isinstance(body, bytes) else dump_json(body)

        def once() -> T:
            response = self._once(endpoint, job_id, data=data, headers=headers)
            found = _made(response, read)
            if heed is not None:
                heed(response.headers)
            return found

        return self._repeated(endpoint, once, cancellation_event, repeatable=repeatable)

    def exchange(
        self,
        endpoint: Endpoint,
        *,
        job_id: str | None = None,
        attempts: int | None = None,
        cancellation_event: Event | None = None,
    ) -> requests.Response:
        """Send a request without a body, and return the answer as it is, complete."""
        return self._repeated(
            endpoint, lambda: self._once(endpoint, job_id), cancellation_event, attempts=attempts
        )

    def _repeated(
        self,
        endpoint: Endpoint,
        once: Callable[[], T],
        event: Event | None,
        *,
        repeatable: bool = True,
        patient: bool = False,
        attempts: int | None = None,
    ) -> T:
        cancelled = f"Request cancelled: {endpoint.name}."
        return repeated(
            once if event is None else lambda: heeding(once, event, cancelled, endpoint.grace),
            endpoint.name,
            self.retry,
            attempts=attempts or self.retry.attempts,
            retriable=is_transient if repeatable else is_harmless,
            patient=patient,
            event=event,
        )

    def _once(
        self,
        endpoint: Endpoint,
        job_id: str | None,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        url = endpoint.url(self.base_url, job_id)
        sent = dict(headers or {})
        if endpoint.method == "POST":
            sent["Content-Type"] = "application/json"
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._exchange(endpoint, url, params=params, data=data, headers=sent)
            if not response.is_redirect:
                break
            url, params = self._redirected(response, endpoint), None
        else:
            raise ProtocolError(f"More than {_MAX_REDIRECTS} redirects for {endpoint.name}.")
        if not 200 <= response.status_code < 300:
            raise self._refusal(endpoint, response)
        if endpoint not in _MAY_BE_PAGES and response.content.lstrip()[:1] == b"<":
            raise UnreadableAnswerError(
                f"Expected JSON for {endpoint.name}, got a page of HTML from {without_query(response.url)}. "
                "Is a login or a proxy between here and the service?"
            )
        return response

    def _refusal(self, endpoint: Endpoint, response: requests.Response) -> QoroHTTPError:
        text = describe(response)
        if response.status_code == 401 and self._origin:
            text += f" ({self.base_url} does not take the API key, which is that of {self._origin})"
        error = QoroHTTPError(text, response)
        elsewhere = "api" not in urlsplit(self.base_url).path.split("/")
        if response.status_code == 404 and elsewhere and "{job_id}" not in endpoint.path:
            error.add_note(
                f"The base URL {self.base_url} does not end in /api, as those of services do: is it "
                f"{self.base_url}/api?"
            )
        return error

    def _exchange(self, endpoint: Endpoint, url: str, **arguments: Any) -> requests.Response:
        timeout = (min(_CONNECT_TIMEOUT, endpoint.timeout), endpoint.timeout)
        deadline = time.monotonic() + 2 * endpoint.timeout
        session = self._session_here()
        headers = {**session.headers, **arguments.pop("headers")}
        try:
            # Prepared here: what a session merges into requests are headers and credentials alone.
            request = requests.Request(
                endpoint.method, url, headers=headers, auth=self._authorization, **arguments
            ).prepare()
            with session.send(request, timeout=timeout, allow_redirects=False, stream=True) as response:
                return self._complete(response, deadline)
        except requests.Timeout as error:
            sent = not isinstance(error, requests.ConnectTimeout)
            text = f"No answer from {self.base_url} within {endpoint.timeout:g} s ({endpoint.name})."
            failure: QoroConnectionError = QoroTimeoutError(text, sent=sent)
        except (requests.RequestException, Urllib3Error, OSError) as error:
            failure = self._unanswered(endpoint, error)
        # Not where it was caught: what is caught there remembers the request, and that the token.
        raise failure

    def _unanswered(self, endpoint: Endpoint, error: Exception) -> QoroConnectionError:
        head, insecure = f"Cannot reach {self.base_url} ({endpoint.name})", why_insecure(error, self.base_url)
        if insecure is not None:
            return QoroTLSError(f"{head}: {insecure}.")
        text, unsent = f"{head}: {_reason(error)}.", _is_unsent(error)
        return QoroConnectionError(f"{text} {_NOBODY_THERE}" if unsent else text, sent=not unsent)

    def _complete(self, response: requests.Response, deadline: float) -> requests.Response:
        """The answer with all of its body, and without the token in the request it remembers."""
        limit = self.max_response if response.ok else _MAX_ERROR_BODY
        blocks, size = [], 0
        # What has arrived, piece by piece: a service that sends a byte now and then must not keep us here.
        while block := response.raw.read1(_BLOCK, decode_content=True):
            size += len(block)
            if size > limit and response.ok:
                raise AnswerTooLongError(f"An answer of more than {limit} bytes from {response.url}.")
            blocks.append(block)
            if size > limit:
                break  # enough of an error to tell
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("the answer trickles in")
        response._content = b"".join(blocks)  # noqa: SLF001 - what `stream=False` does, without its lack of bounds
        response.request.headers.pop("Authorization", None)
        return response

    def _redirected(self, response: requests.Response, endpoint: Endpoint) -> str:
        location = response.headers.get("Location", "")
        target = redirect_target(self.base_url, response.url, location)
        changes_method = endpoint.method != "GET" and response.status_code not in (307, 308)
        if target is None or changes_method:
            raise ProtocolError(
                f"The service redirects {endpoint.name} to {_shown(response.url, location)}, which is not "
                "followed: the token goes to no other place. Set base_url to where the service is."
            )
        return target


def _shown(url: str, location: str) -> str:
    try:
        return without_query(urljoin(url, location))
    except ValueError:
        return without_query(location)


def _made(response: requests.Response, read: Callable[[bytes], T]) -> T:
    try:
        return read(response.content)
    except ProtocolError as error:
        raise UnreadableAnswerError(str(error), error.field) from None


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - it is that of requests
        """None: redirects are followed here, not there, where they are read without bounds or checks."""
        return None


class _Authorization(requests.auth.AuthBase):
    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def _version() -> str:
    try:
        return metadata.version("vivace")
    except metadata.PackageNotFoundError:
        return "unknown"


def _is_unsent(error: BaseException) -> bool:
    reason: Any = error.args[0] if error.args else None
    return isinstance(getattr(reason, "reason", reason), NewConnectionError)


def _reason(error: BaseException) -> str:
    """What happened, in a few words: texts of urllib3 name its objects, too."""
    cause: BaseException | None = error
    while cause is not None:
        error = cause
        inner = (getattr(cause, "reason", None), *reversed(cause.args))
        cause = next((found for found in inner if isinstance(found, BaseException)), None)
    text = str(error).rpartition(": ")[2] or type(error).__name__
    return re.sub(r"^\[Errno -?\d+\] ", "", text).rstrip(".")[:200]
