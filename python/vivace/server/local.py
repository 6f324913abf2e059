"""`LocalServer`: a server in this process, on a thread of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

from vivace._suggest import install_hint
from vivace.errors import ConfigError, MissingDependencyError
from vivace.server.settings import Settings

__all__ = ["LocalServer"]

_PATIENCE: Final = 30.0
_FAREWELL: Final = 5
_KEEP_ALIVE: Final = 75  # longer than clients wait between two polls


class LocalServer:
    """A server on this machine that speaks the protocol of the Qoro cloud and runs circuits on Maestro.

    Jobs, results and credits are kept in a SQLite file: a server that is stopped or killed takes its jobs up
    again when the next one opens the file. Only hashes of tokens are stored. The log ``vivace.server`` has a
    line for every change in the life of a job.

    What has no meaning on a simulator is checked, stored and shown on the status page, and changes neither
    results nor prices: packing (each circuit runs by itself, which is what packing promises anyway), options
    of devices, and those of ``api_meta`` except ``max_execution_time``. Unknown options are refused.

    Args:
        db: The database file; by default a temporary one, removed when the server closes.
        host: Address to listen on. Anything but this machine's own lets others reach it, over plain HTTP.
        port: Port to listen on; 0 takes a free one.
        token: Token of the account ``local``, 8 ASCII characters or more, no spaces; by default a new one.
            Earlier tokens stay valid.
        settings: What the server offers and allows.

    Attributes:
        url: Base address for clients: ``base_url=`` of a service, or ``QORO_API_URL``.
        page: Address of the status page.
        token: Token of the account ``local``.
        is_new: Whether the account was made; else credits and tier of the settings do not apply to it.

    Raises:
        MissingDependencyError: FastAPI or uvicorn is not installed.
        ConfigError: The database or the port is in use, the database is not one of ours, or the token is not
            one.

    >>> import requests
    >>> with LocalServer() as server:
    ...     headers = {"Authorization": f"Bearer {server.token}"}
    ...     requests.get(f"{server.url}/credits/", headers=headers, timeout=10).json()["balance"]
    '1000000.00'
    """

    url: str
    page: str
    token: str
    is_new: bool

    def __init__(
        self,
        db: str | os.PathLike[str] | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        token: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        try:
            import uvicorn

            from vivace.server.api.app import create_app
            from vivace.server.api.connections import connection_class
        except ImportError as error:
            raise MissingDependencyError(
                f"The server needs FastAPI and uvicorn, which are not installed. {install_hint('server')}",
                name=error.name,
                extra="server",
            ) from None
        from vivace.server.service import Service

        with contextlib.ExitStack() as closing:
            if db is None:
                folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="vivace-server-"))
                db = os.path.join(folder, "server.db")  # noqa: PTH118 - nothing else needs pathlib here
            self._socket = closing.enter_context(_bound(host, port))
            self.service = Service(db, settings)
            closing.callback(self.service.close)
            self.is_new = not self.service.accounts.exists("local")
            self.token = self.service.accounts.issue("local", token)
            self._closing = closing.pop_all()
        host_shown = f"[{host}]" if ":" in host else host
        self.page = f"http://{host_shown}:{self._socket.getsockname()[1]}/"
        self.url = f"{self.page}api"
        options: dict[str, Any] = {
            "log_level": "warning",
            "access_log": False,
            "lifespan": "off",
            "server_header": False,
            "limit_concurrency": self.service.settings.limits.connections,
            "timeout_keep_alive": _KEEP_ALIVE,
            "http": connection_class(self.service.settings.limits.head_time),
            "timeout_graceful_shutdown": _FAREWELL,
        }
        self._server = uvicorn.Server(uvicorn.Config(create_app(self.service), **options))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="vivace-server", daemon=True
        )

    @property
    def recovered(self) -> tuple[int, int]:
        """How many jobs an earlier server left running: those that go on, and those that failed with it."""
        return self.service.recovered

    def start(self) -> Self:
        """Serve; returns when requests are taken."""
        self.service.start()
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.close()
                raise ConfigError("The server did not start; its log says why.", "port")
            time.sleep(0.005)
        return self

    def close(self) -> None:
        """Stop taking requests, interrupt jobs, close the database. May be called twice."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._closing.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LocalServer({self.url!r}, db={str(self.service.database.path)!r})"


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"Cannot listen on {host}: {error.strerror}.", "host") from None
    try:
        if os.name == "posix":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        found.close()
        raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror}.", "port") from None
    return found
