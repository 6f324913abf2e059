"""The local simulator Maestro: `MaestroConfig`."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig

__all__ = ["MaestroConfig"]

__getattr__, __dir__ = lazy_names(__name__, {"MaestroConfig": "vivace.backends.maestro.config"})
