"""What is sent is what was given, in as few bytes as that takes, and nothing is sent that is wrong."""

# ruff: noqa: E501 - tables with a line for each case

import json
import re
import threading

import pytest

from support.cloud import Job
from vivace.backends import (
    CircuitPayload,
    ExecutionConfig,
    JobConfig,
    JobType,
    MaestroConfig,
    MaestroSimulator,
    SimulatorCluster,
    TemplateEntry,
)
from vivace.backends.qoro.wire import endpoints
from vivace.circuits import CircuitBatch
from vivace.codecs import decode_observables
from vivace.errors import (
    ConfigError,
    ConfigTypeError,
    DuplicateLabelError,
    ExecutionCancelledError,
    ObservableError,
    ParameterError,
    PayloadError,
    QasmError,
    ShotRangeError,
    SimulationError,
)

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2];'


def circuits(number, start=0):
    return {
        f"c{i}": f"{HEAD} rx({i / 7}) q[0]; cx q[0],q[1]; measure q -> c;"
        for i in range(start, start + number)
    }


def only_job(cloud) -> Job:
    (job,) = cloud.jobs.values()
    return job


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
    bound = next(other for other in cloud.jobs.values() if other is not job)
    assert "circuits" in json.loads(bound.bodies[0])
    assert bound.circuits() == job.circuits()
    assert len(bound.bodies[0]) > 3 * len(job.bodies[0])


def sweep(rows, names=40):
    text = HEAD + "".join(f"rx(a{k}) q[0];" for k in range(names)) + " measure q -> c;"
    values = [[1 / (k + i + 1) for k in range(names)] for i in range(rows)]
    return CircuitPayload.from_matrix(text, [f"a{k}" for k in range(names)], values)


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


def test_templates_travel_as_they_are(service, cloud):
    text = f"{HEAD} rx(2*a) q[0]; rz(-b^2) q[1]; measure q -> c;"
    entries = [TemplateEntry(text, ("a", "b"), (("x", (0.1, -0.5)), ("y", (1.0, 2.0))))]
    entries.append(TemplateEntry(f"{HEAD} ry(t) q[1]; measure q -> c;", ("t",), (("z", (3.0,)),)))
    service.submit_circuit_templates(entries)
    job = only_job(cloud)
    assert [upload.template.parameter_names for upload in job.uploads] == [("a", "b"), ("t",)]
    assert [(label, text) for label, text, _ in job.circuits()] == list(
        CircuitBatch.of(entries).bound_texts().items()
    )


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


BAD = [
    (
        {"shot_groups": [(0, 1, 5)], "ham_ops": "ZZ"},
        ConfigError,
        "shot_groups is incompatible with ham_ops: expectation values take no shots. Pass exactly one.",
    ),
    (
        {"shot_groups": [(0, 1, 5)]},
        ShotRangeError,
        "Shot ranges do not cover every circuit; missing indices [1] (first gap: [1, 2)).",
    ),
    (
        {"shot_groups": [(0, 2, 0)]},
        ShotRangeError,
        "Shot range 0 [0, 2) with 0 shots has non-positive shot count.",
    ),
    (
        {"ham_ops": "ZZ", "job_type": JobType.EXECUTE},
        ConfigError,
        "Hamiltonian operators are only supported for EXPECTATION job type.",
    ),
    ({"job_type": "EXPECTATION"}, ConfigError, "Jobs of type EXPECTATION need ham_ops."),
    (
        {"job_type": "DREAM"},
        ConfigError,
        "job_type must be one of EXECUTE, EXPECTATION, CHARACTERIZE, SIMULATE, ESTIMATE, CIRCUIT_CUT, got 'DREAM'.",
    ),
    (
        {"job_type": JobType.CHARACTERIZE},
        ConfigError,
        "Circuits are not characterized; use characterize_and_validate().",
    ),
    ({"ham_ops": "ZZ;X"}, ObservableError, "All Hamiltonian operators must have the same length."),
    ({"ham_ops": "ZQ"}, ObservableError, "Hamiltonian operators must contain only I, X, Y, Z characters."),
    (
        {"ham_ops": ""},
        ObservableError,
        "Hamiltonian operators must be non-empty semicolon-separated strings.",
    ),
    ({"ham_ops": "ZZ;ZZ"}, ObservableError, "Hamiltonian operators must not repeat."),
    ({"ham_ops": "ZZZ"}, ObservableError, "Observable 'ZZZ' has 3 letters but circuit 'c0' has 2 qubits."),
    (
        {"ham_ops": "ZZ|XX", "circuit_ham_map": [(0, 2)]},
        ObservableError,
        "circuit_ham_map length (1) must match number of ham_ops groups (2).",
    ),
    ({"circuit_ham_map": [(0, 2)]}, ConfigError, "circuit_ham_map needs ham_ops. Pass both, or neither."),
    (
        {"ham_ops": "ZZ", "job_config": JobConfig(simulator_cluster="blind")},
        ConfigError,
        "ham_ops cannot be used on this job: its target 'blind' does not compute expectation values.",
    ),
    (
        {"ham_ops": "ZZ", "override_job_config": JobConfig(force_sampling=True)},
        ConfigError,
        "ham_ops cannot be used on this job: its config forces sampling.",
    ),
    (
        {"maestro_config": MaestroConfig(), "job_config": JobConfig(qpu_system="lab")},
        ConfigError,
        "maestro_config applies to simulator targets, not to QPU systems.",
    ),
    (
        {"job_config": JobConfig(simulator_cluster="nowhere")},
        ConfigError,
        "SimulatorCluster with name 'nowhere' not found in cache.",
    ),
    (
        {"job_config": JobConfig(qpu_system="nowhere")},
        ConfigError,
        "QPUSystem with name 'nowhere' not found in cache.",
    ),
    (
        {"job_config": JobConfig(simulator_cluster="a"), "override_job_config": JobConfig(5)},
        ConfigTypeError,
        "'job_config' replaces, 'override_job_config' merges. Give one of them.",
    ),
    ({"job_config": {"shots": 5}}, ConfigTypeError, "job_config must be a JobConfig, got dict."),
    (
        {"maestro_config": MaestroConfig(), "execution_config": ExecutionConfig()},
        ConfigTypeError,
        "'override_execution_config' and 'maestro_config' were both given. Give one.",
    ),
]


def test_circuits_without_expectation_values_are_refused_before_anything_is_sent(service, cloud):
    """As the simulator refuses them that the cluster runs, with the same words."""
    head = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; measure q[0] -> c[0]; '
    controlled = {"fine": head, "odd": head + "if (c==1) x q[1]; measure q -> c;"}
    service.submit_circuits(
        ["OPENQASM 2.0; qreg q[2];"], ham_ops="ZZ"
    )  # what it asks of the service at first
    before = len(cloud.requests)
    with pytest.raises(SimulationError) as caught:
        service.submit_circuits(controlled, ham_ops="ZZ")
    assert len(cloud.requests) == before
    with MaestroSimulator() as simulator, pytest.raises(SimulationError) as local:
        simulator.submit_circuits(controlled, ham_ops="ZZ")
    assert str(caught.value) == str(local.value)
    assert caught.value.label == local.value.label == "odd"
    assert service.submit_circuits(controlled).job_id


@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_bad_submissions_are_refused_before_anything_is_sent(service, cloud, options, error, message):
    before = len(cloud.requests)
    with pytest.raises(error) as caught:
        service.submit_circuits(circuits(2), **options)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(message)
    assert len(cloud.requests) == before


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({}, ConfigError, "submit_circuits requires at least one payload."),
        ([], ConfigError, "submit_circuits requires at least one payload."),
        (
            {"a": "OPENQASM 2.0;\nqreg q[1];\nfoo q[0];"},
            QasmError,
            "Circuit 'a' is not a valid QASM: Unknown gate 'foo' at 3:1\n  Line 3: foo q[0];",
        ),
        (
            [TemplateEntry(HEAD + "rx(t) q[0];", ("t",), (("a", (1.0,)), ("a", (2.0,))))],
            DuplicateLabelError,
            "Duplicate circuit label 'a'",
        ),
        (
            [TemplateEntry(HEAD + "rx(1/t) q[0];", ("t",), (("a", (0.0,)),))],
            ParameterError,
            "Circuit 'a': an angle of gate 'rx' comes out as inf",
        ),
        ([TemplateEntry(HEAD + "rx(t) q[0];", ("t",), (("a", (float("nan"),)),))], ParameterError, ""),
        (
            {**circuits(2), "blind": HEAD + "x q[0];"},
            SimulationError,
            "Circuit 'blind' measures nothing, so there is nothing to sample. Add measurements, or give ham_ops "
            "for expectation values.",
        ),
        (
            [TemplateEntry(HEAD + "rx(t) q[0];", ("t",), (("a", (1.0,)), ("b", (2.0,))))],
            SimulationError,
            "Circuit 'a' measures nothing, so there is nothing to sample.",
        ),
        ("OPENQASM 2.0;", TypeError, "submit_circuits expects a collection of circuits"),
    ],
)
def test_bad_circuits_open_no_job(service, cloud, given, error, message):
    with pytest.raises(error) as caught:
        service.submit_circuits(given)
    assert str(caught.value).startswith(message)
    assert cloud.jobs == {}


def test_words_for_circuits_of_different_widths_need_a_map(service, cloud):
    given = {"a": HEAD, "b": "OPENQASM 2.0; qreg q[3];"}
    with (
        pytest.raises(
            ObservableError, match=r"Observables \['ZZ'\] are too short for circuits of widths \[2, 3\]"
        ),
        pytest.warns(UserWarning, match="padding"),
    ):
        service.submit_circuits(given, ham_ops="ZZ")
    service.submit_circuits(given, ham_ops="ZZ|XXX", circuit_ham_map=[(0, 1), (1, 2)])
    assert only_job(cloud).uploads[0].observables == "ZZ|XXX"


def test_what_does_not_fit_into_a_request_opens_no_job(service, cloud):
    """Upstream finds out from a 413, with a job already open."""
    import random

    angles = "".join(f"rx({random.Random(k).random()}) q[0];" for k in range(90_000))
    with pytest.raises(PayloadError, match="Circuit 'big' alone needs a request of") as caught:
        service.submit_circuits({"small": HEAD, "big": HEAD + angles})
    assert caught.value.label == "big"
    with pytest.raises(
        PayloadError,
        match=r"Compressed circuit_template \(\d+ bytes\) with the request's other fields exceeds the per-request payload cap \(0.95 MB\)",
    ):
        service.submit_circuits([TemplateEntry(HEAD + angles + "rx(t) q[0];", ("t",), (("a", (1.0,)),))])
    assert cloud.jobs == {}


def test_words_that_fill_a_request_open_no_job(service, cloud):
    """Upstream sends one circuit for each request then, and each is too large."""
    import itertools
    import random

    letters = random.Random(1)
    words = {"".join(letters.choices("IXYZ", k=40)) for _ in range(90_000)}
    wide = {"a": "OPENQASM 2.0; qreg q[40]; h q[0];", "b": "OPENQASM 2.0; qreg q[40]; x q[0];"}
    with pytest.raises(
        PayloadError,
        match=r"Circuit 'a' alone needs a request of \d+ bytes \(\d+ of them in every request\), the cap is 996147 bytes",
    ):
        service.submit_circuits(wide, ham_ops=";".join(itertools.islice(words, 90_000)))
    assert cloud.jobs == {}


@pytest.mark.parametrize(
    ("templates", "options", "message"),
    [
        ([], {}, "submit_circuit_templates requires at least one template."),
        (
            [TemplateEntry(HEAD, (), (("a", ()),))],
            {"circuit_ham_map": [(0, 1)]},
            "circuit_ham_map is not supported on the template path.",
        ),
        (
            [TemplateEntry(HEAD, (), (("a", ()),))],
            {"shot_groups": [(0, 1, 5)]},
            "shot_groups is not supported on the template path.",
        ),
        (
            [TemplateEntry(HEAD, (), (("a", ()),))],
            {"ham_ops": "ZZ|XX"},
            "|-delimited ham_ops groups require circuit_ham_map.",
        ),
        ([TemplateEntry(HEAD, ("t",), ())], {}, "Each TemplateEntry must carry at least one parameter set."),
        (
            [TemplateEntry(HEAD, ("t",), (("a", ()),))],
            {},
            "Parameter set 'a' has 0 values but template declares 1 parameter names.",
        ),
        ([HEAD], {}, "submit_circuit_templates takes TemplateEntry or CircuitPayload objects."),
    ],
)
def test_bad_templates_open_no_job(service, cloud, templates, options, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        service.submit_circuit_templates(templates, **options)
    assert str(caught.value) == message
    assert cloud.jobs == {}


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
