"""A server in a process of its own, an account and a proxy for each run, and a count of what was survived."""

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from decimal import Decimal

import pytest

from support.proxy import Proxy
from support.server import Client
from vivace.backends import JobConfig, MaestroConfig, QoroService, RetryPolicy

FAST = RetryPolicy(attempts=4, backoff=0.002, max_backoff=0.01)
PRICE = Decimal("0.001")
TALLY = pytest.StashKey()

SERVER = """
import json, sys
from vivace.server import LocalServer, Settings
with LocalServer(settings=Settings(workers={workers})) as server:
    for line in sys.stdin:
        print(json.dumps([server.url, server.service.accounts.issue(line.strip())]), flush=True)
"""


class Tally:
    """What came of the faults: nothing noticed, or one clear error after which the work went on."""

    def __init__(self):
        self.injected = self.survived = self.explained = 0
        self._lock = threading.Lock()

    def add(self, *, injected=0, survived=0, explained=0):
        with self._lock:
            self.injected += injected
            self.survived += survived
            self.explained += explained


@pytest.fixture(scope="session")
def tally(request):
    return request.config.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(terminalreporter, config):
    found = config.stash.get(TALLY, None)
    if found is not None:
        terminalreporter.write_line(
            f"faults over real sockets: {found.injected} injected into "
            f"{found.survived + found.explained} runs; {found.survived} survived unnoticed, "
            f"{found.explained} explained by one clear error and resumed"
        )


class Accounts:
    """A `LocalServer` in another process that makes accounts."""

    def __init__(self, workers):
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER.format(workers=workers)],
            env=os.environ | {"RAYON_NUM_THREADS": "1"},  # the cores are busy as it is
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self._made = 0

    def new(self):
        """Address of the server, token of a new account."""
        with self._lock:
            self._made += 1
            self._process.stdin.write(f"account {self._made}\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.communicate(timeout=60)
        assert self._process.returncode == 0


@pytest.fixture(scope="session")
def server():
    running = Accounts(workers=1)
    yield running
    running.close()


@pytest.fixture(scope="session")
def idle():
    """A server that takes jobs and runs none."""
    running = Accounts(workers=0)
    yield running
    running.close()


class World:
    """An account on a server, and services that reach it through proxies.

    Attributes:
        proxy: The proxy of the latest service.
    """

    def __init__(self, server, tally, journal):
        self.url, self.token = server.new()
        self.tally = tally
        self.journal = journal
        self.client = Client(self.url, self.token)

    def through(self, plan, work):
        """What ``work`` returns, given a service behind a proxy of that plan."""
        with Proxy(self.url, plan) as self.proxy:
            try:
                with self.service(self.proxy.url) as service:
                    return work(service)
            finally:
                self.tally.add(injected=self.proxy.injected)
                assert len(self.proxy.uploads) == len(set(self.proxy.uploads)), "uploaded twice to one job"

    def service(self, url):
        return QoroService(
            self.token,
            JobConfig(shots=100, simulator_cluster="qoro_maestro"),
            base_url=url,
            journal=self.journal,
            polling_interval=0.01,
            retry=FAST,
            max_request_bytes=5000,
            maestro_config=MaestroConfig(seed=7),
        )

    def spent(self):
        """Credits for each job, without those that were given back."""
        lines = self.client.get("credits/transactions/", params={"page_size": 100})
        assert lines["count"] == len(lines["results"])
        found = defaultdict(Decimal)
        for line in lines["results"]:
            if line["job_id"]:
                found[line["job_id"]] -= Decimal(line["amount"])
        return {job_id: amount for job_id, amount in found.items() if amount}

    def check(self, circuits):
        """That one job ran so many circuits, each once; and that no other can run any more."""
        spent = self.spent()
        whole = [job_id for job_id, amount in spent.items() if amount == circuits * PRICE]
        assert len(whole) == 1, spent
        for job_id in spent.keys() - set(whole):
            assert self.client.status(job_id) == "CANCELLED"


@pytest.fixture(scope="session")
def make_world(tally):
    """Makes a world on a server, optionally with a journal."""
    return lambda server, journal=None: World(server, tally, journal)
