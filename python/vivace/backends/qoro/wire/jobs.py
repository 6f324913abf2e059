"""Jobs on the wire: statuses, types, opening one, and the replies about one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from vivace.backends.qoro.wire import fields
from vivace.backends.qoro.wire.endpoints import may_be_job_id
from vivace.errors import ProtocolError

__all__ = ["CancelReply", "InitRequest", "JobStatus", "JobType", "StatusReply", "job_id_of"]


class JobStatus(StrEnum):
    """Where a job stands. Equal to its own text.

    >>> JobStatus.FAILED == "FAILED", JobStatus.FAILED.is_terminal, JobStatus.PAUSED.is_terminal
    (True, True, False)
    """

    PENDING = "PENDING"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    INSUFFICIENT_CREDITS = "INSUFFICIENT_CREDITS"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_terminal(self) -> bool:
        """Whether the job will not change any more."""
        return self in _TERMINAL

    @property
    def is_cancellable(self) -> bool:
        """Whether the service takes a request to cancel the job."""
        return self in (JobStatus.PENDING, JobStatus.RUNNING)

    @classmethod
    def coerce(cls, value: Any) -> JobStatus | None:
        """The status of that name, in any case; None if there is none.

        >>> JobStatus.coerce("cancelled"), JobStatus.coerce("DREAMING")
        (<JobStatus.CANCELLED: 'CANCELLED'>, None)
        """
        try:
            return cls(value.upper()) if isinstance(value, str) else None
        except ValueError:
            return None


_TERMINAL: Final = frozenset(
    {
        JobStatus.COMPLETED,
        JobStatus.FAILED,
        JobStatus.CANCELLED,
        JobStatus.INSUFFICIENT_CREDITS,
        JobStatus.TIMED_OUT,
    }
)


class JobType(StrEnum):
    """What a job does with its circuits. Equal to its own text.

    `SIMULATE`, `ESTIMATE` and `CIRCUIT_CUT` are of older services.
    """

    EXECUTE = "EXECUTE"
    EXPECTATION = "EXPECTATION"
    CHARACTERIZE = "VALIDATE"
    SIMULATE = "SIMULATE"
    ESTIMATE = "ESTIMATE"
    CIRCUIT_CUT = "CIRCUIT_CUT"

    @property
    def is_legacy(self) -> bool:
        """Whether the type is of older services only."""
        return self in (JobType.SIMULATE, JobType.ESTIMATE, JobType.CIRCUIT_CUT)

    @property
    def modern(self) -> JobType:
        """The type that took this one's place; itself for the others.

        >>> JobType.SIMULATE.modern, JobType.ESTIMATE.modern
        (<JobType.EXECUTE: 'EXECUTE'>, <JobType.EXPECTATION: 'EXPECTATION'>)
        """
        return {JobType.SIMULATE: JobType.EXECUTE, JobType.ESTIMATE: JobType.EXPECTATION}.get(self, self)


@dataclass(frozen=True, slots=True)
class InitRequest:
    """Body of ``job/init/``.

    Attributes:
        job_type: What the job does.
        tag: Free text that lists of jobs show.
        use_packing: Whether circuits may be packed side by side on one device.
        simulator_cluster: Name of the target, if it is a cluster.
        qpu_system_name: Name of the target, if it is a QPU system.
        execution_configuration: Options, see `vivace.backends.qoro.wire.configs`; or
        maestro_config: the later spelling for simulators; or
        device_config: for QPU systems.

    >>> InitRequest(JobType.EXECUTE, simulator_cluster="qoro_maestro").to_wire()["use_packing"]
    False
    """

    job_type: JobType
    tag: str = "default"
    use_packing: bool = False
    simulator_cluster: str | None = None
    qpu_system_name: str | None = None
    execution_configuration: Mapping[str, Any] | None = None
    maestro_config: Mapping[str, Any] | None = None
    device_config: Mapping[str, Any] | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON object; a characterisation has only its type and tag."""
        body: dict[str, Any] = {"tag": self.tag, "job_type": self.job_type.value}
        if self.job_type is JobType.CHARACTERIZE:
            return body
        body["use_packing"] = self.use_packing
        optional = {
            "simulator_cluster": self.simulator_cluster,
            "qpu_system_name": self.qpu_system_name,
            "execution_configuration": self.execution_configuration,
            "maestro_config": self.maestro_config,
            "device_config": self.device_config,
        }
        return body | {name: value for name, value in optional.items() if value is not None}

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object; configurations are taken as objects, and checked by who uses them.

        Raises:
            ProtocolError: A member is missing, of the wrong type, or at odds with another.
        """
        text = fields.read_text(body, "job_type")
        try:
            job_type = JobType(text)
        except ValueError:
            known = ", ".join(kind.value for kind in JobType)
            raise ProtocolError(
                f"Unknown job_type {text!r:.60}; expected one of {known}.", "job_type"
            ) from None
        configs = ("execution_configuration", "maestro_config", "device_config")
        request = cls(
            job_type,
            fields.read_text(body, "tag", "default"),
            fields.read_flag(body, "use_packing", False),
            fields.optional_text(body, "simulator_cluster"),
            fields.optional_text(body, "qpu_system_name"),
            *(None if body.get(name) is None else fields.read_object(body, name) for name in configs),
        )
        if request.simulator_cluster is not None and request.qpu_system_name is not None:
            raise ProtocolError(
                "Provide either 'simulator_cluster' or 'qpu_system_name', not both.", "qpu_system_name"
            )
        given = [name for name in configs if getattr(request, name) is not None]
        if len(given) > 1:
            raise ProtocolError(f"Provide at most one configuration, got {' and '.join(given)}.", given[1])
        return request


def job_id_of(reply: Mapping[str, Any]) -> str:
    """The job id in the reply to ``job/init/``.

    >>> job_id_of({"job_id": "a-job"})
    'a-job'
    """
    job_id = fields.read_text(reply, "job_id")
    if not may_be_job_id(job_id):
        raise ProtocolError(f"Expected a job id, got {job_id!r:.60}.", "job_id")
    return job_id


@dataclass(frozen=True, slots=True)
class StatusReply:
    """Reply of ``status/``.

    Attributes:
        status: Status as the service wrote it; `JobStatus.coerce` knows most of them.
        run_time: Seconds the job ran; 0.0 while unknown.
        finalized: Whether the last upload of the job has arrived; None if the service does not say.
        progress: Circuits that have results, and circuits in all; None if the service does not say.

    >>> StatusReply.from_wire({"status": "COMPLETED", "run_time": "2.5"})
    StatusReply(status='COMPLETED', run_time=2.5, finalized=None, progress=None)
    >>> StatusReply.from_wire({"status": "RUNNING", "circuits_done": 3, "circuits": 8}).progress
    (3, 8)
    """

    status: str
    run_time: float = 0.0
    finalized: bool | None = None
    progress: tuple[int, int] | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON object; without what is unknown."""
        body: dict[str, Any] = {"status": str(self.status), "run_time": self.run_time}
        if self.finalized is not None:
            body["finalized"] = self.finalized
        if self.progress is not None:
            body["circuits_done"], body["circuits"] = self.progress
        return body

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object; what is unreadable counts as unknown, since the status matters more.

        Raises:
            ProtocolError: There is no status.
        """
        status, finalized, run_time = fields.read_text(body, "status"), body.get("finalized"), 0.0
        with suppress(ProtocolError):
            run_time = fields.read_number(body, "run_time", 0.0)
        progress = None
        with suppress(ProtocolError):
            done, total = (fields.read_whole(body, name) for name in ("circuits_done", "circuits"))
            progress = (done, total) if done <= total else None
        return cls(status, run_time, finalized if isinstance(finalized, bool) else None, progress)


@dataclass(frozen=True, slots=True)
class CancelReply:
    """Reply of ``cancel/``.

    Attributes:
        job_id: The job.
        circuits_cancelled: Circuits that will not run.
    """

    job_id: str
    circuits_cancelled: int = 0

    def to_wire(self) -> dict[str, Any]:
        """The JSON object; the status is in lower case here."""
        return {"status": "cancelled", "job_id": self.job_id, "circuits_cancelled": self.circuits_cancelled}
