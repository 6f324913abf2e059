"""Sweeps in the cloud: one large job, followed to its end, with the results of a sweep on this machine."""

import threading
from pathlib import Path

import maestro
import numpy as np
import pytest

from support.server import slow_circuit
from vivace.backends import JobConfig, MaestroConfig, QoroService
from vivace.errors import ExecutionCancelledError
from vivace.sweeps import Observable, read_template, sweep

H2 = Path(__file__).parents[1] / "data" / "h2"
TEMPLATE = read_template(H2 / "ansatz.qasm")
NAMES = ["theta_d", "theta_s"]
ROWS = np.random.default_rng(1).uniform(-1, 1, (1500, 2))
SLOW = slow_circuit(0).replace("measure", "rx(a) q[0]; measure", 1)
WORDS = Observable(("ZIII", "XXYY", "IZZI"), [0.5, -1.0, 2.0])


@pytest.fixture
def connect(account, server, tmp_path):
    def make(**options):
        token = account().session.headers["Authorization"].removeprefix("Bearer ")
        journal = tmp_path / "journal.db"
        return QoroService(token, base_url=server.url, journal=journal, polling_interval=0.1, **options)

    return make


def test_values_are_those_of_this_machine_and_take_one_job(connect):
    seen = []
    with connect() as service:
        there = sweep(
            TEMPLATE, NAMES, ROWS, observable=WORDS, runner=service, progress=lambda *done: seen.append(done)
        )
        assert [record.n_circuits for record in service.jobs()] == [1500]
    here = sweep(TEMPLATE, NAMES, ROWS, observable=WORDS)
    np.testing.assert_allclose(there.energies, here.energies, atol=1e-12)
    assert seen[-1] == (1500, 1500)
    assert seen == sorted(seen)


def test_samples_in_several_bases_are_those_of_this_machine(connect):
    with connect(job_config=JobConfig(50, "qoro_maestro")) as service:
        there = sweep(TEMPLATE, NAMES, ROWS[:40], observable=WORDS, shots=50, runner=service, seed=3)
        assert len(service.jobs()) == 1
    here = sweep(TEMPLATE, NAMES, ROWS[:40], observable=WORDS, shots=50, seed=3)
    assert there.bases == here.bases
    np.testing.assert_allclose(there.energies, here.energies, atol=1e-12)


def test_standard_errors_under_noise_are_as_unknown_as_on_this_machine(connect):
    model = maestro.NoiseModel()
    model.set_all_depolarizing(4, 0.05)
    noisy = MaestroConfig(noise_model=model, noise_realizations=10)
    with connect(job_config=JobConfig(50, "qoro_maestro"), maestro_config=noisy) as service:
        with pytest.warns(UserWarning, match="The shots of a circuit share 10 random patterns of errors"):
            there = sweep(TEMPLATE, NAMES, ROWS[:3], observable=WORDS, shots=50, runner=service)
        assert np.isnan(there.standard_errors).all()
        service.maestro_config = noisy.override(noise_realizations=50)
        there = sweep(TEMPLATE, NAMES, ROWS[:3], observable=WORDS, shots=50, runner=service)
        assert (there.standard_errors > 0).all()


def test_progress_is_that_of_the_service(connect):
    """Before the job has ended."""
    seen, rows = [], np.zeros((400, 1))
    with connect() as service:
        sweep(SLOW, ["a"], rows, shots=1000, runner=service, progress=lambda *done: seen.append(done))
    assert {total for _, total in seen} == {400}
    assert any(0 < done < 400 for done, _ in seen)


def test_a_sweep_that_is_stopped_stops_its_job(connect):
    stop = threading.Event()
    with connect() as service:
        with pytest.raises(ExecutionCancelledError) as caught:
            sweep(
                SLOW, ["a"], np.zeros((4000, 1)), shots=1000, runner=service, cancellation_event=stop,
                progress=lambda done, _total: done and stop.set(),
            )  # fmt: skip
        (record,) = service.jobs(refresh=True)
        assert record.state == "CANCELLED"
        assert caught.value.__notes__ == [f"Job {record.job_id} was cancelled."]
