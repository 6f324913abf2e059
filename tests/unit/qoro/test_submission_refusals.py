"""What cannot be right is refused before a job is opened: the error says what, where, and what to do."""

# ruff: noqa: E501 - tables with a line for each case

import re

import pytest

from support.submissions import HEAD, circuits, only_job
from vivace.backends import (
    ExecutionConfig,
    JobConfig,
    JobType,
    MaestroConfig,
    MaestroSimulator,
    TemplateEntry,
)
from vivace.errors import (
    ConfigError,
    ConfigTypeError,
    DuplicateLabelError,
    ObservableError,
    ParameterError,
    PayloadError,
    QasmError,
    ShotRangeError,
    SimulationError,
)

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


def test_words_that_padding_makes_equal_are_refused_where_a_circuit_has_both(service, cloud):
    with (
        pytest.raises(ObservableError) as caught,
        pytest.warns(UserWarning, match="padding"),
    ):
        service.submit_circuits([HEAD] * 3, ham_ops="Z|ZI", circuit_ham_map=[(0, 1), (1, 2)])
    assert str(caught.value) == (
        "Circuit '2' is in no range of circuit_ham_map, so it is measured for all words, and 'Z' and 'ZI' are "
        "the same for it. Give one of them."
    )
    assert cloud.jobs == {}


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


@pytest.mark.parametrize("most", [0, -1])
def test_there_must_be_room_for_a_request(connect, most):
    with pytest.raises(ConfigError, match=f"^max_request_bytes must be at least 1, got {most}.$"):
        connect(max_request_bytes=most)
