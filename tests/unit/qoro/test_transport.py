"""HTTP: tokens stay secret, faults that pass are waited out, and answers are bounded."""

# ruff: noqa: E501 - tables with a line for each case

import copy
import logging
import os
import pickle
import socket
import traceback
import warnings
from email.utils import formatdate

import pytest
import requests

from support.cloud import TOKEN, Cloud
from vivace.backends import QoroService, RetryPolicy
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError, UnreadableAnswerError
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import endpoints
from vivace.errors import ConfigError, ProtocolError

HTML = "<html><body>Bad gateway</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (404, '{"detail":"Nicht gefunden: \u00e9"}', '404 Not Found: {"detail": "Nicht gefunden: \u00e9"}'),
        (400, '{"error": 5}', '400 Bad Request: {"error": 5}'),
        (403, "no", "403 Forbidden: no"),
        (418, "x" * 501, f"418 I'm a Teapot: {'x' * 500}..."),
        (
            405,
            HTML,
            "405 Method Not Allowed: (HTML error page from {url}/credits/; upstream may be down or timed out)",
        ),
    ],
)
def test_the_text_of_an_http_error_says_what_the_service_said(service, cloud, status, body, text):
    cloud.faults["credits"].append((status, {}, body))
    with pytest.raises(requests.HTTPError) as caught:
        service.get_credit_balance()
    assert str(caught.value) == text.replace("{url}", cloud.url)
    assert caught.value.response.status_code == caught.value.status_code == status


@pytest.mark.parametrize(
    "fault", ["drop", "lose", "cut", "garble", *[(s, {}, "") for s in (429, 500, 502, 503, 504)]]
)
def test_reading_survives_faults_that_pass(service, cloud, fault):
    cloud.faults["credits"].extend([fault, fault])
    assert service.get_credit_balance()["balance"] == "500.00"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop", QoroConnectionError),
        ("cut", QoroConnectionError),
        ("garble", UnreadableAnswerError),
        ((502, {}, ""), QoroHTTPError),
        ((503, {}, ""), QoroHTTPError),
    ],
)
def test_faults_that_stay_are_one_clear_error(service, cloud, fault, error):
    """Upstream turns a persistent 502 into another type than a persistent 503."""
    cloud.faults["credits"].extend([fault] * 3)
    with pytest.raises(error):
        service.get_credit_balance()
    assert len(cloud.sent(endpoints.CREDITS)) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_refusals_are_not_repeated(service, cloud, status):
    cloud.faults["credits"].append((status, {}, ""))
    with pytest.raises(requests.HTTPError):
        service.get_credit_balance()
    assert len(cloud.sent(endpoints.CREDITS)) == 1


@pytest.mark.parametrize("patience", ["0", formatdate(0, usegmt=True)])
def test_retry_after_is_honoured(service, cloud, patience):
    cloud.faults["credits"].append((429, {"Retry-After": patience}, ""))
    assert service.get_credit_balance()["balance"] == "500.00"


@pytest.mark.parametrize("patience", ["21600", formatdate(4e9, usegmt=True)])
def test_no_service_can_stall_a_client(service, cloud, patience):
    """Upstream sleeps as long as `Retry-After` says, up to six hours for each attempt."""
    cloud.faults["credits"].append((503, {"Retry-After": patience}, "later"))
    with pytest.raises(QoroHTTPError, match="503 Service Unavailable: later"):
        service.get_credit_balance()
    assert len(cloud.sent(endpoints.CREDITS)) == 1


def test_an_unreadable_retry_after_does_not_matter(service, cloud):
    cloud.faults["credits"].append((503, {"Retry-After": "soon"}, ""))
    assert service.get_credit_balance()["balance"] == "500.00"


def test_a_service_that_is_not_there_is_both_kinds_of_connection_error():
    transport = Transport("http://127.0.0.1:9", "Bearer x", retry=RetryPolicy(attempts=1))
    with pytest.raises(
        ConnectionError, match=r"Cannot reach http://127\.0\.0\.1:9 \(ping\): .*refused"
    ) as caught:
        transport.exchange(endpoints.PING)
    assert isinstance(caught.value, requests.ConnectionError)
    assert caught.value.sent is False
    assert str(copy.copy(caught.value)) == str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_trying_again_where_nobody_is_can_be_seen(caplog):
    transport = Transport("http://127.0.0.1:9/api", "Bearer x", retry=RetryPolicy(attempts=3, backoff=0))
    with pytest.raises(QoroConnectionError) as caught:
        transport.exchange(endpoints.PING)
    assert str(caught.value) == (
        "Cannot reach http://127.0.0.1:9/api (ping): Connection refused. Is the service there? Its address "
        "is base_url=, else QORO_API_URL; `vivace serve` starts one on this machine."
    )
    told = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert told == [(logging.WARNING, f"{caught.value} Trying again, 2 times at most.")]


def test_trying_again_where_nobody_answers_can_be_seen(caplog):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/api"
        transport = Transport(url, "Bearer x", retry=RetryPolicy(attempts=2, backoff=0))
        with pytest.raises(QoroConnectionError) as caught:
            transport.exchange(endpoints.PING._replace(timeout=0.05))
    assert str(caught.value) == f"No answer from {url} within 0.05 s (ping)."
    told = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert told == [(logging.WARNING, f"{caught.value} Trying again, 1 times at most.")]


@pytest.mark.parametrize(
    ("path", "endpoint", "hinted"),
    [("", endpoints.CREDITS, True), ("/api", endpoints.CREDITS, False), ("", endpoints.STATUS, False)],
)
def test_an_address_without_its_end_is_hinted_at(cloud, path, endpoint, hinted):
    base = cloud.url.removesuffix("/api") + path
    cloud.faults[endpoint.name].append((404, {}, ""))
    transport = Transport(base, f"Bearer {TOKEN}", retry=RetryPolicy(attempts=1))
    with pytest.raises(QoroHTTPError, match="^404 Not Found") as caught:
        transport.get(endpoint, dict, job_id="a" if endpoint is endpoints.STATUS else None)
    hint = f"The base URL {base} does not end in /api, as those of services do: is it {base}/api?"
    assert getattr(caught.value, "__notes__", []) == [hint] * hinted


def test_a_request_that_may_not_be_repeated_is_sent_once_if_its_outcome_is_open(cloud):
    transport = Transport(cloud.url, f"Bearer {TOKEN}", retry=RetryPolicy(attempts=5, backoff=0))
    for fault in ("drop", "lose", (503, {}, ""), (500, {}, "")):
        cloud.faults["ping"].append(fault)
        with pytest.raises((QoroConnectionError, QoroHTTPError)):
            transport.send(endpoints.PING, bytes, repeatable=False)
    assert len(cloud.sent(endpoints.PING)) == 4
    cloud.faults["ping"].append((429, {}, ""))
    transport.send(endpoints.PING, bytes, repeatable=False)
    assert len(cloud.sent(endpoints.PING)) == 6


def test_a_redirect_to_another_host_is_refused_and_gets_no_token(service, cloud):
    with Cloud() as thief:
        cloud.faults["credits"].append((302, {"Location": f"{thief.url}/credits/"}, ""))
        with pytest.raises(ProtocolError, match="the token goes to no other place"):
            service.get_credit_balance()
        assert thief.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://{thief}\\@{cloud}/x",
        "//{thief}\\@{cloud}/x",
        "http://{thief}/\\@{cloud}/x",
        "\\\\{thief}/x",
        "/\\{thief}/x",
        "http://me@{cloud}/api/credits/",
        "http://{cloud}/api/credits/\t",
        "http://[{cloud}/x",
    ],
)
def test_a_redirect_that_can_be_read_in_two_ways_is_refused(service, cloud, location):
    with Cloud() as thief:
        thief_at, cloud_at = (
            where.url.removesuffix("/api").removeprefix("http://") for where in (thief, cloud)
        )
        location = location.replace("{thief}", thief_at).replace("{cloud}", cloud_at)
        cloud.faults["credits"].append((302, {"Location": location}, ""))
        with pytest.raises(ProtocolError, match="the token goes to no other place"):
            service.get_credit_balance()
        assert thief.requests == []
    assert len(cloud.sent(endpoints.CREDITS)) == 1


@pytest.mark.parametrize("status", [300, 302, 304])
def test_an_answer_that_leads_nowhere_is_an_error(service, cloud, status):
    cloud.faults["job cancel"].append((status, {}, ""))
    with pytest.raises(QoroHTTPError, match=f"^{status} "):
        service.cancel_job("a")


def test_a_page_instead_of_an_answer_is_an_error(service, cloud):
    cloud.faults["job cancel"].extend([(200, {}, "\n<html>Log in</html>")] * 3)
    with pytest.raises(
        UnreadableAnswerError,
        match=f"^Expected JSON for job cancel, got a page of HTML from {cloud.url}/job/a/cancel/. Is a login or",
    ):
        service.cancel_job("a")


@pytest.mark.parametrize("status", [408, 520, 521, 523, 524, 526, 530])
def test_a_service_behind_one_that_cannot_reach_it_is_asked_again(service, cloud, status):
    cloud.faults["credits"].append((status, {}, ""))
    assert service.get_credit_balance()["balance"] == "500.00"


def test_no_error_on_the_way_remembers_the_token(cloud):
    """The errors of `requests` keep their request, and that its headers."""
    transport = Transport(cloud.url, f"Bearer {TOKEN}", retry=RetryPolicy(attempts=1))
    for fault in ("drop", "cut"):
        cloud.faults["ping"].append(fault)
        with pytest.raises(QoroConnectionError) as caught:
            transport.exchange(endpoints.PING)
        error = caught.value
        while error is not None:
            assert TOKEN not in str(pickle.dumps(error)) + str(vars(error))
            assert TOKEN not in str(getattr(getattr(error, "request", None), "headers", ""))
            error = error.__context__


def test_a_redirect_on_the_same_host_is_followed(service, cloud):
    cloud.faults["ping"].append((301, {"Location": f"{cloud.url}/credits/"}, ""))
    assert service.test_connection().json()["balance"] == "500.00"
    assert cloud.requests[-1][1]["Authorization"] == f"Bearer {TOKEN}"


def test_redirects_do_not_go_round_for_ever(service, cloud):
    cloud.faults["credits"].extend([(302, {"Location": f"{cloud.url}/credits/"}, "")] * 9)
    with pytest.raises(ProtocolError, match="More than 5 redirects"):
        service.get_credit_balance()


def test_a_post_is_not_turned_into_a_get(service, cloud):
    cloud.faults["job cancel"].append((302, {"Location": f"{cloud.url}/credits/"}, ""))
    with pytest.raises(ProtocolError, match="which is not followed"):
        service.cancel_job("a")


def test_answers_are_bounded(cloud):
    transport = Transport(cloud.url, f"Bearer {TOKEN}", retry=RetryPolicy(attempts=1), max_response=10)
    with pytest.raises(ProtocolError, match="An answer of more than 10 bytes"):
        transport.get(endpoints.CREDITS, dict)


def test_compressed_answers_are_bounded_too(service, cloud):
    import gzip

    zipped = {"Content-Encoding": "gzip"}
    cloud.faults["credits"].append((200, zipped, gzip.compress(b'{"balance": "7"}')))
    assert service.get_credit_balance() == {"balance": "7"}
    transport = Transport(cloud.url, f"Bearer {TOKEN}", retry=RetryPolicy(attempts=1), max_response=1 << 20)
    cloud.faults["credits"].append((200, zipped, gzip.compress(b" " * (50 << 20))))
    with pytest.raises(ProtocolError, match="An answer of more than 1048576 bytes"):
        transport.get(endpoints.CREDITS, dict)


def test_the_token_shows_nowhere(service, cloud, caplog):
    caplog.set_level(logging.DEBUG)
    response = service.test_connection()
    cloud.faults["credits"].append((400, {}, "no"))
    with pytest.raises(requests.HTTPError) as caught:
        service.get_credit_balance()
    shown = [
        repr(service),
        str(vars(service)),
        "".join(traceback.format_exception(caught.value)),
        str(response.request.headers),
        str(pickle.dumps(caught.value)),
        str(pickle.dumps(response)),
        str(pickle.dumps(service)),
        caplog.text,
    ]
    assert not [text for text in shown if TOKEN in text]
    assert service.auth_token == f"Bearer {TOKEN}"


def test_a_pickled_service_looks_for_a_token_where_it_is_loaded(service, monkeypatch):
    data = pickle.dumps(service)
    with pytest.raises(ConfigError, match="Qoro API key not provided"):
        pickle.loads(data)
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    with pickle.loads(data) as copied:
        assert copied.job_config == service.job_config
        assert copied.get_credit_balance()["balance"] == "500.00"


def test_every_request_says_who_sends_it(service, cloud):
    service.test_connection()
    headers = cloud.requests[-1][1]
    assert headers["User-Agent"].startswith("vivace/")
    assert "(python=3." in headers["User-Agent"]


def test_a_token_sent_in_the_clear_to_another_machine_is_a_warning():
    with pytest.warns(UserWarning, match="The token travels in the clear to elsewhere.invalid; use https"):
        Transport("http://elsewhere.invalid/api", "Bearer x", retry=RetryPolicy())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.9", "[::1]", "api.localhost"])
def test_this_machine_may_be_reached_without_https(host):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Transport(f"http://{host}:9/api", "Bearer x", retry=RetryPolicy())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_opens_connections_of_its_own(service, cloud):
    service.test_connection()
    ports = cloud.clients
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking a process that has threads
        child = os.fork()
    if child == 0:
        os._exit(0 if service.test_connection().status_code == 200 else 1)
    assert os.waitpid(child, 0)[1] == 0
    service.test_connection()
    parent, forked, again = ports[-3:]
    assert parent == again != forked


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host", "base_url must be an http or https address, got 'ftp://host'."),
        ("host/api", "base_url must be an http or https address, got 'host/api'."),
        ("http://me:pw@host", "base_url must have no credentials, query or fragment."),
    ],
)
def test_bad_addresses_are_refused(url, message):
    with pytest.raises(ConfigError) as caught:
        QoroService(TOKEN, base_url=url, journal=None)
    assert str(caught.value) == message


@pytest.mark.parametrize("bad", [{"attempts": 0}, {"backoff": -1}, {"max_retry_after": float("inf")}])
def test_a_bad_retry_policy_is_refused(bad):
    with pytest.raises(ConfigError, match="must be at least"):
        RetryPolicy(**bad)


def test_a_proxy_of_the_environment_is_used(cloud, monkeypatch):
    monkeypatch.setenv("http_proxy", cloud.url.removesuffix("/api"))
    with (
        pytest.warns(UserWarning, match="travels in the clear to qoro.invalid"),
        QoroService(TOKEN, base_url="http://qoro.invalid/api", journal=None) as service,
    ):
        assert service.get_credit_balance()["balance"] == "500.00"
