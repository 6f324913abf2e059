"""The options of `MaestroConfig` as keywords, for type checkers; what they mean is in `fields`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, SupportsIndex, TypedDict

__all__ = ["MaestroKeywords"]


class MaestroKeywords(TypedDict, total=False):
    """What each option takes; a test compares them with `OPTIONS` and `ALIASES`."""

    simulator_type: str | Enum | None
    simulation_type: str | Enum | None
    precision: str | bool | Enum | None
    seed: SupportsIndex | None
    gpu_device: SupportsIndex | None
    distributed_options: Mapping[str, str] | None
    gate_fusion: bool | None
    max_simulators: SupportsIndex | None
    max_bond_dimension: SupportsIndex | None
    singular_value_threshold: float | None
    truncation_mode: str | Enum | None
    disable_optimized_swapping: bool | None
    lookahead_depth: SupportsIndex | None
    mps_sampling: str | Enum | None
    mps_svd_solver: str | Enum | None
    mpo_svd_solver: str | Enum | None
    tensor_network_svd_solver: str | Enum | None
    mpo_kraus_completeness_check: str | Enum | None
    mpo_restore_trace_after_truncation: bool | None
    mpo_hermitize_after_truncation: bool | None
    mps_routing_virtual_bonds: bool | None
    mps_routing_truncation_weight: float | None
    pp_coefficient_threshold: float | None
    pp_max_pauli_weight: SupportsIndex | None
    pp_gates_between_trims: SupportsIndex | None
    pp_gates_between_deduplications: SupportsIndex | None
    path_integral_threshold: float | None
    enable_causal_cone_reduction: bool | None
    enable_observable_clustering: bool | None
    min_cluster_qubits: SupportsIndex | None
    max_cluster_qubits: SupportsIndex | None
    observable_error_tolerance: float | None
    enable_sampling_reduction: bool | None
    allow_reset_marginalization: bool | None
    auto_reduce: bool | None
    trajectory_policy: str | Enum | None
    trajectory_max_memory_mb: SupportsIndex | None
    mps_qubit_threshold: SupportsIndex | None
    noise_model: Any
    noise_seed: SupportsIndex | None
    noise_realizations: SupportsIndex | None
    use_double_precision: bool | None
    mps_measure_no_collapse: bool | None
    pp_pauli_weight_threshold: SupportsIndex | None
    pp_steps_between_trims: SupportsIndex | None
    pp_steps_between_deduplications: SupportsIndex | None
