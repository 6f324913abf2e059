"""Backends from calibration data: `create_backend_from_properties`."""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from vivace._suggest import did_you_mean, warn_user
from vivace.errors import ConfigError

__all__ = ["create_backend_from_properties"]

_TIME: Final = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}
_FREQUENCY: Final = {"": 1.0, "hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9, "thz": 1e12}
# Entry: its unit where it names none, and the units it may name. Entries not listed are not used.
_QUBIT_ENTRIES: Final = {
    "t1": ("us", _TIME),
    "t2": ("us", _TIME),
    "frequency": ("GHz", _FREQUENCY),
    "readout_error": ("", None),
    "readout_length": ("ns", _TIME),
}
_GATE_ENTRIES: Final = {"gate_error": ("", None), "gate_length": ("ns", _TIME)}
_POSITIVE: Final = frozenset({"t1", "t2"})
_PROBABILITIES: Final = frozenset({"readout_error", "gate_error"})
_OTHERS: Final = frozenset({"measure", "reset", "delay"})


def create_backend_from_properties(
    properties: Mapping[str, Any], n_qubits: int | None = None, default_date: datetime | None = None
) -> Any:
    """A Qiskit ``GenericBackendV2`` with the qubits, gates and errors of a calibration.

    Its target has T1, T2 and frequency of every qubit, the gates listed, ``measure`` with the readout errors
    and lengths, ``reset`` and ``delay``. What the calibration does not tell is not made up: a qubit without
    entries has no relaxation, a gate without ``gate_error`` none, ``measure`` is perfect and takes no time.
    Qubits beyond the list have Qiskit's defaults: None for T1, T2 and frequency.

    Args:
        properties: As IBM publishes them: ``{"backend_name", "backend_version", "last_update_date",
            "qubits": [[{"name", "value", "unit"}, ...], ...], "gates": [{"gate", "qubits", "parameters":
            [{"name", "value", "unit"}, ...]}, ...]}``, all optional. Names of entries: T1 and T2 (µs unless
            they name a unit), frequency (GHz), readout_error, readout_length (ns), gate_error,
            gate_length (ns). A unit of None is none; ``""`` is the base unit, s or Hz. Other names are not
            used. Left as it is.
        n_qubits: Number of qubits; by default as many as ``properties`` lists.
        default_date: Taken for older programs; the date of a calibration without one.

    Returns:
        The backend. ``backend.calibration`` is a copy of the properties with all keys.

    Raises:
        ConfigError: There are no qubits; an entry has no name, no known unit, or a value that cannot be; a
            gate needs more qubits than there are; an entry or a gate is listed twice; or ``properties`` has
            another shape.

    Warns:
        UserWarning: A gate is not one of Qiskit's standard gates, and is left out.

    >>> backend = create_backend_from_properties(
    ...     {
    ...         "backend_name": "lab",
    ...         "qubits": [
    ...             [{"name": "T1", "value": 80}, {"name": "readout_error", "value": 0.02}],
    ...             [{"name": "T1", "value": 0.1, "unit": "ms"}],
    ...         ],
    ...         "gates": [
    ...             {"gate": "sx", "qubits": [0], "parameters": [{"name": "gate_error", "value": 3e-4}]},
    ...             {"gate": "cx", "qubits": [0, 1], "parameters": [{"name": "gate_length", "value": 300}]},
    ...         ],
    ...     }
    ... )
    >>> backend.num_qubits, round(backend.target.qubit_properties[1].t1 * 1e6, 6)
    (2, 100.0)
    >>> backend.target["measure"][0,].error, round(backend.target["cx"][0, 1].duration * 1e9, 6)
    (0.02, 300.0)
    """
    filled = _filled(properties, default_date)
    qubits = [
        _read(entries, _QUBIT_ENTRIES, f"of qubit {q}")
        for q, entries in enumerate(_items(filled["qubits"], "the 'qubits' of a calibration"))
    ]
    if n_qubits is None:
        if not qubits:
            raise ConfigError(
                "n_qubits must be provided when properties dictionary has no qubits to count.", "n_qubits"
            )
        n_qubits = len(qubits)
    if n_qubits < 1:
        raise ConfigError("n_qubits must be at least 1.", "n_qubits")
    if len(qubits) > n_qubits:
        raise ConfigError(
            f"The properties list {len(qubits)} qubits, but n_qubits is {n_qubits}. Leave n_qubits out, or "
            "cut the list.",
            "n_qubits",
        )
    qubits += [{} for _ in range(n_qubits - len(qubits))]
    return _backend(filled, _target(qubits, _gates(filled["gates"], n_qubits)))


def _filled(properties: Mapping[str, Any], date: datetime | None) -> dict[str, Any]:
    defaults = {
        "backend_name": "custom_backend",
        "backend_version": "1.0.0",
        "last_update_date": date or datetime.now(UTC),
        "general": [],
        "qubits": [],
        "gates": [],
    }
    if not isinstance(properties, Mapping):
        raise ConfigError(f"Expected the properties as a mapping, got {type(properties).__name__}.")
    return defaults | copy.deepcopy(dict(properties))


def _items(value: Any, what: str) -> Sequence[Any]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ConfigError(f"Expected {what} as a list, got {value!r:.60}.")
    return value


def _read(entries: Any, known: Mapping[str, Any], where: str) -> dict[str, float]:
    """Values of the known entries in base units."""
    found: dict[str, float] = {}
    for entry in _items(entries, f"the entries {where}"):
        if not isinstance(entry, Mapping):
            raise ConfigError(f"Expected every calibration entry {where} as a mapping, got {entry!r:.60}.")
        if not isinstance(entry.get("name"), str):
            raise ConfigError(f"Calibration entry {dict(entry)!r} {where} has no 'name'.")
        name = "frequency" if entry["name"].lower() == "freq" else entry["name"].lower()
        if name not in known:
            continue
        if name in found:
            raise ConfigError(f"Calibration entry '{entry['name']}' {where} is listed twice.")
        unit, units = known[name]
        value = _value(entry, name, where)
        given = entry.get("unit")
        found[name] = (
            value if units is None else value * _factor(unit if given is None else str(given), units)
        )
    return found


def _value(entry: Mapping[str, Any], name: str, where: str) -> float:
    """The value of an entry, where it can be one."""
    try:
        value = float(entry["value"])
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"Calibration entry {dict(entry)!r} {where} has no number as 'value'.") from None
    if name in _PROBABILITIES:
        wanted, fits = "a number from 0 to 1", 0 <= value <= 1
    elif name in _POSITIVE:
        wanted, fits = "a positive number", 0 < value < math.inf
    else:
        wanted, fits = "a finite number, 0 or more", 0 <= value < math.inf
    if not fits:
        raise ConfigError(
            f"Calibration entry '{entry['name']}' {where} is {entry['value']!r}; expected {wanted}."
        )
    return value


def _factor(unit: str, units: Mapping[str, float]) -> float:
    factor = units.get(unit.lower())
    if factor is None:
        kind = "time" if units is _TIME else "frequency"
        raise ConfigError(f"Unsupported {kind} unit: '{unit}'{did_you_mean(unit, filter(None, units))}")
    return factor


def _gates(gates: Any, n_qubits: int) -> dict[str, dict[tuple[int, ...], dict[str, float]]]:
    """Error and length by gate and qubits, of the gates Qiskit knows."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    standard = get_standard_gate_name_mapping()
    found: dict[str, dict[tuple[int, ...], dict[str, float]]] = {}
    for gate in _items(gates, "the 'gates' of a calibration"):
        name, given = _call(gate)
        if name in _OTHERS:
            continue
        if name not in standard:
            warn_user(
                f"Gate '{name}' is not one of Qiskit's standard gates{did_you_mean(name, standard)} and is "
                "left out of the backend."
            )
            continue
        operands = _operands(name, given, standard[name].num_qubits, n_qubits)
        places = found.setdefault(name, {})
        if operands in places:
            raise ConfigError(f"Gate '{name}' on qubits {list(operands)} is listed twice.")
        where = f"of gate '{name}' on {list(operands)}"
        places[operands] = _read(gate.get("parameters") or (), _GATE_ENTRIES, where)
    return found


def _operands(name: str, given: Sequence[Any], expected: int, n_qubits: int) -> tuple[int, ...]:
    """The qubits of a gate as plain numbers, where it can act on them."""
    operands = tuple(number for number in map(_whole, given) if number in range(n_qubits))
    if not len(operands) == len(given) == expected:
        raise ConfigError(
            f"Gate '{name}' acts on qubits {list(given)}; expected {expected} of the backend's "
            f"qubits, numbered 0 to {n_qubits - 1}."
        )
    if len(set(operands)) != expected:
        raise ConfigError(f"Gate '{name}' acts on qubits {list(operands)}; expected different ones.")
    return operands


def _whole(value: Any) -> int:
    """The value as a whole number; -1 where it is none."""
    try:
        return -1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return -1


def _call(gate: Any) -> tuple[str, Sequence[Any]]:
    """Name and qubits of a gate entry."""
    if not isinstance(gate, Mapping):
        raise ConfigError(f"Expected every gate of a calibration as a mapping, got {gate!r:.60}.")
    name = gate.get("gate", gate.get("name"))
    if not isinstance(name, str) or "qubits" not in gate:
        lacks = "qubits" if isinstance(name, str) else "gate"
        raise ConfigError(f"Gate entry {dict(gate)!r:.120} has no '{lacks}'.")
    return name, _items(gate["qubits"], f"the qubits of gate '{name}'")


def _target(
    qubits: Sequence[Mapping[str, float]], gates: Mapping[str, Mapping[tuple[int, ...], Mapping[str, float]]]
) -> Any:
    from qiskit.circuit import Delay, Measure, Parameter, Reset
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.transpiler import InstructionProperties, QubitProperties, Target

    known = [QubitProperties(t1=q.get("t1"), t2=q.get("t2"), frequency=q.get("frequency")) for q in qubits]
    target = Target(num_qubits=len(known), qubit_properties=known)
    standard = get_standard_gate_name_mapping()
    for name, places in gates.items():
        target.add_instruction(
            standard[name],
            {
                operands: InstructionProperties(found.get("gate_length"), found.get("gate_error"))
                for operands, found in places.items()
            },
        )
    readout = {
        (number,): InstructionProperties(qubit.get("readout_length", 0.0), qubit.get("readout_error", 0.0))
        for number, qubit in enumerate(qubits)
    }
    every = {(number,): None for number in range(len(qubits))}
    target.add_instruction(Measure(), readout)
    target.add_instruction(Reset(), every)
    target.add_instruction(Delay(Parameter("t")), dict(every))
    return target


def _backend(calibration: Mapping[str, Any], target: Any) -> Any:
    from qiskit.providers.fake_provider import GenericBackendV2

    class CalibratedBackend(GenericBackendV2):  # type: ignore[misc]
        """A generic backend with the target of a calibration."""

        @property
        def target(self) -> Any:
            return target

        def __reduce__(self) -> tuple[Any, ...]:
            return create_backend_from_properties, (calibration, target.num_qubits)

    # One basis gate: by default there are gates on two qubits, which one qubit has no room for.
    backend = CalibratedBackend(target.num_qubits, ["x"], noise_info=False)
    backend.calibration = calibration
    backend.name = calibration["backend_name"]
    backend.backend_version = calibration["backend_version"]
    backend.online_date = calibration["last_update_date"]
    return backend
