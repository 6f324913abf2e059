"""Routes about jobs that run circuits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from vivace.backends.qoro.wire.endpoints import IDEMPOTENCY_HEADER
from vivace.backends.qoro.wire.fields import dump_json
from vivace.backends.qoro.wire.jobs import CancelReply, StatusReply
from vivace.backends.qoro.wire.results import ResultsPage
from vivace.server.api import schemas
from vivace.server.api.context import (
    TAKES_GZIP,
    Body,
    Caller,
    Reading,
    Server,
    address,
    answer,
    reply,
    takes,
)

__all__ = [
    "add_circuits",
    "cancel",
    "create_failed",
    "delete",
    "get_execution_config",
    "one_shot",
    "open_job",
    "plain_results",
    "results",
    "router",
    "set_execution_config",
    "status",
]

router = APIRouter(prefix="/job", tags=["jobs"])

_LATER = ("divi/", "vivace/")


@router.post(
    "/init/",
    **answer(schemas.JobId, 400, 403, 409, 413, status=201, takes_gzip=True),
    **takes(schemas.InitJob),
)
def open_job(
    account: Caller,
    service: Server,
    body: Body,
    key: Annotated[str | None, Header(alias=IDEMPOTENCY_HEADER)] = None,
) -> Response:
    """Open a job. It starts when its last upload has arrived. A key makes it safe to repeat the request."""
    return reply({"job_id": service.open_job(account, body, key)}, 201, TAKES_GZIP)


@router.post(
    "/{job_id}/add_circuits/",
    **answer(schemas.Empty, 400, 403, 404, 409, 413, takes_gzip=True),
    **takes(schemas.AddCircuits),
)
async def add_circuits(job_id: str, account: Caller, service: Server, turns: Reading, body: Body) -> Response:
    """Upload circuits or templates. Repeating a request changes nothing: labels are unique within a job."""
    await turns.run(service.add_circuits, account, job_id, body)
    return reply({"status": "ok"}, headers=TAKES_GZIP)


@router.get("/{job_id}/status/", **answer(schemas.StatusReply, 404))
def status(job_id: str, account: Caller, service: Server) -> Response:
    """Where a job stands. One that makes way for others is PENDING again, which clients of any age know."""
    job = service.jobs.get(account, job_id)
    progress = job.n_done, job.n_circuits
    return reply(StatusReply(job.status, round(job.run_time, 6), job.finalized, progress).to_wire())


@router.get("/{job_id}/resultsV2/", **answer(schemas.ResultsPage, 400, 404))
def results(
    request: Request,
    job_id: str,
    account: Caller,
    service: Server,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1 << 53)] = 0,
) -> Response:
    """A page of results, fewer if they are long. 400 while the job runs, and for jobs that ended badly."""
    job = service.completed(account, job_id)
    entries = service.results.entries(job, offset, limit, service.settings.limits.page)
    after = offset + len(entries)
    more = entries and after < job.n_circuits
    following = address(request, limit=limit, offset=after) if more else None
    metadata, warnings = service.results.metadata(job, offset, len(entries)), service.results.warnings(job)
    return reply(ResultsPage(job.n_circuits, following, entries, metadata, warnings).to_wire())


@router.post("/{job_id}/cancel/", **answer(schemas.CancelReply, 403, 404, 409))
def cancel(job_id: str, account: Caller, service: Server) -> Response:
    """Cancel a job that is PENDING or RUNNING."""
    return reply(CancelReply(job_id, service.cancel(account, job_id)).to_wire())


@router.delete("/{job_id}", **answer(None, 404, status=204))
def delete(job_id: str, account: Caller, service: Server) -> Response:
    """Delete a job, its circuits and its results; one that runs is cancelled."""
    service.delete(account, job_id)
    return Response(status_code=204)


@router.post(
    "/{job_id}/execution_config/",
    **answer(schemas.StoredConfiguration, 400, 403, 404, 409, 413),
    **takes(schemas.ExecutionConfiguration),
)
def set_execution_config(job_id: str, account: Caller, service: Server, body: Body) -> Response:
    """Replace the configuration of a job that is PENDING. 409 also if circuits of it have run before that."""
    config = service.configure(account, job_id, body)
    return reply({"status": "ok", "job_id": job_id, "execution_configuration": config})


@router.get("/{job_id}/execution_config/", **answer(schemas.Configurations, 404))
def get_execution_config(request: Request, job_id: str, account: Caller, service: Server) -> Response:
    """The configuration of a job. Without one, 404 for clients that know no nulls here."""
    later = request.headers.get("user-agent", "").startswith(_LATER)
    return reply(service.configuration(account, job_id, later=later))


@router.post(
    "/",
    tags=["legacy"],
    **answer(schemas.JobId, 400, 403, 413, status=201),
    **takes(schemas.LegacyJob),
)
async def one_shot(account: Caller, service: Server, turns: Reading, body: Body) -> Response:
    """Open a job and fill it, as the oldest clients do."""
    return reply({"job_id": await turns.run(service.one_shot, account, body)}, 201)


@router.get("/{job_id}/results", tags=["legacy"], **answer(list[schemas.LegacyEntry], 400, 404))
def plain_results(job_id: str, account: Caller, service: Server) -> Response:
    """All results in one list, counts as objects. It is no JSON if the job is deleted while it is sent."""
    job = service.completed(account, job_id)
    pieces = _listed(service.plain_results(job), job.n_circuits)
    return StreamingResponse(pieces, media_type="application/json")


def _listed(pieces: Iterable[list[Any]], count: int) -> Iterator[bytes]:
    """A list in JSON, in pieces; without its end if it is shorter than it should be."""
    done = 0
    for piece in pieces:
        yield (b"," if done else b"[") + dump_json(piece)[1:-1]
        done += len(piece)
    if done == count:
        yield b"]" if done else b"[]"


@router.post(
    "/create_failed/",
    tags=["tests"],
    **answer(schemas.JobId, 400, 413, status=201),
    **takes(schemas.CreateFailed),
)
def create_failed(account: Caller, service: Server, body: Body) -> Response:
    """A job that has failed already, for tests of clients."""
    return reply({"job_id": service.failed_job(account, body)}, 201)
