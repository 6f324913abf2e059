"""Routes of the pages. Browsers ask for a password, which is the token: it stands in no address."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from vivace.backends.qoro.wire.jobs import JobType
from vivace.server.accounts import Account
from vivace.server.api.context import Server, address
from vivace.server.pages.html import job_page, jobs_page
from vivace.server.refusals import Refused

__all__ = [
    "job",
    "jobs",
    "router",
]

_JOBS: Final = 50
_CIRCUITS: Final = 24
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(include_in_schema=False)
_basic = HTTPBasic(auto_error=False)


def _visitor(
    request: Request,
    service: Server,
    credentials: Annotated[HTTPBasicCredentials | None, Depends(_basic)],
) -> Account:
    account = None if credentials is None else service.accounts.of_token(credentials.password)
    if account is None:
        challenge = 'Basic realm="Vivace: the password is the token", charset="UTF-8"'
        reason = "The password is the server's token. This is a page for people; the API is below /api."
        raise Refused(401, reason, headers={"WWW-Authenticate": challenge})
    request.state.known = True
    return account


Visitor: TypeAlias = Annotated[Account, Depends(_visitor)]


Offset: TypeAlias = Annotated[int, Query(ge=0, le=1 << 53)]


@router.get("/")
def jobs(request: Request, account: Visitor, service: Server, offset: Offset = 0) -> HTMLResponse:
    """The jobs of an account."""
    balance = service.accounts.balance(account).balance
    found = service.jobs.recent(account, _JOBS + 1, offset)
    older = offset + _JOBS if len(found) > _JOBS else None
    base = address(request).partition("?")[0] + "api"
    page = jobs_page(account.name, balance, base, found[:_JOBS], offset, older=older)
    return HTMLResponse(page, headers=_HEADERS)


@router.get("/jobs/{job_id}")
def job(
    job_id: str,
    account: Visitor,
    service: Server,
    offset: Offset = 0,
) -> HTMLResponse:
    """One job, with a chart for each circuit."""
    found = service.jobs.get(account, job_id)
    analysis = service.queue.analysis(found) if found.spec.job_type is JobType.CHARACTERIZE else None
    entries = service.results.entries(found, offset, _CIRCUITS)
    report = None if analysis is None else analysis[1]
    page = job_page(found, offset, _CIRCUITS, entries, report, service.results.warnings(found))
    return HTMLResponse(page, headers=_HEADERS)
