"""The status page: jobs, progress, a histogram for every circuit; no way in without the token."""

import re
from html.parser import HTMLParser

import pytest
import requests

from support.server import BELL

SCRIPT = "<script>alert('x')</script>"


class Page(HTMLParser):
    """Tags of a page, and whether all of them are closed."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def count(self, tag):
        return sum(found == tag for found, _ in self.tags)


@pytest.fixture
def visit(server):
    def get(client, path=""):
        token = client.session.headers["Authorization"].removeprefix("Bearer ")
        response = requests.get(f"{server.page}{path}", auth=("anyone", token), timeout=10)
        assert response.status_code == 200
        assert token not in response.text
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        return response.text

    return get


def test_jobs_are_listed_with_their_progress(client, visit):
    assert "No jobs yet." in visit(client)
    done = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
    client.wait(done)
    half = client.open()
    client.add(half, finalized="false", circuits={"a": BELL}, shots=5)
    failed = client.post("job/create_failed/", {"tag": "oops"})["job_id"]
    text = visit(client)
    page = Page(text)
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == [f"/jobs/{job_id}" for job_id in (failed, half, done)], "newest first"
    bars = [(attrs["value"], attrs["max"]) for tag, attrs in page.tags if tag == "progress"]
    assert bars == [("0", "1"), ("2", "2")]
    assert re.findall(r'<td class="([A-Z]+)">\1</td>', text) == ["FAILED", "PENDING", "COMPLETED"]
    assert "oops" in text
    assert 'http-equiv="refresh"' in text
    client.post(f"job/{half}/cancel/")
    assert 'http-equiv="refresh"' not in visit(client), "nothing will change any more"


def test_every_circuit_has_a_histogram(client, visit):
    one = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; measure q -> c;'
    job_id = client.submit(circuits={"bell": BELL, "one": one}, shots=40)
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    page = Page(text)
    assert page.count("svg") == 2
    assert page.count("rect") == 3
    assert "<title>01: 40 · 100.0 %</title>" in text


def test_expectation_values_are_shown(client, visit):
    job_id = client.submit("EXPECTATION", circuits={"bell": BELL}, observables="ZZ;YY;ZI")
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    assert Page(text).count("rect") == 3
    assert "<title>YY: -1.000000</title>" in text


def test_jobs_of_many_circuits_are_paged(client, visit):
    job_id = client.submit(circuits={f"c{i}": BELL for i in range(30)}, shots=5)
    client.wait(job_id)
    first = Page(visit(client, f"jobs/{job_id}"))
    assert first.count("svg") == 24
    assert ("a", {"href": "?offset=24"}) in first.tags
    assert Page(visit(client, f"jobs/{job_id}?offset=24")).count("svg") == 6


def test_histograms_of_many_outcomes_show_the_largest(client, visit):
    even = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[8]; creg c[8]; h q; measure q -> c;'
    job_id = client.submit(circuits={"even": even}, shots=10_000)
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    assert Page(text).count("rect") == 16
    assert re.search(r"and 240 outcomes more with [\d,]+ shots", text)


def test_text_of_clients_is_only_text(client, visit):
    job_id = client.post("job/init/", {"job_type": "EXECUTE", "tag": SCRIPT})["job_id"]
    client.add(job_id, circuits={SCRIPT: BELL}, shots=5)
    client.wait(job_id)
    for path in ("", f"jobs/{job_id}"):
        text = visit(client, path)
        assert Page(text).count("script") == 0
        assert "&lt;script&gt;" in text


def test_reasons_and_reports_are_shown(client, visit):
    wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; creg c[1]; h q[0]; measure q[0] -> c[0];'
    failed = client.submit(circuits={"wide": wide}, config={"simulation_type": 0})
    client.wait(failed)
    text = visit(client, f"jobs/{failed}")
    assert "runs at most 26 with the method Statevector" in text
    assert "No result yet." in text
    qubo = client.open("VALIDATE")
    client.post(f"job/{qubo}/submit_qubo/", {"qubo": {"0": 1.0}, "target_states": ["0"]})
    text = visit(client, f"jobs/{qubo}")
    Page(text)
    assert 'class="qvr-root"' in text


@pytest.mark.parametrize("auth", [None, ("local", "wrong"), ("", "")])
@pytest.mark.parametrize("path", ["", "jobs/x"])
def test_there_is_no_way_in_without_the_token(server, auth, path):
    response = requests.get(f"{server.page}{path}", auth=auth, timeout=10)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_jobs_of_others_are_not_shown(server, account):
    mine, other = account(), account()
    job_id = mine.open()
    token = other.session.headers["Authorization"].removeprefix("Bearer ")
    assert requests.get(f"{server.page}jobs/{job_id}", auth=("", token), timeout=10).status_code == 404
    assert job_id not in requests.get(server.page, auth=("", token), timeout=10).text
