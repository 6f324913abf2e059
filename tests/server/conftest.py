"""One server for all tests of a module; every test has an account of its own."""

import itertools

import pytest

from support.server import Client, ServerProcess
from vivace.server import LocalServer, Settings

_numbers = itertools.count()


@pytest.fixture(scope="module")
def settings():
    return Settings()


@pytest.fixture(scope="module")
def server(settings):
    with LocalServer(settings=settings) as running:
        yield running


@pytest.fixture
def account(server):
    """Makes accounts: a client for a new one."""

    def make(**options):
        name = f"account {next(_numbers)}"
        return Client(server.url, server.service.accounts.issue(name, **options))

    return make


@pytest.fixture
def client(account):
    return account()


@pytest.fixture
def processes():
    """Starts server processes, and ends them when the test is over."""
    started = []

    def start(db, *arguments, **options):
        started.append(ServerProcess(db, *arguments, **options))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.stop()
