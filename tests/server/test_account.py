"""Who may do what: tokens, ownership, credits, tiers, targets and configurations."""

from decimal import Decimal

import pytest
import requests

from support.server import BELL, Client, body, slow_circuit
from vivace.backends.qoro.wire.account import QPU, QPUSystem
from vivace.server import LocalServer, Settings, Tier

EMULATOR = {"qpu_system_name": "vivace_emulator"}


@pytest.fixture(scope="module")
def settings():
    return Settings(circuit_price=Decimal("0.5"), variable_price=Decimal("0.25"))


def amounts(client):
    lines = client.get("credits/transactions/")["results"]
    return [(line["transaction_type"], line["amount"], line["balance_after"]) for line in lines]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic Zm9v"}, {"Authorization": "Bearer é"}],
)
@pytest.mark.parametrize("path", ["", "qpusystem/", "credits/", "job/x/status/"])
def test_without_a_good_token_nothing_answers(server, headers, path):
    encoded = {name: value.encode() for name, value in headers.items()}
    response = requests.get(f"{server.url}/{path}", headers=encoded, timeout=10)
    assert response.status_code == 401
    assert response.json() == {"detail": "Invalid or missing token."}
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_bad_token_is_told_before_the_body_is_read(server):
    response = requests.post(f"{server.url}/job/init/", data=b"x" * 10_000_000, timeout=10)
    assert response.status_code == 401


def test_revoked_tokens(server):
    accounts = server.service.accounts
    old, new = (accounts.issue("who has two tokens") for _ in range(2))
    clients = [Client(server.url, token) for token in (old, new)]
    assert [client.call("GET", "").status_code for client in clients] == [200, 200]
    accounts.revoke_others(new)
    assert [client.call("GET", "").status_code for client in clients] == [401, 200]
    assert accounts.issue("who has two tokens", old) == old
    assert clients[0].call("GET", "").status_code == 200, "valid again"


OUTSIDE = ": the API is below /api, so base addresses of clients end in /api."


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("POST", "job/init/", 404, f"There is no POST /job/init/{OUTSIDE}"),
        ("GET", "credits/", 404, f"There is no GET /credits/{OUTSIDE}"),
        ("GET", "api", 404, f"There is no GET /api{OUTSIDE}"),
        ("GET", "api/jobs", 404, "There is no GET /api/jobs; /api/openapi.json tells what there is."),
        ("PUT", "api/credits/", 405, "There is no PUT /api/credits/; methods there: GET."),
        (
            "GET",
            "",
            401,
            "The password is the server's token. This is a page for people; the API is below /api.",
        ),
    ],
)
def test_wrong_addresses_are_told_where_the_api_is(server, client, method, path, status, reason):
    response = client.session.request(method, f"{server.page}{path}", timeout=10)
    assert (response.status_code, response.json()) == (status, {"detail": reason})


def test_jobs_of_others(account):
    mine, other = account(), account()
    job_id = mine.submit(circuits={"a": BELL}, shots=5)
    mine.wait(job_id)
    unknown = (404, "No such job.")
    for method, path in (
        ("GET", "status/"),
        ("GET", "resultsV2/"),
        ("GET", "results"),
        ("GET", "execution_config/"),
    ):
        assert other.refused(method, f"job/{job_id}/{path}") == unknown
    assert other.refused("POST", f"job/{job_id}/add_circuits/", json=body(circuits={"a": BELL})) == unknown
    assert other.refused("POST", f"job/{job_id}/execution_config/", json={}) == unknown
    assert other.refused("DELETE", f"job/{job_id}") == unknown
    forbidden = (403, "You do not have permission to modify this job.")
    assert other.refused("POST", f"job/{job_id}/cancel/") == forbidden
    assert mine.status(job_id) == "COMPLETED"


def test_credits_are_paid_and_paid_back(account):
    client = account(credits=Decimal(100))
    done = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
    client.wait(done)
    cancelled = client.submit(circuits={f"c{i}": slow_circuit(i) for i in range(60)}, shots=50)
    left = client.post(f"job/{cancelled}/cancel/")["circuits_cancelled"]
    back = Decimal(left) / 2
    assert amounts(client) == [
        ("REFUND", f"{back:.2f}", f"{69 + back:.2f}"),
        ("USAGE", "-30.00", "69.00"),
        ("USAGE", "-1.00", "99.00"),
        ("PURCHASE", "100.00", "100.00"),
    ]
    balance = client.get("credits/")
    assert balance["balance"] == f"{69 + back:.2f}"
    assert balance["total_used"] == f"{31 - back:.2f}"


def test_a_job_that_cannot_be_paid_for_does_not_run(account):
    client = account(credits=Decimal("0.75"))
    job_id = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
    assert client.status(job_id) == "INSUFFICIENT_CREDITS"
    status, reason = client.refused("GET", f"job/{job_id}/resultsV2/")
    assert (status, reason) == (400, "The job costs 1.00 credits; the account has 0.75.")
    assert client.get("credits/")["balance"] == "0.75"
    affordable = client.submit(circuits={"a": BELL}, shots=5)
    assert client.wait(affordable) == "COMPLETED"
    assert client.get("credits/")["balance"] == "0.25"


def test_transactions_are_paged(account):
    client = account(credits=Decimal(100))
    for _ in range(4):
        client.wait(client.submit(circuits={"a": BELL}, shots=5))
    page = client.get("credits/transactions/", params={"page": 2, "page_size": 2})
    assert (page["count"], page["total_pages"]) == (5, 3)
    assert [line["balance_after"] for line in page["results"]] == ["99.00", "99.50"]
    for name, balances in (("next", ["100.00"]), ("previous", ["98.00", "98.50"])):
        other = client.session.get(page[name], timeout=10).json()
        assert [line["balance_after"] for line in other["results"]] == balances
    assert client.refused("GET", "credits/transactions/?page_size=101")[0] == 400
    assert client.refused("GET", "credits/transactions/?page=0")[0] == 400


def test_targets(client):
    assert client.get("simulatorcluster/") == [
        {"name": "qoro_maestro", "access_level": "PUBLIC", "minimum_tier": "FREE", "supports_expval": True},
        {
            "name": "qoro_maestro_pro",
            "access_level": "PUBLIC",
            "minimum_tier": "PRO",
            "supports_expval": True,
        },
    ]
    qpu = {"nickname": "emulator", "q_bits": 22, "status": "ONLINE", "system_kind": "SIMULATED"}
    assert client.get("qpusystem/") == [
        {"name": "vivace_emulator", "access_level": "PUBLIC", "supports_expval": False, "qpus": [qpu]}
    ]
    blueprints = client.get("vendor-config-blueprint/")
    assert blueprints["ibm"]["device"][0]["name"] == "TRANSPILE_LEVEL"
    assert blueprints["braket"]["device"] == []


def test_every_target_runs(client):
    for target in ({"simulator_cluster": "qoro_maestro_pro"}, EMULATOR, {"qpu_system_name": None}):
        job_id = client.open(use_packing=True, **target)
        client.add(job_id, circuits={"a": BELL}, shots=5)
        assert client.wait(job_id) == "COMPLETED"


REFUSED = {
    "type": ({"job_type": "DREAM"}, "Unknown job_type 'DREAM'"),
    "no type": ({"job_type": None}, "Missing 'job_type'."),
    "cluster": (
        {"simulator_cluster": "x"},
        "Unknown simulator cluster 'x'; this server has qoro_maestro, qoro_ma",
    ),
    "system": ({"qpu_system_name": "x"}, "Unknown QPU system 'x'; this server has vivace_emulator."),
    "two": (
        EMULATOR | {"simulator_cluster": "qoro_maestro"},
        "Provide either 'simulator_cluster' or 'qpu_system_name'",
    ),
    "estimate": (EMULATOR | {"job_type": "EXPECTATION"}, "The target does not take expectation jobs."),
    "device": ({"device_config": {"TRANSPILE_LEVEL": 1}}, "device_config applies to QPU targets."),
    "maestro": (EMULATOR | {"maestro_config": {}}, "maestro_config applies to simulator targets."),
    "choice": (EMULATOR | {"device_config": {"IBM_DEVICE": "x"}}, "['IBM_DEVICE'] would choose the device"),
    "no such device option": (
        EMULATOR | {"device_config": {"COLOUR": 1}},
        "Unknown device option 'COLOUR'; the device has TRANSPILE_LEVEL, USE_MITIGATION.",
    ),
    "device choice": (
        EMULATOR | {"device_config": {"TRANSPILE_LEVEL": 4}},
        "Expected one of 0, 1, 2, 3 in 'TRANSPILE_LEVEL', got 4.",
    ),
    "device choice as a boolean": (
        EMULATOR | {"device_config": {"TRANSPILE_LEVEL": True}},
        "Expected one of 0, 1, 2, 3 in 'TRANSPILE_LEVEL', got True.",
    ),
    "device toggle": (
        EMULATOR | {"device_config": {"USE_MITIGATION": 1}},
        "Expected True or False in 'USE_MITIGATION', got 1.",
    ),
    "packing": ({"use_packing": "maybe"}, "Expected true or false in 'use_packing', got str 'maybe'."),
    "packed characterization": (
        {"job_type": "VALIDATE", "use_packing": True},
        "A characterization takes no 'use_packing'.",
    ),
    "characterization on a target": (
        {"job_type": "VALIDATE", "simulator_cluster": "qoro_maestro"},
        "A characterization takes no 'simulator_cluster'.",
    ),
    "member": (
        {"use_packng": True},
        "Unknown member 'use_packng'; expected some of job_type, tag, shots, use_p",
    ),
    "shots": ({"shots": 0}, "Expected a whole number of at least 1 in 'shots'"),
    "negative time": (
        {"execution_configuration": {"api_meta": {"max_execution_time": -1}}},
        "Expected a number of at least 0 in 'max_execution_time', got -1.",
    ),
    "degree": (
        {"execution_configuration": {"api_meta": {"approximation_degree": 1.5}}},
        "Expected a number from 0 to 1 in 'approximation_degree', got 1.5.",
    ),
    "both": ({"maestro_config": {}, "execution_configuration": {}}, "Provide at most one configuration"),
    "option": ({"maestro_config": {"colour": 1}}, "Unknown maestro_config key: 'colour'"),
    "value": ({"maestro_config": {"max_bond_dimension": 0}}, "max_bond_dimension must be"),
    "setter": ({"maestro_config": {"noise_model": [{"method": "__init__"}]}}, "Not a setter of noise models"),
    "noisy": ({"execution_configuration": {"noisy_device": "x"}}, "This server has no noisy devices"),
    "tag": ({"tag": 5}, "Expected text in 'tag', got int 5."),
    "NUL": ({"tag": "\0"}, "Expected a tag of at most 1024 characters, none of them NUL."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_jobs_are_refused_with_the_reason(client, case):
    members, expected = REFUSED[case]
    status, reason = client.refused("POST", "job/init/", json={"job_type": "EXECUTE", "tag": "t"} | members)
    assert status == 400
    assert reason.startswith(expected)


@pytest.mark.parametrize("path", ["job/", "job/{}/add_circuits/", "job/{}/submit_qubo/"])
def test_members_that_would_be_ignored_are_refused(client, path):
    job_id = client.open("VALIDATE" if "qubo" in path else "EXECUTE")
    upload = body(circuits={"a": BELL}, shots=5) if "add" in path else {"circuits": {}, "shots": 5}
    sent = {"qubo": {"0": 1.0}, "target_states": ["0"]} if "qubo" in path else upload
    status, reason = client.refused("POST", path.format(job_id), json=sent | {"shot_group": [[0, 1, 5]]})
    assert status == 400
    assert reason.startswith("Unknown member 'shot_group'; expected some of ")


def unchanged(client, options, plain):
    """Counts of a seeded job with options, and without them: the same, and charged alike."""
    found = []
    for members in (options, plain):
        before = Decimal(client.get("credits/")["balance"])
        job_id = client.open(**members)
        client.add(job_id, circuits={"a": BELL, "b": BELL}, shots=1000)
        assert client.wait(job_id) == "COMPLETED"
        found.append(
            (client.get(f"job/{job_id}/results"), before - Decimal(client.get("credits/")["balance"]))
        )
    return found


def test_packing_changes_neither_results_nor_price(client):
    seeded = {"maestro_config": {"seed": 11}}
    packed, plain = unchanged(client, seeded | {"use_packing": True}, seeded)
    assert packed == plain
    assert packed[1] == 1


def test_device_options_leave_an_exact_device_as_it_is(client):
    bits = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; x q[0]; x q[2]; measure q -> c;'
    job_id = client.open(**EMULATOR, device_config={"TRANSPILE_LEVEL": 3, "USE_MITIGATION": True})
    client.add(job_id, circuits={"a": bits}, shots=9)
    assert client.wait(job_id) == "COMPLETED"
    assert client.get(f"job/{job_id}/results") == [{"label": "a", "results": {"101": 9}}]


def test_options_are_those_of_the_vendor_of_the_system():
    iqm = QPUSystem("garnet", (QPU("garnet", 20, "ONLINE", "SIMULATED", vendor_type="iqm"),))
    with LocalServer(settings=Settings(systems=(iqm,))) as server:
        client = Client(server.url, server.token)
        init = {"job_type": "EXECUTE", "qpu_system_name": "garnet", "device_config": {"TRANSPILE_LEVEL": 1}}
        expected = "Unknown device option 'TRANSPILE_LEVEL'; the device has no options."
        assert client.refused("POST", "job/init/", json=init) == (400, expected)


def test_tiers(account):
    free, paying = account(tier=Tier.FREE), account(tier=Tier.PRO)
    cap = "bond_dimension 64 is over the cap of 32 of tier FREE; ask for less, or for a higher tier."
    configs = (
        {"execution_configuration": {"bond_dimension": 64}},
        {"maestro_config": {"max_bond_dimension": 64}},
    )
    for config in configs:
        init = {"job_type": "EXECUTE", "tag": "t"} | config
        assert free.refused("POST", "job/init/", json=init) == (403, cap)
        paying.post("job/init/", init)
    job_id = free.open(execution_configuration={"bond_dimension": 32})
    path = f"job/{job_id}/execution_config/"
    assert free.refused("POST", path, json={"bond_dimension": 64}) == (403, cap)
    status, reason = free.refused(
        "POST", "job/init/", json={"job_type": "EXECUTE", "simulator_cluster": "qoro_maestro_pro"}
    )
    assert (status, reason) == (
        403,
        "Simulator cluster 'qoro_maestro_pro' needs tier PRO; the account has FREE.",
    )


def test_configurations_are_replaced_and_read(client):
    job_id = client.open()
    path = f"job/{job_id}/execution_config/"
    assert client.refused("GET", path) == (404, "No execution configuration exists for this job.")
    nothing = {
        "job_id": job_id,
        "execution_configuration": None,
        "maestro_config": None,
        "device_config": None,
    }
    assert client.get(path, headers={"User-Agent": "divi/0.15.1 (python=3.11.7)"}) == nothing
    first = {"bond_dimension": 8, "simulation_type": 1, "api_meta": {"optimization_level": 2}}
    assert client.post(path, first) == {"status": "ok", "job_id": job_id, "execution_configuration": first}
    assert client.post(path, {"truncation_threshold": 1e-8})["execution_configuration"] == {
        "truncation_threshold": 1e-8
    }
    assert client.get(path) == nothing | {"execution_configuration": {"truncation_threshold": 1e-8}}
    assert client.refused("POST", path, json={"api_meta": {"colour": 1}}) == (
        400,
        "Unknown api_meta key: 'colour'",
    )
    assert client.refused("POST", path, json={"bond_dimension": "8"})[0] == 400
    client.add(job_id, circuits={"a": BELL}, shots=5)
    client.wait(job_id)
    assert client.refused("POST", path, json={}) == (409, "Job is not in PENDING status")


def test_later_configurations_are_read_back(client):
    maestro = {"simulation_type": 1, "max_bond_dimension": 16, "seed": 5}
    found = client.get(f"job/{client.open(maestro_config=maestro)}/execution_config/")
    assert (found["maestro_config"], found["execution_configuration"]) == (maestro, None)
    device = EMULATOR | {"device_config": {"TRANSPILE_LEVEL": 2, "USE_MITIGATION": True}}
    found = client.get(f"job/{client.open(**device)}/execution_config/")
    assert found["device_config"] == {"TRANSPILE_LEVEL": 2, "USE_MITIGATION": "true"}


def test_configurations_are_used(client):
    """A bond dimension of one cannot hold a Bell pair, which is one after `h` as well as before."""
    pair = BELL.replace("measure", "h q; measure", 1)
    product = {"simulation_type": 1, "bond_dimension": 1}
    job_id = client.open(execution_configuration=product)
    client.add(job_id, circuits={"a": pair}, shots=64)
    client.wait(job_id)
    (entry,) = client.get(f"job/{job_id}/results")
    assert len(entry["results"]) == 1


def test_accounts_and_tokens_are_checked(server):
    from vivace.errors import ConfigError

    accounts = server.service.accounts
    token = accounts.issue("one", "a-token-of-mine")
    assert accounts.issue("one", token) == token
    with pytest.raises(ConfigError, match="This token belongs to another account."):
        accounts.issue("two", token)
    with pytest.raises(ConfigError, match="at least 8 ASCII characters"):
        accounts.issue("two", "short")
    assert Client(server.url, token).get("credits/")["balance"] == "1000000.00"
