"""A server for all tests here, an account and a proxy for each, and a count of what was survived."""

import itertools
from decimal import Decimal

import pytest

from support.proxy import Proxy
from vivace.backends import JobConfig, MaestroConfig, QoroService, RetryPolicy
from vivace.server import LocalServer, Settings

FAST = RetryPolicy(attempts=4, backoff=0.002, max_backoff=0.01)
TALLY = pytest.StashKey()

_numbers = itertools.count()


class Tally:
    """What came of the faults: nothing noticed, or one clear error after which the work went on."""

    def __init__(self):
        self.injected = self.runs = self.survived = self.explained = 0


@pytest.fixture(scope="session")
def tally(request):
    return request.config.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(terminalreporter, config):
    found = config.stash.get(TALLY, None)
    if found is not None:
        terminalreporter.write_line(
            f"faults over real sockets: {found.injected} injected into {found.runs} runs, of which "
            f"{found.survived} survived unnoticed and {found.explained} were one clear error and went on"
        )


@pytest.fixture(scope="session")
def server():
    with LocalServer(settings=Settings(workers=1)) as running:
        yield running


@pytest.fixture(scope="session")
def idle():
    """A server that takes jobs and runs none."""
    with LocalServer(settings=Settings(workers=0)) as running:
        yield running


class World:
    """An account on a server, and services that reach it through proxies.

    Attributes:
        proxy: The proxy of the latest service.
    """

    def __init__(self, server, tally, journal):
        self.server = server
        self.tally = tally
        self.journal = journal
        self.token = server.service.accounts.issue(f"account {next(_numbers)}")

    def through(self, plan, work):
        """What ``work`` returns, given a service behind a proxy of that plan."""
        with Proxy(self.server.url, plan) as self.proxy:
            try:
                with self.service(self.proxy.url) as service:
                    return work(service)
            finally:
                self.tally.injected += self.proxy.injected

    def service(self, url=None):
        return QoroService(
            self.token,
            JobConfig(shots=100, simulator_cluster="qoro_maestro"),
            base_url=url or self.server.url,
            journal=self.journal,
            polling_interval=0.01,
            retry=FAST,
            max_request_bytes=5000,
            maestro_config=MaestroConfig(seed=7),
        )

    def check(self, circuits):
        """That so many circuits were run and paid for, each once, and no other job can run any more."""
        account = self.server.service.accounts.of_token(self.token)
        balance = self.server.service.accounts.balance(account).balance
        settings = self.server.service.settings
        assert settings.credits - Decimal(balance) == settings.circuit_price * circuits
        for job in self.server.service.jobs.recent(account, 1000):
            over = job.status in ("CANCELLED", "COMPLETED") or not job.finalized
            assert over, f"{job.job_id} is {job.status}"
            assert job.n_done in (0, circuits)


@pytest.fixture(scope="session")
def make_world(tally):
    """Makes a world on a server, optionally with a journal."""
    return lambda server, journal=None: World(server, tally, journal)
