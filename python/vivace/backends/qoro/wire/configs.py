"""Configurations on the wire: ``execution_configuration``, ``maestro_config`` and ``device_config``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from vivace.backends.maestro import options as opt
from vivace.backends.maestro.config import MaestroConfig
from vivace.backends.maestro.fields import OPTIONS
from vivace.backends.qoro.wire.noise import MOST_QUBITS, decode_noise, encode_noise
from vivace.errors import ProtocolError

__all__ = [
    "API_META",
    "FORBIDDEN_DEVICE_KEYS",
    "NUMBERS",
    "Number",
    "SimulationMethod",
    "Simulator",
    "check_device",
    "check_execution",
    "decode_device",
    "decode_maestro",
    "encode_device",
    "encode_maestro",
]


class Simulator(IntEnum):
    """Simulators of an ``execution_configuration``."""

    QiskitAer = 0
    QCSim = 1
    CompositeQiskitAer = 2
    CompositeQCSim = 3
    GpuSim = 4


class SimulationMethod(IntEnum):
    """Methods of an ``execution_configuration``."""

    Statevector = 0
    MatrixProductState = 1
    Stabilizer = 2
    TensorNetwork = 3
    PauliPropagator = 4
    ExtendedStabilizer = 5


API_META: Final[Mapping[str, tuple[type, ...]]] = {
    "optimization_level": (int,),
    "resilience_level": (int,),
    "max_execution_time": (int,),
    "transpilation_seed": (int,),
    "layout_method": (str,),
    "routing_method": (str,),
    "approximation_degree": (int, float),
}
"""Keys that ``api_meta`` may have, and the types of their values."""


@dataclass(frozen=True, slots=True)
class Number:
    """What a number of a configuration may be.

    Attributes:
        kinds: Its types.
        fits: Whether one is in range.
        expected: The same for a message.
    """

    kinds: tuple[type, ...]
    fits: Callable[[Any], bool]
    expected: str


NUMBERS: Final[Mapping[str, Number]] = {
    "bond_dimension": Number((int,), lambda n: n > 0, "a positive integer"),
    "truncation_threshold": Number((int, float), lambda x: 0 <= x < math.inf, "a number of at least 0"),
    "noise_realizations": Number((int,), lambda n: n > 0, "a positive integer"),
    "noise_scaling_factor": Number((int, float), lambda x: 0 <= x <= 1, "a number from 0 to 1"),
}
"""The numbers of an ``execution_configuration``."""

_OTHERS: Final[Mapping[str, tuple[type, ...]]] = {
    "simulator_type": (int,),
    "simulation_type": (int,),
    "api_meta": (dict,),
    "noisy_device": (str,),
}
_CODES: Final = {"simulator_type": Simulator, "simulation_type": SimulationMethod}

FORBIDDEN_DEVICE_KEYS: Final = ("IBM_DEVICE", "IQM_DEVICE_URL")
"""Device options that would choose the device, which the QPU system does."""

_NAMES: Final = tuple(OPTIONS)
# The integers of the two enums: the place of each name in the tables of options, but for these.
_SIMULATORS: Final = {name: code for code, name in enumerate(opt.SIMULATOR_TYPES)}
_METHODS: Final = {name: code for code, name in enumerate(opt.SIMULATION_TYPES)}


def check_execution(body: Any) -> dict[str, Any]:
    """An ``execution_configuration`` as it travels, checked; null members are dropped.

    Raises:
        ProtocolError: An unknown key, or a value of the wrong type or out of range.

    >>> check_execution({"bond_dimension": 64, "simulation_type": None})
    {'bond_dimension': 64}
    >>> check_execution({"api_meta": {"colour": 1}})
    Traceback (most recent call last):
    ...
    vivace.errors.ProtocolError: Unknown api_meta key: 'colour'
    """
    if not isinstance(body, Mapping):
        raise ProtocolError(f"Expected an execution configuration as an object, got {body!r:.60}.")
    checked = {name: value for name, value in body.items() if value is not None}
    for name, value in checked.items():
        _check_member(name, value)
    for name, value in checked.get("api_meta", {}).items():
        if name not in API_META:
            raise ProtocolError(f"Unknown api_meta key: {name!r:.60}", name)
        _check_type(name, value, API_META[name])
    return checked


def _check_member(name: str, value: Any) -> None:
    number = NUMBERS.get(name)
    kinds = _OTHERS.get(name) if number is None else number.kinds
    if kinds is None:
        raise ProtocolError(f"Unknown execution configuration key: {name!r:.60}", name)
    _check_type(name, value, kinds)
    if number is not None and not number.fits(value):
        raise ProtocolError(f"Expected {number.expected} in {name!r}, got {value!s:.60}.", name)
    if name in _CODES and value not in tuple(_CODES[name]):
        raise ProtocolError(f"Unknown code {value!s:.60} in {name!r}.", name)


def _check_type(name: str, value: Any, kinds: tuple[type, ...]) -> None:
    good = isinstance(value, kinds) and not isinstance(value, bool)
    if not good or (isinstance(value, float) and not math.isfinite(value)):
        expected = " or ".join(kind.__name__ for kind in kinds)
        raise ProtocolError(f"Expected {expected} in {name!r}, got {value!r:.60}.", name)


def encode_maestro(config: MaestroConfig) -> dict[str, Any]:
    """A ``maestro_config``: the options that are set, enums as integers, noise as the calls that made it.

    >>> encode_maestro(MaestroConfig(simulation_type="MatrixProductState", max_bond_dimension=32))
    {'simulation_type': 1, 'max_bond_dimension': 32}
    """
    found: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(config, name)
        if value is None or not config.is_set(name):
            continue
        if name == "simulator_type":
            value = _SIMULATORS[value]
        elif name == "simulation_type":
            value = _METHODS[value]
        elif name == "noise_model":
            value = encode_noise(value)
        elif name == "distributed_options":
            value = dict(value)
        found[name] = value
    return found


def decode_maestro(
    body: Mapping[str, Any], *, strict: bool = False, max_qubits: int = MOST_QUBITS
) -> MaestroConfig:
    """The config of a ``maestro_config``.

    Args:
        body: The JSON object.
        strict: Whether unknown keys are errors; otherwise they are dropped with a warning.
        max_qubits: The most qubits that noise may be for.

    Raises:
        ProtocolError: A code that stands for nothing, or a noise call that is not a setter or asks for too
            much.
        ConfigError: A value that `MaestroConfig` refuses.

    >>> decode_maestro({"simulation_type": 1})
    MaestroConfig(simulation_type='MatrixProductState')
    """
    found: dict[str, Any] = {}
    for name, value in body.items():
        if name not in _NAMES:
            if strict:
                raise ProtocolError(f"Unknown maestro_config key: {name!r:.60}", name)
            warnings.warn(f"Dropping the unknown maestro_config key {name!r:.60}.", UserWarning, stacklevel=2)
        elif name == "simulator_type":
            found[name] = _name_of(name, value, opt.SIMULATOR_TYPES)
        elif name == "simulation_type":
            found[name] = _name_of(name, value, opt.SIMULATION_TYPES)
        elif name == "noise_model" and value is not None:
            found[name] = decode_noise(value, max_qubits)
        else:
            found[name] = value
    return MaestroConfig(**found)


def _name_of(name: str, code: Any, names: tuple[str, ...]) -> str | None:
    if code is None or (isinstance(code, str) and code in names):
        return code
    if type(code) is not int or not 0 <= code < len(names):
        raise ProtocolError(f"Unknown code {code!r:.60} in {name!r}.", name)
    return names[code]


def check_device(body: Any) -> dict[str, Any]:
    """A ``device_config`` as it travels, checked.

    Raises:
        ProtocolError: Not a flat object of upper-case keys, or a key that would choose the device.
    """
    if not isinstance(body, Mapping):
        raise ProtocolError(f"Expected a device configuration as an object, got {body!r:.60}.")
    for name, value in body.items():
        if name != name.upper():
            raise ProtocolError(f"Expected device options in upper case, got {name!r:.60}.", name)
        if not isinstance(value, int | str) and value is not None:
            raise ProtocolError(f"Expected a whole number, text or boolean in {name!r}.", name)
    forbidden = [name for name in FORBIDDEN_DEVICE_KEYS if name in body]
    if forbidden:
        raise ProtocolError(
            f"{forbidden} would choose the device, which the job's QPU system already does.", forbidden[0]
        )
    return {name: value for name, value in body.items() if value is not None}


def encode_device(options: Mapping[str, Any]) -> dict[str, Any]:
    """A ``device_config``: keys in upper case, options that are None left out.

    >>> encode_device({"transpile_level": 2, "use_mitigation": True, "seed": None})
    {'TRANSPILE_LEVEL': 2, 'USE_MITIGATION': True}
    """
    return check_device({name.upper(): value for name, value in options.items() if value is not None})


def decode_device(body: Mapping[str, Any]) -> dict[str, Any]:
    """Device options in lower case; toggles come back as texts, and become booleans.

    >>> decode_device({"USE_MITIGATION": "true", "TRANSPILE_LEVEL": 2})
    {'use_mitigation': True, 'transpile_level': 2}
    """
    toggles = {"true": True, "false": False}
    return {
        name.lower(): toggles.get(value, value) if isinstance(value, str) else value
        for name, value in body.items()
    }
