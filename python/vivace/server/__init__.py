"""A server that speaks the protocol of the Qoro cloud, to develop and test cloud code offline.

Needs FastAPI and uvicorn: ``pip install 'vivace[server]'``. On the command line: ``vivace serve``.
"""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.server.local import LocalServer
    from vivace.server.settings import Limits, Settings, Tier

__all__ = ["Limits", "LocalServer", "Settings", "Tier"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Limits": "vivace.server.settings",
        "LocalServer": "vivace.server.local",
        "Settings": "vivace.server.settings",
        "Tier": "vivace.server.settings",
    },
)
