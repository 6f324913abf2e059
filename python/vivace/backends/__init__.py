"""Runners, their configs and results: the public face of Vivace. Names load on first use."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.aer.parallel import ParallelSimulator
    from vivace.backends.aer.simulator import QiskitSimulator
    from vivace.backends.calibration import create_backend_from_properties
    from vivace.backends.maestro.config import MaestroConfig
    from vivace.backends.maestro.paths import ExecutionPath
    from vivace.backends.maestro.simulator import MaestroSimulator
    from vivace.backends.qoro.analysis import characterize_and_validate, get_characterization_result
    from vivace.backends.qoro.analysis_options import CharacterizationOptions
    from vivace.backends.qoro.analysis_result import CharacterizationResult
    from vivace.backends.qoro.client import QoroClient
    from vivace.backends.qoro.config import DeviceConfig, ExecutionConfig, JobConfig
    from vivace.backends.qoro.http_errors import (
        AnswerTooLongError,
        QoroConnectionError,
        QoroHTTPError,
        QoroTimeoutError,
        UnreadableAnswerError,
    )
    from vivace.backends.qoro.journal import JobRecord, Journal
    from vivace.backends.qoro.retrying import RetryPolicy
    from vivace.backends.qoro.service import QoroService
    from vivace.backends.qoro.targets import (
        get_available_qpu_systems,
        get_available_simulator_clusters,
        get_qpu_system,
        get_simulator_cluster,
        parse_qpu_systems,
        parse_simulator_clusters,
        update_qpu_systems_cache,
        update_simulator_clusters_cache,
    )
    from vivace.backends.qoro.wire.account import QPU, QPUSystem, SimulatorCluster
    from vivace.backends.qoro.wire.configs import SimulationMethod, Simulator
    from vivace.backends.qoro.wire.jobs import JobStatus, JobType
    from vivace.backends.runner import AsyncJobBackend, CircuitRunner, SupportsCircuitTemplates
    from vivace.circuits import CircuitBatch, CircuitPayload, TemplateEntry, normalise_circuit_batch
    from vivace.errors import (
        CharacterizationFailedError,
        CharacterizationSubmitError,
        ExecutionCancelledError,
        InsufficientCreditsError,
        JobCancelledError,
        JobFailedError,
        JobTimedOutError,
        MaxRetriesReachedError,
        QoroJobError,
        SubmissionError,
    )
    from vivace.results import ExecutionResult, convert_counts_to_probs, reverse_dict_endianness

__all__ = [
    "QPU",
    "AnswerTooLongError",
    "AsyncJobBackend",
    "CharacterizationFailedError",
    "CharacterizationOptions",
    "CharacterizationResult",
    "CharacterizationSubmitError",
    "CircuitBatch",
    "CircuitPayload",
    "CircuitRunner",
    "DeviceConfig",
    "ExecutionCancelledError",
    "ExecutionConfig",
    "ExecutionPath",
    "ExecutionResult",
    "InsufficientCreditsError",
    "JobCancelledError",
    "JobConfig",
    "JobFailedError",
    "JobRecord",
    "JobStatus",
    "JobTimedOutError",
    "JobType",
    "Journal",
    "MaestroConfig",
    "MaestroSimulator",
    "MaxRetriesReachedError",
    "ParallelSimulator",
    "QPUSystem",
    "QiskitSimulator",
    "QoroClient",
    "QoroConnectionError",
    "QoroHTTPError",
    "QoroJobError",
    "QoroService",
    "QoroTimeoutError",
    "RetryPolicy",
    "SimulationMethod",
    "Simulator",
    "SimulatorCluster",
    "SubmissionError",
    "SupportsCircuitTemplates",
    "TemplateEntry",
    "UnreadableAnswerError",
    "characterize_and_validate",
    "convert_counts_to_probs",
    "create_backend_from_properties",
    "get_available_qpu_systems",
    "get_available_simulator_clusters",
    "get_characterization_result",
    "get_qpu_system",
    "get_simulator_cluster",
    "normalise_circuit_batch",
    "parse_qpu_systems",
    "parse_simulator_clusters",
    "reverse_dict_endianness",
    "update_qpu_systems_cache",
    "update_simulator_clusters_cache",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AsyncJobBackend": "vivace.backends.runner",
        "CharacterizationFailedError": "vivace.errors",
        "CharacterizationOptions": "vivace.backends.qoro.analysis_options",
        "CharacterizationResult": "vivace.backends.qoro.analysis_result",
        "CharacterizationSubmitError": "vivace.errors",
        "CircuitBatch": "vivace.circuits",
        "CircuitPayload": "vivace.circuits",
        "CircuitRunner": "vivace.backends.runner",
        "DeviceConfig": "vivace.backends.qoro.config",
        "ExecutionCancelledError": "vivace.errors",
        "ExecutionConfig": "vivace.backends.qoro.config",
        "ExecutionPath": "vivace.backends.maestro.paths",
        "ExecutionResult": "vivace.results",
        "InsufficientCreditsError": "vivace.errors",
        "JobCancelledError": "vivace.errors",
        "JobConfig": "vivace.backends.qoro.config",
        "JobFailedError": "vivace.errors",
        "JobRecord": "vivace.backends.qoro.journal",
        "JobStatus": "vivace.backends.qoro.wire.jobs",
        "JobTimedOutError": "vivace.errors",
        "JobType": "vivace.backends.qoro.wire.jobs",
        "Journal": "vivace.backends.qoro.journal",
        "MaestroConfig": "vivace.backends.maestro.config",
        "MaestroSimulator": "vivace.backends.maestro.simulator",
        "MaxRetriesReachedError": "vivace.errors",
        "QPU": "vivace.backends.qoro.wire.account",
        "QPUSystem": "vivace.backends.qoro.wire.account",
        "QoroClient": "vivace.backends.qoro.client",
        "QoroConnectionError": "vivace.backends.qoro.http_errors",
        "QoroHTTPError": "vivace.backends.qoro.http_errors",
        "QoroJobError": "vivace.errors",
        "QoroService": "vivace.backends.qoro.service",
        "QoroTimeoutError": "vivace.backends.qoro.http_errors",
        "RetryPolicy": "vivace.backends.qoro.retrying",
        "SimulationMethod": "vivace.backends.qoro.wire.configs",
        "Simulator": "vivace.backends.qoro.wire.configs",
        "SimulatorCluster": "vivace.backends.qoro.wire.account",
        "SubmissionError": "vivace.errors",
        "ParallelSimulator": "vivace.backends.aer.parallel",
        "QiskitSimulator": "vivace.backends.aer.simulator",
        "SupportsCircuitTemplates": "vivace.backends.runner",
        "TemplateEntry": "vivace.circuits",
        "UnreadableAnswerError": "vivace.backends.qoro.http_errors",
        "AnswerTooLongError": "vivace.backends.qoro.http_errors",
        "characterize_and_validate": "vivace.backends.qoro.analysis",
        "convert_counts_to_probs": "vivace.results",
        "get_available_qpu_systems": "vivace.backends.qoro.targets",
        "get_available_simulator_clusters": "vivace.backends.qoro.targets",
        "get_characterization_result": "vivace.backends.qoro.analysis",
        "get_qpu_system": "vivace.backends.qoro.targets",
        "get_simulator_cluster": "vivace.backends.qoro.targets",
        "parse_qpu_systems": "vivace.backends.qoro.targets",
        "parse_simulator_clusters": "vivace.backends.qoro.targets",
        "update_qpu_systems_cache": "vivace.backends.qoro.targets",
        "update_simulator_clusters_cache": "vivace.backends.qoro.targets",
        "create_backend_from_properties": "vivace.backends.calibration",
        "normalise_circuit_batch": "vivace.circuits",
        "reverse_dict_endianness": "vivace.results",
    },
)
