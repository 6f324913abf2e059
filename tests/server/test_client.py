"""Our client against our server: what one says the other understands, and errors say what happened."""

import gzip
import json
import threading
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from support.proxy import Proxy
from support.server import BELL, ROTATION, plain, slow_circuit
from vivace.backends import (
    CharacterizationOptions,
    CircuitPayload,
    DeviceConfig,
    ExecutionCancelledError,
    ExecutionConfig,
    InsufficientCreditsError,
    JobCancelledError,
    JobConfig,
    JobFailedError,
    JobStatus,
    JobTimedOutError,
    JobType,
    MaestroConfig,
    MaestroSimulator,
    QoroHTTPError,
    QoroService,
)
from vivace.server import Settings, Tier

SWEEP = {f"c{i}": ROTATION.replace("(a)", f"({i / 50:.8f})") for i in range(120)}


@pytest.fixture(scope="module")
def settings():
    return Settings(circuit_price=Decimal("0.01"))


@pytest.fixture
def service(server, account):
    """Makes services, each with an account of its own."""
    made = []

    def make(*, tier=None, balance=None, **options):
        client = account(tier=tier, credits=balance)
        token = client.session.headers["Authorization"].removeprefix("Bearer ")
        options = {"journal": None, "polling_interval": 0.02, **options}
        made.append(QoroService(token, base_url=server.url, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def run(service, circuits, **options):
    job = service.submit_circuits(circuits, **options)
    assert service.poll_job_status(job, loop_until_complete=True, verbose=False) is JobStatus.COMPLETED
    return service.get_job_results(job)


def test_uploads_travel_compressed(server, account):
    token = account().session.headers["Authorization"].removeprefix("Bearer ")
    with Proxy(server.url) as proxy, QoroService(token, base_url=proxy.url, journal=None) as service:
        assert len(run(service, SWEEP).results) == len(SWEEP)
    ((_, sent),) = proxy.uploads
    whole = gzip.decompress(sent)
    rows = json.loads(whole)["parameter_sets"]
    assert [row["label"] for row in rows] == list(SWEEP)
    assert len(sent) < len(whole) / 3


@pytest.mark.parametrize("factor", [True, False], ids=["as templates", "one by one"])
def test_counts_and_values_are_those_of_the_simulator(service, factor):
    here = service(maestro_config=MaestroConfig(seed=11), factor_circuits=factor)
    with MaestroSimulator(shots=1000, seed=11) as simulator:
        assert plain(run(here, SWEEP)) == plain(simulator.submit_circuits(SWEEP))
        words = "ZZ;XI;IY"
        found, right = run(here, SWEEP, ham_ops=words), simulator.submit_circuits(SWEEP, ham_ops=words)
    assert found.expectations().words == right.expectations().words
    np.testing.assert_allclose(found.expectations().values, right.expectations().values, atol=1e-12)


def test_payloads_groups_and_shots(service):
    here = service(maestro_config=MaestroConfig(seed=11))
    payload = CircuitPayload.from_matrix(ROTATION, ["a"], np.linspace(0, 3, 30)[:, None])
    groups = [(0, 10, 50), (10, 120, 70)]
    with MaestroSimulator(shots=1000, seed=11) as simulator:
        assert plain(run(here, [payload])) == plain(simulator.submit_circuits([payload]))
        found = run(here, SWEEP, shot_groups=groups)
        assert plain(found) == plain(simulator.submit_circuits(SWEEP, shot_groups=groups))
        ranges = [(0, 60), (60, 119)]
        found = run(here, SWEEP, ham_ops="ZZ|XI;IX", circuit_ham_map=ranges)
        right = simulator.submit_circuits(SWEEP, ham_ops="ZZ|XI;IX", circuit_ham_map=ranges)
    for entry, other in zip(found.results, right.results, strict=True):
        assert entry["results"] == pytest.approx(other["results"], abs=1e-12)


def test_requests_smaller_than_the_job(service):
    """Uploads in many chunks of many templates are put together again."""
    here = service(maestro_config=MaestroConfig(seed=11), max_request_bytes=3000)
    circuits = SWEEP | {f"other {i}": BELL.replace("h q[0]", f"rx(0.{i + 1}) q[0]") for i in range(40)}
    with MaestroSimulator(shots=1000, seed=11) as simulator:
        job = here.submit_circuits(circuits)
        assert job.backend_jobs > 1
        assert here.poll_job_status(job, loop_until_complete=True, verbose=False) is JobStatus.COMPLETED
        assert plain(here.get_job_results(job)) == plain(simulator.submit_circuits(circuits))


def test_jobs_that_end_badly_raise_what_happened(service):
    wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; creg c[1]; h q[0]; measure q[0] -> c[0];'
    here = service()
    with pytest.raises(
        JobFailedError, match=r"\(FAILED\)\. The service says: .* has 40 qubits; this server runs"
    ):
        here.run([wide], maestro_config=MaestroConfig(simulation_type="Statevector"))
    with pytest.raises(InsufficientCreditsError):
        service(balance=Decimal("0.5")).run(SWEEP)
    with pytest.raises(JobTimedOutError):
        here.run(
            [slow_circuit(i) for i in range(40)],
            override_execution_config=ExecutionConfig(api_meta={"max_execution_time": 0}),
        )


def test_what_an_account_may_not_do(service):
    free = service(tier=Tier.FREE)
    with pytest.raises(QoroHTTPError, match="over the cap of 32 of tier FREE"):
        free.submit_circuits([BELL], maestro_config=MaestroConfig(max_bond_dimension=64))
    with pytest.raises(QoroHTTPError, match="needs tier PRO"):
        free.submit_circuits([BELL], override_job_config=JobConfig(simulator_cluster="qoro_maestro_pro"))


def test_a_run_is_cancelled_here_and_there(service):
    here, event = service(), threading.Event()
    job = here.submit_circuits([slow_circuit(i) for i in range(60)])

    def stop(_attempt, status):
        if status == "RUNNING":
            event.set()

    with pytest.raises(ExecutionCancelledError):
        here.poll_job_status(
            job, loop_until_complete=True, verbose=False, progress_callback=stop, cancellation_event=event
        )
    here.cancel_job(job)
    assert here.poll_job_status(job) is JobStatus.CANCELLED
    with pytest.raises(JobCancelledError) as caught:
        here.get_job_results(job)
    assert caught.value.detail == "The service says: Its owner cancelled it."


def test_configurations(service):
    here = service()
    job = here.submit_circuits([BELL], maestro_config=MaestroConfig(max_bond_dimension=16))
    assert here.get_maestro_config(job) == MaestroConfig(max_bond_dimension=16)
    assert here.get_device_config(job) is None
    plain_job = here.submit_circuits([BELL])
    assert here.get_maestro_config(plain_job) is None
    with pytest.raises(QoroHTTPError, match="404"):
        here.get_execution_config(plain_job)
    qpu = JobConfig(qpu_system="vivace_emulator")
    job = here.submit_circuits([BELL], override_job_config=qpu, device_config=DeviceConfig(transpile_level=2))
    assert here.get_device_config(job) == DeviceConfig(transpile_level=2)


def test_a_circuit_is_cut(server, service):
    """A job type of the oldest clients: it travels as it is, and one circuit runs as it would anyway."""
    here = service(maestro_config=MaestroConfig(seed=11))
    with pytest.warns(DeprecationWarning, match=r"JobType\.CIRCUIT_CUT is of older services"):
        job = here.submit_circuits({"a": BELL}, job_type=JobType.CIRCUIT_CUT)
    assert here.poll_job_status(job, loop_until_complete=True, verbose=False) is JobStatus.COMPLETED
    with server.service.database.read() as connection:
        row = connection.execute("SELECT job_type FROM jobs WHERE job_id = ?", (job.job_id,)).fetchone()
    assert row[0] == "CIRCUIT_CUT"
    with MaestroSimulator(shots=1000, seed=11) as simulator:
        assert plain(here.get_job_results(job)) == plain(simulator.submit_circuits({"a": BELL}))


def test_characterization(service):
    from vivace.backends import characterize_and_validate, get_characterization_result

    terms = {(0,): -2.0, (1,): -2.0, (2,): -2.0, (0, 1): 2.0, (0, 2): 2.0, (1, 2): 2.0}
    problem = SimpleNamespace(canonical_problem=SimpleNamespace(n_vars=3, terms=terms))
    here = service()
    found = characterize_and_validate(
        problem, ["100", "010"], service=here, options=CharacterizationOptions(parameter_sweep=True)
    )
    assert found.status == "COMPLETED"
    assert found.hardness["ground_state_degeneracy"] == 6
    assert found.best_parameters["probability"] > 0.25
    assert found.quality_score is None
    assert found.html.startswith('<div class="qvr-root">')
    assert "Hardness: easy" in repr(found)
    assert get_characterization_result(found.job_id, service=here) == found
