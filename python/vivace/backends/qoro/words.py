"""Pauli words of a submission as they travel: padded to the width of the circuits, and none of them twice."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from vivace.backends.observables import ALL_GROUPS, Observables
from vivace.circuits import CircuitBatch
from vivace.errors import ObservableError

__all__ = ["NO_PADDING", "Padding", "SentWords"]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Padding:
    """The words that circuits were given, and as what each was sent.

    Attributes:
        ranges: Half-open ranges of circuits, each with its words: sent by given. The first range that holds a
            circuit is the one that counts.
    """

    ranges: tuple[tuple[int, int, Mapping[str, str]], ...] = ()

    def restored(self, circuit: int, values: dict[str, Value]) -> dict[str, Value]:
        """Values of a circuit by the words as given, in the order given.

        >>> Padding(((0, 1, {"Z": "ZI", "ZI": "ZI", "X": "XI"}),)).restored(0, {"ZI": 1.0, "XI": 0.5})
        {'Z': 1.0, 'ZI': 1.0, 'X': 0.5}
        """
        words = next((words for start, stop, words in self.ranges if start <= circuit < stop), {})
        if not words:
            return values
        sent = set(words.values())
        others = {word: value for word, value in values.items() if word not in sent}
        return {given: values[word] for given, word in words.items() if word in values} | others

    def to_json(self) -> Any:
        """As the journal keeps it."""
        return [[start, stop, dict(words)] for start, stop, words in self.ranges]

    @classmethod
    def from_json(cls, found: Any) -> Padding:
        """What the journal kept; of earlier releases the words as given, by those sent, for all circuits.

        Raises:
            ValueError: That it was not.
            TypeError: Likewise.
        """
        if isinstance(found, dict):
            return cls(((0, sys.maxsize, {given: sent for sent, given in found.items()}),))
        return cls(tuple((int(start), int(stop), dict(words)) for start, stop, words in found))


NO_PADDING: Final = Padding()
"""Of a submission whose words were all long enough."""


@dataclass(frozen=True, slots=True)
class SentWords:
    """What to measure, as it goes out.

    Attributes:
        ham_ops: The words; groups as given.
        ranges: The range of circuits of every group; None if all circuits are measured for all words.
        padding: What became of words that were too short for their circuits.
    """

    ham_ops: str
    ranges: Sequence[tuple[int, int]] | None
    padding: Padding = NO_PADDING

    @classmethod
    def of(cls, observables: Observables, batch: CircuitBatch) -> SentWords:
        """Pad words to the width of the circuits they are for.

        Raises:
            ObservableError: A word is too long, or too short for circuits of several widths, or two words
                of a circuit that is in no range are the same once they are padded.
        """
        ranges, labels = observables.ranges, batch.labels
        widths: dict[int, dict[int, int]] = {}
        for template in batch.templates:
            for circuit in template.circuits.tolist():
                group = int(observables.groups[circuit])
                widths.setdefault(group, {}).setdefault(template.n_qubits, circuit)
        everywhere = widths.get(ALL_GROUPS, {})
        groups = [
            _sent(observables, group, {**everywhere, **widths.get(group, {})}, labels)
            for group in range(observables.n_groups)
        ]
        words = {given: word for sent in groups for given, word in sent.items()}
        if ranges is None:
            ham_ops = ";".join(dict.fromkeys(words.values()))
        else:
            ham_ops = "|".join(";".join(sent.values()) for sent in groups)
            if everywhere:
                _refuse_equals(words, labels[min(everywhere.values())])
        if all(given == word for sent in groups for given, word in sent.items()):
            return cls(ham_ops, ranges)
        mapped = [(*held, sent) for held, sent in zip(ranges or (), groups, strict=ranges is not None)]
        return cls(ham_ops, ranges, Padding((*mapped, (0, len(batch), words))))


def _sent(
    observables: Observables, group: int, widths: Mapping[int, int], labels: Sequence[str]
) -> dict[str, str]:
    """The words of a group as sent, by the words as given; `widths` has a circuit of each width."""
    words = observables.words(group)
    sent = words
    for width, circuit in widths.items():
        longer = tuple(observables.padded(group, width, labels[circuit]))
        if len(widths) > 1 and longer != words:
            raise ObservableError(
                f"Observables {list(words[:4])} are too short for circuits of widths {sorted(widths)}. Give "
                "each width words of its own, with circuit_ham_map."
            )
        sent = longer
    return dict(zip(words, sent, strict=True))


def _refuse_equals(words: Mapping[str, str], label: str) -> None:
    seen: dict[str, str] = {}
    for given, word in words.items():
        if word in seen:
            raise ObservableError(
                f"Circuit '{label}' is in no range of circuit_ham_map, so it is measured for all words, and "
                f"{seen[word]!r} and {given!r} are the same for it. Give one of them.",
                given,
                label,
            )
        seen[word] = given
