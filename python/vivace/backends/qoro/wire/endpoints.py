"""The endpoints of the service: method, path below the base URL, and how long a client waits for each."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from vivace.errors import ConfigError

__all__ = [
    "ADD_CIRCUITS",
    "BASE_URL",
    "CANCEL",
    "CREATE_FAILED",
    "CREDITS",
    "DELETE",
    "ENDPOINTS",
    "GET_EXECUTION_CONFIG",
    "IDEMPOTENCY_HEADER",
    "INIT",
    "LEGACY_RESULTS",
    "LEGACY_SUBMIT",
    "MAX_BODY",
    "PAGE_LIMIT",
    "PING",
    "QPU_SYSTEMS",
    "RESULTS",
    "SET_EXECUTION_CONFIG",
    "SIMULATOR_CLUSTERS",
    "STATUS",
    "SUBMIT_QUBO",
    "TRANSACTIONS",
    "VALIDATION_HTML",
    "VALIDATION_RESULT",
    "VENDOR_BLUEPRINTS",
    "Endpoint",
    "may_be_job_id",
]

BASE_URL: Final = "https://app.qoroquantum.net/api"
"""Where the public service is."""

MAX_BODY: Final = 996_147
"""Largest request body of an upload, in bytes: 0.95 MiB, rounded down."""

PAGE_LIMIT: Final = 100
"""Entries a client asks for on a page of results."""


IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
"""Header of ``job/init/``: requests with the same key open one job, where the service knows the header."""


def may_be_job_id(text: str) -> bool:
    """Whether a text names one thing in a path, quoted: no path of its own, no query, nothing invisible.

    >>> may_be_job_id("a job"), may_be_job_id(".."), may_be_job_id("a/b")
    (True, False, False)
    """
    return text not in ("", ".", "..") and text.isprintable() and not set("/\\?#") & set(text)


class Endpoint(NamedTuple):
    """One endpoint.

    Attributes:
        name: What it is called in logs and errors.
        method: HTTP method.
        path: Path below the base URL, with ``{job_id}`` where the id of a job goes.
        timeout: Seconds a client waits for an answer.
        grace: Seconds it waits on when it is to stop.

    >>> STATUS.url("https://host/api/", "a%b")
    'https://host/api/job/a%25b/status/'
    """

    name: str
    method: str
    path: str
    timeout: float
    grace: float = 1.0

    def url(self, base: str, job_id: str | None = None) -> str:
        """The whole address; ids are quoted, so that none can name another endpoint.

        Raises:
            ConfigError: It can be no id: empty, a dot or two, with slashes, ``?``, ``#`` or control codes.
        """
        path = self.path
        if job_id is not None:
            if not may_be_job_id(job_id):
                raise ConfigError(
                    f"Not the id of a job: {job_id!r:.60}. Expected one that a submission returned: its "
                    "result.job_id.",
                    "job_id",
                )
            path = path.replace("{job_id}", quote(job_id, safe=""))
        return f"{base.rstrip('/')}/{path}"


PING: Final = Endpoint("ping", "GET", "", 10)
QPU_SYSTEMS: Final = Endpoint("QPU systems", "GET", "qpusystem/", 10)
SIMULATOR_CLUSTERS: Final = Endpoint("simulator clusters", "GET", "simulatorcluster/", 10)
VENDOR_BLUEPRINTS: Final = Endpoint("vendor blueprints", "GET", "vendor-config-blueprint/", 10)
CREDITS: Final = Endpoint("credits", "GET", "credits/", 10)
TRANSACTIONS: Final = Endpoint("credit transactions", "GET", "credits/transactions/", 10)
INIT: Final = Endpoint("job init", "POST", "job/init/", 100, 5.0)  # else nobody knows what was opened
ADD_CIRCUITS: Final = Endpoint("circuit upload", "POST", "job/{job_id}/add_circuits/", 100)
STATUS: Final = Endpoint("job status", "GET", "job/{job_id}/status/", 200)
RESULTS: Final = Endpoint("job results", "GET", "job/{job_id}/resultsV2/", 100)
CANCEL: Final = Endpoint("job cancel", "POST", "job/{job_id}/cancel/", 50)
DELETE: Final = Endpoint("job delete", "DELETE", "job/{job_id}", 50)
SET_EXECUTION_CONFIG: Final = Endpoint("execution config", "POST", "job/{job_id}/execution_config/", 50)
GET_EXECUTION_CONFIG: Final = Endpoint("execution config", "GET", "job/{job_id}/execution_config/", 50)
SUBMIT_QUBO: Final = Endpoint("QUBO submission", "POST", "job/{job_id}/submit_qubo/", 300)
VALIDATION_RESULT: Final = Endpoint("characterization result", "GET", "job/{job_id}/validation_result/", 100)
VALIDATION_HTML: Final = Endpoint(
    "characterization report", "GET", "job/{job_id}/validation_result/html/", 100
)
LEGACY_SUBMIT: Final = Endpoint("one-shot job", "POST", "job/", 100)
LEGACY_RESULTS: Final = Endpoint("uncompressed results", "GET", "job/{job_id}/results", 100)
CREATE_FAILED: Final = Endpoint("failed job", "POST", "job/create_failed/", 50)

ENDPOINTS: Final = (
    PING,
    QPU_SYSTEMS,
    SIMULATOR_CLUSTERS,
    VENDOR_BLUEPRINTS,
    CREDITS,
    TRANSACTIONS,
    INIT,
    ADD_CIRCUITS,
    STATUS,
    RESULTS,
    CANCEL,
    DELETE,
    SET_EXECUTION_CONFIG,
    GET_EXECUTION_CONFIG,
    SUBMIT_QUBO,
    VALIDATION_RESULT,
    VALIDATION_HTML,
    LEGACY_SUBMIT,
    LEGACY_RESULTS,
    CREATE_FAILED,
)
"""All of them; the last three are for old clients and tests."""
