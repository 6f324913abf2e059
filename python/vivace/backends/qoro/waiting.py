"""What a user sees while a job is out: a spinner, or a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["spinner", "upload_bar"]


@contextmanager
def spinner(job_id: str, most: int | None, *, shown: bool) -> Iterator[Callable[[int, str], None] | None]:
    """A line on the console that says where a job stands, for as long as it lasts.

    Yields:
        What to call with (poll number, status); None if nothing is shown, or nobody sees it.
    """
    console = _console() if shown else None
    if console is None:
        yield None
        return
    name, limit = job_id.partition("-")[0], "" if most is None else f" / {most}"
    with console.status(f"Job {name} is submitted.") as line:

        def told(attempt: int, status: str) -> None:
            line.update(f"Job {name} is {status}. Polling attempt {attempt}{limit}")

        yield told


@contextmanager
def upload_bar(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on the console for the upload.

    Yields:
        What to call with (circuits uploaded, circuits in all); None if nothing is shown, or nobody sees it.
    """
    console = _console() if shown else None
    if console is None:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Uploading circuits", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _console() -> Console | None:
    """Standard error; None if it is neither a terminal nor a notebook."""
    from rich.console import Console

    console = Console(stderr=True)
    return console if console.is_terminal or console.is_jupyter else None
