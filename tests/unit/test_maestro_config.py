"""MaestroConfig: every name, every check, and agreement with the installed simulator library."""

import copy
import inspect
import logging
import pickle
import pydoc
import re
from dataclasses import FrozenInstanceError

import maestro
import numpy as np
import pytest

from vivace.backends import (
    CharacterizationOptions,
    ExecutionConfig,
    JobConfig,
    MaestroConfig,
    MaestroSimulator,
    QiskitSimulator,
)
from vivace.backends.maestro import options
from vivace.backends.maestro.fields import MaestroFields
from vivace.errors import ConfigError, ConfigTypeError, UnknownChoiceError, UnknownOptionError

OURS = {"mps_qubit_threshold", "noise_model", "noise_seed", "noise_realizations"}
# Option, a value other than the default, and what the library must then hold (None: the same).
GOOD = [
    ("simulator_type", "QiskitAer", maestro.SimulatorType.QiskitAer),
    ("simulation_type", "Stabilizer", maestro.SimulationType.Stabilizer),
    ("precision", "single", None),
    ("seed", 2**64 - 1, None),
    ("gpu_device", 0, None),
    ("distributed_options", {"mpi_x": "1"}, None),
    ("gate_fusion", False, None),
    ("max_simulators", 1024, None),
    ("max_bond_dimension", 1, None),
    ("singular_value_threshold", 1e-8, None),
    ("truncation_mode", "discarded_weight", None),
    ("disable_optimized_swapping", True, None),
    ("lookahead_depth", 0, None),
    ("mps_sampling", "apply_measure", None),
    ("mps_svd_solver", "gesvdj", None),
    ("mpo_svd_solver", "gesvdp", None),
    ("tensor_network_svd_solver", "gesvdr", None),
    ("mpo_kraus_completeness_check", "strict", None),
    ("mpo_restore_trace_after_truncation", True, None),
    ("mpo_hermitize_after_truncation", True, None),
    ("mps_routing_virtual_bonds", True, None),
    ("mps_routing_truncation_weight", 0.25, None),
    ("pp_coefficient_threshold", 0.5, None),
    ("pp_max_pauli_weight", 3, None),
    ("pp_gates_between_trims", 5, None),
    ("pp_gates_between_deduplications", 6, None),
    ("path_integral_threshold", 0.125, None),
    ("enable_causal_cone_reduction", False, None),
    ("enable_observable_clustering", False, None),
    ("min_cluster_qubits", 2, None),
    ("max_cluster_qubits", 6, None),
    ("observable_error_tolerance", 1.0, None),
    ("enable_sampling_reduction", True, None),
    ("allow_reset_marginalization", True, None),
    ("auto_reduce", False, None),
    ("trajectory_policy", "shot_v1", None),
    ("trajectory_max_memory_mb", 2**44 - 1, None),
]
# Older name, value, option, value of the option.
OLD = [
    ("use_double_precision", True, "precision", "double"),
    ("use_double_precision", False, "precision", None),
    ("mps_measure_no_collapse", True, "mps_sampling", "probabilities"),
    ("mps_measure_no_collapse", False, "mps_sampling", "apply_measure"),
    ("pp_pauli_weight_threshold", 4, "pp_max_pauli_weight", 4),
    ("pp_steps_between_trims", 5, "pp_gates_between_trims", 5),
    ("pp_steps_between_deduplications", 6, "pp_gates_between_deduplications", 6),
    ("precision", True, "precision", "double"),
    ("precision", False, "precision", "single"),
]
DEFAULTS_012 = {
    "use_double_precision": False,
    "disable_optimized_swapping": False,
    "lookahead_depth": -1,
    "mps_measure_no_collapse": True,
    "mps_qubit_threshold": 22,
    "noise_seed": 42,
}


def noise():
    model = maestro.NoiseModel()
    model.set_dephasing(0, 0.1)
    return model


def fields_of(config):
    return {name: getattr(config, name) for name in maestro.SimulatorConfig._fields}


class TestAgreementWithTheLibrary:
    def test_enum_names_are_those_of_the_library(self):
        assert set(options.SIMULATOR_TYPES) == set(maestro.SimulatorType.__members__)
        assert set(options.SIMULATION_TYPES) == set(maestro.SimulationType.__members__)

    def test_options_are_those_of_the_library_and_four_of_ours(self):
        names = {n for n, v in vars(MaestroFields).items() if isinstance(v, options.Option)}
        assert names == set(maestro.SimulatorConfig._fields) | OURS
        assert {name for name, _, _ in GOOD} == set(maestro.SimulatorConfig._fields)

    def test_library_defaults_are_those_of_the_library(self):
        library = fields_of(maestro.SimulatorConfig())
        for name, value in library.items():
            ours = vars(MaestroFields)[name].library_default
            assert ours == getattr(value, "name", value), name

    @pytest.mark.parametrize("simulator", options.SIMULATOR_TYPES)
    @pytest.mark.parametrize("method", options.SIMULATION_TYPES)
    def test_we_refuse_a_pair_exactly_when_the_library_does(self, simulator, method):
        def accepted(build):
            try:
                build()
            except ValueError:
                return False
            return True

        ours = accepted(lambda: MaestroConfig(simulator_type=simulator, simulation_type=method))
        assert ours == accepted(
            lambda: maestro.SimulatorConfig(
                simulator_type=getattr(maestro.SimulatorType, simulator),
                simulation_type=getattr(maestro.SimulationType, method),
            )
        )

    @pytest.mark.parametrize(("name", "value", "expected"), GOOD)
    def test_every_option_reaches_the_library(self, name, value, expected):
        config = MaestroConfig(**{name: value}).to_simulator_config(maestro, width=2)
        library = fields_of(maestro.SimulatorConfig()) | {name: value if expected is None else expected}
        assert fields_of(config) == library

    @pytest.mark.parametrize(("old", "value", "name", "expected"), OLD)
    def test_every_older_name_reaches_the_library(self, old, value, name, expected):
        config = MaestroConfig(**{old: value})
        assert getattr(config, name) == expected
        assert getattr(config.to_simulator_config(maestro, width=2), name) == expected
        if old != name:
            assert getattr(config, old) == value

    def test_defaults_are_not_passed_on(self):
        class Spy:
            SimulationType = maestro.SimulationType
            SimulatorType = maestro.SimulatorType
            SimulatorConfig = dict

        assert MaestroConfig().to_simulator_config(Spy, width=2) == {}
        same = MaestroConfig(lookahead_depth=-1, use_double_precision=False, auto_reduce=True, noise_seed=3)
        assert same.to_simulator_config(Spy, width=2) == {}
        assert MaestroConfig(seed=1).to_simulator_config(Spy, width=2, seed=9) == {"seed": 9}


class TestAutomaticMethod:
    @pytest.mark.parametrize(
        ("fields", "width", "method", "bond"),
        [
            ({}, 22, "Statevector", None),
            ({}, 23, "MatrixProductState", 64),
            ({"max_bond_dimension": 8}, 23, "MatrixProductState", 8),
            ({"mps_qubit_threshold": 3}, 4, "MatrixProductState", 64),
            ({"simulation_type": "Statevector"}, 30, "Statevector", None),
            ({"simulation_type": "Stabilizer"}, 30, "Stabilizer", None),
            ({"simulator_type": "QuestSim"}, 30, "Statevector", None),
        ],
    )
    def test_is_decided_by_the_width(self, fields, width, method, bond):
        config = MaestroConfig(**fields)
        built = config.to_simulator_config(maestro, width=width)
        assert config.simulation_type_for(width) == method
        assert (built.simulation_type.name, built.max_bond_dimension) == (method, bond)

    def test_is_logged(self, caplog):
        with caplog.at_level(logging.INFO, logger="vivace"):
            MaestroConfig().to_simulator_config(maestro, width=23)
            MaestroConfig().to_simulator_config(maestro, width=22)
            MaestroConfig(simulation_type="MatrixProductState").to_simulator_config(maestro, width=30)
        assert caplog.messages == ["Circuit has 23 qubits (> 22 threshold), using MPS simulation."]


class TestReading:
    def test_unset_options_read_as_none_or_their_012_default(self):
        config = MaestroConfig()
        for name, value in vars(MaestroFields).items():
            if isinstance(value, options.Option | options.Alias):
                assert getattr(config, name) == DEFAULTS_012.get(name), name
                assert not config.is_set(name)

    def test_none_is_the_same_as_leaving_out(self):
        assert not MaestroConfig(noise_seed=None, use_double_precision=None).is_set("noise_seed")

    def test_numpy_numbers_and_enum_members_are_taken(self):
        config = MaestroConfig(
            max_bond_dimension=np.int64(8),
            singular_value_threshold=np.float32(0.5),
            gate_fusion=np.True_,
            simulation_type=maestro.SimulationType.Stabilizer,
        )
        assert config == MaestroConfig(
            max_bond_dimension=8,
            singular_value_threshold=0.5,
            gate_fusion=True,
            simulation_type="Stabilizer",
        )
        assert type(config.max_bond_dimension) is int

    def test_distributed_options_do_not_follow_the_callers_dict(self):
        given = {"mpi_a": "1"}
        config = MaestroConfig(distributed_options=given)
        given["mpi_b"] = "2"
        assert config.distributed_options == {"mpi_a": "1"}

    def test_repr_shows_what_was_set(self):
        config = MaestroConfig(
            noise_seed=42, simulation_type="Stabilizer", distributed_options={"mpi_a": "1"}
        )
        assert repr(config) == (
            "MaestroConfig(simulation_type='Stabilizer', distributed_options={'mpi_a': '1'}, noise_seed=42)"
        )
        assert eval(repr(config)) == config

    @pytest.mark.parametrize("name", ["noise_seed", "use_double_precision", "noise_sed"])
    def test_is_frozen(self, name):
        config = MaestroConfig()
        with pytest.raises(FrozenInstanceError, match=name):
            setattr(config, name, 1)
        with pytest.raises(FrozenInstanceError):
            delattr(config, name)

    @pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
    def test_copies_are_equal(self, clone):
        config = MaestroConfig(
            noise_model=noise(), use_double_precision=False, seed=3, distributed_options={"mpi_a": "1"}
        )
        twin = clone(config)
        assert twin == config
        assert hash(twin) == hash(config)
        assert repr(twin).partition("noise_model")[0] == repr(config).partition("noise_model")[0]
        assert twin.is_set("precision")

    def test_a_noise_model_that_changes_later_does_not_change_the_config(self):
        model = noise()
        config = MaestroConfig(noise_model=model)
        later = MaestroConfig().override(noise_model=model)
        model.set_all_depolarizing(2, 0.5)
        assert config == later == MaestroConfig(noise_model=noise())
        assert MaestroConfig(noise_model=model) != config

    def test_a_noise_model_that_refused_a_call_can_still_be_used(self):
        model = noise()
        with pytest.raises(ValueError, match="must be finite"):
            model.set_readout_error(0, 7, 0)
        assert MaestroConfig(noise_model=model).noise_model.has_any()

    def test_equality_is_of_values(self):
        assert MaestroConfig() == MaestroConfig(noise_seed=42)
        assert hash(MaestroConfig()) == hash(MaestroConfig(noise_seed=42))
        assert MaestroConfig() != MaestroConfig(noise_seed=43)
        assert MaestroConfig(noise_model=noise()) == MaestroConfig(noise_model=noise())
        assert MaestroConfig(noise_model=noise()) != MaestroConfig(noise_model=maestro.NoiseModel())
        assert MaestroConfig(noise_model=noise()) != MaestroConfig()
        assert MaestroConfig() != "MaestroConfig()"

    def test_noise_models_made_with_arrays_can_be_compared(self):
        kraus, other = maestro.NoiseModel(), maestro.NoiseModel()
        kraus.set_kraus_channel([0], [np.eye(2)])
        other.set_kraus_channel([0], [np.diag([1.0, -1.0])])
        config = MaestroConfig(noise_model=kraus)
        assert config == MaestroConfig(noise_model=kraus) == pickle.loads(pickle.dumps(config))
        assert config != MaestroConfig(noise_model=other)
        assert {config: 1}[MaestroConfig(noise_model=kraus)] == 1


BAD_VALUES = [
    ("max_bond_dimension", 0, ConfigError, r"max_bond_dimension must be between 1 and \d+, got 0"),
    (
        "max_bond_dimension",
        True,
        ConfigTypeError,
        r"max_bond_dimension must be an integer, got True \(bool\)",
    ),
    ("max_bond_dimension", 2.0, ConfigTypeError, "an integer"),
    ("singular_value_threshold", float("nan"), ConfigError, "a finite number of at least 0, got nan"),
    ("singular_value_threshold", -1e-9, ConfigError, "of at least 0"),
    ("singular_value_threshold", "1e-9", ConfigTypeError, "finite number"),
    ("observable_error_tolerance", 0, ConfigError, "a finite number above 0 and at most 1, got 0"),
    ("observable_error_tolerance", 1.5, ConfigError, "at most 1"),
    ("lookahead_depth", -2, ConfigError, "between -1"),
    ("seed", 2**64, ConfigError, "between 0"),
    ("seed", -1, ConfigError, "between 0"),
    ("max_simulators", 1025, ConfigError, "between 1 and 1024"),
    ("pp_gates_between_trims", 0, ConfigError, "between 1"),
    ("pp_steps_between_trims", 0, ConfigError, "pp_steps_between_trims must be between 1"),
    ("use_double_precision", "yes", ConfigTypeError, "use_double_precision must be True or False"),
    ("mps_measure_no_collapse", 1, ConfigTypeError, "mps_measure_no_collapse must be True or False"),
    ("gate_fusion", 1, ConfigTypeError, "True or False"),
    ("precision", "half", UnknownChoiceError, "one of single, double; got 'half'"),
    ("truncation_mode", 3, ConfigTypeError, "one of relative_max, discarded_weight"),
    ("simulator_type", "qcsim", UnknownChoiceError, r"got 'qcsim' \(did you mean 'QCSim'\?\)"),
    ("simulation_type", "MPS", UnknownChoiceError, "MatrixProductState"),
    ("distributed_options", {"x": "1"}, ConfigError, r"only distributed_\* or mpi_\* keys, got \['x'\]"),
    ("distributed_options", {"mpi_x": 1}, ConfigTypeError, "text to text"),
    ("mps_qubit_threshold", -1, ConfigError, "at least 0"),
    ("noise_seed", -1, ConfigError, "between 0"),
    ("noise_realizations", 0, ConfigError, "noise_realizations must be None or a positive integer, got 0."),
    ("noise_model", "depolarizing", ConfigTypeError, "must be a maestro.NoiseModel, got str"),
]


class TestRefusals:
    @pytest.mark.parametrize(("name", "value", "kind", "message"), BAD_VALUES)
    def test_values_are_checked_when_built(self, name, value, kind, message):
        with pytest.raises(kind, match=message) as caught:
            MaestroConfig(**{name: value})
        assert type(caught.value) is kind
        assert isinstance(caught.value, ValueError)
        assert caught.value.option == name

    def test_a_bad_name_is_a_key_error_too(self):
        with pytest.raises(KeyError):
            MaestroConfig(simulation_type="MPS")

    @pytest.mark.parametrize("builtin", [TypeError, ValueError])
    def test_an_unknown_option_is_named_with_a_suggestion(self, builtin):
        with pytest.raises(builtin) as caught:
            MaestroConfig(max_bond_dim=2)
        assert isinstance(caught.value, UnknownOptionError)
        assert str(caught.value) == (
            "MaestroConfig got unknown options 'max_bond_dim' (did you mean 'max_bond_dimension'?)."
        )

    def test_an_unknown_option_is_refused_even_as_none(self):
        with pytest.raises(UnknownOptionError):
            MaestroConfig(max_bond_dim=None)

    @pytest.mark.parametrize(
        "fields",
        [
            {"use_double_precision": True, "precision": "double"},
            {"mps_measure_no_collapse": True, "mps_sampling": "probabilities"},
            {"pp_pauli_weight_threshold": 1, "pp_max_pauli_weight": 1},
            {"pp_steps_between_trims": 1, "pp_gates_between_trims": 1},
            {"pp_steps_between_deduplications": 1, "pp_gates_between_deduplications": 1},
        ],
    )
    def test_one_option_under_two_names_is_refused(self, fields):
        with pytest.raises(TypeError, match="are the same option. Give one of them"):
            MaestroConfig(**fields)
        with pytest.raises(TypeError, match="are the same option"):
            MaestroConfig().override(**fields)

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"simulator_type": "QuestSim", "simulation_type": "Stabilizer"}, "runs statevectors only"),
            ({"min_cluster_qubits": 6, "max_cluster_qubits": 4}, "must not exceed"),
        ],
    )
    def test_options_that_cannot_be_combined(self, fields, message):
        with pytest.raises(ConfigError, match=message):
            MaestroConfig(**fields)
        first, *rest = fields.items()
        with pytest.raises(ConfigError, match=message):
            MaestroConfig(**dict([first])).override(**dict(rest))


class TestDerivedConfigs:
    def test_only_what_was_set_overrides(self):
        base = MaestroConfig(max_bond_dimension=16, mps_measure_no_collapse=False, noise_seed=7)
        merged = base.override(MaestroConfig(simulation_type="MatrixProductState"))
        assert merged == MaestroConfig(
            simulation_type="MatrixProductState",
            max_bond_dimension=16,
            mps_sampling="apply_measure",
            noise_seed=7,
        )

    def test_what_was_set_to_its_default_overrides_too(self):
        base = MaestroConfig(use_double_precision=True, mps_measure_no_collapse=False, noise_seed=7)
        merged = base.override(
            MaestroConfig(use_double_precision=False, mps_measure_no_collapse=True, noise_seed=42)
        )
        assert (merged.precision, merged.mps_sampling, merged.noise_seed) == (None, "probabilities", 42)

    def test_fields_win_over_the_other_config(self):
        merged = MaestroConfig().override(MaestroConfig(seed=1), seed=2, pp_steps_between_trims=3)
        assert (merged.seed, merged.pp_gates_between_trims) == (2, 3)

    def test_none_clears_a_field(self):
        merged = MaestroConfig(pp_max_pauli_weight=1).override(pp_pauli_weight_threshold=None)
        assert not merged.is_set("pp_max_pauli_weight")

    def test_override_leaves_the_original_alone(self):
        base = MaestroConfig(seed=1)
        base.override(seed=2)
        base.reset("seed")
        assert base.seed == 1

    def test_override_takes_configs_only(self):
        with pytest.raises(TypeError, match="override.. expects a MaestroConfig, got dict"):
            MaestroConfig().override({"seed": 1})
        with pytest.raises(UnknownOptionError, match="sede"):
            MaestroConfig().override(sede=None)

    def test_reset(self):
        config = MaestroConfig(use_double_precision=True, seed=1)
        assert config.reset("precision", "seed") == MaestroConfig()
        assert config.reset("use_double_precision").is_set("seed")
        with pytest.raises(TypeError, match=r"^reset\(\) needs at least one field name\.$"):
            config.reset()
        with pytest.raises(ValueError, match=r"^Cannot reset unknown fields \['sede'\]"):
            config.reset("sede")

    def test_asking_about_an_unknown_option(self):
        with pytest.raises(UnknownOptionError):
            MaestroConfig().is_set("sede")

    @pytest.mark.parametrize(("name", "value", "expected"), GOOD)
    def test_from_simulator_config_is_the_way_back(self, name, value, expected):
        library = maestro.SimulatorConfig(**{name: value if expected is None else expected})
        config = MaestroConfig.from_simulator_config(library)
        assert getattr(config, name) == value
        assert fields_of(config.to_simulator_config(maestro, width=40)) == fields_of(library)

    def test_from_simulator_config_takes_fields_on_top(self):
        library = maestro.SimulatorConfig(seed=1, max_bond_dimension=4)
        config = MaestroConfig.from_simulator_config(library, seed=2, noise_seed=5)
        assert (config.seed, config.max_bond_dimension, config.noise_seed) == (2, 4, 5)
        assert config.simulation_type == "Statevector"


def test_help_says_of_every_option_what_it_takes_what_it_does_and_what_it_is_by_default():
    text = pydoc.render_doc(MaestroConfig, renderer=pydoc.plaintext).partition("Method resolution")[0]
    about = dict(re.findall(r"^ \|      (\w+)( \(.*|: Older .*(?:\n \|          .*)*)", text, re.MULTILINE))
    assert about.keys() == {
        name for name, v in vars(MaestroFields).items() if isinstance(v, options.Option | options.Alias)
    }
    flat = " ".join(text.replace("\n |", " ").split())
    assert "max_simulators (int from 1 to 1024): Simulators that run at once. Default: None." in flat
    assert "noise_seed (int from 0 to 2**64 - 1): Seed of the error patterns; see above. Default: 42." in flat
    assert (
        "auto_reduce (bool): Whether invariant subspaces are looked for before estimation. Default: None; "
        in flat
    )
    assert "pp_steps_between_trims: Older name of `pp_gates_between_trims`." in flat


@pytest.mark.parametrize("config", [JobConfig, ExecutionConfig, CharacterizationOptions])
def test_help_says_of_every_field_of_the_other_configs_what_it_takes(config):
    documented = re.findall(r"^    (\w+) \(.+\): ", inspect.getdoc(config), re.MULTILINE)
    assert not any(map(config().is_set, documented))  # which knows no other fields
    with pytest.raises(ConfigTypeError, match=f"takes {len(documented)} positional values"):
        config(*range(99))


@pytest.mark.parametrize("runner", [MaestroSimulator, QiskitSimulator])
def test_help_says_of_every_argument_of_a_runner_what_it_is(runner):
    documented = re.findall(r"^    (\w+)(?: \(.+\))?: ", inspect.getdoc(runner), re.MULTILINE)
    assert set(inspect.signature(runner).parameters) - {"options"} <= {*documented}
