"""`QoroService`: circuits on the Qoro cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from vivace._suggest import warn_unknown_keywords
from vivace.backends.qoro.analysis import QoroAnalysis
from vivace.backends.qoro.client import DEFAULT_JOURNAL, at_least_one
from vivace.backends.qoro.config import (
    DEFAULT_SHOTS,
    DeviceConfig,
    ExecutionConfig,
    JobConfig,
)
from vivace.backends.qoro.journal import Journal
from vivace.backends.qoro.recording import Recording
from vivace.backends.qoro.request import (
    CALL_OPTIONS,
    JobOptions,
    checked_job_config,
    job_config_from,
    job_type_for,
    resolved,
)
from vivace.backends.qoro.retrying import RetryPolicy
from vivace.backends.qoro.stopping import Announcement
from vivace.backends.qoro.submission import Prepared, Submission, prepare
from vivace.backends.qoro.transport import MAX_RESPONSE
from vivace.backends.qoro.waiting import upload_bar
from vivace.backends.qoro.wire.account import QPUSystem
from vivace.backends.qoro.wire.endpoints import MAX_BODY
from vivace.backends.qoro.wire.jobs import InitRequest
from vivace.backends.runner import CircuitRunner, the_circuits
from vivace.cancellation import interrupt_scope
from vivace.circuits import CircuitBatch, Circuits, is_template
from vivace.errors import ConfigError, ConfigTypeError
from vivace.results import CompletedResult, ExecutionResult

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig

__all__ = ["QoroService"]

_KEYWORDS: Final = (
    "payloads",
    "ham_ops",
    "circuit_ham_map",
    "shot_groups",
    "job_type",
    "cancellation_event",
    "progress",
    *CALL_OPTIONS,
)


class QoroService(QoroAnalysis, CircuitRunner):
    """Runs circuits on the Qoro cloud, or on a server that speaks its protocol.

    A submission is checked as a whole before anything is sent, uploaded exactly once whatever happens to the
    connection, and kept in a journal, so that after a crash `jobs` lists what is out there and `resume`
    fetches it. Circuits of one structure, also when they come as bound texts, travel as one template and rows
    of numbers where that is smaller. Close the service, or use it in a ``with`` block.

    Building one asks the service for its targets, so a bad token fails here.

    Args:
        auth_token: API key; by default ``QORO_API_KEY`` from a ``.env`` file in the working directory or
            above, which wins, else from the environment. It shows in no text, log, error or pickle.
        job_config: Where jobs run, with how many shots.
        execution_config: How they are simulated, in the spelling of older services.
        polling_interval: Longest wait between polls, in seconds; the first polls follow faster.
        max_retries: Polls before giving up; None for no limit.
        track_depth: Whether to record the depth of every circuit submitted.
        base_url: Address of the service; by default ``QORO_API_URL`` from where the key is, the ``.env`` file
            or the environment; else that of the public service.
        maestro_config: How jobs are simulated, in the spelling of later services.
        device_config: Options of quantum processors.
        factor_circuits: Whether circuits of one structure may travel as a template.
        max_request_bytes: Longest request of an upload; 0.95 MiB is what the public service takes. Services
            that ask for gzip get that, and the limit is for what it decompresses to.
        journal: Where jobs are kept on record: a `Journal` or a path; None keeps none.
        retry: How faults are waited out.
        max_response_bytes: Longest answer to take, decompressed; 1 GiB. Pages of results are made to fit.
        **old: ``config`` (the same as ``job_config``), or ``shots``, ``qpu_system_name``,
            ``use_circuit_packing`` for a new job config, as older releases took them.

    Raises:
        ConfigError: There is no token, or no target of the name given.
        QoroHTTPError: The service refuses the token.
        QoroConnectionError: The service cannot be reached.

    >>> from vivace.server import LocalServer
    >>> bell = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1];'
    >>> with LocalServer() as server:
    ...     with QoroService(server.token, base_url=server.url, journal=None) as service:
    ...         result = service.run({"bell": bell}, ham_ops="ZZ;XX;ZI", verbose=False)
    >>> result.expectations().values.round(12).tolist()
    [[1.0, 1.0, 0.0]]
    """

    def __init__(  # noqa: PLR0913 - the positional ones are those of older releases
        self,
        auth_token: str | None = None,
        job_config: JobConfig | None = None,
        execution_config: ExecutionConfig | None = None,
        polling_interval: float = 3.0,
        max_retries: int | None = 5000,
        track_depth: bool = False,
        *,
        base_url: str | None = None,
        maestro_config: MaestroConfig | None = None,
        device_config: DeviceConfig | None = None,
        factor_circuits: bool = True,
        max_request_bytes: int = MAX_BODY,
        journal: Journal | str | Path | None = DEFAULT_JOURNAL,
        retry: RetryPolicy | None = None,
        max_response_bytes: int = MAX_RESPONSE,
        **old: Any,
    ) -> None:
        CircuitRunner.__init__(self, DEFAULT_SHOTS, track_depth)
        config = job_config_from(job_config, old)
        QoroAnalysis.__init__(
            self,
            auth_token=auth_token,
            base_url=base_url,
            retry=retry,
            journal=journal,
            polling_interval=polling_interval,
            max_retries=max_retries,
            max_response_bytes=max_response_bytes,
        )
        self.factor_circuits = factor_circuits
        self.max_request_bytes = at_least_one("max_request_bytes", max_request_bytes)
        self._load_systems()
        self._load_clusters()
        job = resolved(config, self._cache)
        self._options = JobOptions(job, execution_config, maestro_config, device_config).checked()
        self._cache.make_latest()

    def __repr__(self) -> str:
        return f"QoroService(base_url={self.base_url!r}, job_config={self.job_config!r})"

    @property
    def job_config(self) -> JobConfig:
        """Where jobs run; assign another one to change it. Names of targets become the targets."""
        return self._options.job

    @job_config.setter
    def job_config(self, config: JobConfig) -> None:
        self._options = replace(
            self._options, job=resolved(checked_job_config(config), self._cache)
        ).checked()

    @property
    def execution_config(self) -> ExecutionConfig | None:
        """How jobs are simulated, in the spelling of older services."""
        return self._options.execution

    @execution_config.setter
    def execution_config(self, config: ExecutionConfig | None) -> None:
        self._set_config("execution", config, "maestro", "device")

    @property
    def maestro_config(self) -> MaestroConfig | None:
        """How jobs are simulated, in the spelling of later services."""
        return self._options.maestro

    @maestro_config.setter
    def maestro_config(self, config: MaestroConfig | None) -> None:
        self._set_config("maestro", config, "execution")
        if config is not None and config.is_set("seed"):
            self._options = replace(self._options, seed=None)

    @property
    def device_config(self) -> DeviceConfig | None:
        """Options of quantum processors."""
        return self._options.device

    @device_config.setter
    def device_config(self, config: DeviceConfig | None) -> None:
        self._set_config("device", config, "execution")

    def _set_config(self, name: str, config: Any, *rivals: str) -> None:
        changes = {name: config} | ({} if config is None else dict.fromkeys(rivals))
        self._options = replace(self._options, **changes).checked()

    @property
    def shots(self) -> int:
        """Shots per circuit when sampling: those of `job_config`, or 1000."""
        return self._options.shots

    @property
    def supports_expval(self) -> bool:
        """Whether ``ham_ops`` is taken: if the target can, and sampling is not forced."""
        return self._options.supports_expval

    @property
    def is_async(self) -> bool:
        """Always True: a submission returns a job."""
        return True

    @property
    def resolves_parameters(self) -> bool:
        """Always True: templates travel with their rows."""
        return True

    def shot_dependence(self, n_qubits: int) -> str | None:
        """As of `MaestroSimulator`, for jobs with a ``maestro_config``."""
        return self._options.shot_dependence(n_qubits)

    def set_seed(self, seed: int) -> None:
        """Make sampling repeatable where Maestro runs the jobs. It wins over the seed of `maestro_config`.

        Quantum processors, and jobs with an ``execution_config``, have no seed; a warning says so.

        Raises:
            ConfigError: It is no seed.
        """
        from vivace.backends.maestro.config import MaestroConfig

        self._options = replace(self._options, seed=MaestroConfig(seed=seed).seed)

    def submit_circuits(
        self,
        circuits: Circuits | None = None,
        *,
        payloads: Circuits | None = None,
        ham_ops: str | None = None,
        circuit_ham_map: Sequence[tuple[int, int]] | None = None,
        shot_groups: Sequence[tuple[int, int, int]] | None = None,
        job_type: Any = None,
        cancellation_event: Event | None = None,
        progress: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> ExecutionResult:
        """Start a job that runs circuits.

        Args:
            circuits: Anything `CircuitBatch.of` takes.
            payloads: The same as ``circuits``.
            ham_ops: Pauli words to take expectation values of, leftmost letter = qubit 0; ``;`` between
                words, ``|`` between groups. Short words are padded with I, with a warning.
            circuit_ham_map: For each group of ``ham_ops`` the half-open range of circuits it is for. Those in
                no range get the words of all groups; where ranges overlap, the first wins, with a warning.
            shot_groups: (start, end, shots) ranges that cover all circuits, instead of the job's shots.
            job_type: A `JobType`; by default what ``ham_ops`` asks for.
            cancellation_event: Set it to stop the upload; the job is then cancelled.
            progress: Called with (circuits uploaded, circuits in all).
            **options: ``override_job_config`` (merged into the defaults) or ``job_config`` (instead of them);
                ``override_execution_config`` (merged) or ``maestro_config``; ``device_config``. Others are
                ignored with a warning.

        Returns:
            A result that has a ``job_id`` and no results yet.

        Raises:
            ConfigError: There are no circuits, or options do not go together or with the target.
            QasmError: A circuit is not valid.
            SimulationError: A circuit is to be sampled, but measures nothing; or has no expectation values.
            DuplicateLabelError: Two circuits have one label.
            ObservableError: ``ham_ops`` or ``circuit_ham_map`` does not fit the circuits.
            ShotRangeError: ``shot_groups`` does not cover the circuits exactly once.
            PayloadError: A circuit is too large for a request. So far nothing was sent.
            QoroHTTPError: The service refused the job.
            SubmissionError: No upload could be confirmed; tells what is out there.
            ExecutionCancelledError: ``cancellation_event`` was set.
        """
        warn_unknown_keywords([name for name in options if name not in CALL_OPTIONS], _KEYWORDS)
        given = the_circuits(circuits, payloads)
        call = self._options.for_call(options, self._cache)
        _refuse(call, ham_ops, circuit_ham_map, shot_groups)
        if call.device is not None and isinstance(call.target, QPUSystem):
            self._check_device(call.device, call.target)
        batch = CircuitBatch.of(given)
        if not batch:
            raise ConfigError("submit_circuits requires at least one payload.", "circuits")
        call.check_values(batch, ham_ops)
        init = call.init_request(job_type_for(job_type, ham_ops, len(batch)))
        explicit = not isinstance(given, CircuitBatch) and _are_templates(given)
        prepared = prepare(
            batch,
            shots=None if ham_ops is not None else call.shots,
            ham_ops=ham_ops,
            circuit_ham_map=circuit_ham_map,
            shot_groups=shot_groups,
            templates=True if explicit else None if self.factor_circuits else False,
            max_body=self.max_request_bytes,
        )
        submitted = self._submitted(init, prepared, cancellation_event, progress)
        if self.track_depth:
            self._record_depths(_depths(batch))
        return submitted

    def submit_circuit_templates(
        self,
        templates: Sequence[Any],
        *,
        cancellation_event: Event | None = None,
        **options: Any,
    ) -> ExecutionResult:
        """Start a job that runs every row of every template.

        Args:
            templates: `TemplateEntry` or `CircuitPayload` objects.
            cancellation_event: As for `submit_circuits`.
            **options: As for `submit_circuits`, but for ``circuit_ham_map`` and ``shot_groups``.

        Raises:
            ConfigError: There are no templates, or an option is not for templates.
            ParameterError: A row does not fit its template.
        """
        templates = list(templates)
        if not templates:
            raise ConfigError("submit_circuit_templates requires at least one template.", "templates")
        for name in ("circuit_ham_map", "shot_groups"):
            if options.get(name) is not None:
                raise ConfigError(f"{name} is not supported on the template path.", name)
        if "|" in str(options.get("ham_ops") or ""):
            raise ConfigError("|-delimited ham_ops groups require circuit_ham_map.", "ham_ops")
        if not all(map(is_template, templates)):
            raise ConfigTypeError("submit_circuit_templates takes TemplateEntry or CircuitPayload objects.")
        return self.submit_circuits(templates, cancellation_event=cancellation_event, **options)

    def run(
        self,
        circuits: Circuits,
        *,
        verbose: bool = True,
        cancellation_event: Event | None = None,
        **options: Any,
    ) -> CompletedResult:
        """Submit circuits, wait for the job, fetch its results.

        Ctrl+C, or setting ``cancellation_event``, cancels the job; one that has ended keeps its results.

        Args:
            circuits: As for `submit_circuits`.
            verbose: Whether to show bars on the console, of the upload and of the job.
            cancellation_event: Set it to stop.
            **options: As for `submit_circuits`.

        Raises:
            QoroJobError: The job ended badly.
            Exception: As for `submit_circuits` and `poll_job_status`.
        """
        with interrupt_scope(cancellation_event, pressed=(announced := Announcement())) as event:
            with upload_bar(shown=verbose and "progress" not in options) as told:
                options = {"progress": told, **options}
                pending = self.submit_circuits(circuits, cancellation_event=event, **options)
            assert pending.job_id is not None  # noqa: S101 - what is_async means
            announced.job_id = pending.job_id
            with self._cancelling([pending.job_id], event):
                self.poll_job_status(pending, True, None, verbose, None, event, raise_on_failure=True)
        return self.get_job_results(pending, cancellation_event=cancellation_event)

    def _submitted(
        self,
        init: InitRequest,
        prepared: Prepared,
        event: Event | None,
        progress: Callable[[int, int], None] | None,
    ) -> ExecutionResult:
        labels = prepared.batch.labels
        record = Recording(self._journal, self.base_url, self._account, init, labels, prepared.padding)
        done = Submission(self._transport, prepared, record, event, progress).deliver()
        self._circuits[done.job_id] = len(labels)
        if prepared.padding.ranges:
            self._padded[done.job_id] = prepared.padding
        return ExecutionResult(job_id=done.job_id, backend_jobs=done.requests)


def _refuse(call: JobOptions, ham_ops: Any, circuit_ham_map: Any, shot_groups: Any) -> None:
    if ham_ops is not None and shot_groups is not None:
        raise ConfigError(
            "shot_groups is incompatible with ham_ops: expectation values take no shots. Pass exactly one.",
            "shot_groups",
        )
    if ham_ops is None and circuit_ham_map is not None:
        raise ConfigError("circuit_ham_map needs ham_ops. Pass both, or neither.", "circuit_ham_map")
    if ham_ops is not None and not call.supports_expval:
        why = (
            "its config forces sampling"
            if call.job.force_sampling
            else f"its target {call.target.name!r} does not compute expectation values"
        )
        raise ConfigError(f"ham_ops cannot be used on this job: {why}.", "ham_ops")


def _are_templates(circuits: Any) -> bool:
    return isinstance(circuits, list | tuple) and bool(circuits) and all(map(is_template, circuits))


def _depths(batch: CircuitBatch) -> list[int]:
    depths = [template.depth for template in batch.templates]
    return [depths[template] for template in batch.core.places[0].tolist()]
