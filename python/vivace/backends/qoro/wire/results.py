"""Pages of results."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from vivace.backends.qoro.wire import fields
from vivace.errors import ProtocolError

__all__ = ["ResultsPage", "runs"]

_MOST: Final = 16  # warnings
_LONGEST: Final = 1000  # characters of one


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """Reply of ``resultsV2/``.

    Attributes:
        count: Entries of the whole job; None if the service does not say.
        next: Address of the next page, or None on the last one.
        entries: (label, results) pairs in the order of submission. ``results`` is a histogram envelope
            (`vivace.codecs.decode_histogram`), or Pauli words with their values.
        metadata: How each was run; empty where the service does not say.
        warnings: What makes results of the job approximate, as far as the service says.

    The last two are an extension of ours: ``circuit_metadata``, [number of circuits, facts] pairs in order,
    and ``warnings``, texts.

    >>> entry = {"label": "a", "results": {"Z": 1.0}}
    >>> ResultsPage.from_wire({"count": 1, "next": None, "results": [entry]}).entries
    (('a', {'Z': 1.0}),)
    """

    count: int | None
    next: str | None
    entries: Sequence[tuple[str, Any]]
    metadata: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[str] = ()

    def to_wire(self) -> dict[str, Any]:
        """The JSON object; without what is unknown."""
        entries = [{"label": label, "results": results} for label, results in self.entries]
        body: dict[str, Any] = {"count": self.count, "next": self.next, "results": entries}
        if any(self.metadata):
            starts = [*runs(self.metadata), (len(self.metadata), {})]
            body["circuit_metadata"] = [
                [after - start, dict(own)] for (start, own), (after, _) in itertools.pairwise(starts)
            ]
        if self.warnings:
            body["warnings"] = list(self.warnings)
        return body

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Self:
        """Read the JSON object.

        Raises:
            ProtocolError: A member is missing or of the wrong type.
        """
        entries = []
        for index, entry in enumerate(fields.read_list(body, "results")):
            if not isinstance(entry, dict):
                raise ProtocolError(f"Expected an object as entry {index} of 'results'.", "results")
            results = entry.get("results")
            if results is not None and not isinstance(results, dict):
                raise ProtocolError(
                    f"Expected an object as results of {entry.get('label')!r:.60}.", "results"
                )
            entries.append((fields.read_text(entry, "label"), results))
        count, following = fields.read_whole(body, "count", None), fields.optional_text(body, "next")
        metadata = _expanded(body.get("circuit_metadata"), len(entries))
        return cls(count, following, tuple(entries), metadata, _texts(body.get("warnings")))


def runs(metadata: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Where facts begin that differ from those before, and these.

    >>> list(runs([{"a": 1}, {"a": 1}, {}]))
    [(0, {'a': 1}), (2, {})]
    """
    before = None
    for index, own in enumerate(metadata):
        if own != before:
            yield index, own
        before = own


def _expanded(found: Any, n_entries: int) -> Sequence[Mapping[str, Any]]:
    """The facts of every entry; none at all if they are not as we write them: results do not hang on them."""
    expanded: list[Mapping[str, Any]] = []
    for run in found if isinstance(found, list) else ():
        match run:
            case [int(number), dict(own)] if 0 <= number <= n_entries - len(expanded):
                expanded += [own] * number
            case _:
                return ()
    return expanded if len(expanded) == n_entries else ()


def _texts(found: Any) -> tuple[str, ...]:
    """The first few texts, as lines that a terminal can show."""
    texts = [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
    return tuple(
        "".join(character if character.isprintable() else " " for character in text[:_LONGEST])
        for text in texts[:_MOST]
    )
