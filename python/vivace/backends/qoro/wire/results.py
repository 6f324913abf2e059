"""Pages of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from vivace.backends.qoro.wire import fields
from vivace.errors import ProtocolError

__all__ = ["ResultsPage", "decode_legacy_results"]


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """Reply of ``resultsV2/``.

    Attributes:
        count: Entries of the whole job; None if the service does not say.
        next: Address of the next page, or None on the last one.
        entries: (label, results) pairs in the order of submission. ``results`` is a histogram envelope
            (`vivace.codecs.decode_histogram`), or Pauli words with their values.

    >>> entry = {"label": "a", "results": {"Z": 1.0}}
    >>> ResultsPage.from_wire({"count": 1, "next": None, "results": [entry]}).entries
    (('a', {'Z': 1.0}),)
    """

    count: int | None
    next: str | None
    entries: Sequence[tuple[str, Any]]

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        entries = [{"label": label, "results": results} for label, results in self.entries]
        return {"count": self.count, "next": self.next, "results": entries}

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
        return cls(fields.read_whole(body, "count", None), fields.optional_text(body, "next"), tuple(entries))


def decode_legacy_results(body: Any) -> list[dict[str, Any]]:
    """Entries of the plain list that ``results`` returned to the oldest clients.

    >>> decode_legacy_results([{"label": "a", "results": {"0": 5}}])
    [{'label': 'a', 'results': {'0': 5}}]
    """
    if not isinstance(body, list):
        raise ProtocolError(f"Expected a list of results, got {type(body).__name__}.")
    return [
        {"label": fields.read_text(entry, "label"), "results": fields.read_object(entry, "results")}
        for entry in body
    ]
