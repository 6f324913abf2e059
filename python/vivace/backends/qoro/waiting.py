"""What a user sees while a job is out: a spinner, or a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["spinner", "upload_bar"]


@contextmanager
def spinner(job_id: str, most: int | None, *, shown: bool) -> Iterator[Callable[[int, str], None] | None]:
    """A line on the console that says where a job stands, for as long as it lasts.

    Yields:
        What to call with (poll number, status); None if nothing is shown.
    """
    if not shown:
        yield None
        return
    from rich.console import Console

    name, limit = job_id.partition("-")[0], "" if most is None else f" / {most}"
    with Console(stderr=True).status(f"Job {name} is submitted.") as line:

        def told(attempt: int, status: str) -> None:
            line.update(f"Job {name} is {status}. Polling attempt {attempt}{limit}")

        yield told


@contextmanager
def upload_bar(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on the console for the upload.

    Yields:
        What to call with (circuits uploaded, circuits in all); None if nothing is shown.
    """
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Uploading circuits", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
