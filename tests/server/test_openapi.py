"""The OpenAPI document is accurate: whatever is sent, answers are among those it promises."""

import warnings

import pytest
import requests
from hypothesis import HealthCheck, given, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the tool, about itself
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import (
        content_type_conformance,
        not_a_server_error,
        response_schema_conformance,
        status_code_conformance,
    )

from support.server import BELL
from vivace.backends.qoro.wire.endpoints import (
    CANCEL,
    ENDPOINTS,
    LEGACY_RESULTS,
    RESULTS,
    SUBMIT_QUBO,
    TRANSACTIONS,
    VALIDATION_HTML,
    VALIDATION_RESULT,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(server):
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


TAKING = [e for e in ENDPOINTS if (e.method == "POST" and e != CANCEL) or e in (RESULTS, TRANSACTIONS)]
CASES = [(e, True) for e in ENDPOINTS] + [(e, False) for e in TAKING]


@pytest.mark.parametrize(
    ("endpoint", "valid"),
    CASES,
    ids=[f"{e.method} {e.path} {'as documented' if valid else 'otherwise'}" for e, valid in CASES],
)
def test_answers_are_those_of_the_document(document, client, endpoint, valid):
    operation = document[f"/api/{endpoint.path}"][endpoint.method]
    mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE

    finished = client.submit(circuits={"a": BELL}, shots=5)
    client.wait(finished)
    analysed = endpoint in (SUBMIT_QUBO, VALIDATION_RESULT, VALIDATION_HTML)

    def job():
        if endpoint in (RESULTS, LEGACY_RESULTS):
            return finished
        return client.open("VALIDATE" if analysed else "EXECUTE")

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def check(case):
        if "job_id" in (case.path_parameters or {}):
            case.path_parameters["job_id"] = job()
        response = case.call(headers=dict(client.session.headers))
        case.validate_response(response, checks=CHECKS)

    check()


def test_the_document_has_every_endpoint(server):
    paths = requests.get(f"{server.url}/openapi.json", timeout=10).json()["paths"]
    for endpoint in ENDPOINTS:
        operation = paths[f"/api/{endpoint.path}"][endpoint.method.lower()]
        assert {"401", "503", "507"} <= operation["responses"].keys(), endpoint
