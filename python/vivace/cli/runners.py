"""The options of commands that run circuits, and the runner they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from vivace.backends.maestro.options import SIMULATION_TYPES
from vivace.cli.cloud import connected
from vivace.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vivace.backends import CircuitRunner, MaestroConfig, QoroService

__all__ = ["Backend", "BackendOption", "BondDimension", "Device", "Method", "RunnerOptions", "Seed"]


class Backend(StrEnum):
    """Where circuits run."""

    MAESTRO = "maestro"
    AER = "aer"
    QORO = "qoro"


BackendOption: TypeAlias = Annotated[
    Backend, typer.Option(help="Maestro and Aer are on this machine, qoro is the cloud.")
]

Seed: TypeAlias = Annotated[int | None, typer.Option(min=0, help="Makes sampling repeatable.")]

Method: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Method of Maestro: {', '.join(SIMULATION_TYPES)}. Default: by the width of each circuit.",
    ),
]

BondDimension: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="Bond dimension that Maestro keeps of matrix product states.")
]

Device: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="With --backend aer: a fake IBM backend whose shape and noise are simulated, as FakeManilaV2.",
    ),
]


@dataclass(frozen=True)
class RunnerOptions:
    """What was asked for, checked against each other.

    Raises:
        ConfigError: Options that do not go together.
    """

    backend: Backend
    seed: int | None = None
    method: str | None = None
    bond_dimension: int | None = None
    device: str | None = None
    base_url: str | None = None

    def __post_init__(self) -> None:
        if self.base_url is not None and self.backend is not Backend.QORO:
            raise ConfigError("--base-url goes with --backend qoro")
        if self.device is not None and self.backend is not Backend.AER:
            raise ConfigError("--device goes with --backend aer")
        if self.backend is Backend.AER and (self.method is not None or self.bond_dimension is not None):
            name = "--bond-dimension" if self.method is None else "--method"
            raise ConfigError(f"{name} goes with Maestro, not with --backend aer")

    def runner(self, shots: int | None) -> CircuitRunner:
        """The runner, with its own number of shots if none is given."""
        from vivace import backends

        options: dict[str, Any] = {} if shots is None else {"shots": shots}
        if self.backend is Backend.AER:
            return backends.QiskitSimulator(simulation_seed=self.seed, qiskit_backend=self.device, **options)
        if self.backend is Backend.QORO:
            return self.service(shots)
        return backends.MaestroSimulator(config=self._maestro_config(), **options)

    def announcement(self) -> Callable[[], None] | None:
        """What is to be said when Ctrl+C is pressed; None where that needs no waiting."""
        if self.backend is not Backend.QORO:
            return None
        from vivace.backends.qoro.stopping import Announcement

        return Announcement()

    def service(self, shots: int | None) -> QoroService:
        """The service, for jobs with so many shots."""
        from vivace.backends import MaestroConfig

        config = self._maestro_config()
        service = connected(self.base_url, maestro_config=None if config == MaestroConfig() else config)
        if shots is not None:
            service.job_config = service.job_config.override(shots=shots)
        return service

    def _maestro_config(self) -> MaestroConfig:
        from vivace.backends import MaestroConfig

        return MaestroConfig(
            seed=self.seed, simulation_type=self.method, max_bond_dimension=self.bond_dimension
        )
