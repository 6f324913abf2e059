"""The options of commands that run circuits, and the runner they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from vivace.backends.maestro.options import SIMULATION_TYPES
from vivace.errors import ConfigError

if TYPE_CHECKING:
    from vivace.backends import CircuitRunner, MaestroConfig

__all__ = ["Backend", "BondDimension", "Device", "LocalBackend", "Method", "RunnerOptions", "Seed"]


class Backend(StrEnum):
    """Where circuits run."""

    MAESTRO = "maestro"
    AER = "aer"
    QORO = "qoro"


class LocalBackend(StrEnum):
    """Where circuits run on this machine."""

    MAESTRO = "maestro"
    AER = "aer"


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

    backend: Backend | LocalBackend
    seed: int | None = None
    method: str | None = None
    bond_dimension: int | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        if self.device is not None and self.backend != Backend.AER:
            raise ConfigError("--device goes with --backend aer")
        if self.backend == Backend.AER and (self.method is not None or self.bond_dimension is not None):
            name = "--bond-dimension" if self.method is None else "--method"
            raise ConfigError(f"{name} goes with Maestro, not with --backend aer")

    def maestro_config(self) -> MaestroConfig:
        """The options of Maestro."""
        from vivace.backends import MaestroConfig

        return MaestroConfig(
            seed=self.seed, simulation_type=self.method, max_bond_dimension=self.bond_dimension
        )

    def local(self, shots: int | None) -> CircuitRunner:
        """The runner on this machine, with its own number of shots if none is given."""
        from vivace import backends

        options: dict[str, Any] = {} if shots is None else {"shots": shots}
        if self.backend == Backend.AER:
            return backends.QiskitSimulator(simulation_seed=self.seed, qiskit_backend=self.device, **options)
        return backends.MaestroSimulator(config=self.maestro_config(), **options)
