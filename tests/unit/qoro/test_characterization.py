"""QUBO characterisation: asked for exactly once, exact unless told otherwise, and read with care."""

# ruff: noqa: E501 - tables with a line for each case

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from vivace.backends import (
    CharacterizationOptions,
    characterization,
    characterize_and_validate,
    get_characterization_result,
)
from vivace.backends.qoro.wire.qubo import decode_qubo
from vivace.errors import (
    ConfigError,
    ConfigTypeError,
)

QUBO = {(0,): -1.0, (0, 1): 2.0}


def sent(cloud):
    ((_, job),) = cloud.jobs.items()
    return job.bodies[0]


@pytest.mark.parametrize(
    "qubo",
    [
        QUBO,
        {0: -1.0, (1, 0): 2.0},
        {"0": -1.0, "0,1": 2.0},
        {"0,0": -1.0, "1,0": 2.0},
        [[-1.0, 2.0], [0.0, 0.0]],
        np.array([[-1.0, 1.0], [1.0, 0.0]]),
        SimpleNamespace(canonical_problem=SimpleNamespace(n_vars=2, terms=QUBO)),
    ],
)
def test_problems_come_in_many_forms(service, cloud, qubo):
    found = service.characterize_and_validate(qubo, target_states=["10"])
    assert sent(cloud).qubo == {"0": -1.0, "0,1": 2.0}
    ((job_id, job),) = cloud.jobs.items()
    assert (found["job_id"], found["status"], found["report"]) == (
        job_id,
        "COMPLETED",
        {"quality_score": 80.0},
    )
    assert job.init == {"tag": "divi-characterize", "job_type": "VALIDATE"}


def test_the_result_is_an_object_with_the_report(service, cloud):
    result = characterize_and_validate(QUBO, ["10"], service=service)
    assert (result.quality_score, result.recommendations, result.qubo_max_error) == (80.0, [], 0.0)
    assert result.html == result._repr_html_() == "<div class='qvr-root'>é</div>"
    assert get_characterization_result(result.job_id, service=service) == result
    assert len(cloud.jobs) == 1
    assert characterization.characterize_and_validate is characterize_and_validate


def test_a_report_that_cannot_be_fetched_is_not_missed(service, cloud, caplog):
    cloud.faults["characterization report"].append((404, {}, ""))
    with caplog.at_level(logging.WARNING):
        assert characterize_and_validate(QUBO, ["10"], service=service).html == ""
    assert "cannot be fetched" in caplog.text


@pytest.mark.parametrize("key", ["target_states", "reference_states"])
def test_states_go_out_under_the_name_given(service, cloud, key):
    service.characterize_and_validate(QUBO, **{key: ["10", "01"]})
    body = cloud.sent(characterization_endpoint())[0][1]
    assert f'"{key}":["10","01"]'.encode() in body


def characterization_endpoint():
    from vivace.backends.qoro.wire import endpoints

    return endpoints.SUBMIT_QUBO


BAD = [
    (
        {},
        ConfigError,
        "characterize_and_validate() requires either 'qubo' with states to compare with, or 'job_id' of an analysis made before.",
    ),
    (
        {"qubo": QUBO},
        ConfigError,
        "target_states must be a list of at least one bitstring to compare with, of 2 characters 0 and 1, one for "
        "each variable.",
    ),
    (
        {"qubo": QUBO, "target_states": []},
        ConfigError,
        "target_states must be a list of at least one bitstring to compare with, of 2 characters 0 and 1, one for "
        "each variable.",
    ),
    (
        {"qubo": QUBO, "target_states": "10"},
        ConfigError,
        "target_states must be a list of at least one bitstring to compare with, of 2 characters 0 and 1, one for "
        "each variable.",
    ),
    (
        {"qubo": QUBO, "reference_states": ["1"]},
        ConfigError,
        "Expected bitstrings of 2 characters 0 and 1 in reference_states, one for each variable, got '1'.",
    ),
    (
        {"qubo": QUBO, "target_states": ["1x"]},
        ConfigError,
        "Expected bitstrings of 2 characters 0 and 1 in target_states, one for each variable, got '1x'.",
    ),
    (
        {"qubo": QUBO, "target_states": ["10"], "reference_states": ["10"]},
        ConfigTypeError,
        "'target_states' and 'reference_states' are the same. Give one of them.",
    ),
    ({"qubo": {}, "target_states": ["1"]}, ConfigError, "The QUBO has no variables."),
    (
        {"qubo": {(0,): float("nan")}, "target_states": ["1"]},
        ConfigError,
        "Expected variables from 0 up and finite, real coefficients, got (0,): nan.",
    ),
    (
        {"qubo": {0: 1, 1: 1 + 2j}, "target_states": ["10"]},
        ConfigError,
        "Expected variables from 0 up and finite, real coefficients, got 1: (1+2j).",
    ),
    (
        {"qubo": {"0": 1, "1": None}, "target_states": ["10"]},
        ConfigError,
        "Expected variables from 0 up and finite, real coefficients, got 1: None.",
    ),
    (
        {"qubo": {0: 10**400}, "target_states": ["1"]},
        ConfigError,
        f"Expected variables from 0 up and finite, real coefficients, got 0: 1{'0' * 59}.",
    ),
    (
        {"qubo": np.array([[1j]]), "target_states": ["1"]},
        ConfigError,
        "Expected a QUBO as a mapping of variables to coefficients, or as a square matrix of finite real numbers, "
        "got complex numbers.",
    ),
    (
        {"qubo": [[1.0, 2.0]], "target_states": ["1"]},
        ConfigError,
        "Expected a QUBO as a mapping of variables to coefficients, or as a square matrix of finite real numbers, got list of shape (1, 2).",
    ),
    (
        {"qubo": {"a": 1.0}, "target_states": ["1"]},
        ConfigError,
        "Expected variables such as '0,1' as a key of the QUBO, got 'a'.",
    ),
    (
        {"qubo": {("x0", "x0"): 1.0}, "target_states": ["1"]},
        ConfigError,
        "Expected variables, numbered from 0, as keys of the QUBO: 0, (0, 1) or '0,1'; got ('x0', 'x0').",
    ),
    (
        {"qubo": {(0, -1): 1.0}, "target_states": ["1"]},
        ConfigError,
        "Expected variables, numbered from 0, as keys of the QUBO: 0, (0, 1) or '0,1'; got (0, -1).",
    ),
    (
        {"qubo": np.ones((2, 3)), "target_states": ["10"]},
        ConfigError,
        "Expected a QUBO as a mapping of variables to coefficients, or as a square matrix of finite real numbers, "
        "got ndarray of shape (2, 3).",
    ),
    (
        {"qubo": np.array([[1.0, 2.0], [float("nan"), 0.0]]), "target_states": ["10"]},
        ConfigError,
        "Expected a QUBO as a mapping of variables to coefficients, or as a square matrix of finite real numbers, "
        "got nan at [1, 0].",
    ),
    (
        {"qubo": QUBO, "target_states": ["10"], "options": {}},
        ConfigTypeError,
        "options must be CharacterizationOptions, got dict.",
    ),
    (
        {"qubo": QUBO, "target_states": ["10"], "options": CharacterizationOptions(n_qubits=3)},
        ConfigError,
        "n_qubits is 3, the problem has 2 variables.",
    ),
    (
        {
            "qubo": QUBO,
            "target_states": ["10"],
            "options": CharacterizationOptions(
                constraints=[{"type": "max_cardinality", "bound": 1, "qubits": [2]}]
            ),
        },
        ConfigError,
        "constraints[0]: 2 is not one of the 2 variables.",
    ),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BAD)
def test_bad_requests_open_no_job(service, cloud, arguments, error, message):
    with pytest.raises(error) as caught:
        service.characterize_and_validate(**arguments)
    assert str(caught.value) == message
    assert cloud.jobs == {}


@pytest.mark.parametrize(
    ("qubo", "state", "wire", "n"),
    [
        (np.diag([1.0, -1.0, 0.0]), "010", {"0": 1.0, "1": -1.0}, 3),
        ({0: 1, 1: 0}, "00", {"0": 1.0}, 2),
        ({"0": 1, "2": 0}, "000", {"0": 1.0}, 3),
        ({0: 1, "1": 0}, "00", {"0": 1.0}, 2),
        (np.zeros((2, 2)), "00", {}, 2),
        (
            SimpleNamespace(canonical_problem=SimpleNamespace(n_vars=3, terms=QUBO)),
            "100",
            {"0": -1.0, "0,1": 2.0},
            3,
        ),
    ],
)
def test_variables_without_coefficients_are_counted(service, cloud, qubo, state, wire, n):
    service.characterize_and_validate(qubo, target_states=[state])
    assert (sent(cloud).qubo, sent(cloud).options) == (wire, {"n_qubits": n})


def test_a_constant_is_not_dropped_in_silence(service, cloud):
    with pytest.warns(UserWarning) as caught:
        characterize_and_validate({(): 5.0, (0,): -1.0}, ["1"], service=service)
    assert [str(warning.message) for warning in caught] == [
        "The constant 5 of the QUBO does not travel: energies in the analysis lack it."
    ]
    assert sent(cloud).qubo == {"0": -1.0}


def test_a_lossy_problem_says_how_large_its_error_is(service, cloud):
    generator = np.random.default_rng(2)
    matrix = generator.normal(size=(80, 80)) * 1e-4
    matrix[:40, 40:] += np.outer(*generator.normal(size=(2, 40)))
    terms = {(i, j)[: 1 + (i < j)]: float(matrix[i, j]) for i in range(80) for j in range(i, 80)}
    exact = characterize_and_validate(terms, ["0" * 80], service=service)
    assert exact.qubo_max_error == 0.0
    assert decode_qubo(sent(cloud).qubo)[0] == terms
    cloud.jobs.clear()
    cut = characterize_and_validate(terms, ["0" * 80], service=service, lossy=True)
    assert 0 < cut.qubo_max_error < 1e-3 * abs(matrix).max()
    assert sent(cloud).options == {"n_qubits": 80}
    assert "Largest Error Of The QUBO Sent" in repr(cut)


@pytest.mark.parametrize(
    ("options", "payload"),
    [
        ({}, {}),
        ({"sensitivity": False, "parameter_sweep": False, "auto_tune": False}, {}),
        ({"sensitivity": True, "auto_tune": True}, {"analysis": {"sensitivity": True, "auto_tune": True}}),
        ({"gamma": 1, "beta": 0.5}, {"analysis": {"gamma": 1.0, "beta": 0.5}}),
        (
            {"structural_sensitivity": False, "penalty_tuning": True},
            {"analysis": {"structural_sensitivity": False, "penalty_tuning": True}},
        ),
        ({"preset": "deep", "n_qubits": 4}, {"preset": "deep", "n_qubits": 4}),
        ({"ansatz": {"mixer": "xy", "layers": 2}}, {"ansatz": {"mixer": "xy", "layers": 2}}),
        (
            {"cost_qubo": QUBO, "penalty_qubo": {(1,): 1}},
            {"cost_qubo": {"0": -1.0, "0,1": 2.0}, "penalty_qubo": {"1": 1.0}},
        ),
        (
            {"constraints": [{"type": "equality", "bound": 1, "weights": [1, 1]}]},
            {"constraints": [{"type": "equality", "bound": 1, "weights": [1, 1]}]},
        ),
        (
            {"subspace": {"auto_warmstart": False, "base_bitstring": "01", "variable_qubits": [0]}},
            {"subspace": {"auto_warmstart": False, "base_bitstring": "01", "variable_qubits": [0]}},
        ),
    ],
)
def test_options_on_the_wire(options, payload):
    assert CharacterizationOptions(**options).to_payload() == payload


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"parameter_sweep": True, "gamma": 1.0},
            "parameter_sweep=True is mutually exclusive with fixed gamma/beta. Drop one.",
        ),
        ({"ansatz": {"auto_warmstart": True}}, "ansatz['auto_warmstart'] is managed by the backend"),
        ({"ansatz": {"layer": 1}}, "ansatz has no key 'layer' (did you mean 'layers'?)."),
        ({"ansatz": {"mixer": "y"}}, "ansatz['mixer'] must be one of x, xy, I, got 'y'."),
        ({"ansatz": {"layers": 0}}, "ansatz['layers'] must be a positive integer, got 0."),
        ({"ansatz": 3}, "ansatz must be a mapping, got int."),
        ({"gamma": float("inf")}, "gamma must be a finite number, got inf."),
        (
            {"gamma_range": (0, 1)},
            "CharacterizationOptions got unknown fields 'gamma_range' (did you mean 'gamma'?).",
        ),
        ({"sensitivity": 1}, "sensitivity must be True or False, got 1."),
        (
            {"sensitivity": True, "structural_sensitivity": True},
            "'sensitivity' and 'structural_sensitivity' are the same option. Give one of them.",
        ),
        ({"preset": "quick"}, "preset must be one of fast, standard, deep, got 'quick'."),
        ({"n_qubits": 0}, "n_qubits must be a positive integer, got 0."),
        (
            {"subspace": {"base_bitstring": "01"}},
            "subspace takes base_bitstring and variable_qubits together, and with auto_warmstart=False.",
        ),
        (
            {"subspace": {"auto_warmstart": False, "restarts": 2}},
            "subspace takes restarts only with auto_warmstart.",
        ),
        (
            {"subspace": {"auto_warmstart": False, "base_bitstring": "01", "variable_qubits": [0, 0]}},
            "subspace['variable_qubits'] names variable 0 twice.",
        ),
        (
            {"constraints": [{"type": "equality", "bound": 1, "weights": {0: 1, "0": 2}}]},
            "constraints[0]['weights'] names variable 0 twice.",
        ),
        ({"gamma": 1.0}, "gamma is given without beta. Angles are fixed together: give both."),
        ({"beta": 1.0}, "beta is given without gamma. Angles are fixed together: give both."),
        (
            {
                "n_qubits": 3,
                "subspace": {"auto_warmstart": False, "base_bitstring": "01", "variable_qubits": [0]},
            },
            "Expected bitstrings of 3 characters 0 and 1 in subspace['base_bitstring'], one for each variable, got '01'.",
        ),
        ({"constraints": {}}, "constraints must be a list of mappings, got dict."),
        (
            {"constraints": [{"type": "at_most"}]},
            "constraints[0]['type'] must be one of max_cardinality, min_cardinality, eq_cardinality, inequality, equality, got 'at_most'.",
        ),
        ({"constraints": [{"type": "max_cardinality"}]}, "constraints[0] needs a bound."),
        (
            {"constraints": [{"type": "equality", "bound": 1}]},
            "constraints[0] of type equality needs weights.",
        ),
    ],
)
def test_bad_options_are_refused_when_they_are_built(options, message):
    with pytest.raises(ConfigError) as caught:
        CharacterizationOptions(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("preset", "name", "value"),
    [
        ("fast", "parameter_sweep", True),
        ("fast", "structural_sensitivity", True),
        ("fast", "sensitivity", True),
        ("deep", "sensitivity", False),
    ],
)
def test_options_against_their_preset_warn(preset, name, value):
    with pytest.warns(UserWarning) as told:
        options = CharacterizationOptions(preset=preset, **{name: value})
    assert [str(warning.message) for warning in told] == [
        f"preset={preset!r} means {name}={not value}, but {name}={value} was given, which wins."
    ]
    assert options.to_payload() == {"analysis": {name: value}, "preset": preset}
