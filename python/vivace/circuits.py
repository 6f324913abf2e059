"""Circuits as runners take them: text, Qiskit circuits, or templates with parameter rows.

`CircuitBatch.of` turns any of these into circuits × structure: templates, each with its rows of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vivace import _core
from vivace._qiskit import exported, is_circuit, names_of
from vivace._source import check_labels, encodable
from vivace.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from qiskit.circuit import QuantumCircuit

__all__ = [
    "CircuitBatch",
    "CircuitPayload",
    "Circuits",
    "TemplateEntry",
    "is_template",
    "normalise_circuit_batch",
]

Circuits: TypeAlias = "CircuitBatch | Mapping[str, Any] | Iterable[Any]"
"""What `CircuitBatch.of` takes."""


class TemplateEntry(NamedTuple):
    """A circuit template with its parameter rows.

    Attributes:
        template_qasm: OpenQASM 2 with a placeholder wherever a gate argument is a parameter.
        parameter_names: The placeholders.
        parameter_sets: One (label, values) pair per circuit.

    >>> entry = TemplateEntry("OPENQASM 2.0; qreg q[1]; rx(a) q[0];", ("a",), (("c0", (0.1,)),))
    >>> len(CircuitBatch.of([entry]))
    1
    """

    template_qasm: str
    parameter_names: tuple[str, ...]
    parameter_sets: tuple[tuple[str, tuple[float, ...]], ...]


class CircuitPayload:
    """A circuit with named parameters and the rows of values it is to be run with. Frozen.

    Args:
        circuit: OpenQASM 2, where in gate arguments the parameters' names stand for their values, or a
            Qiskit circuit with parameters; kept as text.
        parameters: The parameters: names, or objects with a ``name`` such as Qiskit's ``Parameter``.
        parameter_sets: One (label, values) pair per circuit.

    Raises:
        ParameterError: There is no row, a row is not a pair or has not one value per parameter, a value is
            not a number, or a Qiskit circuit has parameters that are not named.
        QasmError: A Qiskit circuit cannot be exported.

    >>> text = "OPENQASM 2.0; qreg q[1]; rx(2*angle) q[0];"
    >>> payload = CircuitPayload(text, ["angle"], [("a", [0.1]), ("b", [0.2])])
    >>> payload.labels, payload.values.shape
    (('a', 'b'), (2, 1))
    """

    __slots__ = ("circuit", "labels", "parameters", "values")

    circuit: str
    parameters: tuple[Any, ...]
    labels: tuple[str, ...]
    values: NDArray[np.float64]

    def __init__(
        self,
        circuit: str | QuantumCircuit,
        parameters: Iterable[Any],
        parameter_sets: Iterable[tuple[str, Sequence[float]]],
    ) -> None:
        names = _in_order("parameters", parameters)
        sets = _labelled(parameter_sets)
        for label, values in sets:
            if len(values) != len(names):
                raise ParameterError(
                    f"Parameter set '{label}' has {len(values)} value(s) but the circuit declares "
                    f"{len(names)} parameter(s).",
                    label,
                )
        matrix = _matrix([values for _, values in sets])
        self._fill(circuit, names, matrix.reshape(len(sets), len(names)), tuple(label for label, _ in sets))

    @classmethod
    def from_matrix(
        cls,
        circuit: str | QuantumCircuit,
        parameters: Iterable[Any],
        values: ArrayLike,
        labels: Iterable[str] | None = None,
    ) -> CircuitPayload:
        """A payload from a matrix of rows × parameters (float64), without a Python object per number.

        Args:
            circuit: As for the class.
            parameters: As for the class; one per column.
            values: The matrix.
            labels: One per row; by default ``"0"``, ``"1"``, ….

        Raises:
            ParameterError: The shapes do not fit together, or a value is not a number.

        >>> text = "OPENQASM 2.0; qreg q[1]; rx(angle) q[0];"
        >>> CircuitPayload.from_matrix(text, ["angle"], [[0.1], [0.2]]).labels
        ('0', '1')
        """
        names = _in_order("parameters", parameters)
        matrix = _matrix(values)
        if matrix.ndim != 2 or matrix.shape[1] != len(names):
            raise ParameterError(
                f"Expected a matrix of rows x {len(names)} parameters, got shape {matrix.shape}."
            )
        found = tuple(map(str, range(len(matrix)))) if labels is None else _in_order("labels", labels)
        if len(found) != len(matrix):
            raise ParameterError(f"Expected one label per row ({len(matrix)}), got {len(found)}.")
        payload = cls.__new__(cls)
        payload._fill(circuit, names, matrix, found)  # noqa: SLF001 - our own
        return payload

    def _fill(
        self,
        circuit: str | QuantumCircuit,
        parameters: tuple[Any, ...],
        values: NDArray[np.float64],
        labels: tuple[str, ...],
    ) -> None:
        if not labels:
            raise ParameterError("CircuitPayload requires at least one parameter set.")
        if is_circuit(circuit):
            circuit = exported(circuit, names_of(parameters))
        values = values.view()
        values.flags.writeable = False
        for name, value in zip(self.__slots__, (circuit, labels, parameters, values), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"CircuitPayload is frozen; cannot assign to {name!r}.")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of the columns."""
        return names_of(self.parameters)

    @property
    def parameter_sets(self) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """The rows as (label, values) pairs."""
        return tuple(zip(self.labels, map(tuple, self.values.tolist()), strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CircuitPayload):
            return NotImplemented
        mine, theirs = ((p.circuit, p.labels, p.parameters, p.values.shape) for p in (self, other))
        return mine == theirs and bool((self.values == other.values).all())

    def __hash__(self) -> int:
        values = (self.values + 0.0).tobytes()  # -0.0 equals 0.0
        return hash((self.circuit, self.labels, self.parameters, values))

    def __reduce__(self) -> tuple[Any, ...]:
        return CircuitPayload.from_matrix, (self.circuit, self.parameters, self.values, self.labels)

    def __repr__(self) -> str:
        return f"CircuitPayload(<{len(self.labels)} rows of {list(self.parameter_names)}>)"


class CircuitBatch:
    """Labelled circuits in submission order, factored into templates and parameter rows.

    Circuits that differ only in numbers share a template, however the texts are formatted. Numbers may differ
    in the gates circuits define, too, as they do in Qiskit's export of composite gates: the template's gates
    take such numbers as further parameters. Build one with `of`; every runner does so itself, a batch built
    once can be submitted again.

    >>> texts = {f"c{i}": f"OPENQASM 2.0; qreg q[1]; rx(0.{i}) q[0]; rz(0.5) q[0];" for i in range(1, 4)}
    >>> batch = CircuitBatch.of(texts)
    >>> len(batch), len(batch.templates), batch.templates[0].rows.tolist()
    (3, 1, [[0.1], [0.2], [0.3]])
    """

    __slots__ = ("_batch", "_is_named")

    def __init__(self, batch: _core.CircuitBatch, is_named: bool = False) -> None:
        self._batch = batch
        self._is_named = is_named  # whether its parameters have names of the user's

    @classmethod
    def of(cls, circuits: Circuits) -> CircuitBatch:
        """Check and factor circuits.

        Args:
            circuits: A mapping of label to circuit, a sequence of circuits (labelled ``"0"``, ``"1"``, …), or
                a sequence of templates; no set, for that has no order. A circuit is OpenQASM 2 text or a
                Qiskit circuit; a template is a `CircuitPayload`, a `TemplateEntry`, or anything with the
                attributes ``circuit``, ``parameters`` or ``parameter_names``, and ``parameter_sets``.

        Raises:
            TypeError: One circuit instead of a collection, a set of them, templates mixed with circuits or in
                a mapping, or an object that is neither.
            QasmError: A circuit is not valid OpenQASM 2; tells label, line and column.
            DuplicateLabelError: Two circuits have one label.
            ParameterError: A template and its rows do not fit together, or a value is not finite.
        """
        if isinstance(circuits, CircuitBatch):
            return circuits
        single = isinstance(circuits, str | bytes) or is_template(circuits) or is_circuit(circuits)
        if single or not isinstance(circuits, Iterable):
            raise TypeError(
                "submit_circuits expects a collection of circuits, got a single "
                f"{type(circuits).__name__}. Wrap it: [circuit], or {{label: circuit}}."
            )
        if isinstance(circuits, Mapping):
            labels, items = list(circuits), list(circuits.values())
        else:
            items = list(_in_order("circuits", circuits))
            labels = [str(index) for index in range(len(items))]
        if items and all(map(is_template, items)):
            if isinstance(circuits, Mapping):
                raise TypeError(
                    f"Templates carry the labels of their rows, so the names {labels[:4]!r:.200} "
                    "would be lost. Pass a list of templates."
                )
            return cls(_core.CircuitBatch.from_templates([_source(item) for item in items]), is_named=True)
        check_labels(labels)
        plain = all(type(item) is str and item.isascii() and ";" in item for item in items)
        texts = items if plain else [_text(*pair) for pair in zip(labels, items, strict=True)]
        return cls(_core.CircuitBatch.from_texts(labels, texts))

    def __len__(self) -> int:
        return len(self._batch)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._is_named:
            return CircuitBatch.of, (self.bound_texts(),)
        import numpy as np

        labels, (templates, rows) = self.labels, self._batch.places
        parts = [(template.text(), template.parameter_names, template.rows) for template in self.templates]
        # In the order of the circuits: those of one template need not be neighbours.
        edges = [0, *(np.flatnonzero(np.diff(templates)) + 1).tolist(), len(labels)]
        sources = []
        for start, stop in pairwise(edges):
            text, names, values = parts[templates[start]]
            sources.append((text, names, values[rows[start:stop]], labels[start:stop]))
        return _rebuilt, (sources,)

    def __copy__(self) -> CircuitBatch:
        return self  # nothing changes it

    def __deepcopy__(self, _memo: object) -> CircuitBatch:
        return self

    def __repr__(self) -> str:
        return f"CircuitBatch(<{len(self)} circuits of {len(self.templates)} structures>)"

    @property
    def core(self) -> _core.CircuitBatch:
        """The batch as the extension holds it."""
        return self._batch

    @property
    def labels(self) -> list[str]:
        """Labels in submission order."""
        return self._batch.labels

    @property
    def templates(self) -> list[_core.Template]:
        """The distinct structures, in order of first use."""
        return self._batch.templates

    def bound_texts(self) -> dict[str, str]:
        """Every circuit as OpenQASM 2 text of its own, by label.

        >>> batch = CircuitBatch.of(["OPENQASM 2.0; qreg q[1]; rx(pi/2) q[0];"])
        >>> print(batch.bound_texts()["0"], end="")
        OPENQASM 2.0;
        include "qelib1.inc";
        qreg q[1];
        rx(1.5707963267948966) q[0];
        """
        templates = self.templates
        places = zip(*(array.tolist() for array in self._batch.places), strict=True)
        rows = (templates[template].bound_text(row) for template, row in places)
        return dict(zip(self.labels, rows, strict=True))


def normalise_circuit_batch(circuits: Circuits) -> dict[str, str]:
    """Any circuits `CircuitBatch.of` takes, as a dict of label to bound OpenQASM 2 text.

    >>> list(normalise_circuit_batch(["OPENQASM 2.0; qreg q[1]; x q[0];"]))
    ['0']
    """
    return CircuitBatch.of(circuits).bound_texts()


def _rebuilt(sources: list[tuple[Any, ...]]) -> CircuitBatch:
    return CircuitBatch.of([CircuitPayload.from_matrix(*source) for source in sources])


def _in_order(what: str, items: Iterable[Any]) -> tuple[Any, ...]:
    if isinstance(items, set | frozenset):
        instead = "a list, or a mapping of labels to circuits" if what == "circuits" else "a list"
        raise TypeError(
            f"Expected {what} in an order, got a {type(items).__name__}, whose order differs from run to "
            f"run. Pass {instead}."
        )
    return tuple(items)


def _labelled(parameter_sets: Iterable[Any]) -> list[tuple[str, tuple[float, ...]]]:
    found = []
    for index, item in enumerate(_in_order("parameter_sets", parameter_sets)):
        try:
            if isinstance(item, str):
                raise TypeError
            label, values = item
            found.append((str(label), tuple(values)))
        except (TypeError, ValueError):
            raise ParameterError(
                "Expected parameter_sets as (label, values) pairs, such as [('0', [0.1, 0.2])]; number "
                f"{index} is {item!r:.60}. Give a matrix of rows to CircuitPayload.from_matrix, and of a "
                "dict its items()."
            ) from None
    return found


def _matrix(values: Any) -> NDArray[np.float64]:
    import numpy as np

    try:
        return np.array(values, dtype=np.float64, order="C")  # a copy: payloads do not change
    except (TypeError, ValueError) as error:
        raise ParameterError(f"Expected real numbers as parameter values: {error}.") from error


def is_template(item: Any) -> bool:
    """Whether an object is shaped like a template with its rows.

    >>> is_template(TemplateEntry("", (), ())), is_template("OPENQASM 2.0;")
    (True, False)
    """
    # Ours first: to look whether a CircuitPayload has parameter_sets would build them.
    ours = isinstance(item, TemplateEntry | CircuitPayload)
    return ours or (hasattr(item, "circuit") and hasattr(item, "parameter_sets"))


def _source(item: Any) -> tuple[str, list[str], NDArray[np.float64], list[str]]:
    if isinstance(item, TemplateEntry):
        if not item.parameter_sets:
            raise ParameterError("Each TemplateEntry must carry at least one parameter set.")
        for label, values in _labelled(item.parameter_sets):
            if len(values) != len(item.parameter_names):
                raise ParameterError(
                    f"Parameter set '{label}' has {len(values)} values but template declares "
                    f"{len(item.parameter_names)} parameter names.",
                    label,
                )
        item = CircuitPayload(item.template_qasm, item.parameter_names, item.parameter_sets)
    elif not isinstance(item, CircuitPayload):
        names = item.parameter_names if hasattr(item, "parameter_names") else item.parameters
        item = CircuitPayload(item.circuit, names, item.parameter_sets)
    circuit = item.circuit
    if not isinstance(circuit, str):
        raise TypeError(f"Expected a template's circuit as OpenQASM 2 text, got {type(circuit).__name__}.")
    return encodable(circuit), list(item.parameter_names), item.values, list(item.labels)


def _text(label: str, item: Any) -> str:
    if isinstance(item, str):
        return encodable(item, label)
    if is_circuit(item):
        return exported(item, label=label)
    if is_template(item):
        raise TypeError(f"Circuit '{label}' is a template; submit templates and bound circuits apart.")
    raise TypeError(
        f"Expected OpenQASM 2 text, a Qiskit circuit or a template for circuit '{label}', "
        f"got {type(item).__name__}."
    )
