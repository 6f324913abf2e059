"""The options of `MaestroConfig`: the one list of their names, rules, defaults and meanings."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Final

from vivace.backends.maestro import options as opt

__all__ = ["ALIASES", "OPTIONS", "MaestroFields", "documented"]

_SVD_SOLVERS: Final = ("gesvd", "gesvdj", "gesvdp", "gesvdr")


class MaestroFields:
    """The options, as descriptors. A default of None leaves an option to the simulator library."""

    # Which simulator, and which method.
    simulator_type = opt.choice(*opt.SIMULATOR_TYPES, doc="The simulator.", library_default="QCSim")
    simulation_type = opt.choice(
        *opt.SIMULATION_TYPES,
        doc="The method. None: decided by the width of each circuit, see `mps_qubit_threshold`.",
        library_default="Statevector",
    )
    precision = opt.precision(doc="Floating point of Qiskit Aer and GPU simulators; QCSim is always double.")
    seed = opt.integer(0, doc="Seed of measurement, readout, reset and noise. None: random.")
    gpu_device = opt.integer(0, opt.I32_MAX, doc="Number of the CUDA device.")
    distributed_options = opt.mapping(
        "distributed_", "mpi_", doc="Settings of distributed simulators, by the library's names."
    )
    gate_fusion = opt.flag(
        doc="Whether to fuse gates. None: except for CPU statevectors below 11 qubits and density matrices "
        "below 5. Truncated states can come out differently.",
    )
    max_simulators = opt.integer(1, 1024, doc="Simulators that run at once.")

    # Matrix product states and tensor networks.
    max_bond_dimension = opt.integer(
        1,
        doc="Largest bond dimension kept. None: 64 where no method was chosen, else no limit.",
    )
    singular_value_threshold = opt.real(doc="Truncation threshold, dimensionless; see `truncation_mode`.")
    truncation_mode = opt.choice(
        "relative_max",
        "discarded_weight",
        doc="What the threshold bounds: the ratio of singular values to the largest, or the sum of squared "
        "ones dropped, normalised; the library has 'discarded_weight'.",
    )
    disable_optimized_swapping: opt.Option[bool] = opt.Option(
        opt.check_bool,
        kind="bool",
        doc="Whether to leave out the optimisation of swaps and of the first qubit order.",
        default=False,
        library_default=False,
    )
    lookahead_depth: opt.Option[int] = opt.Option(
        opt.whole_number(-1, opt.I32_MAX),
        kind="int of at least -1",
        doc="How far to look ahead, in gates, when optimising swaps; -1 leaves it to the library.",
        default=-1,
        library_default=-1,
    )
    mps_sampling = opt.choice(
        "probabilities",
        "apply_measure",
        doc="How matrix product states are sampled: without collapsing the state, or by measuring it for "
        "every shot. None: as said above.",
        library_default="probabilities",
    )
    mps_svd_solver = opt.choice(*_SVD_SOLVERS, doc="SVD of matrix product states on a GPU.")
    mpo_svd_solver = opt.choice(*_SVD_SOLVERS, doc="SVD of matrix product operators on a GPU.")
    tensor_network_svd_solver = opt.choice(*_SVD_SOLVERS, doc="SVD of tensor networks on a GPU.")
    mpo_kraus_completeness_check = opt.choice(
        "ignore", "warn", "strict", doc="What to do with Kraus operators that do not sum to the identity."
    )
    mpo_restore_trace_after_truncation = opt.flag(
        doc="Whether to rescale matrix product operators to trace 1 after each truncation.",
        library_default=False,
    )
    mpo_hermitize_after_truncation = opt.flag(
        doc="Whether to make matrix product operators Hermitian after each truncation.", library_default=False
    )
    mps_routing_virtual_bonds = opt.flag(doc="Whether to route over virtual bonds. The library has False.")
    mps_routing_truncation_weight = opt.real(
        doc="Penalty of overflow relative to run time, for routing; the library has 1, 0 counts time alone."
    )

    # Pauli propagation and path integrals.
    pp_coefficient_threshold = opt.real(
        doc="Pauli propagation drops words with coefficients of at most this. None: none, and unless "
        "`pp_max_pauli_weight` is set there can be 4**qubits of them; an estimate that runs out of memory "
        "fails."
    )
    pp_max_pauli_weight = opt.integer(0, doc="Pauli propagation drops words on more qubits than this.")
    pp_gates_between_trims = opt.integer(
        1, opt.I32_MAX, doc="Primitive gates after which Pauli propagation drops words."
    )
    pp_gates_between_deduplications = opt.integer(
        1,
        opt.I32_MAX,
        doc="Primitive gates after which Pauli propagation merges words; the library has 10.",
    )
    path_integral_threshold = opt.real(doc="Path integrals drop amplitudes below it. None: none.")

    # Reductions before the simulation.
    enable_causal_cone_reduction = opt.flag(
        doc="Whether the library reduces circuits to what an observable depends on.", library_default=True
    )
    enable_observable_clustering = opt.flag(
        doc="Whether observables of separate cones are simulated apart.", library_default=True
    )
    min_cluster_qubits = opt.integer(1, doc="Small cones are put together up to so many qubits.")
    max_cluster_qubits = opt.integer(
        1,
        doc="Cones that overlap are split into groups of at most so many qubits; the library has 20 for "
        "statevectors, 10 for density matrices.",
    )
    observable_error_tolerance = opt.real(
        above=0.0, maximum=1.0, doc="Absolute error allowed to expectation values under exact noise channels."
    )
    enable_sampling_reduction = opt.flag(
        doc="Whether separate cones of measurements are sampled apart; changes seeded counts.",
        library_default=False,
    )
    allow_reset_marginalization = opt.flag(
        doc="Whether resets may be summed over, which keeps distributions but not single trajectories.",
        library_default=False,
    )
    auto_reduce = opt.flag(
        doc="Whether invariant subspaces are looked for before estimation.", library_default=True
    )

    # Noise trajectories.
    trajectory_policy = opt.choice(
        "block_v1",
        "shot_v1",
        doc="How circuits with classical control draw random numbers: for blocks of shots, or for each shot "
        "alone, which the library does by default.",
    )
    trajectory_max_memory_mb = opt.integer(
        1, 2**44 - 1, doc="Memory for trajectories at once, in MiB, not strict; the library has 1024."
    )

    # Ours.
    mps_qubit_threshold: opt.Option[int] = opt.Option(
        opt.whole_number(0, None),
        kind="int of at least 0",
        doc="Circuits with more qubits run as matrix product states, unless a method is chosen.",
        default=22,
        library=False,
    )
    noise_model = opt.model("maestro.NoiseModel", "set_qubit_noise", doc="The noise. None: none.")
    noise_seed: opt.Option[int] = opt.Option(
        opt.whole_number(0, opt.U64_MAX),
        kind="int from 0 to 2**64 - 1",
        doc="Seed of the error patterns; see above.",
        default=42,
        library=False,
    )
    noise_realizations: opt.Option[int | None] = opt.Option(
        opt.whole_number(1, None, "None or a positive integer"),
        kind="int of at least 1",
        doc="Random error patterns to average over; see above.",
        library=False,
    )

    # Older names.
    use_double_precision = opt.Alias[bool](
        "precision",
        lambda name, value: "double" if opt.check_bool(name, value) else None,
        lambda value: value == "double",
        doc="True is precision='double', False leaves it unset.",
    )
    mps_measure_no_collapse = opt.Alias[bool](
        "mps_sampling",
        lambda name, value: "probabilities" if opt.check_bool(name, value) else "apply_measure",
        lambda value: value != "apply_measure",
        doc="True is mps_sampling='probabilities', False 'apply_measure'.",
    )
    pp_pauli_weight_threshold = opt.Alias[int | None]("pp_max_pauli_weight")
    pp_steps_between_trims = opt.Alias[int | None]("pp_gates_between_trims")
    pp_steps_between_deduplications = opt.Alias[int | None]("pp_gates_between_deduplications")


def _members(kind: type[Any]) -> dict[str, Any]:
    return {name: value for name, value in vars(MaestroFields).items() if isinstance(value, kind)}


OPTIONS: Final[Mapping[str, opt.Option[Any]]] = _members(opt.Option)
ALIASES: Final[Mapping[str, opt.Alias[Any]]] = _members(opt.Alias)


def documented(cls: type[Any]) -> type[Any]:
    """Put the list of options in the place of ``{options}`` in the docstring of a class."""
    lines = [f"{name}{option!r}" for name, option in {**OPTIONS, **ALIASES}.items()]
    filled = [
        textwrap.fill(line, 109, initial_indent=" " * 8, subsequent_indent=" " * 12, break_on_hyphens=False)
        for line in lines
    ]
    cls.__doc__ = (cls.__doc__ or "").replace("{options}", "\n".join(filled).strip())
    return cls
