"""A small cloud on loopback: real sockets, just enough of the protocol, and faults on request.

`Cloud.faults` maps the name of an endpoint to what happens to its next requests, one entry for each: None
(all is well), ``"drop"`` (closed before the server acts), ``"lose"`` (it acts, then closes), ``"cut"``
(the end of the answer is missing), ``"garble"`` (it is no JSON), or ``(status, headers, body)``.
"""

import gzip
import json
import sys
import threading
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from vivace.backends.qoro.wire import characterization, endpoints, fields, jobs, uploads
from vivace.circuits import CircuitBatch, TemplateEntry
from vivace.codecs import decompress_text, encode_histogram

TOKEN = "s3cret-t0ken"
CLUSTERS = [{"name": "qoro_maestro"}, {"name": "blind", "supports_expval": False}]
SYSTEMS = [
    {"name": "lab", "qpus": [{"nickname": "q", "q_bits": 5, "status": "ONLINE", "system_kind": "ion"}]}
]


@dataclass
class Job:
    init: dict
    uploads: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    statuses: deque = field(default_factory=deque)
    finalized: bool = False
    status: str = "PENDING"
    config: dict | None = None
    owner: str = ""

    def circuits(self):
        """(label, bound text, shots) in the order of submission."""
        found = []
        for upload in self.uploads:
            texts = _texts(upload)
            shots = [upload.shots] * len(texts)
            for start, end, number in upload.shot_groups or ():
                shots[start:end] = [number] * (end - start)
            found += [(label, text, n) for (label, text), n in zip(texts.items(), shots, strict=True)]
        return found


def _texts(upload):
    if upload.template is None:
        texts = {label: decompress_text(payload) for label, payload in upload.circuits.items()}
    else:
        rows = tuple(zip(upload.template.labels, upload.template.values, strict=True))
        text = decompress_text(upload.template.template)
        return CircuitBatch.of([TemplateEntry(text, upload.template.parameter_names, rows)]).bound_texts()
    return CircuitBatch.of(texts).bound_texts()


class Cloud:
    """The server. Use it in a ``with`` block; `url` is where it is."""

    def __init__(self):
        self.jobs = {}
        self.requests = []
        self.clients = []
        self.paths = []
        self.faults = defaultdict(deque)
        self.statuses = ["RUNNING", "COMPLETED"]
        self.page = 100
        self.tokens = {TOKEN}
        self.tells_finalized = False
        self.accept_encoding = None  # what its answer to job init says
        self.on_request = lambda _name: None
        self.keys = {}
        self.results = {}
        self.report = {"quality_score": 80.0}
        self.lock = threading.RLock()
        cloud = self

        class Handler(_Handler):
            server_version = "cloud"
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

        Handler.cloud = cloud
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def sent(self, endpoint):
        """Requests to an endpoint: (headers, body)."""
        return [(headers, body) for name, headers, body in self.requests if name == endpoint.name]

    def live(self):
        """Jobs that run or ran."""
        return {
            job_id: job for job_id, job in self.jobs.items() if job.finalized and job.status != "CANCELLED"
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):  # a client may hang up when it has read enough
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    cloud: Cloud

    def log_message(self, *_):
        pass

    def _any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        endpoint, job_id = match(self.command, parts.path.removeprefix("/api/"))
        name = endpoint.name if endpoint else "unknown"
        with self.cloud.lock:
            self.cloud.clients.append(self.client_address)
            self.cloud.paths.append(self.path)
            self.cloud.requests.append((name, dict(self.headers), body))
            queue = self.cloud.faults[name]
            fault = queue.popleft() if queue else None
        coding = self.headers.get("Content-Encoding")
        if coding is not None:
            assert (coding, name) == ("gzip", "circuit upload")
            body = gzip.decompress(body)
        self.cloud.on_request(name)
        if fault == "drop":
            self.close_connection = True
            return
        if isinstance(fault, tuple):
            self._answer(*fault)
            return
        with self.cloud.lock:
            status, answer = self._act(endpoint, job_id, body, parse_qs(parts.query))
        if fault == "lose":
            self.close_connection = True
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        data = b"<<<" if fault == "garble" else data
        told = {"Accept-Encoding": self.cloud.accept_encoding}
        headers = told if endpoint is endpoints.INIT and self.cloud.accept_encoding else {}
        self._answer(status, headers, data, cut=fault == "cut")

    do_GET = do_POST = do_DELETE = _any  # noqa: N815 - names of the standard library

    def _answer(self, status, headers, data, *, cut=False):
        data = data.encode() if isinstance(data, str) else data
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) + 10 * cut))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(data)
        if cut:
            self.close_connection = True

    def _act(self, endpoint, job_id, body, query):
        owner = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if owner not in self.cloud.tokens:
            return 401, {"detail": "Invalid token."}
        plain = {
            endpoints.PING: {},
            endpoints.QPU_SYSTEMS: SYSTEMS,
            endpoints.SIMULATOR_CLUSTERS: CLUSTERS,
            endpoints.CREDITS: {"balance": "500.00", "total_used": "0"},
            endpoints.TRANSACTIONS: {"count": 0, "results": [], "query": query},
        }
        if endpoint in plain:
            return 200, plain[endpoint]
        if endpoint is endpoints.INIT:
            return 201, {"job_id": self._init(fields.parse_object(body), owner)}
        job = self.cloud.jobs.get(job_id)
        if endpoint is None or job is None or job.owner != owner:
            return 404, {"detail": "Not found."}
        return _JOB_ACTIONS[endpoint.name, endpoint.method](self.cloud, job_id, job, body, query)

    def _init(self, body, owner):
        key = self.headers.get(endpoints.IDEMPOTENCY_HEADER)
        if key not in self.cloud.keys:
            jobs.InitRequest.from_wire(body)
            self.cloud.keys[key] = job_id = f"{uuid.uuid4()}"
            self.cloud.jobs[job_id] = Job(body, statuses=deque(self.cloud.statuses), owner=owner)
        return self.cloud.keys[key]


def match(method, path):
    for endpoint in endpoints.ENDPOINTS:
        before, placeholder, after = endpoint.path.partition("{job_id}")
        if endpoint.method != method:
            continue
        if not placeholder:
            if path == endpoint.path:
                return endpoint, None
        elif path.startswith(before) and path.endswith(after) and path != "job/init/":
            job_id = path[len(before) : len(path) - len(after)]
            if job_id and "/" not in job_id:
                return endpoint, job_id
    return None, None


def _add(_cloud, _job_id, job, body, _query):
    if job.finalized or job.status != "PENDING":
        return 409, {"detail": "Job is not in PENDING status"}
    assert len(body) <= endpoints.MAX_BODY
    upload = uploads.Upload.from_wire(fields.parse_object(body), max_bytes=1 << 24)
    job.uploads.append(upload)
    job.bodies.append(body)
    job.finalized = upload.finalized
    return 200, {}


def _status(cloud, _job_id, job, _body, _query):
    if job.finalized and job.status != "CANCELLED" and job.statuses:
        job.status = job.statuses.popleft()
    told = {"finalized": job.finalized} if cloud.tells_finalized else {}
    return 200, {"status": job.status, "run_time": "1.5" if job.status == "COMPLETED" else None, **told}


def _cancel(_cloud, job_id, job, _body, _query):
    if job.status not in ("PENDING", "RUNNING"):
        return 409, {"error": "Can only cancel a PENDING or RUNNING job"}
    job.status = "CANCELLED"
    return 200, jobs.CancelReply(job_id, 1).to_wire()


def _delete(cloud, job_id, _job, _body, _query):
    del cloud.jobs[job_id]
    return 204, {}


def _results(cloud, job_id, job, _body, query):
    if job.status != "COMPLETED":
        return 400, {"detail": "no results"}
    limit, offset = (int(query[name][0]) for name in ("limit", "offset"))
    entries = cloud.results.get(job_id) or [
        {"label": label, "results": _result(label, shots, job)} for label, _, shots in job.circuits()
    ]
    stop = offset + min(limit, cloud.page)
    following = "http://elsewhere.invalid/next" if stop < len(entries) else None
    return 200, {"count": len(entries), "next": following, "results": entries[offset:stop]}


def _result(label, shots, job):
    words = job.uploads[0].observables
    if words is not None:
        return {word: float(len(label)) for word in words.replace("|", ";").split(";")}
    return dict(encode_histogram({"01": shots}))


def _set_config(_cloud, job_id, job, body, _query):
    job.config = fields.parse_object(body)
    return 200, {"status": "ok", "job_id": job_id, "execution_configuration": job.config}


def _get_config(_cloud, job_id, job, _body, _query):
    if job.config is None:
        return 404, {"detail": "No execution configuration exists for this job."}
    return 200, {"job_id": job_id, "execution_configuration": job.config}


def _submit_qubo(cloud, _job_id, job, body, _query):
    if job.status != "PENDING" or job.bodies:
        return 409, {"detail": "Job is not in PENDING status"}
    job.bodies.append(characterization.QuboRequest.from_wire(fields.parse_object(body)))
    job.finalized = True
    job.status = "COMPLETED"
    return 200, {}


def _validation_result(cloud, job_id, job, _body, _query):
    if job.status != "COMPLETED":
        return 409, {"detail": "not yet"}
    return 200, {"status": "COMPLETED", "report": cloud.report, "hardness": None, "recommendations": None}


def _validation_html(_cloud, job_id, _job, _body, _query):
    return 200, b"<div class='qvr-root'>\xc3\xa9</div>"


_JOB_ACTIONS = {
    (endpoints.SUBMIT_QUBO.name, "POST"): _submit_qubo,
    (endpoints.VALIDATION_RESULT.name, "GET"): _validation_result,
    (endpoints.VALIDATION_HTML.name, "GET"): _validation_html,
    (endpoints.ADD_CIRCUITS.name, "POST"): _add,
    (endpoints.STATUS.name, "GET"): _status,
    (endpoints.CANCEL.name, "POST"): _cancel,
    (endpoints.DELETE.name, "DELETE"): _delete,
    (endpoints.RESULTS.name, "GET"): _results,
    (endpoints.SET_EXECUTION_CONFIG.name, "POST"): _set_config,
    (endpoints.GET_EXECUTION_CONFIG.name, "GET"): _get_config,
}
