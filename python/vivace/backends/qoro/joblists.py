"""One job or several: what a caller may name them by, and calls that go through all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from vivace.backends.qoro.http_errors import QoroConnectionError
from vivace.errors import ConfigError, VivaceError
from vivace.results import ExecutionResult

__all__ = ["Jobs", "done_to", "job_ids_of", "one_job_id", "try_each"]

Jobs = ExecutionResult | str | list[Any] | tuple[Any, ...]
"""A job: its result object or its id; or a list of either."""

T = TypeVar("T")


def job_ids_of(what: Any) -> tuple[list[str], bool]:
    """The job ids in a result, an id, or a list of either; and whether it was a list.

    Raises:
        ConfigError: There is none.
    """
    if isinstance(what, list | tuple):
        if not what:
            raise ConfigError("Expected a job or a list of jobs, got an empty list.", "job_id")
        return [one_job_id(item) for item in what], True
    job_id = what if isinstance(what, str) else getattr(what, "job_id", None)
    if not isinstance(job_id, str) or not job_id:
        raise ConfigError(
            "ExecutionResult must have a job_id. Results of a synchronous backend have none: there is no "
            "remote job.",
            "job_id",
        )
    return [job_id], False


def one_job_id(what: Any) -> str:
    """The id of the one job in a result, an id, or a list of either.

    Raises:
        ConfigError: There is none, or there are several.

    >>> one_job_id("a-1")
    'a-1'
    """
    job_ids, _ = job_ids_of(what)
    if len(job_ids) > 1:
        raise ConfigError(f"Expected one job, got a list of {len(job_ids)}. Call this for each.", "job_id")
    return job_ids[0]


def try_each(job_ids: Sequence[str], call: Callable[[str], T], done: str) -> list[T]:
    """What a call brings for each of several jobs; where one fails, the others are tried all the same.

    Args:
        job_ids: The jobs.
        call: What to do.
        done: What became of a job for which it worked, such as ``"cancelled"``.

    Raises:
        VivaceError: The first error. Its notes tell what became of the other jobs. Once the service cannot be
            reached, the rest is not tried.
    """
    found: list[T] = []
    worked: list[str] = []
    failed: dict[str, VivaceError] = {}
    rest = iter(job_ids)
    try:
        for job_id in rest:
            try:
                found.append(call(job_id))
                worked.append(job_id)
            except VivaceError as error:
                failed.setdefault(job_id, error)
                if isinstance(error, QoroConnectionError):
                    break
    except KeyboardInterrupt as error:
        _tell(error, worked, failed, done)
        raise
    if failed:
        which = next(iter(failed))
        raised = failed.pop(which)
        if len(job_ids) > 1:
            raised.add_note(f"That was job {which}.")
            _tell(raised, worked, failed, done)
            if untried := list(rest):
                raised.add_note(done_to(untried, "not tried"))
        raise raised
    return found


def _tell(raised: BaseException, worked: Sequence[str], failed: Mapping[str, VivaceError], done: str) -> None:
    for job_id, error in failed.items():
        raised.add_note(f"Job {job_id}: {error}")
    if worked:
        raised.add_note(done_to(worked, done))


def done_to(job_ids: Sequence[str], what: str) -> str:
    """What was done to jobs, as a sentence.

    >>> done_to(["a"], "cancelled"), done_to(["a", "b", "c"], "cancelled")
    ('Job a was cancelled.', 'Jobs a, b and c were cancelled.')
    """
    if len(job_ids) == 1:
        return f"Job {job_ids[0]} was {what}."
    return f"Jobs {', '.join(job_ids[:-1])} and {job_ids[-1]} were {what}."
