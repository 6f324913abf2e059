"""The runners that keep the contract. Adding a runner is one line here."""

import warnings

import pytest

from vivace.backends import MaestroConfig, MaestroSimulator, ParallelSimulator, QiskitSimulator, QoroService
from vivace.server import LocalServer

RUNNERS = [MaestroSimulator, QiskitSimulator, ParallelSimulator, QoroService]


@pytest.fixture(scope="session")
def _server():
    with LocalServer() as server:
        yield server


@pytest.fixture(params=RUNNERS, ids=lambda runner: runner.__name__)
def make(request, monkeypatch, tmp_path):
    """Builds runners of one class, and closes them when the test is over."""
    made, fixed = [], {}
    if request.param is QoroService:
        server = request.getfixturevalue("_server")
        monkeypatch.setenv("QORO_API_URL", server.url)
        monkeypatch.setenv("QORO_API_KEY", server.token)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # where the journal goes
        fixed = {"maestro_config": MaestroConfig(seed=5), "polling_interval": 0.02}

    def build(**options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # older faces say that they are
            made.append(request.param(**options, **fixed))
        return made[-1]

    yield build
    for runner in made:
        runner.close()


@pytest.fixture
def runner(make):
    return make(shots=100)


@pytest.fixture
def run():
    """Submits and returns results; of a runner that gives jobs, waits for the job."""

    def submit(runner, circuits, **options):
        result = runner.submit_circuits(circuits, **options)
        if result.is_async():
            runner.poll_job_status(result, loop_until_complete=True, verbose=False)
            result = runner.get_job_results(result)
        return result

    return submit
