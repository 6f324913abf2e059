"""Routes about characterisations of QUBO problems. The job is opened by ``job/init/``."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from vivace.server.api import schemas
from vivace.server.api.context import Analysing, Caller, QuboBody, Server, answer, reply, takes

__all__ = [
    "router",
    "submit_qubo",
    "validation_html",
    "validation_result",
]

router = APIRouter(prefix="/job/{job_id}", tags=["characterization"])


@router.post(
    "/submit_qubo/",
    **answer(schemas.Submitted, 400, 402, 403, 404, 409, 413, 429, 502),
    **takes(schemas.QuboSubmission),
)
async def submit_qubo(
    job_id: str, account: Caller, service: Server, turns: Analysing, body: QuboBody
) -> Response:
    """Analyse a QUBO; answers when that is done. Charged by the number of variables, on success."""
    await turns.run(service.submit_qubo, account, job_id, body)
    return reply({"job_id": job_id, "status": "COMPLETED"})


@router.get("/validation_result/", **answer(schemas.Characterization, 400, 403, 404, 409))
def validation_result(job_id: str, account: Caller, service: Server) -> Response:
    """What the analysis found; null is what it could not know."""
    return Response(service.analysis(account, job_id)[0], media_type="application/json")


@router.get(
    "/validation_result/html/",
    response_class=Response,
    **answer(HTMLResponse, 400, 403, 404, 409),
)
def validation_html(job_id: str, account: Caller, service: Server) -> Response:
    """The same as a fragment of HTML."""
    return HTMLResponse(service.analysis(account, job_id)[1])
