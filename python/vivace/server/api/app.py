"""The FastAPI application."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from vivace.backends.qoro.wire.fields import dump_json
from vivace.errors import VivaceError
from vivace.server.api import account, characterization, jobs
from vivace.server.api.openapi import document
from vivace.server.api.turns import Turns
from vivace.server.pages import routes as pages
from vivace.server.refusals import Refused
from vivace.server.service import Service

__all__ = ["create_app"]

_READERS: Final = 4

_log = logging.getLogger(__name__)


def create_app(service: Service) -> FastAPI:
    """The application over a service. The API is below ``/api``, pages for people are at ``/``.

    Args:
        service: What the routes call. Starting and closing it is the caller's part.
    """
    app = FastAPI(
        title="Vivace server",
        version="1",
        description="Speaks the protocol of the Qoro cloud, and runs circuits on a local simulator.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    # Reading large bodies takes memory, and an analysis uses every core by itself.
    app.state.reading = Turns(_READERS)
    app.state.analysing = Turns(1, each=service.settings.limits.analyses)
    api = APIRouter(prefix="/api")
    for router in (account.router, jobs.router, characterization.router):
        api.include_router(router)
    app.include_router(api)
    app.include_router(pages.router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(VivaceError, _bad_input)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(RecursionError, _too_deep)
    app.add_exception_handler(HTTPException, _nothing_there)
    app.add_exception_handler(sqlite3.OperationalError, _not_stored)
    app.add_exception_handler(Exception, _failed)
    app.openapi = lambda: _document_once(app)  # type: ignore[method-assign]
    return app


def _document_once(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = document(app)
    return app.openapi_schema


def _problem(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    # Reasons quote the request, which may hold what has no UTF-8 form.
    shown = reason.encode(errors="backslashreplace").decode()
    return Response(
        dump_json({"detail": shown}), status, headers=dict(headers or {}), media_type="application/json"
    )


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for nothing else
    return Response(
        dump_json(error.body), error.status, headers=dict(error.headers or {}), media_type="application/json"
    )


def _bad_input(_request: Request, error: Exception) -> Response:
    return _problem(400, str(error).rstrip())


def _bad_parameters(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    first = error.errors()[0]
    return _problem(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


def _nothing_there(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    asked = f"{request.method} {request.url.path:.200}"
    if error.status_code == 405:
        reason = f"There is no {asked}; methods there: {(error.headers or {}).get('Allow', 'others')}."
    elif error.status_code != 404:
        reason = error.detail
    elif request.url.path.startswith("/api/"):
        reason = f"There is no {asked}; /api/openapi.json tells what there is."
    else:
        reason = f"There is no {asked}: the API is below /api, so base addresses of clients end in /api."
    return _problem(error.status_code, reason, error.headers)


def _too_deep(_request: Request, _error: Exception) -> Response:
    return _problem(400, "body is not valid JSON: it is nested too deeply.")


def _not_stored(request: Request, error: Exception) -> Response:
    assert isinstance(error, sqlite3.OperationalError)  # noqa: S101 - registered for nothing else
    _log.error("%s %s: %s", request.method, request.url.path, error)
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
        return _problem(507, "The server has no room left on its disk. Nothing was stored.")
    return _problem(503, "The server's database cannot be used just now. Nothing was stored.")


def _failed(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _problem(500, "The server failed on this request; its log says how.")
