"""The OpenAPI document, with the request bodies that routes read themselves."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from vivace.server.api import schemas

__all__ = ["document"]

_REQUESTS: Final = (
    schemas.AddCircuits,
    schemas.CreateFailed,
    schemas.ExecutionConfiguration,
    schemas.InitJob,
    schemas.LegacyJob,
    schemas.QuboSubmission,
)


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an app. Bad query parameters are answered with 400 as all bad input is, never 422."""
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for path in found["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    _, definitions = models_json_schema(
        [(model, "validation") for model in _REQUESTS], ref_template="#/components/schemas/{model}"
    )
    components = found["components"]["schemas"]
    components |= definitions["$defs"]
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    return found
