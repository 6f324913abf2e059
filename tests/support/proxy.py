"""A proxy on loopback that does to requests what networks and gateways do: real sockets, one thread for each.

What a plan names for a request happens to it:

=========  ===============================================================================================
not acted  ``drop`` (read, then closed), ``reset`` (read, then RST), ``half`` (RST in the middle of the
           request), a status, with ``+`` for a ``Retry-After``: ``"503"``, ``"503+"``
acted      ``lose`` (answer gone, closed), ``lose reset`` (RST), ``head`` (cut off in its head), ``truncate``
           (in its body), ``lose 502``, ``lose 504`` (a gateway that did not wait for it)
delivered  ``delay`` (late), ``trickle`` (in small pieces)
=========  ===============================================================================================
"""

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from support.cloud import match

STATUSES = (429, 500, 502, 503, 504)
FAULTS = (
    *("drop", "reset", "half", "lose", "lose reset", "lose 502", "lose 504", "head", "truncate"),
    *("delay", "trickle", *map(str, STATUSES), *(f"{status}+" for status in STATUSES)),
)
_DELAY = 0.05


class Proxy:
    """Stands between a client and a server; use it in a ``with`` block, clients go to `url`.

    Attributes:
        seen: (name of the endpoint, number among the requests to it) of all requests.
        uploads: (path, body) of those uploads that reached the server.
        injected: Faults so far.

    Args:
        target: Base address of the server.
        plan: What happens to a request: called with (name of the endpoint, number among the requests to it,
            from 0), returns a fault or None.
        acted: Called the same way when the server has answered, before the client can know.
    """

    def __init__(self, target, plan=lambda *at: None, acted=lambda *at: None):
        parts = urlsplit(target)
        self.target = parts.hostname, parts.port
        self.plan = plan
        self.acted = acted
        self.seen = []
        self.injected = 0
        self.uploads = []
        self._counts = Counter()
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{parts.path}"
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection):
        upstream = http.client.HTTPConnection(*self.target, timeout=60)
        try:
            with connection, connection.makefile("rb") as requests:
                while self._one(connection, requests, upstream):
                    pass
                with self._lock:
                    self._open.discard(connection)
        except (OSError, http.client.HTTPException):
            pass  # either side is gone
        finally:
            upstream.close()
            with self._lock:
                self._open.discard(connection)

    def _one(self, connection, requests, upstream):
        """Pass one request on; whether the connection can take another."""
        line = requests.readline().split()
        if len(line) != 3:
            return False
        method, path = line[0].decode(), line[1].decode()
        headers = http.client.parse_headers(requests)
        length = int(headers.get("Content-Length") or 0)
        at, fault = self._fault(method, path)
        if fault == "half":
            requests.read(length // 2)
            return _reset(connection)
        body = requests.read(length)
        if fault == "drop" or len(body) < length:
            return False
        if fault == "reset":
            return _reset(connection)
        if fault and fault[0].isdigit():
            connection.sendall(_status(fault.removesuffix("+"), again=fault.endswith("+")))
            return True
        if path.endswith("/add_circuits/"):
            self.uploads.append((path, body))
        answer = _forward(upstream, method, path, headers, body)
        self.acted(*at)
        return self._answer(connection, fault, answer)

    def _fault(self, method, path):
        parts = urlsplit(path)
        endpoint, _ = match(method, parts.path.removeprefix("/api/"))
        name = endpoint.name if endpoint else parts.path
        with self._lock:
            number = self._counts[name]
            self._counts[name] += 1
            self.seen.append((name, number))
        fault = self.plan(name, number)
        with self._lock:
            self.injected += fault is not None
        return (name, number), fault

    @staticmethod
    def _answer(connection, fault, answer):
        head, body = answer
        if fault == "lose":
            return False
        if fault == "lose reset":
            return _reset(connection)
        if fault in ("lose 502", "lose 504"):
            connection.sendall(_status(fault[5:], again=False))
            return True
        if fault == "head":
            connection.sendall(head[: len(head) // 2])
            return False
        if fault == "truncate":
            connection.sendall(head + body[: len(body) // 2])
            return not body
        if fault == "delay":
            time.sleep(_DELAY)
        if fault == "trickle":
            data = head + body
            step = len(data) // 8 + 1
            for start in range(0, len(data), step):
                connection.sendall(data[start : start + step])
                time.sleep(_DELAY / 10)
            return True
        connection.sendall(head + body)
        return True


def _forward(upstream, method, path, headers, body):
    upstream.request(method, path, body, dict(headers.items()))
    with upstream.getresponse() as response:
        content = response.read()
        lines = [f"HTTP/1.1 {response.status} {response.reason}"]
        lines += [f"{name}: {value}" for name, value in response.getheaders()]
    return "\r\n".join([*lines, "", ""]).encode(), content


def _status(status, *, again):
    reason = http.client.responses[int(status)]
    after = "Retry-After: 0\r\n" if again else ""
    body = f"<html><body><h1>{status} {reason}</h1></body></html>"
    return f"HTTP/1.1 {status} {reason}\r\n{after}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False
