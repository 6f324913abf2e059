"""Waiting for the job that a piece of a sweep became."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any

from vivace.errors import ExecutionCancelledError, MaxRetriesReachedError

if TYPE_CHECKING:
    from vivace.results import ExecutionResult

__all__ = ["finished", "takes_progress"]


def takes_progress(call: Callable[..., Any]) -> bool:
    """Whether a call of a runner tells of finished circuits."""
    return _takes(call, "progress")


def _takes(call: Callable[..., Any], option: str) -> bool:
    return option in inspect.signature(call).parameters


def finished(
    runner: Any, job: ExecutionResult, progress: Callable[[int, int], None] | None, event: Event | None
) -> ExecutionResult:
    """The results of a job; a sweep that is stopped by its event stops its job."""
    options: dict[str, Any] = {"verbose": False, "cancellation_event": event}
    if takes_progress(runner.poll_job_status):
        options["progress"] = progress
    try:
        runner.poll_job_status(job, loop_until_complete=True, **options)
    except (ExecutionCancelledError, MaxRetriesReachedError, KeyboardInterrupt) as error:
        if event is not None:  # otherwise the runner has done so
            error.add_note(_stopped(runner, job))
        raise
    heeds = event is not None and _takes(runner.get_job_results, "cancellation_event")
    results: ExecutionResult = runner.get_job_results(job, **({"cancellation_event": event} if heeds else {}))
    return results


def _stopped(runner: Any, job: ExecutionResult) -> str:
    """Cancel a job that nobody waits for any more, and tell what became of it."""
    if hasattr(runner, "stop_job"):
        return str(runner.stop_job(job))
    try:
        runner.cancel_job(job)
    except Exception as failure:  # noqa: BLE001 - whatever it is, there is an error to report
        return f"Job {job.job_id} could not be cancelled, and may go on: {failure}"
    return f"Job {job.job_id} was cancelled."
