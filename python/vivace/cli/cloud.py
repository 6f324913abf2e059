"""The service that commands talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from vivace.backends import QoroService

__all__ = ["BaseUrl", "connected"]

BaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Address of the service. Default: QORO_API_URL, else the public one. The token is always "
        "QORO_API_KEY, from a .env file, which wins, or the environment; a file with the token may have "
        "QORO_API_URL, too.",
    ),
]
"""The option of all commands that use the service."""


def connected(base_url: str | None, **options: Any) -> QoroService:
    """The service, with the token from where the library looks for it."""
    from vivace.backends import QoroService

    return QoroService(base_url=base_url, **options)
