"""Requests that are turned down: status, and the JSON object that says why."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["NO_RESULTS", "Refused", "conflict", "forbidden", "invalid", "missing", "too_large"]

NO_RESULTS = "Job results not available, likely job is still running"


class Refused(Exception):  # noqa: N818 - not an error of the server
    """A request that is answered with a status of 400 or more.

    Attributes:
        status: The status.
        body: The JSON object of the answer.
        headers: Headers of the answer.
    """

    def __init__(
        self, status: int, reason: str, member: str = "detail", headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.body = {member: reason}
        self.headers = headers
        super().__init__(reason)


def invalid(reason: str) -> Refused:
    """400: what the request says makes no sense."""
    return Refused(400, reason)


def forbidden(reason: str = "You do not have permission to modify this job.") -> Refused:
    """403: the account may not do that."""
    return Refused(403, reason)


def missing(what: str = "No such job.") -> Refused:
    """404: there is no such thing, or it is somebody else's."""
    return Refused(404, what)


def conflict(reason: str) -> Refused:
    """409: the job is not in the state for it."""
    return Refused(409, reason, "error")


def too_large(limit: int) -> Refused:
    """413: the body is beyond the limit."""
    return Refused(413, f"The request body exceeds the limit of {limit} bytes.")
