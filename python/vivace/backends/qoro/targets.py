"""What jobs can be sent to. Each service has its own cache; the functions here ask that of the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, TypeVar

from vivace.backends.qoro.wire.account import QPUSystem, SimulatorCluster
from vivace.errors import ConfigError, ProtocolError

__all__ = [
    "TargetCache",
    "get_available_qpu_systems",
    "get_available_simulator_clusters",
    "get_qpu_system",
    "get_simulator_cluster",
    "parse_qpu_systems",
    "parse_simulator_clusters",
    "update_qpu_systems_cache",
    "update_simulator_clusters_cache",
]

T = TypeVar("T")

_lock = Lock()


class TargetCache:
    """The targets a service knows of. Safe to share between threads."""

    def __init__(self) -> None:
        self._systems: Mapping[str, QPUSystem] = {}
        self._clusters: Mapping[str, SimulatorCluster] = {}

    def make_latest(self) -> None:
        """Let the functions of this module ask this cache."""
        global _latest  # noqa: PLW0603 - the most recent service is a fact of the process
        with _lock:
            _latest = self

    def set_systems(self, systems: Iterable[QPUSystem]) -> None:
        """Replace all systems."""
        self._systems = {system.name: system for system in systems}

    def set_clusters(self, clusters: Iterable[SimulatorCluster]) -> None:
        """Replace all clusters."""
        self._clusters = {cluster.name: cluster for cluster in clusters}

    @property
    def systems(self) -> list[QPUSystem]:
        """All systems, in the order of the service."""
        return list(self._systems.values())

    @property
    def clusters(self) -> list[SimulatorCluster]:
        """All clusters, in the order of the service."""
        return list(self._clusters.values())

    def system(self, name: str) -> QPUSystem:
        """The system of that name.

        Raises:
            ConfigError: There is none, or none were fetched.
        """
        return _found(self._systems, name, "QPUSystem", "QPU systems", "fetch_qpu_systems")

    def cluster(self, name: str) -> SimulatorCluster:
        """The cluster of that name.

        Raises:
            ConfigError: There is none, or none were fetched.
        """
        clusters = self._clusters
        return _found(clusters, name, "SimulatorCluster", "Simulator clusters", "fetch_simulator_clusters")


def _found(targets: Mapping[str, T], name: str, kind: str, kinds: str, method: str) -> T:
    if not targets:
        raise ConfigError(f"{kinds} cache is empty. Call `QoroService.{method}()` to populate it.", name)
    if name not in targets:
        raise ConfigError(
            f"{kind} with name '{name}' not found in cache. Known: {', '.join(sorted(targets))}.", name
        )
    return targets[name]


# Held here, so that it outlives its service; it knows no token. The first one is of no service.
_latest = TargetCache()


def _current() -> TargetCache:
    with _lock:
        return _latest


def parse_qpu_systems(data: Any) -> list[QPUSystem]:
    """Systems from the JSON of ``qpusystem/``.

    >>> parse_qpu_systems([{"name": "lab"}])[0].name
    'lab'
    """
    return [QPUSystem.from_wire(item) for item in _items(data)]


def parse_simulator_clusters(data: Any) -> list[SimulatorCluster]:
    """Clusters from the JSON of ``simulatorcluster/``."""
    return [SimulatorCluster.from_wire(item) for item in _items(data)]


def _items(data: Any) -> list[Any]:
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ProtocolError(f"Expected a list of objects, got {data!r:.60}.")
    return data


def update_qpu_systems_cache(systems: Iterable[QPUSystem]) -> None:
    """Replace the systems of the most recent service's cache."""
    _current().set_systems(systems)


def update_simulator_clusters_cache(clusters: Iterable[SimulatorCluster]) -> None:
    """Replace the clusters of the most recent service's cache."""
    _current().set_clusters(clusters)


def get_qpu_system(name: str) -> QPUSystem:
    """The system of that name, as the most recent service knows it.

    Raises:
        ConfigError: There is none, or none were fetched.
    """
    return _current().system(name)


def get_simulator_cluster(name: str) -> SimulatorCluster:
    """The cluster of that name, as the most recent service knows it.

    Raises:
        ConfigError: There is none, or none were fetched.
    """
    return _current().cluster(name)


def get_available_qpu_systems() -> list[QPUSystem]:
    """All systems the most recent service knows of."""
    return _current().systems


def get_available_simulator_clusters() -> list[SimulatorCluster]:
    """All clusters the most recent service knows of."""
    return _current().clusters
