"""The local simulator Maestro: `MaestroSimulator` and its `MaestroConfig`."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig
    from vivace.backends.maestro.simulator import MaestroSimulator

__all__ = ["MaestroConfig", "MaestroSimulator"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "MaestroConfig": "vivace.backends.maestro.config",
        "MaestroSimulator": "vivace.backends.maestro.simulator",
    },
)
