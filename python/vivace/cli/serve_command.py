"""``vivace serve``."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vivace.cli.console import reported, say
from vivace.errors import ConfigError

if TYPE_CHECKING:
    from vivace.server import LocalServer

__all__ = ["serve"]

_GLANCE: Final = 0.1
_TIER: Final = "PRO"
_CREDITS: Final = "1000000"


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    db: Annotated[Path, typer.Option(help="Database file; made if there is none.")] = Path(
        "vivace-server.db"
    ),
    host: Annotated[
        str, typer.Option(help="Address. Others than this machine's are reachable over plain HTTP.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            envvar="VIVACE_SERVER_TOKEN",
            help="Token to accept: 8 ASCII characters or more, no spaces. Default: a new one, printed. `ps` "
            "shows it: rather set the variable. Tokens that the database has stay valid.",
        ),
    ] = None,
    revoke_others: Annotated[
        bool, typer.Option("--revoke-others", help="End the tokens that the database has from earlier.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Jobs that run at once.")] = 2,
    tier: Annotated[
        str | None,
        typer.Option(
            help=f"Tier of a new account: FREE, PRO or ENTERPRISE. Default: {_TIER}. An earlier database "
            "keeps its own."
        ),
    ] = None,
    credits: Annotated[  # noqa: A002 - what they are called
        str | None,
        typer.Option(
            help=f"Credits of a new account. Default: {_CREDITS}. An earlier database keeps its own."
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing of what becomes of jobs.")
    ] = False,
) -> None:
    """Serve the protocol of the Qoro cloud on this machine, running circuits on Maestro, until Ctrl+C.

    Point clients at it with QORO_API_URL and QORO_API_KEY. Jobs survive the server: the next one on
    the database finishes them. The status page asks for a password, which is the token. What becomes of
    jobs is told on standard error.
    """
    with reported():
        from vivace.server import LocalServer, Settings, Tier

        tier_named = Tier.named(_TIER if tier is None else tier)
        amount = _amount(_CREDITS if credits is None else credits)
        settings = Settings(tier=tier_named, credits=amount, workers=workers)
        ignored = [name for name, given in (("--tier", tier), ("--credits", credits)) if given is not None]
        with (
            _until_stopped() as stopped,
            nullcontext() if quiet else _jobs_told(),
            LocalServer(db, port, host=host, token=token, settings=settings) as server,
        ):
            waiting, failed = server.recovered
            say("url", server.url)
            say("token", server.token)
            say("status page", server.page)
            if waiting or failed:
                say("taken up", f"jobs of an earlier server: {waiting} go on, {failed} failed with it")
            _tell_of_earlier(server, ignored, revoke_others=revoke_others)
            say("database", str(db))
            while not stopped:
                time.sleep(_GLANCE)


def _tell_of_earlier(server: LocalServer, ignored: list[str], *, revoke_others: bool) -> None:
    """Say what an earlier database keeps, against what the command line seems to say."""
    accounts = server.service.accounts
    others = accounts.others(server.token)
    if others and revoke_others:
        accounts.revoke_others(server.token)
        say("tokens", f"{others} from earlier revoked")
    elif others:
        say("tokens", f"{others} from earlier still valid; --revoke-others ends them")
    if ignored and not server.is_new:
        account = accounts.of_token(server.token)
        assert account is not None  # noqa: S101 - it was just issued
        has = f"{accounts.balance(account).balance} credits, tier {account.tier.name}"
        say("account", f"that of the database: {has}; {' and '.join(ignored)} changed nothing")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
        if 0 <= amount <= 10**12:
            return amount
    except InvalidOperation:  # not a number, or NaN
        pass
    raise ConfigError(f"--credits {text[:40]}: expected a number from 0 to 10**12", "credits")


@contextmanager
def _jobs_told() -> Iterator[None]:
    """The log of the server on standard error."""
    log, handler = logging.getLogger("vivace.server"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%Y-%m-%d %H:%M:%S"))
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


@contextmanager
def _until_stopped() -> Iterator[list[int]]:
    """A list that Ctrl+C and SIGTERM add to, so that the server closes in order.

    It is looked at from time to time: whoever waits for an event sleeps on through a signal that comes just
    before, and a handler that sets one may wait for itself.
    """
    stopped: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda found, _: stopped.append(found)) for number in numbers]
    try:
        yield stopped
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
