"""What a submission asks of the service: its type, target and configs, from defaults and from the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from vivace._suggest import did_you_mean, warn_user
from vivace.backends.maestro.config import MaestroConfig
from vivace.backends.qoro.config import (
    DEFAULT_CLUSTER,
    DEFAULT_SHOTS,
    DeviceConfig,
    ExecutionConfig,
    JobConfig,
)
from vivace.backends.qoro.targets import TargetCache
from vivace.backends.qoro.wire.account import QPUSystem, SimulatorCluster
from vivace.backends.qoro.wire.blueprints import misfit
from vivace.backends.qoro.wire.configs import encode_maestro
from vivace.backends.qoro.wire.jobs import InitRequest, JobType
from vivace.backends.submission import refuse_control
from vivace.circuits import CircuitBatch
from vivace.errors import ConfigError, ConfigTypeError, UnknownOptionError

__all__ = [
    "CALL_OPTIONS",
    "JobOptions",
    "check_device_options",
    "checked_job_config",
    "job_config_from",
    "job_type_for",
    "one_of",
    "resolved",
]

CALL_OPTIONS: Final = (
    "override_job_config",
    "override_config",
    "job_config",
    "override_execution_config",
    "execution_config",
    "maestro_config",
    "device_config",
)
"""Keywords of a submission that change its configs."""


def one_of(given: Mapping[str, Any], *names: str) -> Any:
    """The value of the one keyword among ``names`` that was given, or None.

    >>> one_of({"job_config": 1, "config": None}, "job_config", "config")
    1
    """
    found = [name for name in names if given.get(name) is not None]
    if len(found) > 1:
        raise ConfigTypeError(f"{found[0]!r} and {found[1]!r} were both given. Give one of them.", found[1])
    return given[found[0]] if found else None


def _typed(name: str, value: Any, kind: type[Any]) -> Any:
    if value is not None and not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise ConfigTypeError(f"{name} must be {article} {kind.__name__}, got {type(value).__name__}.", name)
    return value


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The configs of a job, with the target resolved.

    Attributes:
        job: Where and how often.
        execution: How, in the spelling of older services; or
        maestro: how, for simulators; or
        device: how, for quantum processors.
        seed: Of sampling, where Maestro runs the job; it wins over that of ``maestro``.
    """

    job: JobConfig
    execution: ExecutionConfig | None = None
    maestro: MaestroConfig | None = None
    device: DeviceConfig | None = None
    seed: int | None = None

    @property
    def target(self) -> SimulatorCluster | QPUSystem:
        """Where the job runs."""
        target = self.job.simulator_cluster or self.job.qpu_system
        assert isinstance(target, SimulatorCluster | QPUSystem)  # noqa: S101 - `resolved` sees to it
        return target

    @property
    def shots(self) -> int:
        """Shots per circuit."""
        return self.job.shots or DEFAULT_SHOTS

    @property
    def supports_expval(self) -> bool:
        """Whether ``ham_ops`` may be used."""
        return self.target.supports_expval and not self.job.force_sampling

    @property
    def takes_maestro(self) -> bool:
        """Whether the target takes a ``maestro_config``: services may list Maestro among the processors."""
        return not isinstance(self.target, QPUSystem) or self.target.name == DEFAULT_CLUSTER

    def shot_dependence(self, n_qubits: int) -> str | None:
        """Why shots depend on each other where Maestro draws the errors of a noise model; None if not."""
        if self.maestro is None or not self.takes_maestro:
            return None
        from vivace.backends.maestro.noise import shot_dependence

        return shot_dependence(self.maestro, n_qubits, self.shots)

    def check_values(self, batch: CircuitBatch, ham_ops: str | None) -> None:
        """Refuse circuits that have no expectation values where they are to run.

        Raises:
            SimulationError: A circuit has operations under classical control, and Maestro is to run it.
        """
        if ham_ops is not None and self.target.name == DEFAULT_CLUSTER:
            refuse_control(batch)

    def checked(self) -> JobOptions:
        """The same, if the configs go together and with the target.

        Raises:
            ConfigError: They do not.
        """
        _typed("execution_config", self.execution, ExecutionConfig)
        _typed("maestro_config", self.maestro, MaestroConfig)
        _typed("device_config", self.device, DeviceConfig)
        if self.execution is not None and self.maestro is not None:
            raise ConfigTypeError(
                "execution_config and maestro_config say the same in two ways. Give one of them.",
                "maestro_config",
            )
        if self.execution is not None and self.device is not None:
            raise ConfigTypeError(
                "A job takes execution_config or device_config, not both. Give one of them.", "device_config"
            )
        if self.maestro is not None and not self.takes_maestro:
            raise ConfigError(
                "maestro_config applies to simulator targets, not to QPU systems.", "maestro_config"
            )
        if self.device is not None and not isinstance(self.target, QPUSystem):
            raise ConfigError("device_config applies to QPU targets, not to simulators.", "device_config")
        return self

    def for_call(self, given: Mapping[str, Any], cache: TargetCache) -> JobOptions:
        """These options, changed by the keywords of a call (`CALL_OPTIONS`).

        ``override_...`` configs are merged into the defaults, the others take their place.

        Warns:
            UserWarning: A default config is not for this job, which goes without; or is its seed.
            DeprecationWarning: A keyword is of older releases.
        """
        if given.get("override_config") is not None:
            warn_user("override_config is called override_job_config now.", DeprecationWarning)
        override = _typed(
            "override_job_config", one_of(given, "override_job_config", "override_config"), JobConfig
        )
        instead = _typed("job_config", given.get("job_config"), JobConfig)
        if override is not None and instead is not None:
            raise ConfigTypeError("'job_config' replaces, 'override_job_config' merges. Give one of them.")
        options = self
        if override is not None:
            options = replace(options, job=resolved(self.job.override(override), cache))
        if instead is not None:
            options = replace(options, job=resolved(instead, cache))
        execution = _typed(
            "override_execution_config",
            one_of(given, "override_execution_config", "execution_config"),
            ExecutionConfig,
        )
        maestro, device = given.get("maestro_config"), given.get("device_config")
        if execution is not None and maestro is not None:
            raise ConfigTypeError(
                "'override_execution_config' and 'maestro_config' were both given. Give one."
            )
        if execution is not None:
            merged = execution if self.execution is None else self.execution.override(execution)
            why = "override_execution_config is given"
            options = options.without("maestro", why).without("device" if device is None else "", why)
            options = replace(options, execution=merged)
        if maestro is not None:
            options = replace(options, maestro=maestro, execution=None)
            if isinstance(maestro, MaestroConfig) and maestro.is_set("seed"):
                options = replace(options, seed=None)
        if device is not None:
            options = options.without("execution" if execution is None else "", "device_config is given")
            options = replace(options, device=device)
        return options.fitting(given).checked()

    def fitting(self, given: Mapping[str, Any]) -> JobOptions:
        """The same without what does not go with the target, unless the call gives it."""
        options, where = self, f"the job runs on {self.target.name!r}"
        if given.get("maestro_config") is None and not self.takes_maestro:
            options = options.without("maestro", where)
        if given.get("device_config") is None and not isinstance(self.target, QPUSystem):
            options = options.without("device", where)
        if self.seed is not None and (not self.takes_maestro or self.execution is not None):
            why = where if not self.takes_maestro else "jobs with an execution_config have none"
            warn_user(f"The seed that set_seed() was given is not used: {why}.")
        return options

    def without(self, name: str, why: str) -> JobOptions:
        """The same without a default config, with a warning if there is one."""
        if not name or getattr(self, name) is None:
            return self
        warn_user(f"The default {name}_config is not used: {why}.")
        gone: dict[str, Any] = {name: None}
        return replace(self, **gone)

    def init_request(self, job_type: JobType) -> InitRequest:
        """How to open the job."""
        on_qpu = isinstance(self.target, QPUSystem)
        maestro = self.maestro
        if self.seed is not None and self.takes_maestro and self.execution is None:
            maestro = (maestro or MaestroConfig()).override(seed=self.seed)
        return InitRequest(
            job_type,
            tag=self.job.tag,
            use_packing=bool(self.job.use_circuit_packing),
            simulator_cluster=None if on_qpu else self.target.name,
            qpu_system_name=self.target.name if on_qpu else None,
            execution_configuration=None if self.execution is None else self.execution.to_payload(),
            maestro_config=None if maestro is None else encode_maestro(maestro),
            device_config=(None if self.device is None else self.device.to_payload()) or None,
        )


def check_device_options(
    options: Mapping[str, Any], system: QPUSystem, blueprints: Mapping[str, Mapping[str, Any]]
) -> None:
    """Refuse device options that no vendor of a system takes.

    Args:
        options: Options as they go out, in upper case.
        system: Where the job runs. Where its processors do not name their vendors, any vendor will do.
        blueprints: As of `QoroService.fetch_vendor_blueprints`; without any, nothing is known, nor refused.

    Raises:
        ConfigError: There is no such option, or it does not take that value.
    """
    vendors = {str(qpu.vendor_type) for qpu in system.qpus} & set(blueprints) or set(blueprints)
    shapes = [blueprints[vendor]["device"] for vendor in sorted(vendors)]
    if not shapes:
        return
    wrong = misfit(options, shapes)
    if wrong is None:
        return
    name = wrong.name.lower()
    if wrong.expected is None:
        known = {known.lower() for shape in shapes for known in shape}
        raise UnknownOptionError(
            f"No device of {system.name!r} takes the option {name!r}{did_you_mean(name, known)}.", wrong.name
        )
    raise ConfigError(
        f"Device option {name!r} must be {wrong.expected}, got {wrong.value!r:.60}.", wrong.name
    )


def resolved(config: JobConfig, cache: TargetCache) -> JobConfig:
    """A job config whose target is an object, not a name.

    Warns:
        UserWarning: There is no target; the default one is taken.

    Raises:
        ConfigError: There is no target of that name.
    """
    if config.simulator_cluster is None and config.qpu_system is None:
        warn_user(
            "No simulator_cluster or qpu_system specified in JobConfig. Defaulting to simulator cluster "
            f"'{DEFAULT_CLUSTER}'."
        )
        config = config.override(simulator_cluster=DEFAULT_CLUSTER)
    if isinstance(config.simulator_cluster, str):
        return config.override(simulator_cluster=cache.cluster(config.simulator_cluster))
    if isinstance(config.qpu_system, str):
        return config.override(qpu_system=cache.system(config.qpu_system))
    return config


def job_type_for(job_type: Any, ham_ops: str | None, n_circuits: int) -> JobType:
    """The type of a job that runs circuits.

    Raises:
        ConfigError: The type and ``ham_ops`` do not go together, or there are too many circuits for it.

    >>> job_type_for(None, "ZZ", 1)
    <JobType.EXPECTATION: 'EXPECTATION'>
    """
    if job_type is None:
        return JobType.EXECUTE if ham_ops is None else JobType.EXPECTATION
    try:
        kind = JobType(job_type)
    except ValueError:
        known = ", ".join(JobType.__members__)
        raise ConfigError(f"job_type must be one of {known}, got {job_type!r:.60}.", "job_type") from None
    if kind.is_legacy:
        hint = "" if kind.modern is kind else f" Use JobType.{kind.modern.name}."
        warn_user(f"JobType.{kind.name} is of older services.{hint}", DeprecationWarning)
        if kind is JobType.CIRCUIT_CUT and n_circuits > 1:
            raise ConfigError("Only one circuit allowed for circuit-cutting jobs.", "job_type")
    kind = kind.modern
    if kind is JobType.CHARACTERIZE:
        raise ConfigError("Circuits are not characterized; use characterize_and_validate().", "job_type")
    if ham_ops is not None and kind is not JobType.EXPECTATION:
        raise ConfigError("Hamiltonian operators are only supported for EXPECTATION job type.", "ham_ops")
    if ham_ops is None and kind is JobType.EXPECTATION:
        raise ConfigError("Jobs of type EXPECTATION need ham_ops.", "ham_ops")
    return kind


def job_config_from(job_config: JobConfig | None, old: dict[str, Any]) -> JobConfig:
    """The job config of a service, from the keywords of all releases.

    Warns:
        DeprecationWarning: A keyword is of older releases.
    """
    known = ("config", "shots", "qpu_system_name", "use_circuit_packing")
    unknown = [name for name in old if name not in known]
    if unknown:
        raise ConfigTypeError(f"QoroService got an unexpected keyword {unknown[0]!r}.", unknown[0])
    config = one_of({"job_config": job_config, "config": old.get("config")}, "job_config", "config")
    fields = {name.removesuffix("_name"): old[name] for name in known[1:] if old.get(name) is not None}
    for name in old:
        now = "job_config" if name == "config" else "job_config=JobConfig(...)"
        warn_user(f"{name} is of older releases; give {now}.", DeprecationWarning)
    if config is None:
        target = {} if "qpu_system" in fields else {"simulator_cluster": DEFAULT_CLUSTER}
        return JobConfig(**{"shots": DEFAULT_SHOTS, **target, "use_circuit_packing": False, **fields})
    return checked_job_config(config).override(**fields)


def checked_job_config(config: JobConfig) -> JobConfig:
    """The same, if it is one."""
    if not isinstance(config, JobConfig):
        raise ConfigTypeError(f"job_config must be a JobConfig, got {type(config).__name__}.", "job_config")
    return config
