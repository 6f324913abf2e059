"""`MaestroConfig`: every option of the Maestro simulator, checked when the config is built."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import FrozenInstanceError
from typing import Any, Final, NoReturn, Self, Unpack

from vivace._suggest import did_you_mean
from vivace.backends.maestro import options as opt
from vivace.backends.maestro.fields import ALIASES, OPTIONS, MaestroFields, documented
from vivace.backends.maestro.keywords import MaestroKeywords
from vivace.backends.maestro.methods import can_truncate
from vivace.backends.maestro.plain import plain
from vivace.errors import ConfigError, ConfigTypeError, UnknownOptionError

__all__ = ["MaestroConfig"]

_log = logging.getLogger(__name__)

_AUTOMATIC_BOND_DIMENSION: Final = 64
_NAMES: Final = (*OPTIONS, *ALIASES)


@documented
class MaestroConfig(MaestroFields):
    """Options of `MaestroSimulator`, frozen.

    An option that is not set reads as None, or as the default stated here.

    Options go by the names of the simulator library and by their older names; the same option under two
    names is an error. Values are checked here, without loading the library.

    Without a `simulation_type`, circuits wider than `mps_qubit_threshold` (22) qubits run as a matrix
    product state with bond dimension `max_bond_dimension` or 64: decided for each circuit alone. The others
    run as a statevector, or as a matrix product state that loses nothing where that is cheaper: shallow
    circuits have small bonds. Results are the same up to rounding; `ExecutionResult.metadata` tells which.

    Where a limit (a bond dimension, a threshold, a weight, set or automatic) may cut off a part of a state,
    the metadata say ``may_truncate``, and the first such circuit of a simulator brings a warning.

    Sampling a matrix product state that was truncated is biased with ``mps_sampling="probabilities"``, the
    library's default. Without an ``mps_sampling``, circuits that can be truncated (more entangled than the
    bond dimension has room for, or a `singular_value_threshold`) are sampled with ``"apply_measure"``, closer
    and up to ten times slower; the others with ``"probabilities"``. Either one, when set, is what runs.

    Under a ``noise_model``, expectation values without ``noise_realizations`` are analytic: each qubit of a
    word is damped once, however many gates ran, which is exact for one noisy layer only. With N
    realizations they are averages over N random error patterns; with ``simulation_type="DensityMatrix"``
    they are exact. Counts without ``noise_realizations`` all share one random error pattern: set it to draw
    from the noisy distribution, to the number of shots for shots that are independent. ``noise_seed`` (42,
    plus the circuit's place in the submission, modulo 2**32) picks the patterns; when ``seed`` is set and
    ``noise_seed`` is not, they follow from ``seed`` and the label. The config keeps a copy of the model: what
    is set on the model later does not count.

    Passing None to the constructor is the same as leaving the option out.

    Args:
        **fields: Options by name, as follows; under an older name too.

    Attributes:
        {options}

    Raises:
        UnknownOptionError: There is no option of that name. The message suggests the closest one.
        ConfigTypeError: A value has the wrong type, or one option is given under two names.
        UnknownChoiceError: A name is not among those the option takes.
        ConfigError: A value is out of range, or options cannot be combined.

    >>> config = MaestroConfig(simulation_type="MatrixProductState", max_bond_dimension=32)
    >>> config.max_bond_dimension, config.noise_seed
    (32, 42)
    >>> config.override(max_bond_dimension=128)
    MaestroConfig(simulation_type='MatrixProductState', max_bond_dimension=128)
    >>> MaestroConfig(max_bond_dim=32)
    Traceback (most recent call last):
    ...
    vivace.errors.UnknownOptionError: MaestroConfig got unknown options 'max_bond_dim' (did you mean \
'max_bond_dimension'?).
    """

    _set: dict[str, Any]

    def __init__(self, **fields: Unpack[MaestroKeywords]) -> None:
        vars(self)["_set"] = _checked({k: v for k, v in fields.items() if v is not None or _is_unknown(k)})

    @classmethod
    def _with(cls, values: Mapping[str, Any]) -> Self:
        """A config with values that are already checked one by one."""
        config = cls.__new__(cls)
        vars(config)["_set"] = dict(values)
        _refuse_combinations(values)
        return config

    def __setattr__(self, name: str, value: object) -> None:
        hint = did_you_mean(name, _NAMES) if _is_unknown(name) else ""
        raise FrozenInstanceError(f"cannot assign to field {name!r}{hint}. Use override().")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def override(self, other: MaestroConfig | None = None, /, **fields: Unpack[MaestroKeywords]) -> Self:
        """A copy in which the options set in ``other``, and then the fields given, win.

        Only options that were set count, also where they are set to their default. A field given as None is
        unset.

        >>> base = MaestroConfig(max_bond_dimension=16, noise_seed=7)
        >>> base.override(MaestroConfig(noise_seed=42), max_bond_dimension=None)
        MaestroConfig(noise_seed=42)
        """
        if other is not None and not isinstance(other, MaestroConfig):
            raise ConfigTypeError(f"override() expects a MaestroConfig, got {type(other).__name__}.")
        merged = {**self._set, **(vars(other)["_set"] if other is not None else {})}
        _refuse_two_names(fields)
        cleared = {_canonical(name) for name, value in fields.items() if value is None}
        merged.update(_checked({name: value for name, value in fields.items() if value is not None}))
        return self._with({name: value for name, value in merged.items() if name not in cleared})

    __replace__ = override

    def reset(self, *names: str) -> Self:
        """A copy in which the options named are not set.

        >>> MaestroConfig(max_bond_dimension=16).reset("max_bond_dimension") == MaestroConfig()
        True
        """
        if not names:
            raise ConfigTypeError("reset() needs at least one field name.")
        unknown = [name for name in names if _is_unknown(name)]
        if unknown:
            hints = "".join(did_you_mean(name, _NAMES) for name in unknown[:1])
            raise UnknownOptionError(f"Cannot reset unknown fields {unknown}{hints}.", unknown[0])
        cleared = {_canonical(name) for name in names}
        return self._with({name: value for name, value in self._set.items() if name not in cleared})

    def is_set(self, name: str) -> bool:
        """Whether an option was set, under this or its other name, also if to its default.

        >>> config = MaestroConfig(mps_measure_no_collapse=True)
        >>> config.is_set("mps_sampling"), config.is_set("seed")
        (True, False)
        """
        if _is_unknown(name):
            _unknown([name])
        return _canonical(name) in self._set

    def sets_only(self, names: Collection[str]) -> bool:
        """Whether no options but those named are set."""
        return self._set.keys() <= set(names)

    @classmethod
    def from_simulator_config(cls, config: Any, **fields: Unpack[MaestroKeywords]) -> Self:
        """The same options as those of a ``maestro.SimulatorConfig``, and the fields given on top.

        The method is always taken over, since such a config always has one; of the other options, those that
        differ from the library's default.
        """
        found: dict[str, Any] = {}
        for name, option in OPTIONS.items():
            value = getattr(config, name, None) if option.library else None
            if value is None:
                continue
            if name == "simulation_type" or option.check(name, value) != option.library_default:
                found[name] = value
        return cls(**found).override(**fields)

    def simulation_type_for(self, width: int) -> str:
        """Name of the method that runs a circuit of this many qubits.

        >>> MaestroConfig().simulation_type_for(22), MaestroConfig().simulation_type_for(23)
        ('Statevector', 'MatrixProductState')
        """
        if self.simulation_type is not None:
            return self.simulation_type
        wide = width > self.mps_qubit_threshold and self.simulator_type not in opt.STATEVECTOR_ONLY
        return "MatrixProductState" if wide else "Statevector"

    def bond_dimension_for(self, width: int) -> int | None:
        """The largest bond dimension kept of a matrix product state of this many qubits; None keeps all.

        >>> MaestroConfig().bond_dimension_for(30), MaestroConfig(max_bond_dimension=8).bond_dimension_for(30)
        (64, 8)
        """
        automatic = self.simulation_type is None and self.simulation_type_for(width) == "MatrixProductState"
        return self.max_bond_dimension or (_AUTOMATIC_BOND_DIMENSION if automatic else None)

    def to_simulator_config(
        self, maestro: Any, *, width: int, seed: int | None = None, bond_exponent: int | None = None
    ) -> Any:
        """The library's config for one circuit.

        Args:
            maestro: The ``maestro`` module.
            width: Qubits of the circuit; decides the method when none is set.
            seed: Seed to use instead of the one set.
            bond_exponent: The bond dimension at which a matrix product state of the circuit is exact, as a
                power of two; half the width if not given.

        Returns:
            A ``maestro.SimulatorConfig``. Options at the library's default are not passed on.
        """
        values = {
            name: value
            for name, value in self._set.items()
            if OPTIONS[name].library and value is not None and value != OPTIONS[name].library_default
        }
        if seed is not None:
            values["seed"] = seed
        if self.simulation_type is None and self.simulation_type_for(width) == "MatrixProductState":
            _log.info(
                "Circuit has %d qubits (> %d threshold), using MPS simulation.",
                width,
                self.mps_qubit_threshold,
            )
            values["simulation_type"] = "MatrixProductState"
            values.setdefault("max_bond_dimension", _AUTOMATIC_BOND_DIMENSION)
        is_mps = self.simulation_type_for(width) == "MatrixProductState"
        exponent = width // 2 if bond_exponent is None else bond_exponent
        truncates = is_mps and can_truncate(self, exponent, values.get("max_bond_dimension"))
        if truncates and not self.is_set("mps_sampling"):
            values["mps_sampling"] = "apply_measure"
        for name, enum in (("simulator_type", "SimulatorType"), ("simulation_type", "SimulationType")):
            if name in values:
                values[name] = getattr(getattr(maestro, enum), values[name])
        if "distributed_options" in values:
            values["distributed_options"] = dict(values["distributed_options"])
        return maestro.SimulatorConfig(**values)

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in OPTIONS if name != "noise_model")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MaestroConfig):
            return NotImplemented
        return self._key() == other._key() and _same_model(self.noise_model, other.noise_model)

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        shown = (f"{name}={self._set[name]!r}" for name in OPTIONS if name in self._set)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._set)


def _rebuild(cls: type[MaestroConfig], values: dict[str, Any]) -> MaestroConfig:
    return cls._with(values)


def _is_unknown(name: str) -> bool:
    return name not in _NAMES


def _canonical(name: str) -> str:
    alias = ALIASES.get(name)
    return name if alias is None else alias.target


def _unknown(names: list[str]) -> NoReturn:
    known = ", ".join(f"{name!r}{did_you_mean(name, _NAMES)}" for name in names)
    raise UnknownOptionError(f"MaestroConfig got unknown options {known}.", names[0])


def _refuse_two_names(fields: Mapping[str, Any]) -> None:
    unknown = [name for name in fields if _is_unknown(name)]
    if unknown:
        _unknown(unknown)
    given: dict[str, str] = {}
    for name in fields:
        earlier = given.setdefault(_canonical(name), name)
        if earlier != name:
            raise ConfigTypeError(f"{earlier!r} and {name!r} are the same option. Give one of them.", name)


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Options under their own names, in canonical form."""
    _refuse_two_names(fields)
    values: dict[str, Any] = {}
    for name, value in fields.items():
        alias = ALIASES.get(name)
        if alias is not None:
            value = alias.encode(name, value)  # noqa: PLW2901 - the same value, under the option's own name
        option = OPTIONS[_canonical(name)]
        values[option.name] = None if value is None else option.check(name, value)
    _refuse_combinations(values)
    return values


def _refuse_combinations(values: Mapping[str, Any]) -> None:
    simulator, method = values.get("simulator_type"), values.get("simulation_type")
    if simulator in opt.STATEVECTOR_ONLY and method not in (None, "Statevector"):
        raise ConfigError(
            f"simulator_type {simulator!r} runs statevectors only, so it cannot be combined with "
            f"simulation_type {method!r}. Drop one of them.",
            "simulation_type",
        )
    low, high = values.get("min_cluster_qubits"), values.get("max_cluster_qubits")
    if low is not None and high is not None and low > high:
        raise ConfigError(
            f"min_cluster_qubits ({low}) must not exceed max_cluster_qubits ({high}).", "min_cluster_qubits"
        )


def _same_model(mine: Any, theirs: Any) -> bool:
    """Noise models have no equality of their own; the library's wrapper pickles as the calls that made it."""
    if mine is theirs:
        return True
    if type(mine) is not type(theirs):
        return False
    try:
        return bool(plain(mine.__reduce__()) == plain(theirs.__reduce__()))
    except TypeError:
        return False
