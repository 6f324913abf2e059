"""The Qoro cloud: `QoroService`, its configs and targets, and what it may raise."""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
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

__all__ = [
    "QPU",
    "AnswerTooLongError",
    "CharacterizationOptions",
    "CharacterizationResult",
    "DeviceConfig",
    "ExecutionConfig",
    "JobConfig",
    "JobRecord",
    "JobStatus",
    "JobType",
    "Journal",
    "QPUSystem",
    "QoroClient",
    "QoroConnectionError",
    "QoroHTTPError",
    "QoroService",
    "QoroTimeoutError",
    "RetryPolicy",
    "SimulationMethod",
    "Simulator",
    "SimulatorCluster",
    "UnreadableAnswerError",
    "characterize_and_validate",
    "get_available_qpu_systems",
    "get_available_simulator_clusters",
    "get_characterization_result",
    "get_qpu_system",
    "get_simulator_cluster",
    "parse_qpu_systems",
    "parse_simulator_clusters",
    "update_qpu_systems_cache",
    "update_simulator_clusters_cache",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CharacterizationOptions": "vivace.backends.qoro.analysis_options",
        "CharacterizationResult": "vivace.backends.qoro.analysis_result",
        "DeviceConfig": "vivace.backends.qoro.config",
        "ExecutionConfig": "vivace.backends.qoro.config",
        "JobConfig": "vivace.backends.qoro.config",
        "JobRecord": "vivace.backends.qoro.journal",
        "JobStatus": "vivace.backends.qoro.wire.jobs",
        "JobType": "vivace.backends.qoro.wire.jobs",
        "Journal": "vivace.backends.qoro.journal",
        "QPU": "vivace.backends.qoro.wire.account",
        "QPUSystem": "vivace.backends.qoro.wire.account",
        "QoroClient": "vivace.backends.qoro.client",
        "QoroConnectionError": "vivace.backends.qoro.http_errors",
        "QoroHTTPError": "vivace.backends.qoro.http_errors",
        "QoroService": "vivace.backends.qoro.service",
        "QoroTimeoutError": "vivace.backends.qoro.http_errors",
        "RetryPolicy": "vivace.backends.qoro.retrying",
        "SimulationMethod": "vivace.backends.qoro.wire.configs",
        "Simulator": "vivace.backends.qoro.wire.configs",
        "SimulatorCluster": "vivace.backends.qoro.wire.account",
        "UnreadableAnswerError": "vivace.backends.qoro.http_errors",
        "AnswerTooLongError": "vivace.backends.qoro.http_errors",
        "characterize_and_validate": "vivace.backends.qoro.analysis",
        "get_available_qpu_systems": "vivace.backends.qoro.targets",
        "get_available_simulator_clusters": "vivace.backends.qoro.targets",
        "get_characterization_result": "vivace.backends.qoro.analysis",
        "get_qpu_system": "vivace.backends.qoro.targets",
        "get_simulator_cluster": "vivace.backends.qoro.targets",
        "parse_qpu_systems": "vivace.backends.qoro.targets",
        "parse_simulator_clusters": "vivace.backends.qoro.targets",
        "update_qpu_systems_cache": "vivace.backends.qoro.targets",
        "update_simulator_clusters_cache": "vivace.backends.qoro.targets",
    },
)
