"""What is sent is what was given, in as few bytes as that takes, and nothing is sent that is wrong."""

# ruff: noqa: E501 - tables with a line for each case

import json
import threading

import numpy as np
import pytest

from support.submissions import HEAD, circuits, only_job, sweep
from vivace.backends import (
    CircuitPayload,
    ExecutionConfig,
    JobConfig,
    MaestroConfig,
    SimulatorCluster,
    TemplateEntry,
)
from vivace.backends.qoro.wire import endpoints
from vivace.circuits import CircuitBatch
from vivace.codecs import decode_observables
from vivace.errors import (
    ExecutionCancelledError,
)


def test_circuits_arrive_with_their_labels_order_and_shots(service, cloud):
    given = {**circuits(3), "odd": f"{HEAD} h q[0]; measure q -> c;", **circuits(2, 5)}
    result = service.submit_circuits(given)
    assert (result.is_async(), result.backend_jobs) == (True, 1)
    texts = CircuitBatch.of(given).bound_texts()
    assert only_job(cloud).circuits() == [(label, text, 1000) for label, text in texts.items()]
    assert only_job(cloud).init == {
        "tag": "default", "job_type": "EXECUTE", "use_packing": False, "simulator_cluster": "qoro_maestro",
    }  # fmt: skip


def test_a_sweep_of_texts_travels_as_one_template(service, cloud):
    service.submit_circuits(circuits(200))
    job = only_job(cloud)
    assert json.loads(job.bodies[0])["parameter_names"] == ["theta_0"]
    service.factor_circuits = False
    service.submit_circuits(circuits(200))
    texts = next(other for other in cloud.jobs.values() if other is not job)
    assert "circuits" in json.loads(texts.bodies[0])
    assert texts.circuits() == job.circuits()
    assert len(texts.bodies[0]) > 3 * len(job.bodies[0])


@pytest.mark.parametrize("factor", [True, False])
@pytest.mark.parametrize("given", [[sweep(120)], circuits(500)], ids=["template", "texts"])
def test_large_submissions_are_cut_at_the_cap_and_finalized_once(connect, cloud, given, factor):
    result = connect(factor_circuits=factor, max_request_bytes=7000).submit_circuits(given)
    job = only_job(cloud)
    assert len(job.bodies) == result.backend_jobs > 2
    assert all(len(body) <= 7000 for body in job.bodies)
    assert [upload.finalized for upload in job.uploads] == [False] * (len(job.bodies) - 1) + [True]
    expected = CircuitBatch.of(given).bound_texts()
    assert [(label, text) for label, text, _ in job.circuits()] == list(expected.items())


def test_the_cap_is_that_of_the_public_service(service, cloud):
    service.submit_circuits([sweep(120, 1000)])
    sizes = [len(body) for body in only_job(cloud).bodies]
    assert len(sizes) > 2
    assert 980_000 < sizes[0] <= endpoints.MAX_BODY == 996_147


def test_shot_groups_reach_the_circuits_they_are_for(service, cloud):
    service.submit_circuits(circuits(5), shot_groups=[(3, 5, 7), (0, 3, 100)])
    assert [shots for _, _, shots in only_job(cloud).circuits()] == [100, 100, 100, 7, 7]


@pytest.mark.parametrize("shots", [None, 50])
def test_the_wire_always_carries_the_number_of_shots(connect, cloud, shots):
    """Upstream says 1000 and sends null."""
    service = connect(job_config=JobConfig(shots, simulator_cluster="qoro_maestro"))
    service.submit_circuits(circuits(1))
    assert json.loads(only_job(cloud).bodies[0])["shots"] == service.shots == (shots or 1000)


def test_expectation_jobs_carry_their_words(service, cloud):
    service.submit_circuits(circuits(2), ham_ops="ZZ;XI")
    job = only_job(cloud)
    assert job.init["job_type"] == "EXPECTATION"
    assert "shots" not in json.loads(job.bodies[0])
    assert job.uploads[0].observables == "ZZ;XI"


def test_groups_travel_with_their_map(service, cloud):
    service.submit_circuits(circuits(3), ham_ops="ZZ|XI;IX", circuit_ham_map=[(0, 1), (1, 3)])
    body = json.loads(only_job(cloud).bodies[0])
    assert decode_observables(body["observables"]) == "ZZ|XI;IX"
    assert body["circuit_ham_map"] == [[0, 1], [1, 3]]
    assert "circuits" in body


def test_groups_without_a_map_are_for_all_circuits(service, cloud):
    service.submit_circuits(circuits(300), ham_ops="ZZ|XI;IX")
    upload = only_job(cloud).uploads[0]
    assert (upload.observables, upload.template is not None) == ("ZZ;XI;IX", True)


def test_short_words_are_padded_with_a_warning(service, cloud):
    with pytest.warns(
        UserWarning, match="'Z' has 1 letters but circuit 'c0' has 2 qubits; padding with I on the right."
    ):
        result = service.submit_circuits(circuits(2), ham_ops="Z;X")
    assert only_job(cloud).uploads[0].observables == "ZI;XI"
    service.poll_job_status(result, loop_until_complete=True)
    assert service.get_job_results(result).expectations().words == ("Z", "X")


@pytest.mark.filterwarnings("ignore:Observable 'Z' has 1 letters")
def test_words_that_padding_makes_equal_travel_once_and_come_under_both_names(service, cloud):
    job = service.submit_circuits(circuits(2), ham_ops="Z|XX|ZI")
    assert only_job(cloud).uploads[0].observables == "ZI;XX"
    service.poll_job_status(job, loop_until_complete=True)
    for entry in service.get_job_results(job).results:
        assert list(entry["results"]) == ["Z", "XX", "ZI"]
        assert entry["results"]["Z"] == entry["results"]["ZI"]


@pytest.mark.filterwarnings("ignore:Observable 'Z' has 1 letters")
@pytest.mark.parametrize("elsewhere", [False, True])
def test_padded_words_are_those_of_their_own_circuits(connect, tmp_path, elsewhere):
    """One circuit was given Z, another one ZI: both come back as given, also where the journal tells."""
    service = connect(journal=tmp_path / "jobs.sqlite3")
    job = service.submit_circuits(circuits(3), ham_ops="ZI|Z|Z", circuit_ham_map=[(0, 1), (2, 3), (1, 2)])
    service = connect(journal=tmp_path / "jobs.sqlite3") if elsewhere else service
    found = service.resume(job.job_id, verbose=False).results
    assert [list(entry["results"]) for entry in found] == [["ZI"], ["Z"], ["Z"]]


@pytest.mark.parametrize("kind", [list, iter, lambda pairs: np.array(list(pairs))])
def test_a_map_is_read_once_whatever_it_is_made_of(service, cloud, kind):
    service.submit_circuits(circuits(2), ham_ops="ZZ|ZI", circuit_ham_map=kind([(0, 1), (1, 2)]))
    assert only_job(cloud).uploads[0].circuit_ham_map == ((0, 1), (1, 2))


def test_templates_travel_as_they_are(service, cloud):
    text = f"{HEAD} rx(2*a) q[0]; rz(-b^2) q[1]; measure q -> c;"
    entries = [TemplateEntry(text, ("a", "b"), tuple((f"x{i}", (i / 7, -0.5)) for i in range(200)))]
    other = f"{HEAD} ry(t) q[1]; measure q -> c;"
    entries.append(TemplateEntry(other, ("t",), tuple((f"z{i}", (i / 7,)) for i in range(300))))
    service.submit_circuit_templates(entries)
    job = only_job(cloud)
    assert [upload.template.parameter_names for upload in job.uploads] == [("a", "b"), ("t",)]
    assert bound(job) == list(CircuitBatch.of(entries).bound_texts().items())


def bound(job):
    return [(label, text) for label, text, _ in job.circuits()]


def test_one_template_with_one_row_travels_as_it_is(service, cloud):
    service.submit_circuit_templates(
        [TemplateEntry(f"{HEAD} ry(t) q[1]; measure q -> c;", ("t",), (("z", (3.0,)),))]
    )
    assert only_job(cloud).uploads[0].template.parameter_names == ("t",)


@pytest.mark.parametrize("gates", [["rx"], ["rx", "ry", "rz"]], ids=["one template", "three in turns"])
def test_payloads_of_a_row_each_share_a_request(service, cloud, gates):
    """So VQE and QAOA of upstream submit."""
    payloads = [
        CircuitPayload(
            f"{HEAD} {gates[i % len(gates)]}(t) q[0]; measure q -> c;", ["t"], [(f"r{i}", [i / 7])]
        )
        for i in range(60)
    ]
    result = service.submit_circuits(payloads)
    job = only_job(cloud)
    assert result.backend_jobs == len(job.bodies) == 1
    assert (job.uploads[0].template is not None) == (len(gates) == 1)
    assert bound(job) == list(CircuitBatch.of(payloads).bound_texts().items())
    service.poll_job_status(result, True, verbose=False)
    assert [entry["label"] for entry in service.get_job_results(result).results] == [
        f"r{i}" for i in range(60)
    ]


def test_payloads_of_other_packages_are_taken_by_shape(service, cloud):
    class Parameter:
        name = "t"

    class Payload:
        circuit = f"{HEAD} ry(t) q[1]; measure q -> c;"
        parameters = (Parameter(),)
        parameter_sets = (("z", (3.0,)),)

    assert service.resolves_parameters
    service.submit_circuits(payloads=[Payload()])
    assert [label for label, _, _ in only_job(cloud).circuits()] == ["z"]


def test_unknown_keywords_are_named(service):
    with pytest.warns(
        UserWarning,
        match=r"submit_circuits ignores the unknown keyword 'shots_groups' \(did you mean 'shot_groups'\?\)\.",
    ):
        service.submit_circuits(circuits(1), shots_groups=[(0, 1, 5)])


def test_configs_of_a_call_merge_or_replace(connect, cloud):
    service = connect(
        job_config=JobConfig(10, "qoro_maestro", tag="base"), execution_config=ExecutionConfig(64)
    )
    sent = []
    for options in (
        {"override_job_config": JobConfig(shots=20)},
        {"job_config": JobConfig(simulator_cluster=SimulatorCluster("blind"))},
        {"override_execution_config": ExecutionConfig(simulator="QCSim")},
        {"maestro_config": MaestroConfig(simulation_type="MatrixProductState")},
        {"execution_config": ExecutionConfig(32)},
    ):
        service.submit_circuits(circuits(1), **options)
        job = list(cloud.jobs.values())[-1]
        sent.append(
            (
                job.uploads[0].shots,
                {k: v for k, v in job.init.items() if k not in ("job_type", "use_packing")},
            )
        )
    base = {"tag": "base", "simulator_cluster": "qoro_maestro"}
    old = {"execution_configuration": {"bond_dimension": 64}}
    assert sent == [
        (20, base | old),
        (1000, {"tag": "default", "simulator_cluster": "blind"} | old),
        (10, base | {"execution_configuration": {"bond_dimension": 64, "simulator_type": 1}}),
        (10, base | {"maestro_config": {"simulation_type": 1}}),
        (10, base | {"execution_configuration": {"bond_dimension": 32}}),
    ]


def test_a_set_event_opens_no_job(service, cloud):
    event = threading.Event()
    event.set()
    with pytest.raises(ExecutionCancelledError, match="before a job was opened"):
        service.submit_circuits(circuits(1), cancellation_event=event)
    assert cloud.jobs == {}


def test_a_submission_cancelled_half_way_leaves_no_open_job(connect, cloud):
    service, event = connect(max_request_bytes=7000), threading.Event()
    with pytest.raises(ExecutionCancelledError):
        service.submit_circuits([sweep(120)], cancellation_event=event, progress=lambda *_: event.set())
    assert only_job(cloud).status == "CANCELLED"
    assert not only_job(cloud).finalized


def test_depths_are_recorded(connect):
    service = connect(track_depth=True)
    service.submit_circuits(circuits(2))
    assert service.depth_history == [[3, 3]]
