"""The ways a circuit may be run, and what the metadata of its results says about the one taken."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from vivace.backends.maestro.methods import may_truncate
from vivace.backends.maestro.noise import noise_facts

if TYPE_CHECKING:
    from vivace import _core
    from vivace.backends.maestro.config import MaestroConfig

__all__ = ["AS_PRODUCT", "ExecutionPath", "described", "estimate_facts", "sample_facts"]

AS_PRODUCT: Final = {"method": "MatrixProductState", "bond_dimension": None, "may_truncate": False}
"""Metadata of a matrix product state that was the cheaper way to an exact result."""


class ExecutionPath(StrEnum):
    """The way a circuit was run; ``"path"`` in its metadata."""

    COMPILED = "compiled"
    """A program compiled once for all circuits of the structure."""
    PROBABILITIES = "probabilities"
    """The same, read out as probabilities, from which come the values of all diagonal words."""
    KEPT = "kept"
    """One simulator of this process, circuit after circuit."""
    WORKERS = "workers"
    """The same in worker processes, one for every core."""
    LIGHT_CONES = "light_cones"
    """Each word on the part of the circuit it depends on."""
    CIRCUITS = "circuits"
    """Every circuit a simulation of its own, on threads."""


def described(path: ExecutionPath, config: MaestroConfig, circuit: _core.NativeCircuit) -> dict[str, Any]:
    """Metadata of the circuits that ran this way.

    Args:
        path: The way taken.
        config: The options in force.
        circuit: The circuit as it was simulated.

    Returns:
        ``path``; ``simulator`` and ``method``, under the library's names; ``n_qubits`` that were simulated,
        spare ones for mid-circuit measurements included. Of a matrix product state also ``bond_dimension``,
        the largest one kept (None is all of it). Of methods with limits (matrix product states and operators,
        Pauli propagation, path integrals) ``may_truncate``: whether something may have been cut off, so that
        results are approximate.
    """
    width = circuit.n_qubits
    facts: dict[str, Any] = {
        "path": path.value,
        "simulator": config.simulator_type or "QCSim",
        "method": config.simulation_type_for(width),
        "n_qubits": width,
    }
    if facts["method"] == "MatrixProductState":
        facts["bond_dimension"] = config.bond_dimension_for(width)
    truncates = may_truncate(config, circuit)
    if truncates is not None:
        facts["may_truncate"] = truncates
    return facts


def estimate_facts(config: MaestroConfig, circuit: _core.NativeCircuit) -> dict[str, Any]:
    """Metadata of expectation values from a simulation for each circuit."""
    facts = described(ExecutionPath.CIRCUITS, config, circuit)
    if config.noise_model is None and "bond_dimension" in facts:
        # With it, truncated values differ, and are better: what a word does not depend on is not cut off.
        facts["causal_cone_reduction"] = config.enable_causal_cone_reduction is not False
    return facts | noise_facts(config, circuit.n_qubits, expectation=True)


def sample_facts(config: MaestroConfig, circuit: _core.NativeCircuit) -> dict[str, Any]:
    """Metadata of counts from a simulation for each circuit."""
    noise = noise_facts(config, circuit.n_qubits, expectation=False)
    return described(ExecutionPath.CIRCUITS, config, circuit) | noise
