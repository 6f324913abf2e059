"""`QoroClient`: what a service offers besides running circuits: account, targets, configs, journal."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from vivace.backends.qoro.config import DeviceConfig, ExecutionConfig
from vivace.backends.qoro.http_errors import QoroConnectionError, QoroHTTPError
from vivace.backends.qoro.joblists import Jobs, job_ids_of, one_job_id, try_each
from vivace.backends.qoro.jobs import fetch_status, known_status
from vivace.backends.qoro.journal import JobRecord, Journal
from vivace.backends.qoro.request import check_device_options
from vivace.backends.qoro.retrying import RetryPolicy
from vivace.backends.qoro.targets import TargetCache, parse_qpu_systems, parse_simulator_clusters
from vivace.backends.qoro.tokens import URL, find_token
from vivace.backends.qoro.transport import MAX_RESPONSE, Transport
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.account import QPUSystem, SimulatorCluster
from vivace.backends.qoro.wire.configs import decode_maestro
from vivace.backends.qoro.wire.endpoints import Endpoint
from vivace.backends.qoro.wire.fields import parse_object
from vivace.backends.qoro.wire.jobs import JobStatus
from vivace.errors import ConfigError, ConfigTypeError, ProtocolError

if TYPE_CHECKING:
    import requests

    from vivace.backends.maestro.config import MaestroConfig

__all__ = ["DEFAULT_JOURNAL", "QoroClient", "at_least_one", "checked_type"]

DEFAULT_JOURNAL: Final = "default"
"""The journal in the user's data directory."""

_FINAL_STATES: Final = frozenset({"ABANDONED", "DELETED", *(s.value for s in JobStatus if s.is_terminal)})


class QoroClient:
    """A connection to the Qoro cloud, or to a server that speaks its protocol.

    Pickles without the token: the copy looks for one where it is loaded.

    Args:
        auth_token: API key; by default ``QORO_API_KEY`` from a ``.env`` file, which wins, or the environment.
        base_url: Address of the service; by default ``QORO_API_URL`` from the file that the key is from, if
            it is from one, else from the environment, else that of the public service.
        retry: How faults are waited out.
        journal: Where jobs are kept on record: a `Journal` or a path; None keeps none.
        max_response_bytes: Longest answer to take, decompressed; pages of results are made to fit.
    """

    def __init__(
        self,
        auth_token: str | None = None,
        *,
        base_url: str | None = None,
        retry: RetryPolicy | None = None,
        journal: Journal | str | Path | None = DEFAULT_JOURNAL,
        max_response_bytes: int = MAX_RESPONSE,
    ) -> None:
        self._max_response = at_least_one("max_response_bytes", max_response_bytes)
        checked_type("base_url", base_url, str | None, "text")
        checked_type("retry", retry, RetryPolicy | None, "a RetryPolicy")
        checked_type("journal", journal, Journal | str | Path | None, "a Journal, a path or None")
        self._token = find_token(auth_token)
        self._base_url = base_url or self._token.base_url or os.environ.get(URL) or endpoints.BASE_URL
        self._retry = retry or RetryPolicy()
        self._journal = Journal() if journal == DEFAULT_JOURNAL else _journal(journal)
        self._cache = TargetCache()
        self._blueprints: dict[str, dict[str, Any]] | None = None
        self._transport = self._connected()
        self._base_url = self._transport.base_url

    def _connected(self) -> Transport:
        return Transport(
            self._base_url,
            self._token.authorization,
            origin=self._token.origin,
            retry=self._retry,
            max_response=self._max_response,
        )

    @property
    def auth_token(self) -> str:
        """The key as it is sent, with ``Bearer``. Keep it out of logs."""
        return self._token.authorization

    @property
    def base_url(self) -> str:
        """Address of the service."""
        return self._base_url

    @property
    def journal(self) -> Journal | None:
        """Where jobs are kept on record."""
        return self._journal

    def close(self) -> None:
        """Close the connections. May be called twice; they open again when needed."""
        self._transport.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_token", "_transport")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _token=find_token())
        self._transport = self._connected()

    def __copy__(self) -> Self:
        """A copy with connections of its own. Unlike one that was pickled, it keeps the token."""
        copied = type(self).__new__(type(self))
        vars(copied).update(self.__getstate__(), _token=self._token, _transport=self._connected())
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same with all that it remembers of jobs and targets its own; they share the journal."""
        memo[id(self._journal)] = self._journal
        copied = self.__copy__()
        vars(copied).update(copy.deepcopy(self.__getstate__(), memo))
        return copied

    def test_connection(self) -> requests.Response:
        """Ask whether the service is there and takes the token.

        Raises:
            QoroHTTPError: It does not take it.
            QoroConnectionError: It cannot be reached; also a `ConnectionError`.
        """
        return self._transport.exchange(endpoints.PING)

    def fetch_qpu_systems(self) -> list[QPUSystem]:
        """The systems of quantum processors there are; also puts them into the cache."""
        self._load_systems()
        self._cache.make_latest()
        return self._cache.systems

    def fetch_simulator_clusters(self) -> list[SimulatorCluster]:
        """The clusters of simulators there are; also puts them into the cache."""
        self._load_clusters()
        self._cache.make_latest()
        return self._cache.clusters

    def _load_systems(self) -> None:
        self._cache.set_systems(self._transport.get(endpoints.QPU_SYSTEMS, parse_qpu_systems))

    def _load_clusters(self) -> None:
        self._cache.set_clusters(self._transport.get(endpoints.SIMULATOR_CLUSTERS, parse_simulator_clusters))

    def fetch_vendor_blueprints(self) -> dict[str, dict[str, Any]]:
        """What `DeviceConfig` may say for each vendor: ``label``, ``credentials``, ``device``.

        The last two map the name of an option to what the service says of it.
        """
        self._blueprints = self._transport.get(endpoints.VENDOR_BLUEPRINTS, _blueprints)
        return self._blueprints

    def _check_device(self, config: DeviceConfig, system: QPUSystem) -> None:
        """Refuse device options that no vendor of the system takes, where the service tells them."""
        if self._blueprints is None:
            try:
                self.fetch_vendor_blueprints()
            except QoroHTTPError as error:
                if error.status_code != 404:
                    raise
                self._blueprints = {}  # older services do not tell
        check_device_options(config.to_payload(), system, self._blueprints or {})

    def get_credit_balance(self) -> dict[str, Any]:
        """Balance of the account: ``balance`` and ``total_used`` as decimal texts, and dates."""
        return self._fetch_object(endpoints.CREDITS)

    def get_credit_transactions(self, page: int = 1, page_size: int = 20) -> dict[str, Any]:
        """A page of the account's history: ``count``, ``total_pages``, ``results``. Pages count from 1."""
        return self._fetch_object(endpoints.TRANSACTIONS, params={"page": page, "page_size": page_size})

    def cancel_job(self, execution_result: Jobs) -> Any:
        """Ask the service to stop a job. One that has ended answers 409.

        Returns:
            The answer; a list of them for a list.

        Raises:
            QoroHTTPError: The job cannot be cancelled, or there is none. The others of a list are cancelled
                all the same; notes of the error tell.
        """
        return self._end_each(execution_result, endpoints.CANCEL, "CANCELLED")

    def delete_job(self, execution_result: Jobs) -> Any:
        """Delete a job and its results.

        Returns:
            The answer; a list of them for a list.

        Raises:
            QoroHTTPError: There is no such job. The others of a list are deleted all the same; notes of the
                error tell.
        """
        return self._end_each(execution_result, endpoints.DELETE, "DELETED")

    def set_execution_config(self, execution_result: Jobs, config: ExecutionConfig) -> dict[str, Any]:
        """Replace the configuration of a job that is still pending.

        Raises:
            QoroHTTPError: The service refuses the configuration, or the job is not pending.
        """
        if not isinstance(config, ExecutionConfig):
            raise ConfigTypeError(
                f"config must be an ExecutionConfig, got {type(config).__name__}.", "config"
            )
        job_id = one_job_id(execution_result)
        endpoint = endpoints.SET_EXECUTION_CONFIG
        return self._transport.send(
            endpoint, lambda data: parse_object(data, "The answer"), job_id=job_id, body=config.to_payload()
        )

    def get_execution_config(self, execution_result: Jobs) -> ExecutionConfig:
        """The configuration of a job.

        Raises:
            QoroHTTPError: 404: there is no such job, or it has none.
        """
        job_id = one_job_id(execution_result)
        body = self._fetch_object(endpoints.GET_EXECUTION_CONFIG, job_id=job_id)
        if body.get("execution_configuration") is None:
            raise _no_config()
        return ExecutionConfig.from_response(body)

    def get_maestro_config(self, execution_result: Jobs) -> MaestroConfig | None:
        """The Maestro options of a job, or None if none were set."""
        found = self._stored_config(execution_result, "maestro_config")
        return None if found is None else decode_maestro(found)

    def get_device_config(self, execution_result: Jobs) -> DeviceConfig | None:
        """The device options of a job, or None if none were set."""
        found = self._stored_config(execution_result, "device_config")
        return None if found is None else DeviceConfig.from_payload(found)

    def jobs(self, *, refresh: bool = False) -> list[JobRecord]:
        """Jobs on record that were sent to this service with this API key, latest first.

        Args:
            refresh: Whether to ask the service for the status of those that had not ended.

        Warns:
            UserWarning: It could not be asked about some.
        """
        if self._journal is None:
            return []
        mine = (self.base_url, self._account)
        if refresh:
            self._refresh(
                [record for record in self._journal.jobs(*mine) if record.state not in _FINAL_STATES]
            )
        return self._journal.jobs(*mine)

    @property
    def _account(self) -> str:
        return self._token.account(self.base_url)

    def _refresh(self, records: Sequence[JobRecord]) -> None:
        failed: list[Exception] = []
        for record in records:
            try:
                status = known_status(fetch_status(self._transport, record.job_id))
            except (QoroHTTPError, ProtocolError) as error:
                if not isinstance(error, QoroHTTPError) or error.status_code != 404:
                    failed.append(error)
                elif record.account:  # else it may be a job of another key
                    self._record(record.job_id, "DELETED")
            except QoroConnectionError as error:
                failed.append(error)
                break
            else:
                if status is not JobStatus.PENDING:  # PENDING says less than the journal knows
                    self._record(record.job_id, str(status))
        if failed:
            warnings.warn(
                f"Not every job could be asked about; those stand as last seen. The first error: {failed[0]}",
                UserWarning,
                stacklevel=3,
            )

    def _record(self, job_id: str, state: str) -> None:
        if self._journal is not None:
            self._journal.set_state(job_id, state)

    def _ended(self, endpoint: Endpoint, job_id: str, state: str) -> requests.Response:
        try:
            response = self._transport.exchange(endpoint, job_id=job_id)
        except QoroHTTPError as error:
            # Refused, but only because an earlier attempt, whose answer was lost, had worked.
            worked = error.attempts > 1 and (
                error.status_code == 404
                if endpoint is endpoints.DELETE
                else self._transport.get(endpoints.STATUS, _object, job_id=job_id).get("status") == state
            )
            if not worked or error.response is None:
                raise
            response = error.response
        self._record(job_id, state)
        if endpoint is endpoints.DELETE:
            self._forget(job_id)
        return response

    def _forget(self, job_id: str) -> None:
        """For subclasses: drop what they keep of a job that was deleted."""

    def _end_each(self, what: Jobs, endpoint: Endpoint, state: str) -> Any:
        job_ids, is_list = job_ids_of(what)
        found = try_each(job_ids, lambda job_id: self._ended(endpoint, job_id, state), state.lower())
        return found if is_list else found[0]

    def _fetch_object(
        self,
        endpoint: Endpoint,
        *,
        job_id: str | None = None,
        params: Mapping[str, Any] | None = None,
        patient: bool = False,
    ) -> dict[str, Any]:
        return self._transport.get(endpoint, _object, job_id=job_id, params=params, patient=patient)

    def _stored_config(self, what: Jobs, name: str) -> dict[str, Any] | None:
        job_id = one_job_id(what)
        try:
            found = self._fetch_object(endpoints.GET_EXECUTION_CONFIG, job_id=job_id).get(name)
        except QoroHTTPError as error:
            if error.status_code == 404 and "No execution configuration" in str(error):
                return None  # what services say that know the older spelling only
            raise
        return None if found is None else _object(found)


def at_least_one(name: str, number: int) -> int:
    """A number of bytes, if it is one.

    Raises:
        ConfigError: It is 0 or less.
    """
    checked_type(name, number, Integral, "a whole number")
    if number < 1:
        raise ConfigError(f"{name} must be at least 1, got {number}.", name)
    return number


def checked_type(name: str, value: Any, kinds: Any, expected: str) -> None:
    """Refuse a value of another type.

    Args:
        name: Its keyword.
        value: What was given.
        kinds: The types it may have.
        expected: These in words.

    Raises:
        ConfigTypeError: It has none of them.
    """
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ConfigTypeError(f"{name} must be {expected}, got {type(value).__name__}.", name)


def _journal(journal: Journal | str | Path | None) -> Journal | None:
    return Journal(journal) if isinstance(journal, str | Path) else journal


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ProtocolError(f"Expected an object, got {type(body).__name__}.")
    return body


def _blueprints(body: Any) -> dict[str, dict[str, Any]]:
    found = {}
    for vendor, shape in _object(body).items():
        by_name = dict(_object(shape))
        for kind in ("credentials", "device"):
            by_name[kind] = {_object(field)["name"]: field for field in by_name.get(kind) or ()}
        found[vendor] = by_name
    return found


def _no_config() -> QoroHTTPError:
    import requests

    response = requests.Response()
    response.status_code, response.reason = 404, "Not Found"
    return QoroHTTPError("404 Not Found: No execution configuration exists for this job.", response)
