"""Configs say no early, and keep what they were told."""

# ruff: noqa: E501 - tables with a line for each case

import pickle

import numpy as np
import pytest

from vivace.backends import (
    DeviceConfig,
    ExecutionConfig,
    JobConfig,
    QPUSystem,
    SimulationMethod,
    Simulator,
    SimulatorCluster,
)
from vivace.errors import ConfigError, ConfigTypeError, UnknownOptionError


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: JobConfig(0), ConfigError, "Shots must be a positive integer. Got 0."),
        (lambda: JobConfig(shots=True), ConfigError, "Shots must be a positive integer. Got True."),
        (
            lambda: JobConfig(simulator_cluster="a", qpu_system="b"),
            ConfigError,
            "Provide either 'simulator_cluster' or 'qpu_system', not both.",
        ),
        (lambda: JobConfig(simulator_cluster=3), ConfigTypeError, "Expected a SimulatorCluster instance or str, got int."),
        (lambda: JobConfig(qpu_system=3), ConfigTypeError, "Expected a QPUSystem instance or str, got int."),
        (lambda: JobConfig(use_circuit_packing=1), ConfigTypeError, "Expected a bool, got int for use_circuit_packing."),
        (lambda: JobConfig(tag=1), ConfigTypeError, "tag must be text, got 1 (int)."),
        (lambda: JobConfig(shot=1), UnknownOptionError, "JobConfig got unknown fields 'shot' (did you mean 'shots'?)."),
        (lambda: JobConfig(5, shots=5), ConfigTypeError, "JobConfig got 'shots' twice."),
        (lambda: JobConfig(*range(1, 9)), ConfigTypeError, "JobConfig takes 6 positional values, got 8."),
        (lambda: JobConfig().reset(), ConfigTypeError, "reset() needs at least one field name."),
        (lambda: JobConfig().reset("tga"), UnknownOptionError, "Cannot reset unknown fields 'tga' (did you mean 'tag'?)."),
        (lambda: JobConfig().override(5), ConfigTypeError, "override() expects a JobConfig, got int."),
        (lambda: ExecutionConfig(bond_dimension=0), ConfigError, "bond_dimension must be a positive integer, got 0."),
        (lambda: ExecutionConfig(bond_dimension=2.0), ConfigTypeError, "bond_dimension must be a positive integer, got 2.0 (float)."),
        (lambda: ExecutionConfig(truncation_threshold=-1), ConfigError, "truncation_threshold must be a number of at least 0, got -1."),
        (lambda: ExecutionConfig(truncation_threshold=float("nan")), ConfigError, "truncation_threshold must be a number of at least 0, got nan."),
        (lambda: ExecutionConfig(noise_scaling_factor=2), ConfigError, "noise_scaling_factor must be a number from 0 to 1, got 2."),
        (lambda: ExecutionConfig(simulator=9), ConfigError, "simulator must be one of QiskitAer, QCSim, CompositeQiskitAer, CompositeQCSim, GpuSim, got 9."),
        (lambda: ExecutionConfig(api_meta={"a": 1}), ConfigError, "Unknown api_meta key: 'a'. Known keys: optimization_level, resilience_level, max_execution_time, transpilation_seed, layout_method, routing_method, approximation_degree."),
        (lambda: ExecutionConfig(api_meta=3), ConfigTypeError, "api_meta must be a mapping, got int."),
        (lambda: DeviceConfig(ibm_device="x"), ConfigError, "['IBM_DEVICE'] would choose the device, which the job's QPU system already does."),
        (lambda: DeviceConfig(a=1, A=2), ConfigTypeError, "DeviceConfig got 'a' twice."),
        (lambda: DeviceConfig(a=1.5), ConfigError, "Expected a whole number, text or boolean in 'A'."),
        (lambda: DeviceConfig(a=1).reset("b"), ConfigTypeError, "Cannot reset unknown fields ['b']."),
    ],
)  # fmt: skip
def test_bad_values_are_refused_when_a_config_is_built(build, error, message):
    with pytest.raises(error) as caught:
        build()
    assert str(caught.value) == message


def test_the_old_positions_hold():
    assert JobConfig(5, "cluster").simulator_cluster == "cluster"
    assert ExecutionConfig(32, 1e-8, Simulator.QCSim, SimulationMethod.Stabilizer, {"layout_method": "sabre"}).to_payload() == {
        "bond_dimension": 32, "truncation_threshold": 1e-8, "simulator_type": 1, "simulation_type": 2, "api_meta": {"layout_method": "sabre"},
    }  # fmt: skip


def test_what_is_not_set_reads_as_its_default():
    config = JobConfig()
    assert (config.shots, config.simulator_cluster, config.qpu_system) == (None, None, None)
    assert (config.use_circuit_packing, config.tag, config.force_sampling) == (None, "default", False)
    assert config == JobConfig(tag="default")


def test_overriding_one_field_leaves_the_others_alone():
    """Upstream resets the tag and switches forced sampling off, since their defaults always win."""
    base = JobConfig(shots=10, tag="sweep", force_sampling=True, simulator_cluster="a")
    assert base.override(JobConfig(shots=50)) == JobConfig(50, "a", tag="sweep", force_sampling=True)
    assert base.override(JobConfig(force_sampling=False)).force_sampling is False
    assert base.override(JobConfig(tag="default")).tag == "default"
    assert base.override(shots=None).shots is None
    assert base.reset("tag", "shots") == JobConfig(force_sampling=True, simulator_cluster="a")


@pytest.mark.parametrize(
    ("first", "second"), [("simulator_cluster", "qpu_system"), ("qpu_system", "simulator_cluster")]
)
def test_setting_one_target_clears_the_other(first, second):
    assert JobConfig(**{first: "a"}).override(JobConfig(**{second: "b"})) == JobConfig(**{second: "b"})


@pytest.mark.parametrize(
    "config",
    [
        JobConfig(5, SimulatorCluster("a"), tag="x"),
        JobConfig(qpu_system=QPUSystem("a")),
        ExecutionConfig(32, api_meta={"layout_method": "sabre"}),
        DeviceConfig(transpile_level=2),
    ],
)
def test_configs_survive_pickling_and_are_frozen(config):
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(pickle.loads(pickle.dumps(config))) == hash(config)
    with pytest.raises(AttributeError, match="cannot assign"):
        config.shots = 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ExecutionConfig(truncation_threshold=1), ExecutionConfig(truncation_threshold=1.0)),
        (
            ExecutionConfig(api_meta={"layout_method": "sabre", "optimization_level": 2}),
            ExecutionConfig(api_meta={"optimization_level": 2, "layout_method": "sabre"}),
        ),
        (JobConfig(5), JobConfig(5, use_circuit_packing=None)),
    ],
)
def test_equal_configs_are_one_in_sets(one, other):
    assert one == other
    assert len({one, other}) == 1


def test_scalars_of_numpy_are_those_of_python():
    config = ExecutionConfig(np.int64(32), np.float32(0.5), noise_realizations=np.uint8(3))
    assert config.to_payload() == {
        "bond_dimension": 32, "truncation_threshold": 0.5, "noise_realizations": 3
    }  # fmt: skip
    assert type(config.bond_dimension) is int
    assert JobConfig(use_circuit_packing=np.True_).use_circuit_packing is True
    assert DeviceConfig(transpile_level=np.int64(2)).to_payload() == {"TRANSPILE_LEVEL": 2}


def test_a_config_cannot_be_changed_through_what_it_holds():
    config = ExecutionConfig(api_meta={"optimization_level": 1})
    with pytest.raises(TypeError):
        config.api_meta["bogus"] = "x"
    assert pickle.loads(pickle.dumps(config)).to_payload() == {"api_meta": {"optimization_level": 1}}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ExecutionConfig(simulator=SimulationMethod.Stabilizer),
            "simulator must be one of QiskitAer, QCSim",
        ),
        (lambda: DeviceConfig(a=1).override(b=2, B=3), "DeviceConfig got 'b' twice."),
        (lambda: DeviceConfig().override({"a": 1}), "override() expects a DeviceConfig, got dict."),
        (lambda: ExecutionConfig.from_response(None), "Expected a reply as a mapping, got NoneType."),
    ],
)
def test_mistakes_with_configs_are_told(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_an_execution_config_survives_the_trip():
    config = ExecutionConfig(32, 1e-8, "QCSim", "TensorNetwork", {"optimization_level": 2}, "fake", 5, 0.5)
    reply = {"job_id": "a", "execution_configuration": config.to_payload()}
    assert ExecutionConfig.from_response(reply) == config
    with pytest.raises(ConfigError, match="simulator must be one of"):
        ExecutionConfig.from_response({"simulator_type": 77})


def test_device_options_have_one_name_in_any_case():
    config = DeviceConfig(TRANSPILE_LEVEL=2, unset=None)
    assert config.transpile_level == config.Transpile_Level == 2
    assert config.unset is None
    assert config.override(transpile_LEVEL=3, extra=True).to_payload() == {
        "TRANSPILE_LEVEL": 3,
        "EXTRA": True,
    }
    assert config.reset("TRANSPILE_level") == DeviceConfig()
    assert DeviceConfig.from_payload({"EXTRA": "false", "N": 1}) == DeviceConfig(extra=False, n=1)
    assert repr(config) == "DeviceConfig(transpile_level=2)"
