"""Targets and credits on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from vivace.backends.qoro.wire import fields
from vivace.errors import ProtocolError

__all__ = ["QPU", "CreditBalance", "CreditTransaction", "QPUSystem", "SimulatorCluster", "TransactionsPage"]


@dataclass(frozen=True)
class QPU:
    """One quantum processor of a system.

    Attributes:
        nickname: Its name.
        q_bits: Number of qubits.
        status: What the service says about it, such as ``"ONLINE"``.
        system_kind: Technology.
        vendor_type: Vendor, where the service tells.
    """

    nickname: str
    q_bits: int
    status: str
    system_kind: str
    vendor_type: str | None = None

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object; unknown members are ignored."""
        return cls(
            fields.read_text(body, "nickname"),
            int(fields.read_whole(body, "q_bits")),
            fields.read_text(body, "status"),
            fields.read_text(body, "system_kind"),
            fields.optional_text(body, "vendor_type"),
        )

    def to_wire(self) -> dict[str, Any]:
        """The JSON object. Old clients refuse unknown members, so an unset vendor is left out."""
        body = {name: getattr(self, name) for name in ("nickname", "q_bits", "status", "system_kind")}
        return body if self.vendor_type is None else body | {"vendor_type": self.vendor_type}


@dataclass(frozen=True)
class QPUSystem:
    """A group of quantum processors that jobs are sent to.

    Attributes:
        name: Name by which jobs choose it.
        qpus: Its processors.
        access_level: Who may use it.
        supports_expval: Whether it takes expectation jobs.

    >>> QPUSystem.from_wire({"name": "lab"})
    QPUSystem(name='lab', qpus=(), access_level='PUBLIC', supports_expval=False)
    """

    name: str
    qpus: tuple[QPU, ...] = ()
    access_level: str = "PUBLIC"
    supports_expval: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "qpus", tuple(self.qpus))
        if self.name == "qoro_maestro":
            # The service's own simulator, listed as a system by older services, always estimates.
            object.__setattr__(self, "supports_expval", True)

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object; unknown members are ignored."""
        return cls(
            fields.read_text(body, "name"),
            tuple(QPU.from_wire(qpu) for qpu in _objects(body, "qpus")),
            fields.read_text(body, "access_level", "PUBLIC"),
            fields.read_flag(body, "supports_expval", False),
        )

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        body: dict[str, Any] = {"name": self.name, "access_level": self.access_level}
        return body | {"qpus": [qpu.to_wire() for qpu in self.qpus], "supports_expval": self.supports_expval}


@dataclass(frozen=True)
class SimulatorCluster:
    """A group of simulators that jobs are sent to.

    Attributes:
        name: Name by which jobs choose it.
        access_level: Who may use it.
        minimum_tier: Lowest tier of account that may use it.
        supports_expval: Whether it takes expectation jobs.
    """

    name: str
    access_level: str = "PUBLIC"
    minimum_tier: str = "FREE"
    supports_expval: bool = True

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object; unknown members are ignored."""
        return cls(
            fields.read_text(body, "name"),
            fields.read_text(body, "access_level", "PUBLIC"),
            fields.read_text(body, "minimum_tier", "FREE"),
            fields.read_flag(body, "supports_expval", True),
        )

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "name": self.name,
            "access_level": self.access_level,
            "minimum_tier": self.minimum_tier,
            "supports_expval": self.supports_expval,
        }


def _objects(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    items = fields.read_list(body, name, [])
    if not all(isinstance(item, dict) for item in items):
        raise ProtocolError(f"Expected objects in {name!r}.", name)
    return items


@dataclass(frozen=True, slots=True)
class CreditBalance:
    """Reply of ``credits/``. Amounts are decimal texts; dates are ISO 8601."""

    balance: str
    total_used: str
    created_at: str
    updated_at: str

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        return {name: getattr(self, name) for name in ("balance", "total_used", "created_at", "updated_at")}


@dataclass(frozen=True, slots=True)
class CreditTransaction:
    """One line of the ledger. Amounts are decimal texts; the date is ISO 8601."""

    id: int
    amount: str
    balance_after: str
    transaction_type: str
    description: str
    job_id: str | None
    created_at: str

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        names = ("id", "amount", "balance_after", "transaction_type", "description", "job_id", "created_at")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class TransactionsPage:
    """Reply of ``credits/transactions/``: a page of the ledger."""

    count: int
    total_pages: int
    next: str | None
    previous: str | None
    results: tuple[CreditTransaction, ...]

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        body = {name: getattr(self, name) for name in ("count", "total_pages", "next", "previous")}
        return body | {"results": [line.to_wire() for line in self.results]}
