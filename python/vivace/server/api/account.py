"""Routes about the account and what it can run on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from vivace.backends.qoro.wire.account import TransactionsPage
from vivace.server.api import schemas
from vivace.server.api.context import Caller, Server, address, answer, reply
from vivace.server.blueprints import BLUEPRINTS

__all__ = [
    "credits_balance",
    "credits_transactions",
    "ping",
    "qpu_systems",
    "router",
    "simulator_clusters",
    "vendor_blueprints",
]

router = APIRouter(tags=["account"])


@router.get("/", **answer(schemas.Empty))
def ping(_account: Caller) -> Response:
    """Whether the server is there and the token is valid."""
    return reply({"status": "ok"})


@router.get("/qpusystem/", **answer(list[schemas.System]))
def qpu_systems(_account: Caller, service: Server) -> Response:
    """QPU systems that jobs may name."""
    return reply([system.to_wire() for system in service.settings.systems])


@router.get("/simulatorcluster/", **answer(list[schemas.Cluster]))
def simulator_clusters(_account: Caller, service: Server) -> Response:
    """Simulator clusters that jobs may name."""
    return reply([cluster.to_wire() for cluster in service.settings.clusters])


@router.get("/vendor-config-blueprint/", **answer(dict[str, dict[str, object]]))
def vendor_blueprints(_account: Caller) -> Response:
    """Shapes of the device options, by vendor."""
    return reply(BLUEPRINTS)


@router.get("/credits/", **answer(schemas.Balance))
def credits_balance(account: Caller, service: Server) -> Response:
    """Credits left and used."""
    return reply(service.accounts.balance(account).to_wire())


@router.get("/credits/transactions/", **answer(schemas.Transactions, 400))
def credits_transactions(
    request: Request,
    account: Caller,
    service: Server,
    page: Annotated[int, Query(ge=1, le=1 << 31)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The ledger, newest line first."""
    count, lines = service.accounts.transactions(account, page, page_size)
    pages = max(1, -(-count // page_size))

    def page_at(number: int) -> str | None:
        wanted = 1 <= number <= pages
        return address(request, page=number, page_size=page_size) if wanted else None

    return reply(TransactionsPage(count, pages, page_at(page + 1), page_at(page - 1), tuple(lines)).to_wire())
