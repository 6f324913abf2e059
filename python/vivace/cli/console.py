"""What every command says, and how it ends."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer

from vivace.errors import ExecutionCancelledError, QasmError, VivaceError

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "complain",
    "progress_bar",
    "reported",
    "say",
    "say_table",
    "told_too",
    "warnings_told",
]

FAILED: Final = 2
"""Exit code of bad input."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl+C."""

_NAME_WIDTH: Final = 15
# Its log says what Ctrl+C does.
_INTERRUPTS: Final = "vivace.backends.qoro.stopping"
_KEYWORDS: Final = {
    "ham_ops": "--observable",
    "simulation_type": "--method",
    "max_bond_dimension": "--bond-dimension",
    "qiskit_backend": "--device",
}
# Calls come first, then quoted text, for it is the user's; so are words that are part of a path.
_CALL_QUOTED_OR_KEYWORD: Final = re.compile(
    r"""\b(?:service\.(?P<method>resume|cancel)(?:_job)?|get_characterization_result)"""
    r"""\((['"])(?P<job>[\w-]+)\2(?:, service=\.\.\.)?\)|"""
    rf"""(?<![\w=])(['"]).*?\4|(?<![\w./\\-])(?P<keyword>{"|".join(_KEYWORDS)})(?![\w/\\-]|[.:]\w)"""
    r"""(?:=(['"])(?P<value>\w+)\6)?"""
)


def say(name: str, text: str) -> None:
    """A line of what was found: a name, and what it is."""
    typer.echo(f"{name:<{_NAME_WIDTH}}{text}")


def say_table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
    """Rows in columns as wide as they need to be; the columns ``numbers`` are flush right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        typer.echo("  ".join(cells).rstrip())


def complain(text: str) -> None:
    """A line about what went wrong, on standard error."""
    typer.echo(f"vivace: {text}", err=True)


@contextmanager
def warnings_told() -> Iterator[None]:
    """Warnings as lines of ours, not as lines of source; also those that are logged."""
    logged, log = _Logged(logging.WARNING), logging.getLogger("vivace")
    log.addHandler(logged)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: _warn(str(message))
            yield
    finally:
        log.removeHandler(logged)


class _Logged(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.name == _INTERRUPTS:
            complain(record.getMessage())
        else:
            _warn(record.getMessage())


def _warn(text: str) -> None:
    complain(f"warning: {_as_options(text)}")


@contextmanager
def reported() -> Iterator[list[Path]]:
    """One clear line instead of a traceback; it tells of the files put into the list, which are safe."""
    saved: list[Path] = []
    try:
        yield saved
    except KeyboardInterrupt as error:
        complain(f"interrupted; {'the results are saved' if saved else 'nothing is saved'}{told_too(error)}")
        raise typer.Exit(INTERRUPTED) from None
    except ExecutionCancelledError as error:
        complain(f"interrupted: {_told(error)}")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise  # nobody reads what is printed: Typer ends that, without a word
    except (VivaceError, OSError, MemoryError) as error:
        complain("".join([f"error: {_told(error)}", *(f"; the results are saved in {p}" for p in saved)]))
        raise typer.Exit(FAILED) from None


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"not enough memory: {error}"
    if isinstance(error, QasmError):
        return f"{error}".rstrip() + _notes(error)
    return _as_options(f"{error}".rstrip() + _notes(error))


def told_too(error: BaseException) -> str:
    """What the notes of an error say, to be put behind something that ends without a full stop."""
    notes = _notes(error)
    return f".{_as_options(notes)}" if notes else ""


def _notes(error: BaseException) -> str:
    notes = getattr(error, "__notes__", ())
    return "".join(note if note.startswith("\n") else f" {note}" for note in notes)


def _as_options(text: str) -> str:
    """What the library calls its keywords and methods, as what does the same on the command line."""

    def told(found: re.Match[str]) -> str:
        if found["job"] is not None:
            return f"vivace jobs {found['method'] or 'resume'} {found['job']}"
        if found["keyword"] is None:
            return found[0]
        return " ".join(filter(None, (_KEYWORDS[found["keyword"]], found["value"])))

    return _CALL_QUOTED_OR_KEYWORD.sub(told, text)


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on the terminal; nothing where standard error is none."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(what, total=total)

        def update(done: int, _total: int) -> None:
            bar.update(task, completed=done)

        yield update
