"""Rows of the feature table that only a service has, against a local server."""

import warnings

import pytest

from vivace.backends import (
    CircuitPayload,
    CircuitRunner,
    ExecutionResult,
    JobConfig,
    JobStatus,
    JobType,
    MaestroSimulator,
    MaxRetriesReachedError,
    QoroHTTPError,
    QoroService,
    RetryPolicy,
    TemplateEntry,
)
from vivace.errors import QoroJobError
from vivace.server import LocalServer, Settings

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
ONE = HEAD + "qreg q[1]; creg c[1]; x q[0]; measure q -> c;"
TURN = HEAD + "qreg q[1]; creg c[1]; rx(a) q[0]; measure q -> c;"
CONFIG = JobConfig(shots=10, simulator_cluster="qoro_maestro")


def connected(server, **options):
    options = {"polling_interval": 0.01, "journal": None, "job_config": CONFIG, **options}
    return QoroService(server.token, base_url=server.url, **options)


@pytest.fixture(scope="module")
def server():
    with LocalServer() as running:
        yield running


@pytest.fixture(scope="module")
def service(server):
    with connected(server) as service:
        yield service


@pytest.fixture(scope="module")
def idle():
    """A service whose jobs wait for ever."""
    with LocalServer(settings=Settings(workers=0)) as running, connected(running, max_retries=3) as service:
        yield service


def test_it_answers(service):
    assert service.test_connection().status_code == 200
    assert "token" not in repr(service)


def test_targets(service):
    assert [cluster.name for cluster in service.fetch_simulator_clusters()] == [
        "qoro_maestro",
        "qoro_maestro_pro",
    ]
    (system,) = service.fetch_qpu_systems()
    assert (system.name, [qpu.q_bits for qpu in system.qpus]) == ("vivace_emulator", [22])
    assert service.supports_expval


@pytest.mark.parametrize(
    "target", [{"qpu_system": "vivace_emulator"}, {"simulator_cluster": "qoro_maestro_pro"}]
)
def test_jobs_run_on_the_target_named(service, target):
    config = JobConfig(shots=7, use_circuit_packing=True, tag="row 23", **target)
    assert service.run([ONE], verbose=False, job_config=config).results[0]["results"] == {"1": 7}


def test_a_target_that_does_not_exist(server):
    with pytest.raises(ValueError, match="nowhere"):
        connected(server, job_config=JobConfig(simulator_cluster="nowhere"))


def test_polling_once_and_to_the_end(service):
    """Callbacks, and the answer with the run time."""
    seen, ended = [], []
    job = service.submit_circuits([ONE] * 50)
    assert isinstance(service.poll_job_status(job), JobStatus)
    status = service.poll_job_status(
        job,
        loop_until_complete=True,
        on_complete=ended.append,
        progress_callback=lambda attempt, status: seen.append((attempt, status)),
    )
    assert status is JobStatus.COMPLETED
    assert [attempt for attempt, _ in seen] == list(range(1, len(seen) + 1))
    assert ended[0].json()["status"] == "COMPLETED"
    assert service.get_job_results(job).run_time == ended[0]["run_time"] > 0


def test_plain_ids_one_or_a_list(service):
    """Groups of 10 over 20 circuits, by hand: the oldest programs do this."""
    jobs = [service.submit_circuits({f"{g}-{i}": ONE for i in range(10)}).job_id for g in range(2)]
    assert service.poll_job_status(jobs, True, verbose=False) == [JobStatus.COMPLETED] * 2
    assert service.get_job_status(jobs) == [JobStatus.COMPLETED] * 2
    found = service.get_job_results(jobs).results
    assert [entry["label"] for entry in found] == [f"{g}-{i}" for g in range(2) for i in range(10)]


def test_templates_have_a_method_of_their_own(service):
    rows = (("on", (3.141592653589793,)), ("off", (0.0,)))
    for kind in (TemplateEntry, CircuitPayload):
        job = service.submit_circuit_templates([kind(TURN, ("a",), rows)])
        service.poll_job_status(job, True, verbose=False)
        found = service.get_job_results(job).results
        assert [(entry["label"], entry["results"]) for entry in found] == [
            ("on", {"1": 10}),
            ("off", {"0": 10}),
        ]


@pytest.mark.parametrize("job_type", [JobType.EXECUTE, "EXECUTE"])
def test_job_types(service, job_type):
    assert service.run([ONE], verbose=False, job_type=job_type).results[0]["results"] == {"1": 10}


def test_old_job_types_warn_and_work(service):
    with pytest.warns(DeprecationWarning, match=r"Use JobType\.EXECUTE"):
        result = service.run([ONE], verbose=False, job_type=JobType.SIMULATE)
    assert result.results[0]["results"] == {"1": 10}


def test_two_circuits_cannot_be_cut_in_one_job(service):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises(ValueError, match="Only one circuit allowed for circuit-cutting jobs"):
            service.submit_circuits([ONE, ONE], job_type=JobType.CIRCUIT_CUT)


def test_configs_of_a_call(service):
    (entry,) = service.run([ONE], verbose=False, override_job_config=JobConfig(shots=3)).results
    assert (entry["label"], entry["results"]) == ("0", {"1": 3})
    assert service.shots == 10


def test_results_one_by_one(service):
    job = service.submit_circuits({f"c{i}": ONE for i in range(250)})
    service.poll_job_status(job, True, verbose=False)
    assert [entry["label"] for entry in service.iter_results(job)] == [f"c{i}" for i in range(250)]


def test_running_out_of_polls_cancels(idle):
    job = idle.submit_circuits([ONE])
    with pytest.raises(MaxRetriesReachedError, match=f"3 retries attempted for job {job.job_id}"):
        idle.poll_job_status(job, True, verbose=False)
    assert idle.get_job_status(job) is JobStatus.CANCELLED
    with pytest.raises(QoroJobError, match="CANCELLED"):
        idle.get_job_results(job)


def test_jobs_are_cancelled_and_deleted(idle):
    job = idle.submit_circuits([ONE])
    with pytest.raises(QoroHTTPError, match="likely job is still running"):
        idle.get_job_results(job)
    assert idle.cancel_job(job).json()["job_id"] == job.job_id
    with pytest.raises(QoroHTTPError, match="409"):
        idle.cancel_job(job)
    assert idle.delete_job(job).status_code == 204
    with pytest.raises(QoroHTTPError, match="404"):
        idle.get_job_status(job)


def test_a_local_simulator_takes_over_where_there_is_no_service(server):
    """``except ConnectionError`` is what programs fall back on."""
    runner: CircuitRunner
    with LocalServer() as gone:
        url = gone.url
    try:
        runner = QoroService(server.token, CONFIG, base_url=url, journal=None, retry=RetryPolicy(attempts=1))
    except ConnectionError:
        runner = MaestroSimulator(shots=10)
    with runner:
        result = runner.submit_circuits([ONE])
    assert isinstance(result, ExecutionResult)
    assert result.results[0]["results"] == {"1": 10}
