"""What runs and jobs have found, on the console and in a file."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from vivace._files import check_writable, write_whole
from vivace.cli.console import say, say_table
from vivace.errors import ConfigError

if TYPE_CHECKING:
    from vivace.backends import CharacterizationResult
    from vivace.results import ExecutionResult
    from vivace.sweeps import Observable

__all__ = ["Report", "check_file", "give_analysis"]


@dataclass(frozen=True)
class Report:
    """Where results go and how much of them is shown.

    Attributes:
        out: The file, or None.
        top: Outcomes or words shown of each circuit.
        observable: What the words are of, or None.
        shots: What values are estimated from; None of exact ones.
    """

    out: Path | None
    top: int
    observable: Observable | None = None
    shots: int | None = None

    def check(self) -> None:
        """See that the file can be written, as `check_file` does."""
        check_file(self.out, (".json", ".csv"), "results are")

    def give(self, result: ExecutionResult, saved: list[Path]) -> None:
        """Write the file, put it into ``saved``, and print."""
        entries = self._entries(result)
        if self.out is not None:
            self._save(self.out, entries)
            saved.append(self.out)
        estimates = any(isinstance(v, float) for entry in entries for v in entry["results"].values())
        if estimates:
            self._show_values(entries)
        else:
            self._show_counts(entries)
        if self.out is not None:
            say("results", str(self.out))

    def _entries(self, result: ExecutionResult) -> list[dict[str, Any]]:
        entries = []
        for entry in result.results or ():
            found = {"label": entry["label"], "results": entry["results"] or {}}
            if self.observable is not None:
                found["value"] = _value(self.observable, found)
            if entry.get("metadata"):
                found["metadata"] = entry["metadata"]
            entries.append(found)
        return entries

    def _show_counts(self, entries: list[dict[str, Any]]) -> None:
        rows, more = [], 0
        for entry in entries:
            counts = entry["results"]
            shots = sum(counts.values())
            shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: self.top]
            more += len(counts) - len(shown)
            rows += [(entry["label"], key, f"{count}", f"{count / shots:.2%}") for key, count in shown]
        say_table(("circuit", "outcome", "count", "share"), rows, numbers=(2, 3))
        _say_more(more, "outcome")

    def _show_values(self, entries: list[dict[str, Any]]) -> None:
        rows, more = [], 0
        for entry in entries:
            if "value" in entry:
                rows.append((entry["label"], "<H>", self._energy(entry)))
            shown = list(entry["results"].items())[: self.top]
            more += len(entry["results"]) - len(shown)
            rows += [(entry["label"], word, self._mean(value)) for word, value in shown]
        say_table(("circuit", "word", "value"), rows, numbers=(2,))
        _say_more(more, "word")

    def _mean(self, value: float) -> str:
        """The value of a word, with its standard error if it is estimated."""
        error = self._error(value)
        return _rounded(value, error) + (f" +- {error:.1g}" if error else "")

    def _energy(self, entry: dict[str, Any]) -> str:
        """The value of the observable, to the digits that the errors of all words together leave."""
        assert self.observable is not None  # noqa: S101 - there is no value without one
        words = zip(self.observable.words, self.observable.coefficients, strict=True)
        return _rounded(entry["value"], sum(abs(c) * self._error(entry["results"][w]) for w, c in words))

    def _error(self, value: float) -> float:
        """The standard error of a word's mean, no less than one shot can tell; 0 if it is exact."""
        if self.shots is None:
            return 0.0
        return max(math.sqrt(max(0.0, 1 - value**2) / self.shots), 1 / self.shots)

    def _save(self, path: Path, entries: list[dict[str, Any]]) -> None:
        def as_csv(file: IO[str]) -> None:
            csv.writer(file, lineterminator="\n").writerows(_lines(entries))

        if path.suffix.lower() == ".json":
            _write_json(path, {"results": entries})
        else:
            write_whole(path, "w", as_csv)


def give_analysis(result: CharacterizationResult, out: Path | None, saved: list[Path]) -> None:
    """Write the file of an analysis, put it into ``saved``, and print."""
    if out is not None:
        _write_json(out, {name: value for name, value in asdict(result).items() if name != "html"})
        saved.append(out)
    result.display()
    if out is not None:
        say("analysis", str(out))


def check_file(out: Path | None, suffixes: tuple[str, ...], what: str) -> None:
    """Fail before anything runs, not after it, where the results could not be written.

    Raises:
        ConfigError: The file does not end in one of the suffixes.
        OSError: It cannot be written.
    """
    if out is None:
        return
    if out.suffix.lower() not in suffixes:
        raise ConfigError(f"{out}: {what} written as {' or '.join(suffixes)}.")
    check_writable(out)


def _write_json(path: Path, found: dict[str, Any]) -> None:
    def as_json(file: IO[str]) -> None:
        json.dump(found, file, indent=1)
        file.write("\n")

    write_whole(path, "w", as_json)


def _value(observable: Observable, entry: dict[str, Any]) -> float:
    values = entry["results"]
    missing = [word for word in observable.words if word not in values]
    if missing:
        raise ConfigError(
            f"--observable: circuit {entry['label']!r} has no value of {missing[0]}; the job was of others."
        )
    return float(sum(c * values[w] for w, c in zip(observable.words, observable.coefficients, strict=True)))


def _lines(entries: list[dict[str, Any]]) -> Iterator[list[Any]]:
    values = any(isinstance(value, float) for entry in entries for value in entry["results"].values())
    yield ["circuit", "word", "value"] if values else ["circuit", "outcome", "count"]
    for entry in entries:
        if "value" in entry:
            yield [entry["label"], "<H>", entry["value"]]
        for key, value in entry["results"].items():
            yield [entry["label"], key, value]


def _rounded(value: float, error: float) -> str:
    """A number with two digits of its error, eight decimals at most."""
    return f"{value:.{min(8, max(0, 1 - math.floor(math.log10(error))))}f}" if error else f"{value:.8f}"


def _say_more(number: int, what: str) -> None:
    if number:
        typer.echo(f"and {number:,} more {what}{'s' if number > 1 else ''}; --top and --out give all")
