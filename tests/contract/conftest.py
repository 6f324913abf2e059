"""The runners that keep the contract. Adding a runner is one line here."""

import warnings

import pytest

from vivace.backends import MaestroSimulator, ParallelSimulator, QiskitSimulator

RUNNERS = [MaestroSimulator, QiskitSimulator, ParallelSimulator]


@pytest.fixture(params=RUNNERS, ids=lambda runner: runner.__name__)
def make(request):
    """Builds runners of one class, and closes them when the test is over."""
    made = []

    def build(**options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # older faces say that they are
            made.append(request.param(**options))
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
