"""Characterisation of QUBO problems: facts that can be checked, null where there are none."""

import itertools
from decimal import Decimal

import numpy as np
import pytest

from support.server import BELL, body
from vivace.backends.qoro.wire.qubo import encode_qubo
from vivace.server import Limits, Settings

LIMIT = {"type": "max_cardinality", "bound": 1}
MAX_CUT = {"0": -2.0, "1": -2.0, "2": -2.0, "0,1": 2.0, "0,2": 2.0, "1,2": 2.0}


@pytest.fixture(scope="module")
def settings():
    return Settings(variable_price=Decimal("0.25"), limits=Limits(variables=200))


def submitted(client, qubo, states=(), key="target_states", **options):
    job_id = client.open("VALIDATE")
    asked = {"qubo": qubo, key: list(states)} | ({"options": options} if options else {})
    assert client.post(f"job/{job_id}/submit_qubo/", asked) == {"job_id": job_id, "status": "COMPLETED"}
    return job_id


def found(client, *arguments, **options):
    return client.get(f"job/{submitted(client, *arguments, **options)}/validation_result/")


def energies(terms, n):
    """Every state as text (leftmost = variable 0) with its energy, one by one."""
    return {
        "".join(map(str, bits)): sum(c * all(bits[v] for v in key) for key, c in terms.items())
        for bits in itertools.product((0, 1), repeat=n)
    }


def random_terms(n, degree=2, seed=0, share=0.6):
    random = np.random.default_rng(seed)
    keys = [k for d in range(1, degree + 1) for k in itertools.combinations(range(n), d)]
    return {key: float(random.normal()) for key in keys if random.random() < share}


def comma(terms):
    return {",".join(map(str, key)): value for key, value in terms.items()}


@pytest.mark.parametrize(("n", "degree"), [(1, 1), (4, 2), (7, 3), (9, 2)])
def test_the_spectrum_is_exact(client, n, degree):
    terms = random_terms(n, degree, seed=n, share=1.0)
    table = energies(terms, n)
    levels = sorted(table.values())
    best = min(table, key=table.get)
    reply = found(client, comma(terms), [best])
    hardness = reply["hardness"]
    assert hardness["energy_min"] == pytest.approx(levels[0])
    assert hardness["energy_max"] == pytest.approx(levels[-1])
    assert hardness["cost_gap"] == pytest.approx(levels[1] - levels[0])
    assert hardness["ground_state_degeneracy"] == hardness["degeneracy"] == 1
    assert hardness["cost_spectrum_estimated"] is False
    assert (hardness["n_variables"], hardness["n_terms"]) == (n, len(terms))
    baseline = reply["report"]["classical_baseline"]
    assert baseline["exact_ground_energy"] == pytest.approx(levels[0])
    assert baseline["relaxation_bound"] <= levels[0] + 1e-9
    assert reply["recommendations"] == []
    for item in reply["report"]["state_probabilities"]:
        assert item["energy"] == pytest.approx(table[item["state"]])
        assert item["is_target"] is item["is_reference"] is (item["state"] == best)


def test_a_cut_of_the_triangle(client):
    """Six optimal cuts, the same when all variables flip; every fact of it is known."""
    optimal = ["100", "010", "001", "110", "101", "011"]
    reply = found(client, MAX_CUT, optimal)
    hardness, report = reply["hardness"], reply["report"]
    assert (hardness["energy_min"], hardness["energy_max"]) == (-2.0, 0.0)
    assert (hardness["ground_state_degeneracy"], hardness["cost_gap"]) == (6, 2.0)
    assert hardness["cost_gap_normalized"] == 1.0
    assert hardness["global_flip_symmetric"] is True
    assert hardness["treewidth_estimate"] == 2
    assert (hardness["density"], hardness["weight_range"], hardness["weight_ratio"]) == (1.0, [2.0, 2.0], 1.0)
    assert report["target_states"] == report["reference_states"] == optimal
    best = report["best_parameters"]
    assert best["probability"] == pytest.approx(1.0, abs=0.1)
    assert best["probability"] == pytest.approx(
        sum(item["probability"] for item in report["state_probabilities"] if item["is_target"])
    )
    assert report["approximation_ratio"] == pytest.approx(best["probability"])
    assert report["concentration_ratio"] == pytest.approx(best["probability"] * 8 / 6)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_angles_are_as_good_as_any_of_a_dense_search(client, seed):
    """With linear terms no symmetry halves the range of either angle."""
    rng = np.random.default_rng(seed)
    n, matrix = 4, np.triu(rng.normal(size=(4, 4)))
    bits = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    energies = np.einsum("si,ij,sj->s", bits, matrix, bits)
    target = int(energies.argmin())
    terms = {(i, j) if i < j else (i,): matrix[i, j] for i in range(n) for j in range(i, n)}
    state = "".join(map(str, bits[target]))
    best = found(client, comma(terms), [state])["report"]["best_parameters"]
    largest, walsh = 0.0, (-1.0) ** (bits @ bits.T) / (1 << n // 2)
    for gamma in np.linspace(-3, 3, 49) / energies.std():
        spread = walsh @ np.exp(-1j * gamma * energies) / (1 << n // 2)
        for beta in np.linspace(-np.pi / 2, np.pi / 2, 49):
            mixed = np.exp(-1j * beta * (n - 2 * bits.sum(axis=1))) * spread
            largest = max(largest, abs(walsh[target] @ mixed) ** 2)
    assert best["probability"] > largest - 1e-3


def test_fixed_angles_give_the_textbook_state(client):
    """One variable with energy x: after gamma = pi/2 and beta = pi/4 it is surely 1."""
    reply = found(client, {"0": 1.0}, ["1"], analysis={"gamma": np.pi / 2, "beta": np.pi / 4})
    report = reply["report"]
    assert report["best_parameters"]["probability"] == pytest.approx(1.0)
    assert report["approximation_ratio"] == pytest.approx(0.0, abs=1e-12)
    assert report["concentration_at_best"] is None
    assert [r["metric"] for r in reply["recommendations"]] == ["reference_states"]
    assert reply["recommendations"][0]["text"] == "Reference state 1 has energy 1, above the minimum 0."


def test_what_cannot_be_known_is_null(client):
    terms = random_terms(60, seed=3, share=0.5)
    reply = found(client, comma(terms), ["0" * 60])
    hardness, report = reply["hardness"], reply["report"]
    for name in ("energy_min", "energy_max", "cost_gap", "ground_state_degeneracy", "frustration_index"):
        assert hardness[name] is None, name
    assert hardness["cost_spectrum_estimated"] is None, "there is none, so it is not estimated"
    for name in ("quality_score", "approximation_ratio", "best_parameters", "state_probabilities"):
        assert report[name] is None, name
    baseline = report["classical_baseline"]
    assert baseline["exact_ground_energy"] is None
    assert baseline["relaxation_bound"] <= baseline["best_energy"]
    assert baseline["best_energy"] == min(baseline["greedy_energy"], baseline["sa_energy"])


def test_what_is_not_asked_for_is_not_claimed(client):
    """No QAOA is asked for, so none is refused; of terms of three variables there are only samples."""
    wide = comma(random_terms(24, seed=3))
    assert [item["metric"] for item in found(client, wide)["recommendations"]] == ["approximation_ratio"]
    for options, told in (
        ({"preset": "fast"}, ["best_parameters"]),
        ({"analysis": {"hardness_only": True}}, []),
    ):
        reply = found(client, wide, **options)
        report = reply["report"] or {"regime": None, "confidence": None}
        assert report["regime"] is report["confidence"] is None
        assert [item["metric"] for item in reply["recommendations"]] == told
    cubic = found(client, comma(random_terms(24, 3, seed=3)))
    assert cubic["hardness"]["difficulty"] is cubic["hardness"]["advice"] is None


def test_search_finds_what_is_known(client):
    """A ring of 40: neighbours want to differ. Its ground states alternate, and there are two of them."""
    terms = {(i,): -2.0 for i in range(40)} | {tuple(sorted((i, (i + 1) % 40))): 2.0 for i in range(40)}
    reply = found(client, comma(terms), ["01" * 20])
    assert reply["report"]["classical_baseline"]["best_energy"] == -40.0
    assert reply["hardness"]["treewidth_estimate"] == 2
    assert reply["hardness"]["difficulty"] == "easy"
    assert (
        reply["hardness"]["advice"] == "The treewidth is at most 2: dynamic programming solves the problem."
    )


def test_the_factored_form_says_the_same(client):
    n = 64
    vector = np.random.default_rng(5).normal(size=n)
    terms = {(i, j): 2 * vector[i] * vector[j] for i in range(n) for j in range(i + 1, n)}
    terms |= {(i,): float(vector[i] ** 2) for i in range(n)}
    encoded = encode_qubo(terms, n)
    assert encoded.form == "factored"
    one, other = (found(client, q, ["0" * n])["hardness"] for q in (encoded.body, comma(terms)))
    assert one["energy_min"] is other["energy_min"] is None
    assert one["weight_range"] == pytest.approx(other["weight_range"])
    assert one["difficulty"] == other["difficulty"]


def test_both_names_of_the_states(client):
    old, new = found(client, MAX_CUT, ["100"]), found(client, MAX_CUT, ["100"], "reference_states")
    assert old["report"] == new["report"]
    without = found(client, MAX_CUT)["report"]
    assert without["best_parameters"]["probability"] is None
    assert without["approximation_ratio"] > 0.7


def test_options(client):
    assert found(client, MAX_CUT, ["100"], analysis={"hardness_only": True})["report"] is None
    fast = found(client, MAX_CUT, ["100"], preset="fast")["report"]
    assert fast["best_parameters"] is fast["regime"] is fast["confidence"] is None, "no QAOA, no claims of it"
    wider = found(client, MAX_CUT, ["1000"], n_qubits=4)
    assert wider["hardness"]["n_variables"] == 4
    deep = found(client, MAX_CUT, ["100"], ansatz={"layers": 3}, constraints=[LIMIT])
    assert deep["report"]["approximation_ratio"] is None
    assert [r["metric"] for r in deep["recommendations"]] == ["constraints", "approximation_ratio"]


def test_reports_are_html(client):
    job_id = submitted(client, MAX_CUT, ["100"])
    response = client.call("GET", f"job/{job_id}/validation_result/html/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.text.startswith('<div class="qvr-root">')
    text, reply = response.text, client.get(f"job/{job_id}/validation_result/")
    degeneracy = reply["hardness"]["ground_state_degeneracy"]
    assert f"<span>Ground states</span><b>{degeneracy}</b>" in text
    assert text.count("spectral gap") == 1, "what has two names is shown once"
    for part in ("hardness", "report"):
        for name, value in reply[part].items():
            if value is None and name != "condition_number":  # an earlier name
                assert name.replace("_", " ") in text.partition("Not known, or not asked for: ")[2]
    assert "@media(prefers-color-scheme:dark)" in text
    assert "http" not in response.text.replace(job_id, "")


def test_states_of_the_job(account):
    client, other = account(credits=Decimal(1)), account()
    job_id = client.open("VALIDATE")
    submit, result = f"job/{job_id}/submit_qubo/", f"job/{job_id}/validation_result/"
    ask = {"qubo": MAX_CUT, "target_states": ["100"]}
    assert client.refused("GET", result) == (409, "There is no result: the job is PENDING")
    assert other.refused("GET", result)[0] == 403
    assert other.refused("POST", submit, json=ask)[0] == 403
    assert client.refused("GET", "job/none/validation_result/") == (404, "No such job.")
    assert client.refused("POST", submit, json=ask | {"qubo": {"0": "x"}})[0] == 400
    client.post(submit, ask)
    assert client.status(job_id) == "COMPLETED"
    assert client.refused("POST", submit, json=ask) == (409, "Job is not in PENDING status")
    reply = client.get(result)
    assert (reply["job_id"], reply["status"]) == (job_id, "COMPLETED")
    assert reply["created_at"] < reply["completed_at"]
    # Three variables cost 0.75 of the one credit there was; reading costs nothing.
    assert client.get("credits/")["balance"] == "0.25"
    again = client.open("VALIDATE")
    status, reason = client.refused("POST", f"job/{again}/submit_qubo/", json=ask)
    assert (status, reason) == (402, "3 variables cost 0.75 credits; the account has 0.25.")
    assert client.status(again) == "PENDING"
    client.post(f"job/{client.open('VALIDATE')}/submit_qubo/", {"qubo": {"0": 1}, "target_states": ["1"]})
    one = {"qubo": {"0": 1}, "target_states": ["1"]}
    reason = "1 variable costs 0.25 credits; the account has 0.00."
    assert client.refused("POST", f"job/{again}/submit_qubo/", json=one) == (402, reason)
    assert client.post(f"job/{again}/cancel/")["circuits_cancelled"] == 0
    assert client.refused("GET", f"job/{again}/validation_result/")[0] == 409


def test_jobs_of_circuits_and_of_qubos_are_told_apart(client):
    circuits, qubo = client.open(), client.open("VALIDATE")
    ask = {"qubo": MAX_CUT, "target_states": ["100"]}
    assert client.refused("POST", f"job/{circuits}/submit_qubo/", json=ask)[0] == 400
    assert client.refused("GET", f"job/{circuits}/validation_result/html/")[0] == 400
    upload = body(circuits={"a": BELL})
    assert client.refused("POST", f"job/{qubo}/add_circuits/", json=upload)[0] == 400
    assert client.refused("GET", f"job/{qubo}/resultsV2/")[0] == 400


GIANT = {"_format": "factored_v1", "n": 1 << 40, "k": 1, "F": "", "signs": [1.0], "diag": ""}
REFUSED = {
    "no qubo": ({"target_states": []}, "Missing 'qubo'."),
    "no states": ({"qubo": MAX_CUT}, "Expected exactly one of 'target_states' and 'reference_states'."),
    "no reference": ({"qubo": MAX_CUT, "reference_states": []}, "Expected at least one reference state."),
    "letters": ({"qubo": MAX_CUT, "target_states": ["1x0"]}, "Expected bitstrings of 0 and 1"),
    "length": (
        {"qubo": MAX_CUT, "target_states": ["10"]},
        "Reference state '10' has 2 characters; the problem has 3",
    ),
    "longer": (
        {"qubo": MAX_CUT, "target_states": ["1000"]},
        "Reference state '1000' has 4 characters; the problem has 3 variables. Variables without terms are "
        "counted by options.n_qubits.",
    ),
    "nothing": ({"qubo": {}, "target_states": []}, "Expected 1 to 200 variables, got 0."),
    "key": ({"qubo": {"x": 1}, "target_states": []}, "Expected variables such as '0,1'"),
    "variable": ({"qubo": {"200": 1}, "target_states": []}, "Variable 200 is beyond the limit of 200."),
    "giant": ({"qubo": GIANT, "target_states": []}, "Expected n up to 200"),
    "format": ({"qubo": {"_format": "x"}, "target_states": []}, "Unknown QUBO format 'x'"),
    "huge": ({"qubo": {"0": 1e300}, "target_states": []}, "Expected coefficients of size 1e-30 to 1e+30"),
    "option": (
        {"qubo": MAX_CUT, "target_states": [], "options": {"colour": 1}},
        "options has no key 'colour'",
    ),
    "angle": (
        {"qubo": MAX_CUT, "target_states": [], "options": {"analysis": {"gamma": 1e300}}},
        "Expected gamma of at most 1e+06",
    ),
    "narrow": (
        {"qubo": MAX_CUT, "target_states": [], "options": {"n_qubits": 2}},
        "Expected 3 to 200 variables, got 2.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_problems_are_refused_with_the_reason(client, case):
    ask, expected = REFUSED[case]
    job_id = client.open("VALIDATE")
    status, reason = client.refused("POST", f"job/{job_id}/submit_qubo/", json=ask)
    assert (status, reason[: len(expected)]) == (400, expected)
    assert client.status(job_id) == "PENDING", "the job can still be used"
