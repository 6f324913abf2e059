"""What users are told: whose key was refused where, which service has a job, what a port speaks."""

import ssl
import time
import warnings

import pytest
from typer.testing import CliRunner

from support.cloud import TOKEN, Cloud
from vivace.backends import JobConfig, JobType, Journal, QoroService
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError, why_insecure
from vivace.cli import app

TEXT = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q -> c;'
WRONG = "wr0ng-t0ken"


@pytest.fixture
def elsewhere():
    with Cloud() as running:
        yield running


def vivace(*arguments, code=0):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    assert TOKEN not in done.output
    return done


@pytest.mark.parametrize("origin", ["argument", "environment", "file"])
def test_a_refused_key_is_told_with_where_it_is_from(cloud, tmp_path, monkeypatch, origin):
    given, told = None, "auth_token="
    if origin == "argument":
        given = WRONG
    elif origin == "environment":
        monkeypatch.setenv("QORO_API_KEY", WRONG)
        told = "QORO_API_KEY in the environment"
    else:
        (tmp_path / ".env").write_text(f"QORO_API_KEY={WRONG}\n")
        told = f"QORO_API_KEY in {tmp_path / '.env'}"
    with pytest.raises(QoroHTTPError) as caught:
        QoroService(given, base_url=cloud.url, journal=None)
    assert str(caught.value) == (
        '401 Unauthorized: {"detail": "Invalid token."} '
        f"({cloud.url} does not take the API key, which is that of {told})"
    )


def test_a_key_from_a_file_goes_to_the_service_that_the_file_names(cloud, elsewhere, tmp_path, monkeypatch):
    """Never to the public one, nor to one that the environment names for a key of its own."""
    (tmp_path / ".env").write_text(f"QORO_API_KEY={TOKEN}\nQORO_API_URL={cloud.url}\n")
    with QoroService(journal=None) as service:
        assert service.base_url == cloud.url
    monkeypatch.setenv("QORO_API_URL", elsewhere.url)
    with QoroService(journal=None) as service:
        assert service.base_url == cloud.url
    with QoroService(base_url=elsewhere.url, journal=None) as service:
        assert service.base_url == elsewhere.url
    with QoroService(TOKEN, journal=None) as service:
        assert service.base_url == elsewhere.url
    (tmp_path / ".env").write_text(f"QORO_API_URL={cloud.url}\n")
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    with QoroService(journal=None) as service:
        assert service.base_url == elsewhere.url


def test_https_where_a_port_speaks_http_is_one_clear_error_at_once(cloud):
    url = cloud.url.replace("http:", "https:")
    started = time.monotonic()
    with pytest.raises(QoroConnectionError) as caught:
        QoroService(TOKEN, base_url=url, journal=None)
    assert str(caught.value) == (
        f"Cannot reach {url} (QPU systems): this port speaks plain http; use {cloud.url}."
    )
    assert not caught.value.sent
    assert isinstance(caught.value, OSError)
    assert time.monotonic() - started < 1


def test_other_faults_of_a_secure_connection_may_pass():
    import requests

    cut = requests.exceptions.SSLError(ssl.SSLError(1, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred"))
    assert why_insecure(cut, "https://host/api") is None


@pytest.mark.parametrize("way", ["service", "call", "assignment", "old type"])
def test_warnings_point_at_the_line_that_asks_for_it(connect, way):
    config, service = JobConfig(shots=5), connect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if way == "service":
            connect(job_config=config)
        elif way == "call":
            service.submit_circuits([TEXT], job_config=config)
        elif way == "assignment":
            service.job_config = config
        else:
            service.submit_circuits([TEXT], job_type=JobType.SIMULATE)
    (warning,) = caught
    assert warning.filename.endswith(("test_messages.py", "conftest.py"))


@pytest.fixture
def job(cloud, monkeypatch):
    """A job that the default journal knows."""
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    monkeypatch.setenv("QORO_API_URL", cloud.url)
    with QoroService() as service:
        return service.submit_circuits([TEXT]).job_id


@pytest.mark.parametrize("command", ["resume", "cancel"])
@pytest.mark.parametrize("problem", ["unknown", "refused", "away"])
def test_a_job_of_another_service_is_told_to_be_there(cloud, elsewhere, job, monkeypatch, command, problem):
    url = "http://127.0.0.1:9/api" if problem == "away" else elsewhere.url
    if problem == "refused":
        elsewhere.tokens.clear()
    monkeypatch.setattr("vivace.backends.qoro.retrying.RetryPolicy.wait_before", lambda *_: 0.0)
    monkeypatch.setenv("QORO_API_URL", url)
    done = vivace("jobs", command, job, code=2)
    assert done.stderr.endswith(f"Job {job} was sent to {cloud.url}; use --base-url {cloud.url}.\n")
    done = vivace("jobs", command, job, "--base-url", cloud.url)
    assert "was sent to" not in done.output


@pytest.mark.parametrize("command", ["resume", "cancel"])
def test_a_job_that_nobody_knows_is_not_said_to_be_elsewhere(cloud, job, command):
    del cloud.jobs[job]
    assert "was sent to" not in vivace("jobs", command, job, code=2).stderr
    assert vivace("jobs", command, "0" * 36, code=2).stderr.startswith("vivace: error: 404 Not Found")


def test_the_short_id_that_bars_show_names_a_job(cloud, job):
    short = job.partition("-")[0]
    assert vivace("jobs", "resume", short).stdout.startswith("circuit")
    assert vivace("jobs", "resume", job[:2], code=2).stderr.startswith("vivace: error: 404")
    cloud.jobs[job].status = "RUNNING"
    assert vivace("jobs", "cancel", short).stdout == f"cancelled      {job}\n"
    record = Journal().job(job)
    twin = type(record)(
        **{name: getattr(record, name) for name in record.__slots__} | {"job_id": job[:9] + "x"}
    )
    Journal().opened(twin, [])
    done = vivace("jobs", "cancel", short, code=2)
    assert done.stderr == f"vivace: error: 2 jobs on record begin with '{short}'; give more of the id.\n"
    assert vivace("jobs", "cancel", job, code=2).stderr.startswith("vivace: error: 409")


def test_ctrl_c_while_a_job_is_cancelled_tells_of_the_job(job, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(QoroService, "cancel_job", interrupted)
    assert vivace("jobs", "cancel", job, code=130).stderr == (
        f"vivace: interrupted; nothing is saved. Job {job} may go on: vivace jobs resume {job} waits for it "
        f"and fetches, vivace jobs cancel {job} stops it.\n"
    )
