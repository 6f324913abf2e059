"""``vivace serve``."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final

import typer

from vivace.cli.console import reported, say
from vivace.errors import ConfigError

__all__ = ["serve"]

_GLANCE: Final = 0.1


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
            "shows it: rather set the variable.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Jobs that run at once.")] = 2,
    tier: Annotated[str, typer.Option(help="Tier of a new account: FREE, PRO or ENTERPRISE.")] = "PRO",
    credits: Annotated[str, typer.Option(help="Credits of a new account.")] = "1000000",  # noqa: A002
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

        settings = Settings(tier=Tier.named(tier), credits=_amount(credits), workers=workers)
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
            say("database", str(db))
            while not stopped:
                time.sleep(_GLANCE)


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
