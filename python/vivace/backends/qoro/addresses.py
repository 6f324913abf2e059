"""Addresses: what may be a service, and where a redirect may lead."""

from __future__ import annotations

import ipaddress
import warnings
from typing import Final
from urllib.parse import urljoin, urlsplit

from urllib3.util import Url, parse_url

from vivace.errors import ConfigError

__all__ = ["checked_address", "redirect_target", "without_query"]

_PORTS: Final = {"http": 80, "https": 443}


def checked_address(url: str, *, stacklevel: int) -> str:
    """A base address without its last slash.

    Args:
        url: The address.
        stacklevel: As for `warnings.warn`, counted from the caller.

    Warns:
        UserWarning: The token would travel in the clear to another machine.

    Raises:
        ConfigError: It is no http or https address, or has parts that it must not have.

    >>> checked_address("https://host/api/", stacklevel=1)
    'https://host/api'
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or not _is_plain(url):
        raise ConfigError(f"base_url must be an http or https address, got {url!r:.80}.", "base_url")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError("base_url must have no credentials, query or fragment.", "base_url")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        warnings.warn(
            f"The token travels in the clear to {parts.hostname}; use https for services on other machines.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
    return url.rstrip("/")


def redirect_target(base: str, url: str, location: str) -> str | None:
    r"""Where a redirect leads, as it is to be sent; None if that is not the service, or cannot be told.

    Readers of addresses differ in where a host ends. So the answer is of the one that sends requests, and
    what they may read in two ways is refused.

    Args:
        base: Address of the service.
        url: Address that was asked.
        location: What the answer says.

    >>> redirect_target("http://host/api", "http://host/api/a", "/api/b")
    'http://host/api/b'
    >>> redirect_target("http://host/api", "http://host/api/a", "http://thief\\@host/b") is None
    True
    """
    if not _is_plain(location):
        return None
    try:
        target = parse_url(urljoin(url, location))
        if target.auth is not None or _origin(target) != _origin(parse_url(base)):
            return None
    except ValueError:
        return None
    return target.url


def without_query(url: str) -> str:
    """An address for error texts: scheme, host and path.

    >>> without_query("http://me:secret@host/path?key=secret")
    'http://host/path'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a malformed address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _is_plain(url: str) -> bool:
    return all("!" <= character <= "~" and character != "\\" for character in url)


def _origin(url: Url) -> tuple[str | None, str | None, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme or "")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
