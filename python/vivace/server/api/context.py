"""What routes share: who asks, the body that came, and how answers and refusals are documented."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, Final, TypeAlias, cast

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from vivace.backends.qoro.wire import codings
from vivace.backends.qoro.wire.fields import dump_json
from vivace.server.accounts import Account
from vivace.server.api.schemas import Problem
from vivace.server.api.turns import Turns
from vivace.server.intake import gunzip
from vivace.server.refusals import Refused, invalid, too_large
from vivace.server.service import Service

__all__ = [
    "TAKES_GZIP",
    "Analysing",
    "Body",
    "Caller",
    "QuboBody",
    "Reading",
    "Server",
    "address",
    "answer",
    "reply",
    "takes",
]

_bearer = HTTPBearer(auto_error=False, description="The token the server was given or printed.")

_JSON: Final = "application/json"

TAKES_GZIP: Final = {codings.ACCEPT_ENCODING: codings.GZIP}
"""Headers of an answer that says in which coding bodies may come."""

_BODY: Final = (
    "As it is, or with `Content-Encoding: gzip` as one gzip member. The limit of bytes is for what travels, "
    "and for what it decompresses to."
)

_TAKES_GZIP: Final = {
    codings.ACCEPT_ENCODING: {
        "description": "In which content coding bodies may come (RFC 9110, section 12.5.3).",
        "schema": {"type": "string", "const": codings.GZIP},
    }
}

_REASONS: Final = {
    400: "The request makes no sense; the text says why",
    401: "Bad or deactivated token",
    402: "Not enough credits",
    403: "Not allowed for this account",
    404: "No such job",
    408: "The body did not arrive in time",
    409: "The job is not in the state for it",
    413: "The body is too large",
    415: "The body has a content coding that is not taken",
    429: "The account has too many requests of this kind under way",
    502: "The analysis failed",
    503: "The server cannot take requests just now; if it has too many connections, it says so in plain text",
    507: "The server has no room left on its disk",
}


def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


Server: TypeAlias = Annotated[Service, Depends(_service)]


async def _reading(request: Request) -> Turns:
    return cast("Turns", request.app.state.reading)


async def _analysing(request: Request) -> Turns:
    return cast("Turns", request.app.state.analysing)


Reading: TypeAlias = Annotated[Turns, Depends(_reading)]
Analysing: TypeAlias = Annotated[Turns, Depends(_analysing)]


def _account(
    request: Request,
    service: Server,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Account:
    account = None if credentials is None else service.accounts.of_token(credentials.credentials)
    if account is None:
        raise Refused(401, "Invalid or missing token.", headers={"WWW-Authenticate": "Bearer"})
    request.state.known = True  # `connections` keeps the connection for longer
    return account


Caller: TypeAlias = Annotated[Account, Depends(_account)]


def _body_up_to(limit_of: Callable[[Service], int]) -> Callable[..., Coroutine[Any, Any, bytes]]:
    async def read(request: Request, service: Server, _account: Caller) -> bytes:
        limit = limit_of(service)
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise too_large(limit)
        body = bytearray()
        try:
            async with asyncio.timeout(service.settings.limits.body_time):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise too_large(limit)
        except TimeoutError:
            raise Refused(408, "The body did not arrive in time.", headers={"Connection": "close"}) from None
        except ClientDisconnect:  # nobody is there to read the answer
            raise invalid("The body ended early.") from None
        return await _decoded(request, bytes(body), limit)

    return read


async def _decoded(request: Request, body: bytes, limit: int) -> bytes:
    """The body without its content coding. Looked at when all of it is here: so the answer arrives."""
    found = codings.content_codings(",".join(request.headers.getlist(codings.CONTENT_ENCODING)))
    if not found:
        return body
    if found != (codings.GZIP,):
        told = ", ".join(found)
        raise Refused(415, f"Expected a body in gzip or as it is, got {told!r:.60}.", headers=TAKES_GZIP)
    return await run_in_threadpool(gunzip, body, limit)


Body: TypeAlias = Annotated[bytes, Depends(_body_up_to(lambda service: service.settings.limits.body))]
QuboBody: TypeAlias = Annotated[
    bytes, Depends(_body_up_to(lambda service: service.settings.limits.qubo_body))
]


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(dump_json(value), status, headers, media_type=_JSON)


def address(request: Request, **parameters: int) -> str:
    """The address of the same thing with other parameters, for the client to ask next.

    The name in it is the one the client used, if it is one of this machine; a name that could be anybody's is
    not repeated, but replaced by the address that the request came in at.
    """
    url = request.url.include_query_params(**parameters)
    host, port = request.scope["server"]
    if url.hostname not in {"localhost", "127.0.0.1", "::1", host}:
        url = url.replace(hostname=f"[{host}]" if ":" in host else host, port=port)
    return str(url)


def answer(model: Any, *refusals: int, status: int = 200, takes_gzip: bool = False) -> dict[str, Any]:
    """Documentation of what a route answers: a model, or `HTMLResponse` for a page."""
    done: dict[str, Any] = {"description": "Done"} | (
        {"content": {"text/html": {"schema": {"type": "string"}}}}
        if model is HTMLResponse
        else {"model": model}
    )
    if takes_gzip:
        done["headers"] = _TAKES_GZIP
    found: dict[int | str, dict[str, Any]] = {status: done}
    of_bodies = {408, 415} if 413 in refusals else set()
    for code in sorted({401, 503, 507, *refusals} | of_bodies):
        found[code] = {"model": Problem, "description": _REASONS[code]}
        if code == 415:
            found[code]["headers"] = _TAKES_GZIP
    return {"responses": found, "status_code": status}


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """Documentation of the body that a route takes; `openapi` has the schema."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    body = {"required": True, "description": _BODY, "content": {_JSON: {"schema": schema}}}
    return {"openapi_extra": {"requestBody": body}}
