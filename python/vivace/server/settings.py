"""What a server offers and allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Final

from vivace.backends.qoro.wire.account import QPU, QPUSystem, SimulatorCluster
from vivace.backends.qoro.wire.endpoints import MAX_BODY
from vivace.errors import ConfigError

__all__ = ["Limits", "Settings", "Tier"]

_MIB: Final = 1 << 20


class Tier(IntEnum):
    """What an account has paid for; higher ones may do all that lower ones may.

    >>> Tier.FREE.bond_dimension, Tier.PRO.bond_dimension
    (32, None)
    """

    FREE = 0
    PRO = 1
    ENTERPRISE = 2

    @property
    def bond_dimension(self) -> int | None:
        """Largest bond dimension a configuration may ask for; None is any."""
        return 32 if self is Tier.FREE else None

    @classmethod
    def named(cls, name: str) -> Tier:
        """The tier of that name, in any case.

        Raises:
            ConfigError: There is none.
        """
        try:
            return cls[name.upper()]
        except KeyError:
            known = ", ".join(tier.name for tier in cls)
            raise ConfigError(f"Unknown tier {name!r}; expected one of {known}.", "tier") from None


@dataclass(frozen=True)
class Limits:
    """Sizes beyond which requests are refused.

    Attributes:
        body: Bytes of a request body; 413 beyond.
        qubo_body: The same for QUBOs, which travel in one piece; a connection holds that much memory.
        text: Bytes of one decompressed circuit, and of the observables.
        texts: Bytes of all decompressed circuits of one upload.
        qubits: Qubits of a circuit, and of a noise model.
        clbits: Classical bits of a circuit.
        statevector_qubits: Qubits of a circuit that a job's configuration runs as a statevector.
        density_qubits: Qubits of a circuit that a job's configuration runs as a density matrix.
        circuits: Circuits of a job.
        shots: Shots of a circuit.
        variables: Variables of a QUBO.
        connections: Open connections. Beyond, those that wait for the head of a request are closed; 503 if
            there are none.
        head_time: Seconds until the head of a request must have arrived; the connection is closed then.
        body_time: Seconds for its body; 408 then.
        page: Bytes of results on a page, which is cut short then; one entry is always on it.
        counts: Bytes that the counts of a circuit may take in the server's memory: the smaller of its shots
            and 2^bits, times the bits and 128 for each.
        open_jobs: Jobs of an account whose last upload has not arrived.
        open_bytes: Bytes of the uploads of these jobs.
        analyses: QUBOs of an account that are analysed or wait for it; 429 beyond.
    """

    body: int = MAX_BODY
    qubo_body: int = 20 * _MIB
    text: int = 8 * _MIB
    texts: int = 128 * _MIB
    qubits: int = 2048
    clbits: int = 4096
    statevector_qubits: int = 26
    density_qubits: int = 12
    circuits: int = 5_000_000
    shots: int = 100_000_000
    variables: int = 1024
    connections: int = 200
    head_time: float = 10.0
    body_time: float = 120.0
    page: int = 16 * _MIB
    counts: int = 256 * _MIB
    open_jobs: int = 1000
    open_bytes: int = 4096 * _MIB
    analyses: int = 4


_EMULATOR: Final = QPUSystem("vivace_emulator", (QPU("emulator", 22, "ONLINE", "SIMULATED"),))


@dataclass(frozen=True)
class Settings:
    """What a server offers.

    Attributes:
        clusters: Simulator clusters; the first is the target of jobs that name none.
        systems: QPU systems. They are emulated, and exact: device options are checked against the shapes of
            the first device's ``vendor_type`` (of all vendors, if it has none), stored and shown, and leave
            results as they are.
        tier: Tier of new accounts.
        credits: Credits of new accounts.
        circuit_price: Credits for one circuit.
        variable_price: Credits for one variable of a QUBO to characterise.
        shots: Shots of uploads that leave them open.
        workers: Jobs that run at once.
        turn_time: Seconds after which a job makes way for that of an account with fewer jobs that run, until
            it is its account's turn again; it is PENDING while it waits. What runs just then is not broken
            off: one circuit, or short ones that take about a second together.
        time_limit: Seconds a job may run, whatever it asks for; None is any number.
        upload_time: Seconds without an upload after which jobs that lack their last one are given up.
        attempts: Times a job is started before it is given up, if the server dies each time and no circuit
            is done in between.
        limits: Sizes beyond which requests are refused.

    >>> Settings().clusters[0].name
    'qoro_maestro'
    """

    clusters: tuple[SimulatorCluster, ...] = (
        SimulatorCluster("qoro_maestro"),
        SimulatorCluster("qoro_maestro_pro", minimum_tier="PRO"),
    )
    systems: tuple[QPUSystem, ...] = (_EMULATOR,)
    tier: Tier = Tier.PRO
    credits: Decimal = Decimal(1_000_000)
    circuit_price: Decimal = Decimal("0.001")
    variable_price: Decimal = Decimal("0.01")
    shots: int = 1000
    workers: int = 2
    turn_time: float = 2.0
    time_limit: int | None = 86_400
    upload_time: int = 86_400
    attempts: int = 3
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ConfigError(f"Expected a number of workers of at least 0, got {self.workers}.", "workers")
        if not self.clusters:
            raise ConfigError("Expected at least one simulator cluster.", "clusters")

    def cluster(self, name: str) -> SimulatorCluster | None:
        """The cluster of that name."""
        return next((cluster for cluster in self.clusters if cluster.name == name), None)

    def system(self, name: str) -> QPUSystem | None:
        """The QPU system of that name."""
        return next((system for system in self.systems if system.name == name), None)
