"""Content codings of request bodies: which ones a service takes, and which one a body has.

A service that takes bodies in gzip says so with ``Accept-Encoding: gzip`` in its answers (RFC 9110, section
12.5.3). What its answer to ``job/init/`` says holds for the uploads of that job; a service that says nothing
is sent none. A coded body has ``Content-Encoding: gzip`` and is one gzip member. Limits on its size are for
both, the bytes that travel and what they decompress to, so circuits are cut into uploads the same way however
they travel. A coding that is not taken is answered with 415, and nothing has happened: the client sends the
body again as it is, and codes none from then on.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ACCEPT_ENCODING", "CONTENT_ENCODING", "GZIP", "accepts_gzip", "content_codings"]

ACCEPT_ENCODING: Final = "Accept-Encoding"
CONTENT_ENCODING: Final = "Content-Encoding"

GZIP: Final = "gzip"
"""The one coding in use."""

_ALIASES: Final = {"x-gzip": GZIP}


def _name(text: str) -> str:
    name = text.strip().lower()
    return _ALIASES.get(name, name)


def accepts_gzip(field: str) -> bool:
    """Whether the ``Accept-Encoding`` of an answer names gzip. A ``*`` alone is no promise.

    >>> accepts_gzip("br, gzip;q=0.5"), accepts_gzip("gzip;q=0"), accepts_gzip("*"), accepts_gzip("")
    (True, False, False, False)
    """
    for entry in field.split(","):
        coding, _, weight = entry.partition(";")
        if _name(coding) == GZIP:
            return _is_positive(weight)
    return False


def _is_positive(weight: str) -> bool:
    """Whether a weight (``q=0.5``, or nothing) is one, and above 0."""
    if not weight.strip():
        return True
    name, _, value = weight.partition("=")
    try:
        return name.strip().lower() == "q" and float(value) > 0
    except ValueError:
        return False


def content_codings(field: str) -> tuple[str, ...]:
    """The codings of a body in the order they were applied, by its ``Content-Encoding``.

    >>> content_codings("X-GZIP"), content_codings("identity"), content_codings("deflate, gzip")
    (('gzip',), (), ('deflate', 'gzip'))
    """
    names = map(_name, field.split(","))
    return tuple(name for name in names if name not in ("", "identity"))
