"""Configs of jobs: where they run, with how many shots, and how."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from vivace.backends.qoro.options import Check, FrozenConfig, plain
from vivace.backends.qoro.wire import configs
from vivace.backends.qoro.wire.account import QPUSystem, SimulatorCluster
from vivace.backends.qoro.wire.configs import SimulationMethod, Simulator
from vivace.backends.runner import positive_shots
from vivace.errors import ConfigError, ConfigTypeError, ProtocolError

__all__ = ["DEFAULT_CLUSTER", "DEFAULT_SHOTS", "DeviceConfig", "ExecutionConfig", "JobConfig"]

DEFAULT_SHOTS: Final = 1000
"""Shots of a job whose config leaves them open."""

DEFAULT_CLUSTER: Final = "qoro_maestro"
"""Target of a job whose config leaves it open."""


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigTypeError(f"{name} must be text, got {value!r:.60} ({type(value).__name__}).", name)
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigTypeError(f"Expected a bool, got {type(value).__name__} for {name}.", name)
    return value


def _target(kind: type[Any]) -> Check:
    def check(name: str, value: Any) -> Any:
        if not isinstance(value, kind | str):
            raise ConfigTypeError(
                f"Expected a {kind.__name__} instance or str, got {type(value).__name__}.", name
            )
        return value

    return check


class JobConfig(FrozenConfig):
    """Where a job runs, with how many shots. Frozen; knows which of its fields were set.

    Args:
        shots (int): Shots per circuit. Default: None, which is 1000.
        simulator_cluster (SimulatorCluster or str): Target: a cluster of simulators, or its name. Default:
            None, which is ``"qoro_maestro"`` without a ``qpu_system``.
        qpu_system (QPUSystem or str): Target: a system of quantum processors, or its name. Default: None.
        use_circuit_packing (bool): Whether circuits may be packed side by side on one device. Default:
            None, which is no.
        tag (str): Free text that lists of jobs show. Default: ``"default"``.
        force_sampling (bool): Refuse ``ham_ops``, so that programs measure by sampling. Default: False.

    Raises:
        ConfigError: ``shots`` is not positive, or there are two targets.
        ConfigTypeError: A value has the wrong type.
        UnknownOptionError: There is no field of that name.

    >>> base = JobConfig(tag="sweep", simulator_cluster="qoro_maestro", force_sampling=True)
    >>> base.override(JobConfig(shots=50, qpu_system="lab"))
    JobConfig(shots=50, qpu_system='lab', tag='sweep', force_sampling=True)
    >>> JobConfig(shot=5)
    Traceback (most recent call last):
    ...
    vivace.errors.UnknownOptionError: JobConfig got unknown fields 'shot' (did you mean 'shots'?).
    """

    _fields: ClassVar = {
        "shots": lambda _name, value: positive_shots(value),
        "simulator_cluster": _target(SimulatorCluster),
        "qpu_system": _target(QPUSystem),
        "use_circuit_packing": _flag,
        "tag": _text,
        "force_sampling": _flag,
    }
    _defaults: ClassVar = {"tag": "default", "force_sampling": False}

    if TYPE_CHECKING:
        shots: int | None
        simulator_cluster: SimulatorCluster | str | None
        qpu_system: QPUSystem | str | None
        use_circuit_packing: bool | None
        tag: str
        force_sampling: bool

        def __init__(
            self,
            shots: int | None = None,
            simulator_cluster: SimulatorCluster | str | None = None,
            qpu_system: QPUSystem | str | None = None,
            use_circuit_packing: bool | None = None,
            tag: str | None = None,
            force_sampling: bool | None = None,
        ) -> None: ...

    def _check_together(self) -> None:
        if self.simulator_cluster is not None and self.qpu_system is not None:
            raise ConfigError("Provide either 'simulator_cluster' or 'qpu_system', not both.", "qpu_system")

    def _without_rivals(self, _newer: Mapping[str, Any]) -> dict[str, Any]:
        rivals = {"simulator_cluster": "qpu_system", "qpu_system": "simulator_cluster"}
        gone = {rivals[name] for name in rivals if name in _newer}
        return {name: value for name, value in self._set.items() if name not in gone}


def _number(name: str, value: Any) -> Any:
    number = configs.NUMBERS[name]
    if isinstance(value, bool) or not isinstance(value, number.kinds):
        raise ConfigTypeError(
            f"{name} must be {number.expected}, got {value!r:.60} ({type(value).__name__}).", name
        )
    if not number.fits(value):
        raise ConfigError(f"{name} must be {number.expected}, got {value}.", name)
    return value


def _enum(kind: type[IntEnum]) -> Check:
    def check(name: str, value: Any) -> Any:
        if isinstance(value, str) and value in kind.__members__:
            return kind[value]
        other = isinstance(value, bool | IntEnum) and not isinstance(value, kind)
        if other or not isinstance(value, int) or value not in tuple(kind):
            known = ", ".join(kind.__members__)
            raise ConfigError(f"{name} must be one of {known}, got {value!r:.60}.", name)
        return kind(value)

    return check


def _api_meta(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigTypeError(f"{name} must be a mapping, got {type(value).__name__}.", name)
    try:
        return dict(configs.check_execution({"api_meta": dict(value)})["api_meta"])
    except ProtocolError as error:
        raise ConfigError(
            f"{str(error).rstrip('.')}. Known keys: {', '.join(configs.API_META)}.", name
        ) from None


class ExecutionConfig(FrozenConfig):
    """How the service simulates a job. Frozen; fields are None by default, which leaves them to the service.

    Args:
        bond_dimension (int): Bond dimension of matrix product states, at least 1; accounts have a cap.
        truncation_threshold (float): Singular values below it are cut; dimensionless, at least 0.
        simulator (Simulator or str): The simulator, or its name.
        simulation_method (SimulationMethod or str): The method, or its name.
        api_meta (Mapping): Options of devices: ``optimization_level``, ``resilience_level``,
            ``max_execution_time`` (in seconds), ``transpilation_seed``, ``layout_method``,
            ``routing_method``, ``approximation_degree``.
        noisy_device (str): Device whose noise is simulated.
        noise_realizations (int): Random error patterns, at least 1.
        noise_scaling_factor (float): From 0 (no noise) to 1.

    >>> ExecutionConfig(bond_dimension=64, simulation_method="MatrixProductState").to_payload()
    {'bond_dimension': 64, 'simulation_type': 1}
    """

    _fields: ClassVar = {
        "bond_dimension": _number,
        "truncation_threshold": _number,
        "simulator": _enum(Simulator),
        "simulation_method": _enum(SimulationMethod),
        "api_meta": _api_meta,
        "noisy_device": _text,
        "noise_realizations": _number,
        "noise_scaling_factor": _number,
    }
    _wire: ClassVar = {"simulator": "simulator_type", "simulation_method": "simulation_type"}

    if TYPE_CHECKING:
        bond_dimension: int | None
        truncation_threshold: float | None
        simulator: Simulator | None
        simulation_method: SimulationMethod | None
        noisy_device: str | None
        noise_realizations: int | None
        noise_scaling_factor: float | None

        def __init__(
            self,
            bond_dimension: int | None = None,
            truncation_threshold: float | None = None,
            simulator: Simulator | str | None = None,
            simulation_method: SimulationMethod | str | None = None,
            api_meta: Mapping[str, Any] | None = None,
            noisy_device: str | None = None,
            noise_realizations: int | None = None,
            noise_scaling_factor: float | None = None,
        ) -> None: ...

    @property
    def api_meta(self) -> Mapping[str, Any] | None:
        """Options of devices; a view that nothing can be written to."""
        found = self._set.get("api_meta")
        return None if found is None else MappingProxyType(found)

    def to_payload(self) -> dict[str, Any]:
        """The ``execution_configuration`` of the wire."""
        found: dict[str, Any] = {}
        for name in self._fields:
            value = getattr(self, name)
            if value is not None:
                number = int(value) if name in self._wire else value
                found[self._wire.get(name, name)] = dict(value) if name == "api_meta" else number
        return found

    @classmethod
    def from_response(cls, data: Mapping[str, Any]) -> Self:
        """The config that a service describes, as the reply holds it or inside it.

        Raises:
            ConfigError: A code or a value that stands for nothing.

        >>> ExecutionConfig.from_response({"job_id": "a", "execution_configuration": {"simulator_type": 1}})
        ExecutionConfig(simulator=<Simulator.QCSim: 1>)
        """
        if not isinstance(data, Mapping):
            raise ConfigTypeError(f"Expected a reply as a mapping, got {type(data).__name__}.")
        body = data.get("execution_configuration", data)
        names = {wire: name for name, wire in cls._wire.items()}
        found = {names.get(key, key): value for key, value in (body or {}).items() if key != "job_id"}
        return cls(**{name: value for name, value in found.items() if name in cls._fields})


class DeviceConfig:
    """Options of a quantum processor. Frozen; which there are, `QoroService.fetch_vendor_blueprints` tells.

    Args:
        **options: Options in any case; None is the same as leaving one out.

    Raises:
        ConfigError: An option would choose the device, which the job's QPU system already does.

    >>> config = DeviceConfig(TRANSPILE_LEVEL=2, use_mitigation=True)
    >>> config.transpile_level, config.to_payload()
    (2, {'TRANSPILE_LEVEL': 2, 'USE_MITIGATION': True})
    """

    _options: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        kept = {name: value for name, value in _lowered(options).items() if value is not None}
        try:
            configs.encode_device(kept)
        except ProtocolError as error:
            raise ConfigError(str(error), error.field) from None
        object.__setattr__(self, "_options", kept)

    def __getattr__(self, name: str) -> Any:
        options = vars(self).get("_options", {})
        if name.startswith("_"):
            raise AttributeError(f"'DeviceConfig' object has no attribute {name!r}")
        return options.get(name.lower())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to option {name!r}. Use override().")

    def override(self, other: DeviceConfig | None = None, /, **options: Any) -> Self:
        """A copy in which the options of ``other``, and then the options given, win; None unsets one."""
        if other is not None and not isinstance(other, DeviceConfig):
            raise ConfigTypeError(f"override() expects a DeviceConfig, got {type(other).__name__}.")
        newer = {} if other is None else vars(other)["_options"]
        return type(self)(**{**self._options, **newer, **_lowered(options)})

    def reset(self, *names: str) -> Self:
        """A copy without the options named."""
        if not names:
            raise ConfigTypeError("reset() needs at least one field name.")
        unknown = [name for name in names if name.lower() not in self._options]
        if unknown:
            raise ConfigTypeError(f"Cannot reset unknown fields {unknown}.", unknown[0])
        return self.override(**dict.fromkeys(names))

    def to_payload(self) -> dict[str, Any]:
        """The ``device_config`` of the wire."""
        return configs.encode_device(self._options)

    @classmethod
    def from_payload(cls, data: Mapping[str, Any]) -> Self:
        """The config of a ``device_config``; the texts ``"true"`` and ``"false"`` are toggles.

        >>> DeviceConfig.from_payload({"USE_MITIGATION": "true"})
        DeviceConfig(use_mitigation=True)
        """
        return cls(**configs.decode_device(data))

    def __eq__(self, other: object) -> bool:
        return self._options == other._options if isinstance(other, DeviceConfig) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._options.items()))

    def __repr__(self) -> str:
        return f"DeviceConfig({', '.join(f'{name}={value!r}' for name, value in self._options.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _device, (self._options,)


def _lowered(options: Mapping[str, Any]) -> dict[str, Any]:
    lower: dict[str, Any] = {}
    for name, value in options.items():
        if name.lower() in lower:
            raise ConfigTypeError(f"DeviceConfig got {name.lower()!r} twice.", name)
        lower[name.lower()] = plain(value)
    return lower


def _device(options: dict[str, Any]) -> DeviceConfig:
    return DeviceConfig(**options)
