"""Options of a characterisation, from the client to the server: each has an effect, or is told to have none."""

# ruff: noqa: E501 - tables with a line for each case

import json
import re
import warnings

import pytest
import requests

from vivace.backends import CharacterizationOptions, QoroService, characterize_and_validate
from vivace.backends.qoro.wire import analysis_options
from vivace.errors import ConfigError, ResultError
from vivace.server import Limits, Settings

MAX_CUT = {"0": -2.0, "1": -2.0, "2": -2.0, "0,1": 2.0, "0,2": 2.0, "1,2": 2.0}


@pytest.fixture(scope="module")
def settings():
    return Settings(limits=Limits(variables=200))


@pytest.fixture
def service(server, account):
    token = account().session.headers["Authorization"].removeprefix("Bearer ")
    with QoroService(token, base_url=server.url, journal=None, polling_interval=0.02) as service:
        yield service


def characterized(service, qubo=MAX_CUT, states=("100",), **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of flags that contradict the preset
        asked = CharacterizationOptions(**options)
    return characterize_and_validate(qubo, list(states), service=service, options=asked)


def told(result):
    """What the recommendations are about."""
    return [item["metric"] for item in result.recommendations]


UNUSED = {
    "sensitivity": True,
    "structural_sensitivity": True,
    "auto_tune": True,
    "penalty_tuning": True,
    "cost_qubo": MAX_CUT,
    "penalty_qubo": [[1.0]],
    "constraints": [{"type": "max_cardinality", "bound": 1}],
    "subspace": {"restarts": 2},
}


@pytest.mark.parametrize("name", UNUSED)
def test_options_that_are_not_analysed_are_told(service, name):
    result = characterized(service, **{name: UNUSED[name]})
    (item,) = result.recommendations
    assert (item["level"], item["metric"]) == ("info", name)
    assert item["text"] == f"'{name}' is not analysed by this server."
    assert item["text"].replace("'", "&#x27;") in result.html
    assert result.sensitivity is result.is_well_tuned is result.penalty_recommendation is None
    assert result.feasibility_rate is None


@pytest.mark.parametrize("name", ["sensitivity", "structural_sensitivity", "auto_tune", "penalty_tuning"])
def test_what_is_not_wanted_is_not_missed(service, name):
    assert told(characterized(service, **{name: False})) == []


def test_presets(service):
    fast, standard, deep = (characterized(service, preset=preset) for preset in analysis_options.PRESETS)
    assert fast.best_parameters is fast.approximation_ratio is fast.state_probabilities is None
    assert told(fast) == ["best_parameters"]
    assert standard.best_parameters == deep.best_parameters == characterized(service).best_parameters
    assert told(standard) == ["structural_sensitivity"]
    assert told(deep) == ["preset", "structural_sensitivity"]
    assert deep.recommendations[0]["text"] == "Preset 'deep' is analysed as 'standard' is by this server."
    assert told(characterized(service, preset="deep", structural_sensitivity=False)) == ["preset"]


def test_a_parameter_sweep(service):
    assert characterized(service, parameter_sweep=True).best_parameters["probability"] > 1 / 8
    assert characterized(service, parameter_sweep=True, preset="fast").best_parameters is not None
    assert characterized(service, parameter_sweep=False, preset="standard").best_parameters is None


def test_fixed_angles(service, client):
    result = characterized(service, gamma=0.5, beta=0.25)
    best = result.best_parameters
    assert (best["gamma"], best["beta"]) == (0.5, 0.25)
    shown = sum(item["probability"] for item in result.state_probabilities if item["is_target"])
    assert best["probability"] == pytest.approx(shown)
    assert (result.report["regime"], result.report["confidence"]) == ("exact", "proven")
    for name in ("gamma", "beta"):
        with pytest.raises(ConfigError, match="Angles are fixed together: give both."):
            characterized(service, **{name: 0.5})
        job_id = client.open("VALIDATE")  # other clients send one alone
        asked = {"qubo": MAX_CUT, "target_states": ["100"], "options": {"analysis": {name: 0.5}}}
        client.post(f"job/{job_id}/submit_qubo/", asked)
        alone = client.get(f"job/{job_id}/validation_result/")
        report = alone["report"]
        assert report["best_parameters"] is report["regime"] is report["confidence"] is None
        (item,) = alone["recommendations"]
        assert item["text"] == "Fixed angles are analysed together: give both gamma and beta."


@pytest.mark.parametrize(
    "ansatz", [{"layers": 2}, {"mixer": "xy"}, {"mixer": "I"}, {"layers": 1}, {"mixer": "x"}, {}]
)
def test_an_ansatz(service, ansatz):
    result = characterized(service, ansatz=ansatz)
    if ansatz in ({"layers": 1}, {"mixer": "x"}, {}):
        assert (result.best_parameters, told(result)) == (characterized(service).best_parameters, [])
        return
    assert result.best_parameters is result.approximation_ratio is None
    assert (result.report["regime"], result.report["confidence"]) == ("refuse", "open")
    assert told(result) == ["approximation_ratio"]


def test_the_number_of_variables(service, client):
    assert characterized(service, n_qubits=3).hardness["n_variables"] == 3
    job_id = client.open("VALIDATE")
    asked = {"qubo": MAX_CUT, "target_states": ["1000"], "options": {"n_qubits": 4}}
    client.post(f"job/{job_id}/submit_qubo/", asked)
    assert client.get(f"job/{job_id}/validation_result/")["hardness"]["n_variables"] == 4


TAKEN = [
    {"constraints": [{"type": kind, "bound": 1.5, "qubits": [0, 2]} for kind in ("max_cardinality", "min_cardinality", "eq_cardinality")]},
    {"constraints": [{"type": kind, "bound": -1, "weights": {0: 1, "2": 0.5}} for kind in ("inequality", "equality")]},
    {"constraints": [{"type": "equality", "bound": 1, "weights": [1, 2, 3]}]},
    {"constraints": [{"type": "equality", "bound": 1, "qubits": [0], "weights": [1]}]},
    {"subspace": {"auto_warmstart": True, "solver": "any", "max_variable_qubits": 2, "restarts": 1}},
    {"subspace": {"auto_warmstart": False, "base_bitstring": "010", "variable_qubits": [0, 2]}},
]  # fmt: skip


@pytest.mark.parametrize("options", TAKEN, ids=str)
def test_whatever_the_client_can_say_is_taken(service, options):
    assert told(characterized(service, **options)) == list(options)


def test_every_option_of_the_client_is_tried_here():
    tried = {*UNUSED, "preset", "parameter_sweep", "gamma", "beta", "ansatz", "n_qubits"}
    documented = re.findall(r"^ +(\w+) \(.+\): ", CharacterizationOptions.__doc__, re.MULTILINE)
    assert tried == set(documented)
    for name, table in (
        ("subspace", analysis_options.SUBSPACE),
        ("constraints", analysis_options.CONSTRAINT),
    ):
        values = [options[name] for options in TAKEN if name in options]
        objects = [item for value in values for item in (value if isinstance(value, list) else [value])]
        assert {key for item in objects for key in item} == set(table)


CONSTRAINT = {"type": "equality", "bound": 1, "weights": {"0": 1}}
CARDINALITY = {"type": "max_cardinality", "bound": 1}
FIXED = {"auto_warmstart": False, "base_bitstring": "010", "variable_qubits": [0]}
REFUSED = [
    ({"colour": 1}, "options has no key 'colour'; it takes preset, analysis, ansatz, subspace, constraints, n_qubits, cost_qubo, penalty_qubo."),
    ({"presets": "fast"}, "options has no key 'presets' (did you mean 'preset'?)."),
    ({"preset": "quick"}, "preset must be one of fast, standard, deep, got 'quick'."),
    ({"preset": ["fast"]}, "preset must be one of fast, standard, deep, got ['fast']."),
    ({"analysis": []}, "analysis must be a mapping, got list."),
    ({"analysis": {"colour": 1}}, "analysis has no key 'colour'; it takes gamma, beta, sensitivity, parameter_sweep, auto_tune, structural_sensitivity, penalty_tuning, hardness_only."),
    ({"analysis": {"gama": 1}}, "analysis has no key 'gama' (did you mean 'gamma'?)."),
    ({"analysis": {"gamma": "0.5"}}, "analysis['gamma'] must be a finite number, got '0.5'."),
    ({"analysis": {"beta": True}}, "analysis['beta'] must be a finite number, got True."),
    ({"analysis": {"beta": 10**400}}, f"analysis['beta'] must be a finite number, got 1{'0' * 59}."),
    ({"analysis": {"sensitivity": 1}}, "analysis['sensitivity'] must be True or False, got 1."),
    ({"analysis": {"parameter_sweep": "true"}}, "analysis['parameter_sweep'] must be True or False, got 'true'."),
    ({"analysis": {"parameter_sweep": True, "gamma": 1}}, "parameter_sweep=True is mutually exclusive with fixed gamma/beta. Drop one."),
    ({"analysis": {"auto_tune": True, "penalty_tuning": True}}, "'auto_tune' and 'penalty_tuning' are the same option. Give one of them."),
    ({"ansatz": 3}, "ansatz must be a mapping, got int."),
    ({"ansatz": {"layrs": 3}}, "ansatz has no key 'layrs' (did you mean 'layers'?)."),
    ({"ansatz": {"mixer": "nonsense"}}, "ansatz['mixer'] must be one of x, xy, I, got 'nonsense'."),
    ({"ansatz": {"layers": 0}}, "ansatz['layers'] must be a positive integer, got 0."),
    ({"ansatz": {"layers": 1.0}}, "ansatz['layers'] must be a positive integer, got 1.0."),
    ({"constraints": 5}, "constraints must be a list of mappings, got int."),
    ({"constraints": [5]}, "constraints[0] must be a mapping, got int."),
    ({"constraints": [CARDINALITY, {"type": "at_most"}]}, "constraints[1]['type'] must be one of max_cardinality, min_cardinality, eq_cardinality, inequality, equality, got 'at_most'."),
    ({"constraints": [{"type": "equality"}]}, "constraints[0] needs a bound."),
    ({"constraints": [{"bound": 1}]}, "constraints[0] needs a type."),
    ({"constraints": [CARDINALITY | {"type": "equality"}]}, "constraints[0] of type equality needs weights."),
    ({"constraints": [CARDINALITY | {"bound": "1"}]}, "constraints[0]['bound'] must be a finite number, got '1'."),
    ({"constraints": [CARDINALITY | {"qubit": [0]}]}, "constraints[0] has no key 'qubit' (did you mean 'qubits'?)."),
    ({"constraints": [CARDINALITY | {"qubits": 0}]}, "constraints[0]['qubits'] must be a list of variables, got int."),
    ({"constraints": [CARDINALITY | {"qubits": [-1]}]}, "constraints[0]['qubits'] must hold variables, numbered from 0, got -1."),
    ({"constraints": [CARDINALITY | {"qubits": [3]}]}, "constraints[0]: 3 is not one of the 3 variables."),
    ({"constraints": [CONSTRAINT | {"weights": 1}]}, "constraints[0]['weights'] must be a list of numbers, or a mapping of variables to numbers, got int."),
    ({"constraints": [CONSTRAINT | {"weights": {"x": 1}}]}, "constraints[0]['weights'] must map variables, numbered from 0, got 'x'."),
    ({"constraints": [CONSTRAINT | {"weights": {"0": None}}]}, "constraints[0]['weights']['0'] must be a finite number, got None."),
    ({"constraints": [CONSTRAINT | {"weights": {"3": 1}}]}, "constraints[0]['weights']: 3 is not one of the 3 variables."),
    ({"constraints": [CONSTRAINT | {"weights": [1, 1]}]}, "constraints[0]['weights'] must have 3 numbers, one for each variable, got 2."),
    ({"subspace": {"restart": 1}}, "subspace has no key 'restart' (did you mean 'restarts'?)."),
    ({"subspace": {"restarts": 0}}, "subspace['restarts'] must be a positive integer, got 0."),
    ({"subspace": {"solver": 1}}, "subspace['solver'] must be text, got 1."),
    ({"subspace": {"auto_warmstart": 1}}, "subspace['auto_warmstart'] must be True or False, got 1."),
    ({"subspace": {"base_bitstring": "010"}}, "subspace takes base_bitstring and variable_qubits together, and with auto_warmstart=False."),
    ({"subspace": FIXED | {"solver": "any"}}, "subspace takes solver only with auto_warmstart."),
    ({"subspace": FIXED | {"base_bitstring": "2"}}, "subspace['base_bitstring'] must be a bitstring of 0 and 1, got '2'."),
    ({"subspace": FIXED | {"base_bitstring": "01"}}, "Expected bitstrings of 3 characters 0 and 1 in subspace['base_bitstring'], one for each variable, got '01'."),
    ({"subspace": FIXED | {"variable_qubits": [0, 0]}}, "subspace['variable_qubits'] names variable 0 twice."),
    ({"constraints": [CARDINALITY | {"qubits": [1, 0, 0]}]}, "constraints[0]['qubits'] names variable 0 twice."),
    ({"constraints": [CONSTRAINT | {"weights": {"0": 1, "00": 2}}]}, "constraints[0]['weights'] names variable 0 twice."),
    ({"newer": None}, "options has no key 'newer'; it takes preset, analysis, ansatz, subspace, constraints, n_qubits, cost_qubo, penalty_qubo."),
    ({"ansatz": {"layrs": None}}, "ansatz has no key 'layrs' (did you mean 'layers'?)."),
    ({"subspace": FIXED | {"variable_qubits": ["0"]}}, "subspace['variable_qubits'] must hold variables, numbered from 0, got '0'."),
    ({"subspace": FIXED | {"variable_qubits": [3]}}, "subspace['variable_qubits']: 3 is not one of the 3 variables."),
    ({"n_qubits": 0}, "n_qubits must be a positive integer, got 0."),
    ({"n_qubits": "3"}, "n_qubits must be a positive integer, got '3'."),
    ({"cost_qubo": [1]}, "cost_qubo must be a mapping, got list."),
    ({"cost_qubo": {"x": 1}}, "cost_qubo: Expected variables such as '0,1' as a key of the QUBO, got 'x'."),
    ({"penalty_qubo": {"200": 1}}, "penalty_qubo: Variable 200 is beyond the limit of 200."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "reason"), REFUSED, ids=[json.dumps(o)[:60] for o, _ in REFUSED])
def test_bad_options_are_refused_with_the_reason(client, options, reason):
    job_id = client.open("VALIDATE")
    asked = {"qubo": MAX_CUT, "target_states": ["100"], "options": options}
    assert client.refused("POST", f"job/{job_id}/submit_qubo/", json=asked) == (400, reason)
    assert client.status(job_id) == "PENDING", "the job can still be used"


@pytest.mark.parametrize("options", [{"cost_qubo": {}}, {"constraints": []}, {"subspace": {}}])
def test_options_that_are_empty_are_told_too(client, options):
    job_id = client.open("VALIDATE")
    asked = {"qubo": MAX_CUT, "target_states": ["100"], "options": options}
    client.post(f"job/{job_id}/submit_qubo/", asked)
    reply = client.get(f"job/{job_id}/validation_result/")
    assert [item["metric"] for item in reply["recommendations"]] == list(options)


def test_searches_for_angles_say_what_they_do(service):
    fast = characterized(service, preset="fast")
    text = "Preset 'fast' leaves out the search for angles; parameter_sweep=True asks for it."
    assert [item["text"] for item in fast.recommendations] == [text]
    assert repr(fast).endswith(f"  Info: {text}")
    with pytest.raises(ResultError, match=text):
        fast.qaoa_initial_params()
    swept = characterized(service, preset="fast", parameter_sweep=True)
    assert (swept.recommendations, swept.qaoa_initial_params().shape) == ([], (1, 2))
    usual = characterized(service, parameter_sweep=True)
    assert told(usual) == ["parameter_sweep"]
    assert usual.best_parameters == swept.best_parameters


@pytest.mark.parametrize(
    ("qubo", "state"),
    [([[1.0, 0, 0], [0, -1, 0], [0, 0, 0]], "010"), ({0: 1, 1: 0}, "00"), ([[0.0, 0], [0, 0]], "01")],
)
def test_variables_without_coefficients_are_variables(service, qubo, state):
    result = characterized(service, qubo, [state])
    assert (result.hardness["n_variables"], result.recommendations) == (len(state), [])


def test_nulls_say_nothing(client):
    job_id = client.open("VALIDATE")
    options = dict.fromkeys(
        ("preset", "analysis", "ansatz", "subspace", "constraints", "n_qubits", "cost_qubo", "penalty_qubo")
    )
    options |= {"ansatz": {"layers": None}, "constraints": [CARDINALITY | {"weights": None}]}
    asked = {"qubo": MAX_CUT, "target_states": ["100"], "options": options}
    client.post(f"job/{job_id}/submit_qubo/", asked)
    reply = client.get(f"job/{job_id}/validation_result/")
    assert [item["metric"] for item in reply["recommendations"]] == ["constraints"]


def test_the_document_has_the_options_that_are_taken(server):
    found = requests.get(f"{server.url}/openapi.json", timeout=10).json()["components"]["schemas"]
    assert found["QuboSubmission"]["properties"]["options"]["anyOf"][0] == {
        "$ref": "#/components/schemas/AnalysisOptions"
    }
    problems = {"cost_qubo": None, "penalty_qubo": None}
    for name, table in (
        ("AnalysisOptions", analysis_options.OPTIONS | problems),
        ("Analysis", analysis_options.ANALYSIS),
        ("Ansatz", analysis_options.ANSATZ),
        ("Subspace", analysis_options.SUBSPACE),
        ("Constraint", analysis_options.CONSTRAINT),
    ):
        assert set(found[name]["properties"]) == set(table)
        assert found[name]["additionalProperties"] is False
