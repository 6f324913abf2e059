"""Defaults of a service and configs of a call: what goes with a job, and what is told of the rest."""

# ruff: noqa: E501 - tables with a line for each case

import pytest

from vivace.backends import (
    DeviceConfig,
    ExecutionConfig,
    JobConfig,
    MaestroConfig,
)
from vivace.errors import ConfigError, ConfigTypeError

CIRCUITS = {f"c{i}": f"OPENQASM 2.0; qreg q[2]; creg c[2]; rx({i}) q[0]; measure q -> c;" for i in range(3)}


def test_a_seed_goes_along_where_it_can(service, cloud):
    service.set_seed(7)
    service.submit_circuits(CIRCUITS)
    ((_, job),) = cloud.jobs.items()
    assert job.init["maestro_config"] == {"seed": 7}
    assert service.maestro_config is None
    cloud.jobs.clear()
    service.submit_circuits(CIRCUITS, maestro_config=MaestroConfig(max_bond_dimension=8))
    service.submit_circuits(CIRCUITS, maestro_config=MaestroConfig(seed=1))
    configs = [job.init["maestro_config"] for job in cloud.jobs.values()]
    assert configs == [{"max_bond_dimension": 8, "seed": 7}, {"seed": 1}]
    with pytest.raises(ConfigError, match="seed must be between 0"):
        service.set_seed(-1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            {"override_job_config": JobConfig(qpu_system="lab")},
            "the job runs on 'lab'",
        ),
        (
            {"override_execution_config": ExecutionConfig(32)},
            "jobs with an execution_config have none",
        ),
    ],
)
def test_a_seed_that_is_of_no_use_is_told(service, cloud, options, why):
    service.set_seed(7)
    with pytest.warns(UserWarning) as caught:
        service.submit_circuits(CIRCUITS, **options)
    assert [str(warning.message) for warning in caught] == [
        f"The seed that set_seed() was given is not used: {why}."
    ]
    ((_, job),) = cloud.jobs.items()
    assert "maestro_config" not in job.init


LAB = JobConfig(qpu_system="lab")


LOCAL = JobConfig(simulator_cluster="qoro_maestro")


@pytest.mark.parametrize(
    ("defaults", "options", "gone", "why", "sent"),
    [
        (
            {"maestro_config": MaestroConfig(seed=1)},
            {"override_job_config": LAB},
            "maestro",
            "the job runs on 'lab'",
            set(),
        ),
        (
            {"maestro_config": MaestroConfig(seed=1)},
            {"override_execution_config": ExecutionConfig(32)},
            "maestro",
            "override_execution_config is given",
            {"execution_configuration"},
        ),
        (
            {"job_config": LAB, "device_config": DeviceConfig(transpile_level=2)},
            {"override_execution_config": ExecutionConfig(32)},
            "device",
            "override_execution_config is given",
            {"execution_configuration"},
        ),
        (
            {"execution_config": ExecutionConfig(32)},
            {"override_job_config": LAB, "device_config": DeviceConfig(transpile_level=2)},
            "execution",
            "device_config is given",
            {"device_config"},
        ),
        (
            {"job_config": LAB, "device_config": DeviceConfig(transpile_level=2)},
            {"override_job_config": LOCAL},
            "device",
            "the job runs on 'qoro_maestro'",
            set(),
        ),
    ],
)
def test_a_default_config_that_is_not_for_a_job_is_left_out_and_told(
    connect, cloud, defaults, options, gone, why, sent
):
    service = connect(**defaults)
    with pytest.warns(UserWarning) as caught:
        service.submit_circuits(CIRCUITS, **options)
    assert [str(warning.message) for warning in caught] == [f"The default {gone}_config is not used: {why}."]
    ((_, job),) = cloud.jobs.items()
    assert set(job.init) & {"maestro_config", "execution_configuration", "device_config"} == sent


def test_a_seed_goes_along_to_maestro_that_is_listed_as_a_system(connect, cloud, monkeypatch):
    monkeypatch.setattr("support.cloud.SYSTEMS", [{"name": "qoro_maestro"}, {"name": "lab"}])
    service = connect(job_config=JobConfig(qpu_system="qoro_maestro"))
    service.set_seed(7)
    service.submit_circuits(CIRCUITS)
    ((_, job),) = cloud.jobs.items()
    assert job.init["maestro_config"] == {"seed": 7}


def test_shots_follow_the_job_config(service):
    assert service.shots == 1000
    service.job_config = JobConfig(50, "qoro_maestro")
    assert service.shots == 50


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"job_config": JobConfig(5), "config": JobConfig(5)}, ConfigTypeError, "'job_config' and 'config' were both given. Give one of them."),
        ({"execution_config": ExecutionConfig(), "maestro_config": MaestroConfig()}, ConfigTypeError, "execution_config and maestro_config say the same in two ways. Give one of them."),
        ({"device_config": DeviceConfig(a=1)}, ConfigError, "device_config applies to QPU targets, not to simulators."),
        ({"execution_config": ExecutionConfig(), "device_config": DeviceConfig(a=1), "job_config": LAB}, ConfigTypeError, "A job takes execution_config or device_config, not both. Give one of them."),
        ({"execution_config": 3.0}, ConfigTypeError, "execution_config must be an ExecutionConfig, got float."),
        ({"job_config": 5}, ConfigTypeError, "job_config must be a JobConfig, got int."),
        ({"shot": 5}, ConfigTypeError, "QoroService got an unexpected keyword 'shot'."),
        ({"polling_interval": "3"}, ConfigTypeError, "polling_interval must be a number of seconds, got str."),
        ({"max_retries": 2.5}, ConfigTypeError, "max_retries must be a whole number or None, got float."),
        ({"max_request_bytes": "1"}, ConfigTypeError, "max_request_bytes must be a whole number, got str."),
        ({"base_url": 5}, ConfigTypeError, "base_url must be text, got int."),
        ({"journal": 3}, ConfigTypeError, "journal must be a Journal, a path or None, got int."),
        ({"retry": 3}, ConfigTypeError, "retry must be a RetryPolicy, got int."),
        ({"polling_interval": -1}, ConfigError, "polling_interval must be at least 0, got -1."),
        ({"max_retries": 0}, ConfigError, "max_retries must be at least 1, or None, got 0."),
    ],
)  # fmt: skip
def test_a_service_refuses_options_that_make_no_sense(connect, options, error, message):
    with pytest.raises(error) as caught:
        connect(**options)
    assert str(caught.value) == message


def test_configs_of_both_spellings_take_each_others_place(service):
    service.execution_config = ExecutionConfig(64)
    service.maestro_config = MaestroConfig(seed=5)
    assert service.execution_config is None
    service.execution_config = ExecutionConfig(32)
    assert service.maestro_config is None
    service.job_config = JobConfig(qpu_system="lab")
    service.device_config = DeviceConfig(transpile_level=1)
    assert (service.device_config.transpile_level, service.execution_config) == (1, None)
    service.execution_config = ExecutionConfig(32)
    assert service.device_config is None
    for wrong in (None, "lab"):
        with pytest.raises(ConfigTypeError, match="job_config must be a JobConfig, got "):
            service.job_config = wrong


def test_the_default_job_config(connect):
    config = connect().job_config
    assert (config.shots, config.simulator_cluster.name, config.use_circuit_packing, config.tag) == (
        1000, "qoro_maestro", False, "default",
    )  # fmt: skip
