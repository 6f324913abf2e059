"""The local simulator Maestro: `MaestroSimulator`, its `MaestroConfig`, and the `Gradients` it returns."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig
    from vivace.backends.maestro.gradients import Gradients
    from vivace.backends.maestro.paths import ExecutionPath
    from vivace.backends.maestro.simulator import MaestroSimulator

__all__ = ["ExecutionPath", "Gradients", "MaestroConfig", "MaestroSimulator"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ExecutionPath": "vivace.backends.maestro.paths",
        "Gradients": "vivace.backends.maestro.gradients",
        "MaestroConfig": "vivace.backends.maestro.config",
        "MaestroSimulator": "vivace.backends.maestro.simulator",
    },
)
