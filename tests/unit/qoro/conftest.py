import threading

import pytest

from support.cloud import TOKEN, Cloud
from vivace.backends import QoroService, RetryPolicy

FAST = RetryPolicy(attempts=3, backoff=0.001, max_backoff=0.002, max_retry_after=0.01)


@pytest.fixture(autouse=True)
def _no_token_of_the_user(monkeypatch, tmp_path):
    """No token, service or journal of the user is used."""
    for name in ("QORO_API_KEY", "QORO_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cloud():
    with Cloud() as running:
        yield running


@pytest.fixture
def connect(cloud):
    """Makes services; they are closed at the end."""
    made = []

    def make(**options):
        options = {
            "journal": None,
            "polling_interval": 0.005,
            "retry": FAST,
            "base_url": cloud.url,
            **options,
        }
        made.append(QoroService(options.pop("auth_token", TOKEN), **options))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(connect):
    return connect()


@pytest.fixture
def hang(cloud):
    """Makes endpoints of the cloud accept requests and never answer; `asked` is set at the first."""
    over, asked, hung = threading.Event(), threading.Event(), set()
    before = set(threading.enumerate())

    def on_request(name):
        if name in hung:
            asked.set()
            over.wait(30)

    def hang(*names):
        hung.update(names)
        return asked

    cloud.on_request = on_request
    yield hang
    over.set()
    # Requests that were left to themselves get their answers before all ends.
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("vivace-"):
            thread.join(10)
