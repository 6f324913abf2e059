"""Backends from calibration data: `create_backend_from_properties`."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from vivace._suggest import did_you_mean, warn_user
from vivace.errors import ConfigError

__all__ = ["create_backend_from_properties"]

_TIME: Final = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}
_FREQUENCY: Final = {"": 1.0, "hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}
# Entry: its unit where it names none, and the units it may name. Entries not listed are not used.
_QUBIT_ENTRIES: Final = {
    "t1": ("us", _TIME),
    "t2": ("us", _TIME),
    "frequency": ("GHz", _FREQUENCY),
    "readout_error": ("", None),
    "readout_length": ("ns", _TIME),
}
_GATE_ENTRIES: Final = {"gate_error": ("", None), "gate_length": ("ns", _TIME)}
_OTHERS: Final = frozenset({"measure", "reset", "delay"})


def create_backend_from_properties(
    properties: Mapping[str, Any], n_qubits: int | None = None, default_date: datetime | None = None
) -> Any:
    """A Qiskit ``GenericBackendV2`` with the qubits, gates and errors of a calibration.

    Its target has T1, T2 and frequency of every qubit, the gates listed, ``measure`` with the readout errors
    and lengths, ``reset`` and ``delay``. What the calibration does not tell is not made up: a qubit without
    entries has no relaxation, a gate without ``gate_error`` none, ``measure`` is perfect and takes no time.

    Args:
        properties: As IBM publishes them: ``{"backend_name", "backend_version", "last_update_date",
            "qubits": [[{"name", "value", "unit"}, ...], ...], "gates": [{"gate", "qubits", "parameters":
            [{"name", "value", "unit"}, ...]}, ...]}``, all optional. Names of entries: T1 and T2 (µs unless
            they name a unit), frequency (GHz), readout_error, readout_length (ns), gate_error,
            gate_length (ns). Others are not used. Left as it is.
        n_qubits: Number of qubits; by default as many as ``properties`` lists.
        default_date: Taken for older programs; the date of a calibration without one.

    Returns:
        The backend. ``backend.calibration`` is a copy of the properties with all keys.

    Raises:
        ConfigError: There are no qubits, an entry has no name, value or known unit, or a gate needs more
            qubits than there are.

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
    qubits = [_read(entries, _QUBIT_ENTRIES, f"of qubit {q}") for q, entries in enumerate(filled["qubits"])]
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
    return defaults | copy.deepcopy(dict(properties))


def _read(entries: Sequence[Mapping[str, Any]], known: Mapping[str, Any], where: str) -> dict[str, float]:
    """Values of the known entries in base units."""
    found = {}
    for entry in entries:
        if "name" not in entry:
            raise ConfigError(f"Calibration entry {dict(entry)!r} {where} has no 'name'.")
        name = "frequency" if entry["name"].lower() == "freq" else entry["name"].lower()
        if name not in known:
            continue
        unit, units = known[name]
        try:
            value = float(entry["value"])
        except (KeyError, TypeError, ValueError):
            raise ConfigError(
                f"Calibration entry {dict(entry)!r} {where} has no number as 'value'."
            ) from None
        found[name] = value if units is None else value * _factor(str(entry.get("unit", unit)), units)
    return found


def _factor(unit: str, units: Mapping[str, float]) -> float:
    factor = units.get(unit.lower())
    if factor is None:
        kind = "time" if units is _TIME else "frequency"
        raise ConfigError(f"Unsupported {kind} unit: '{unit}'{did_you_mean(unit, filter(None, units))}")
    return factor


def _gates(
    gates: Sequence[Mapping[str, Any]], n_qubits: int
) -> dict[str, dict[tuple[int, ...], dict[str, float]]]:
    """Error and length by gate and qubits, of the gates Qiskit knows."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    standard = get_standard_gate_name_mapping()
    found: dict[str, dict[tuple[int, ...], dict[str, float]]] = {}
    for gate in gates:
        name = gate.get("gate", gate.get("name"))
        if name is None or "qubits" not in gate:
            lacks = "qubits" if name is not None else "gate"
            raise ConfigError(f"Gate entry {dict(gate)!r:.120} has no '{lacks}'.")
        operands = tuple(gate["qubits"])
        if name in _OTHERS:
            continue
        if name not in standard:
            warn_user(
                f"Gate '{name}' is not one of Qiskit's standard gates{did_you_mean(name, standard)} and is "
                "left out of the backend."
            )
            continue
        if len(operands) != standard[name].num_qubits or not all(0 <= q < n_qubits for q in operands):
            raise ConfigError(
                f"Gate '{name}' acts on qubits {list(operands)}; expected {standard[name].num_qubits} of "
                f"the backend's qubits, numbered 0 to {n_qubits - 1}."
            )
        where = f"of gate '{name}' on {list(operands)}"
        found.setdefault(name, {})[operands] = _read(gate.get("parameters", ()), _GATE_ENTRIES, where)
    return found


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

    backend = CalibratedBackend(target.num_qubits, noise_info=False)
    backend.calibration = calibration
    backend.name = calibration["backend_name"]
    backend.backend_version = calibration["backend_version"]
    backend.online_date = calibration["last_update_date"]
    return backend
