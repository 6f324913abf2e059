"""The bodies of ``add_circuits/``, read.

They are written by the core, which measures them exactly before they exist: see
`vivace.backends.qoro.submission`. `measurement_members` writes the part of them that says what to measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from vivace import _core
from vivace.backends.qoro.wire import fields
from vivace.codecs import decode_observables, encode_observables
from vivace.errors import DuplicateLabelError, ProtocolError

__all__ = ["TemplateRows", "Upload", "measurement_members"]


@dataclass(frozen=True, slots=True)
class TemplateRows:
    """A template and rows, as one upload carries them.

    Attributes:
        template: Payload: base64 of the gzip of the template's text.
        parameter_names: Names that rows give values to.
        labels: Label of every row.
        values: One list of numbers per row, in the order of the names.
    """

    template: str
    parameter_names: tuple[str, ...]
    labels: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the three members.

        Raises:
            ProtocolError: A member is missing or of the wrong type, or a row has not one number per name.
            DuplicateLabelError: Two names or two labels are the same.
        """
        names = fields.read_list(body, "parameter_names")
        if not all(isinstance(name, str) and name for name in names):
            raise ProtocolError("Expected texts in 'parameter_names'.", "parameter_names")
        _refuse_twice(names, "parameter name")
        labels, rows = [], []
        for index, row in enumerate(fields.read_list(body, "parameter_sets")):
            if not isinstance(row, dict):
                raise ProtocolError(f"Expected an object as parameter set {index}.", "parameter_sets")
            label = fields.read_text(row, "label")
            values = fields.read_list(row, "values")
            if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
                raise ProtocolError(f"Expected numbers as values of parameter set {label!r}.", "values")
            if len(values) != len(names):
                raise ProtocolError(
                    f"Parameter set '{label}' has {len(values)} values but template declares {len(names)} "
                    "parameter names.",
                    "values",
                )
            labels.append(label)
            rows.append(tuple(_to_float(value) for value in values))
        if not labels:
            raise ProtocolError("Expected at least one parameter set.", "parameter_sets")
        _refuse_twice(labels, "circuit label")
        return cls(fields.read_text(body, "circuit_template"), tuple(names), tuple(labels), tuple(rows))


@dataclass(frozen=True, slots=True)
class Upload:
    """Body of ``add_circuits/``. Content: exactly one of `circuits` and `template`.

    Attributes:
        finalized: Whether this is the last upload of the job.
        circuits: Label to payload (base64 of the gzip of the text), in order.
        template: A template and rows instead.
        shots: Shots of every circuit; None leaves the number to the service.
        shot_groups: (start, end, shots) ranges over the circuits of this upload, which they tile.
        observables: Pauli words in dense form (``ZZI;IXX|...``), whichever way they travelled.
        circuit_ham_map: (start, end) ranges, one per ``|`` group, over the circuits of the whole job. The
            first range that holds a circuit wins; circuits in none are measured for all groups.
    """

    finalized: bool
    circuits: Mapping[str, str] | None = None
    template: TemplateRows | None = None
    shots: int | None = None
    shot_groups: tuple[tuple[int, int, int], ...] | None = None
    observables: str | None = None
    circuit_ham_map: tuple[tuple[int, int], ...] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the circuits, in order."""
        return tuple(self.circuits) if self.template is None else self.template.labels  # type: ignore[arg-type]

    @classmethod
    def from_wire(cls, body: Mapping[str, Any], *, max_bytes: int) -> Self:
        """Read the JSON object.

        Args:
            body: The object, of `parse_object`.
            max_bytes: Longest text that observables may decompress to.

        Raises:
            ProtocolError: A member is missing, of the wrong type, or at odds with another.
            ObservableError: The observables are corrupt.
            ShotRangeError: The shot ranges do not tile the circuits of this upload.
            DuplicateLabelError: Two labels are the same.
        """
        mode = fields.read_text(body, "mode", "append")
        if mode != "append":
            raise ProtocolError(f"Expected 'append' in 'mode', got {mode!r:.60}.", "mode")
        finalized = fields.read_flag(body, "finalized")
        circuits, template = _content(body)
        upload = cls(
            finalized,
            circuits,
            template,
            shots=_shots(body),
            shot_groups=_ranges(body, "shot_groups", ("start", "end", "shots")),  # type: ignore[arg-type]
            observables=_observables(body, max_bytes),
            circuit_ham_map=_ranges(body, "circuit_ham_map", ("start", "end")),  # type: ignore[arg-type]
        )
        upload._check(body)
        return upload

    def _check(self, body: Mapping[str, Any]) -> None:
        if "shots" in body and self.shot_groups is not None:
            raise ProtocolError("Provide either 'shots' or 'shot_groups', not both.", "shot_groups")
        if self.observables is not None and (self.shots is not None or self.shot_groups is not None):
            raise ProtocolError("'observables' are measured without shots.", "observables")
        if self.circuit_ham_map is not None and self.observables is None:
            raise ProtocolError("'circuit_ham_map' needs 'observables'.", "circuit_ham_map")
        if self.template is not None:
            for name in ("shot_groups", "circuit_ham_map"):
                if getattr(self, name) is not None:
                    raise ProtocolError(f"{name!r} is not supported with a template.", name)
            if self.observables is not None and "|" in self.observables:
                raise ProtocolError("'|' groups are not supported with a template.", "observables")
        if self.shot_groups is not None:
            _core.shots_per_circuit(self.shot_groups, len(self.labels))


def _content(body: Mapping[str, Any]) -> tuple[dict[str, str] | None, TemplateRows | None]:
    bound, template = body.get("circuits"), body.get("circuit_template")
    if (bound is None) == (template is None):
        raise ProtocolError("Expected exactly one of 'circuits' and 'circuit_template'.", "circuits")
    if bound is None:
        return None, TemplateRows.from_wire(body)
    circuits = fields.read_object(body, "circuits")
    if not circuits:
        raise ProtocolError("Expected at least one circuit in 'circuits'.", "circuits")
    for label, payload in circuits.items():
        if not isinstance(payload, str):
            raise ProtocolError(f"Expected circuit {label!r:.60} as compressed text.", "circuits")
    return circuits, None


def _shots(body: Mapping[str, Any]) -> int | None:
    shots = fields.read_whole(body, "shots", None, minimum=1)
    if shots is not None and shots > _core.MAX_SHOTS:
        raise ProtocolError(f"Expected at most {_core.MAX_SHOTS} in 'shots', got {shots}.", "shots")
    return shots


def _observables(body: Mapping[str, Any], max_bytes: int) -> str | None:
    text = fields.optional_text(body, "observables")
    return None if text is None else decode_observables(text, max_bytes)


def _ranges(body: Mapping[str, Any], name: str, parts: tuple[str, ...]) -> tuple[tuple[int, ...], ...] | None:
    if body.get(name) is None:
        return None
    ranges = []
    for index, given in enumerate(fields.read_list(body, name)):
        good = isinstance(given, list) and len(given) == len(parts)
        if not good or not all(type(number) is int and 0 <= number < 1 << 63 for number in given):
            raise ProtocolError(
                f"Expected entry {index} of {name!r} as [{', '.join(parts)}] in whole numbers, "
                f"got {given!r:.60}.",
                name,
            )
        ranges.append(tuple(given))
    return tuple(ranges)


def _refuse_twice(names: Sequence[str], what: str) -> None:
    if len(set(names)) != len(names):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise DuplicateLabelError(name, what)
            seen.add(name)


def _to_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ProtocolError("Expected numbers that fit a double.", "values") from None


def measurement_members(
    *,
    shots: int | None = None,
    ham_ops: str | None = None,
    circuit_ham_map: Sequence[Sequence[int]] | None = None,
) -> str:
    """The members of an upload's body that say what to measure, as JSON without braces.

    Shot ranges are not among them: they differ from upload to upload.

    >>> measurement_members(shots=1000)
    '"shots":1000'
    """
    members: dict[str, Any] = {}
    if ham_ops is None:
        members["shots"] = shots
    else:
        members["observables"] = encode_observables(ham_ops)
        if circuit_ham_map is not None:
            members["circuit_ham_map"] = [list(pair) for pair in circuit_ham_map]
    return fields.dump_json(members).decode()[1:-1]
