"""The status pages: jobs, progress, a histogram for every circuit; no way in without the token."""

import re
from html.parser import HTMLParser

import pytest
import requests

from support.server import BELL

SCRIPT = "<script>alert('x')</script>"


class Page(HTMLParser):
    """Tags of a page, and whether all of them are closed."""

    VOID = ("meta", "br")

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

    def titles(self):
        """What the bars of the charts stand for, and how long they are."""
        bars = [attrs["title"] for tag, attrs in self.tags if tag == "li" and "title" in attrs]
        places = [attrs["style"] for tag, attrs in self.tags if tag == "i" and "left" in attrs["style"]]
        return dict(zip(bars, places, strict=True))


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
    assert re.findall(r'class="pill ([A-Z]+)">\1<', text) == ["FAILED", "PENDING", "COMPLETED"]
    assert "oops" in text
    assert 'http-equiv="refresh"' in text
    client.post(f"job/{half}/cancel/")
    assert 'http-equiv="refresh"' not in visit(client), "nothing will change any more"


def test_what_makes_results_approximate_is_told(client, visit):
    gates = "".join(f"ry(0.{q + 1}) q[{q}]; cx q[{q}],q[{(q + 5) % 24}];" for q in range(24)) * 2
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[24]; creg c[24]; {gates} measure q -> c;'
    job_id = client.submit(circuits={SCRIPT: text}, shots=5, config={"max_bond_dimension": 2})
    assert client.wait(job_id) == "COMPLETED"
    page = visit(client, f"jobs/{job_id}")
    Page(page)
    assert "whose bond dimension cuts some of its entanglement off" in page
    assert SCRIPT not in page


def test_every_circuit_has_a_histogram(client, visit):
    one = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; measure q -> c;'
    job_id = client.submit(circuits={"bell": BELL, "one": one}, shots=40)
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    page = Page(text)
    assert page.count("figure") == 2
    bell, one = list(page.titles())[:2], list(page.titles())[2:]
    assert {title[:2] for title in bell} == {"00", "11"}
    assert one == ["01: 40 · 100.0 %"], "classical bit 0 is the rightmost"
    assert page.titles()[one[0]] == "left:0.00%;width:100.00%"
    assert "Classical bit 0 is the rightmost." in text
    assert "40 shots · 1 outcome<" in text


def test_axes_end_at_round_numbers(client, visit):
    job_id = client.submit(circuits={"bell": BELL}, shots=1000)
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    assert "".join(f"<span>{mark}</span>" for mark in ("0", "15", "30", "45", "60 %")) in text
    for title, place in Page(text).titles().items():
        count = int(re.fullmatch(r"(?:00|11): (\d+) · \d\d\.\d %", title)[1])
        assert place == f"left:0.00%;width:{count / 6:.2f}%"


def test_expectation_values_are_shown(client, visit):
    job_id = client.submit("EXPECTATION", circuits={"bell": BELL}, observables="ZZ;YY;ZI")
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    assert Page(text).titles() == {
        "ZZ: 1.000000": "left:50.00%;width:50.00%",
        "YY: -1.000000": "left:0.00%;width:50.00%",
        "ZI: 0.000000": "left:50.00%;width:0.00%",
    }
    assert "The leftmost letter of a word stands for qubit 0." in text


def test_jobs_of_many_circuits_are_paged(client, visit):
    job_id = client.submit(circuits={f"c{i}": BELL for i in range(60)}, shots=5)
    client.wait(job_id)

    def page(offset):
        text = visit(client, f"jobs/{job_id}?offset={offset}")
        links = re.findall(r'<a href="(\?[^"]*)">([^<]+)</a>', text.partition("<figure")[0])
        return Page(text).count("figure"), links, text

    forward = [("?offset=24", "Next"), ("?offset=48", "Last")]
    assert page(0)[:2] == (24, forward)
    count, links, text = page(24)
    back = [("?", "First"), ("?offset=0", "Previous")]
    assert (count, links) == (24, [*back, ("?offset=48", "Next"), ("?offset=48", "Last")])
    assert "25–48 of 60" in text
    assert page(48)[:2] == (12, [("?", "First"), ("?offset=24", "Previous")])
    assert "No circuit of this job is kept there." in page(100)[2]


def test_histograms_of_many_outcomes_show_the_largest(client, visit):
    even = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[8]; creg c[8]; h q; measure q -> c;'
    job_id = client.submit(circuits={"even": even}, shots=10_000)
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    assert len(Page(text).titles()) == 16
    assert re.search(r"and 240 outcomes more with [\d,]+ shots", text)


def test_long_outcomes_are_shown_whole(client, visit):
    wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[100]; creg c[100]; x q[0]; x q[50]; measure q -> c;'
    wider = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[600]; creg c[600]; x q[0]; measure q -> c;'
    job_id = client.submit(circuits={"wide": wide, "wider": wider}, shots=10)
    client.wait(job_id)
    text = visit(client, f"jobs/{job_id}")
    keys = re.findall(r'<span class="key">([^<]*)</span>', text)
    assert keys == ["0" * 49 + "1" + "0" * 49 + "1", "0" * 128 + "…" + "0" * 127 + "1"]
    assert text.count('class="bars long"') == 2


def test_a_histogram_of_nothing(client, visit):
    none = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q[0];'
    job_id = client.submit(circuits={"none": none}, shots=10)
    client.wait(job_id)
    assert Page(visit(client, f"jobs/{job_id}")).count("figure") == 1


def test_what_a_job_was_opened_with_is_shown(client, visit):
    options = {"seed": 7, "simulation_type": 1}
    packed = client.open(use_packing=True, maestro_config=options)
    device = client.open(qpu_system_name="vivace_emulator", device_config={"TRANSPILE_LEVEL": 2})
    text = visit(client, f"jobs/{packed}")
    assert "<code>seed = 7</code><code>simulation_type = 1</code>" in text
    assert (
        "<dt>Packing</dt><dd>Asked for. Circuits run one by one here, with the same results and price."
        in text
    )
    text = visit(client, f"jobs/{device}")
    assert "<code>TRANSPILE_LEVEL = 2</code> Kept; an exact device has no use for them." in text
    assert "vivace_emulator (QPU system)" in text
    assert "Packing" not in text


def test_who_has_no_jobs_is_told_how_to_begin(client, visit):
    text = visit(client)
    assert f"export QORO_API_URL={client.url}\n" in text
    assert "vivace run circuit.qasm --backend qoro" in text


def test_jobs_without_a_tag_can_be_visited(client, visit):
    job_id = client.post("job/init/", {"job_type": "EXECUTE", "tag": ""})["job_id"]
    assert re.search(rf'<a [^>]*href="/jobs/{job_id}"[^>]*>{job_id.partition("-")[0]}</a>', visit(client))


def test_many_jobs_are_paged(client, visit):
    jobs = [client.post("job/create_failed/", {"tag": f"job {i}"})["job_id"] for i in range(60)]

    def shown(path=""):
        text = visit(client, path)
        return re.findall(r'href="/jobs/([^"]+)"', text), re.findall(r'<a href="(\?[^"]*)">', text)

    assert shown() == (jobs[:9:-1], ["?offset=50"])
    assert shown("?offset=50") == (jobs[9::-1], ["?"])


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
    assert "Did not run." in text
    waiting = client.open()
    client.add(waiting, finalized="false", circuits={"a": BELL}, shots=5)
    assert "No result yet." in visit(client, f"jobs/{waiting}")
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
