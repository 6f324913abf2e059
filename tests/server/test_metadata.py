"""What the server knows of how circuits ran, and of what makes results approximate, reaches the user."""

import warnings

import pytest

from support.server import BELL
from vivace.backends import MaestroConfig, MaestroSimulator, QoroService

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
DEEP = HEAD + "qreg q[12]; creg c[12]; " + "".join(
    "".join(f"ry({0.3 + (layer * 12 + q) % 7 / 3}) q[{q}]; " for q in range(12))
    + "".join(f"cx q[{q}],q[{(q + 1 + layer % 5) % 12}]; " for q in range(12))
    for layer in range(8)
) + "measure q -> c;"  # fmt: skip
TRUNCATED = MaestroConfig(mps_qubit_threshold=8, max_bond_dimension=4, seed=1)
SMALL = HEAD + "qreg q[2]; creg c[2]; ry(0.{}) q[0]; measure q -> c;"


@pytest.fixture
def connect(account, server):
    def make(**options):
        token = account().session.headers["Authorization"].removeprefix("Bearer ")
        return QoroService(token, base_url=server.url, journal=None, polling_interval=0.05, **options)

    return make


def told(call):
    """What a call returns, and the texts it warns with."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return call(), [(str(one.message), one.filename) for one in caught]


@pytest.mark.parametrize("options", [{}, {"ham_ops": "Z" * 12}], ids=["counts", "values"])
def test_truncation_is_told_as_on_this_machine(connect, options):
    circuits = {"deep": DEEP} if options else {"deep": DEEP, **{f"s{i}": SMALL.format(i) for i in range(9)}}
    local = MaestroSimulator(1000, config=TRUNCATED)
    here, warned_here = told(lambda: local.submit_circuits(circuits, **options))
    with connect(maestro_config=TRUNCATED) as service:
        there, warned_there = told(lambda: service.run(circuits, verbose=False, **options))
    assert there.metadata()[0] == here.metadata()[0]
    assert [own["method"] for own in there.metadata()] == [own["method"] for own in here.metadata()]
    (warning,) = warned_there
    assert warned_there == warned_here
    assert "bond dimension cuts some of its entanglement off" in warning[0]
    assert warning[1] == __file__


def test_noise_that_is_approximated_is_told(connect):
    maestro = pytest.importorskip("maestro")
    model = maestro.NoiseModel()
    model.set_all_depolarizing(2, 0.05)
    noisy, layered = MaestroConfig(noise_model=model), BELL.replace("h q[0];", "h q[0]; s q[0]; h q[0];")
    with connect(maestro_config=noisy) as service:
        counts, of_counts = told(lambda: service.run([BELL], verbose=False))
        values, of_values = told(lambda: service.run([layered], ham_ops="ZZ", verbose=False))
    assert [text.partition(" of ")[0] for text, _ in of_counts] == ["All shots"]
    assert ["noisy layers" in text for text, _ in of_values] == [True]
    assert counts.metadata()[0]["noise"] == "sampled"
    assert values.metadata()[0]["noise"] == "analytic"


def test_exact_results_come_without_a_warning(connect):
    with connect() as service:
        found, warned = told(lambda: service.run([BELL], ham_ops="ZZ", verbose=False))
    assert warned == []
    assert found.metadata()[0]["method"] == "Statevector"


def test_every_page_has_the_facts_of_its_circuits(client):
    circuits = {f"s{i}": SMALL.format(i) for i in range(5)} | {"deep": DEEP}
    job_id = client.submit(circuits=circuits, shots=10)
    assert client.wait(job_id) == "COMPLETED"
    for limit in (1, 2, 4, 100):
        widths = []
        for offset in range(0, 6, limit):
            page = client.get(f"job/{job_id}/resultsV2/?limit={limit}&offset={offset}")
            runs = page["circuit_metadata"]
            assert sum(number for number, _ in runs) == len(page["results"])
            widths += [facts["n_qubits"] for number, facts in runs for _ in range(number)]
        assert widths == [2] * 5 + [12]


def test_warnings_as_errors_come_once_and_cost_no_results(connect):
    with connect(maestro_config=TRUNCATED) as service:
        job = service.submit_circuits([DEEP])
        service.poll_job_status(job, loop_until_complete=True, verbose=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="bond dimension cuts"):
                service.get_job_results(job)
            assert len(service.get_job_results(job).results) == 1
