"""What routes share: who asks, the body that came, and how answers and refusals are documented."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final, TypeAlias, cast

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from vivace.backends.qoro.wire.fields import dump_json
from vivace.server.accounts import Account
from vivace.server.api.schemas import Problem
from vivace.server.api.turns import Turns
from vivace.server.refusals import Refused, invalid, too_large
from vivace.server.service import Service

__all__ = [
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

_REASONS: Final = {
    400: "The request makes no sense; the text says why",
    401: "Bad or deactivated token",
    402: "Not enough credits",
    403: "Not allowed for this account",
    404: "No such job",
    408: "The body did not arrive in time",
    409: "The job is not in the state for it",
    413: "The body is too large",
    429: "The account has too many requests of this kind under way",
    502: "The analysis failed",
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
        return bytes(body)

    return read


Body: TypeAlias = Annotated[bytes, Depends(_body_up_to(lambda service: service.settings.limits.body))]
QuboBody: TypeAlias = Annotated[
    bytes, Depends(_body_up_to(lambda service: service.settings.limits.qubo_body))
]


def reply(value: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(dump_json(value), status, media_type=_JSON)


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


def answer(model: Any, *refusals: int, status: int = 200) -> dict[str, Any]:
    """Documentation of what a route answers: a model, or `HTMLResponse` for a page."""
    done = {"description": "Done"} | (
        {"content": {"text/html": {"schema": {"type": "string"}}}}
        if model is HTMLResponse
        else {"model": model}
    )
    found: dict[int | str, dict[str, Any]] = {status: done}
    late = {408} if 413 in refusals else set()
    for code in sorted({401, *refusals} | late):
        found[code] = {"model": Problem, "description": _REASONS[code]}
    return {"responses": found, "status_code": status}


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """Documentation of the body that a route takes; `openapi` has the schema."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"openapi_extra": {"requestBody": {"required": True, "content": {_JSON: {"schema": schema}}}}}
