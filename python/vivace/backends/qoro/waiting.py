"""What a user sees while a job is on its way or out: a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from vivace.backends.qoro.jobs import known_status

if TYPE_CHECKING:
    from rich.console import Console

    from vivace.backends.qoro.wire.jobs import StatusReply

__all__ = ["job_bar", "upload_bar"]


@contextmanager
def job_bar(
    job_id: str, most: int | None, *, shown: bool
) -> Iterator[Callable[[int, StatusReply], None] | None]:
    """A bar on the console that says where a job stands, for as long as it lasts.

    Yields:
        What to call with (poll number, answer); None if nothing is shown, or nobody sees it.
    """
    name, limit = job_id.partition("-")[0], "" if most is None else f" / {most}"
    with _bar(f"Job {name} is submitted.", shown=shown) as update:
        if update is None:
            yield None
            return

        def told(attempt: int, reply: StatusReply) -> None:
            done, total = reply.progress or (0, None)
            update(
                description=f"Job {name} is {known_status(reply)}. Polling attempt {attempt}{limit}",
                completed=done,
                total=total,
            )

        yield told


@contextmanager
def upload_bar(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on the console for the upload.

    Yields:
        What to call with (circuits uploaded, circuits in all); None if nothing is shown, or nobody sees it.
    """
    with _bar("Uploading circuits", shown=shown) as update:
        yield None if update is None else lambda done, total: update(completed=done, total=total)


@contextmanager
def _bar(description: str, *, shown: bool) -> Iterator[Callable[..., None] | None]:
    console = _console() if shown else None
    if console is None:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Count(MofNCompleteColumn):
        def render(self, task: Task) -> Text:
            return Text() if task.total is None else super().render(task)

    # The description has words of the service, which are no markup.
    described = TextColumn("{task.description}", markup=False)
    columns = (described, BarColumn(), Count(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield partial(bar.update, bar.add_task(description, total=None))


def _console() -> Console | None:
    """Standard error; None if it is neither a terminal nor a notebook."""
    from rich.console import Console

    console = Console(stderr=True)
    return console if console.is_terminal or console.is_jupyter else None
