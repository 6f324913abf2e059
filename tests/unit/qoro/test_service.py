"""The service as a runner, and every way older code talks to it."""

# ruff: noqa: E501 - tables with a line for each case

import copy
import gc
import json
import signal
import threading
import warnings

import pytest
import requests

from support.cloud import TOKEN
from vivace import backends
from vivace.backends import (
    AsyncJobBackend,
    CircuitRunner,
    DeviceConfig,
    ExecutionResult,
    JobConfig,
    JobStatus,
    JobType,
    QoroService,
    QPUSystem,
    SimulatorCluster,
    SupportsCircuitTemplates,
    get_available_qpu_systems,
    get_available_simulator_clusters,
    get_qpu_system,
    get_simulator_cluster,
    parse_qpu_systems,
    update_qpu_systems_cache,
    update_simulator_clusters_cache,
)
from vivace.errors import ConfigError, ExecutionCancelledError, JobFailedError

CIRCUITS = {f"c{i}": f"OPENQASM 2.0; qreg q[2]; creg c[2]; rx({i}) q[0]; measure q -> c;" for i in range(3)}


def test_a_service_is_a_runner_with_jobs_and_templates(service):
    for protocol in (CircuitRunner, AsyncJobBackend, SupportsCircuitTemplates):
        assert isinstance(service, protocol)
    assert (service.is_async, service.supports_expval, service.resolves_parameters) == (True, True, True)
    assert repr(service).startswith(f"QoroService(base_url='{service.base_url}', job_config=JobConfig(")


@pytest.mark.parametrize("name", backends.__all__)
def test_every_public_name_is_there(name):
    assert getattr(backends, name).__name__ == name


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_keep_the_token_and_go_their_own_way(service, cloud, copied):
    with copied(service) as other:
        other.job_config = JobConfig(5, "blind")
        assert (other.shots, service.shots) == (5, 1000)
        assert len(other.run(CIRCUITS, verbose=False).results) == 3
    assert len(service.run(CIRCUITS, verbose=False).results) == 3


def test_run_submits_waits_and_fetches(service):
    progress = []
    result = service.run(CIRCUITS, verbose=False, progress=lambda *call: progress.append(call))
    assert [entry["results"] for entry in result.results] == [{"01": 1000}] * 3
    assert (result.run_time, progress) == (1.5, [(3, 3)])


def test_run_is_quiet_where_there_is_no_terminal(service, capsys):
    service.run(CIRCUITS)
    assert capsys.readouterr().out == ""


def test_run_raises_on_failure(service, cloud):
    cloud.statuses = ["FAILED"]
    with pytest.raises(JobFailedError):
        service.run(CIRCUITS, verbose=False)


@pytest.mark.parametrize("way", ["ctrl-c", "event"])
def test_run_cancels_the_job_when_it_is_stopped(service, cloud, way):
    cloud.statuses = ["RUNNING"] * 1000
    event = threading.Event()
    stop = event.set if way == "event" else lambda: signal.raise_signal(signal.SIGINT)
    stopper = None

    def uploaded(*_):
        nonlocal stopper
        stopper = threading.Timer(
            0.02, stop if way == "event" else lambda: signal.pthread_kill(main, signal.SIGINT)
        )
        stopper.start()

    main = threading.main_thread().ident
    with pytest.raises(ExecutionCancelledError):
        service.run(CIRCUITS, verbose=False, progress=uploaded, cancellation_event=event)
    stopper.join()
    ((_, job),) = cloud.jobs.items()
    assert job.status == "CANCELLED"


def test_a_run_writes_nothing_where_there_is_no_terminal(service, capfd):
    service.run(CIRCUITS)
    assert capfd.readouterr() == ("", "")


def test_names_of_targets_become_the_targets(connect):
    service = connect(job_config=JobConfig(simulator_cluster="qoro_maestro"))
    assert service.job_config.simulator_cluster == SimulatorCluster("qoro_maestro")
    service.job_config = JobConfig(qpu_system="lab")
    assert service.job_config.qpu_system.qpus[0].q_bits == 5
    assert not service.supports_expval


def test_no_target_is_the_default_one_with_a_warning(connect):
    with pytest.warns(
        UserWarning,
        match="^No simulator_cluster or qpu_system specified in JobConfig. Defaulting to simulator cluster 'qoro_maestro'.$",
    ):
        service = connect(job_config=JobConfig(5))
    assert service.job_config.simulator_cluster.name == "qoro_maestro"


def test_without_a_job_config_there_is_nothing_to_warn_of(connect):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert connect().job_config.simulator_cluster.name == "qoro_maestro"


def test_forcing_sampling_hides_expectation_values(connect):
    assert not connect(
        job_config=JobConfig(simulator_cluster="qoro_maestro", force_sampling=True)
    ).supports_expval


def test_caches_belong_to_the_service_and_the_functions_ask_the_last_one(connect, cloud):
    """Upstream shares one cache: two services with different tokens overwrite each other."""
    first = connect()
    assert get_simulator_cluster("qoro_maestro") == SimulatorCluster("qoro_maestro")
    assert [system.name for system in get_available_qpu_systems()] == ["lab"]
    cloud_clusters = [cluster.name for cluster in get_available_simulator_clusters()]
    assert cloud_clusters == ["qoro_maestro", "blind"]
    update_simulator_clusters_cache([SimulatorCluster("other")])
    update_qpu_systems_cache(parse_qpu_systems([{"name": "new"}]))
    assert get_qpu_system("new") == QPUSystem("new")
    with pytest.raises(ValueError, match="^QPUSystem with name 'x' not found in cache"):
        get_qpu_system("x")
    second = connect()
    assert get_simulator_cluster("blind") == SimulatorCluster("blind", supports_expval=False)
    with pytest.raises(ConfigError, match="SimulatorCluster with name 'blind' not found in cache"):
        first.job_config = JobConfig(simulator_cluster="blind")
    second.job_config = JobConfig(simulator_cluster="blind")
    update_qpu_systems_cache([])
    with pytest.raises(
        ValueError,
        match=r"^QPU systems cache is empty. Call `QoroService.fetch_qpu_systems\(\)` to populate it.$",
    ):
        get_qpu_system("x")


def test_what_was_fetched_is_known_when_its_service_is_gone(connect, cloud):
    """Hazard 10 of api-contract 17: the functions ask the newest service, also when it was collected."""
    older = connect()
    with QoroService(TOKEN, base_url=cloud.url, journal=None):
        pass
    gc.collect()
    assert get_simulator_cluster("qoro_maestro") == SimulatorCluster("qoro_maestro")
    assert get_qpu_system("lab").name == "lab"
    update_simulator_clusters_cache([])
    older.fetch_simulator_clusters()
    assert get_simulator_cluster("blind").name == "blind"
    update_qpu_systems_cache([])
    older.fetch_qpu_systems()
    assert get_qpu_system("lab").name == "lab"


def test_the_own_simulator_of_a_service_estimates_wherever_it_is_listed(connect, cloud):
    """Hazard 10 of api-contract 17: upstream's list says that it does not, its cache that it does."""
    listed = [{"name": "lab"}, {"name": "qoro_maestro", "supports_expval": False}]
    cloud.faults["QPU systems"].extend([(200, {}, json.dumps(listed))] * 2)
    service = connect(job_config=JobConfig(qpu_system="qoro_maestro"))
    assert service.supports_expval
    lab, own = service.fetch_qpu_systems()
    assert own == get_qpu_system("qoro_maestro") == QPUSystem("qoro_maestro", supports_expval=True)
    assert lab == get_qpu_system("lab") == QPUSystem("lab")
    update_qpu_systems_cache([QPUSystem("qoro_maestro", supports_expval=False)])
    assert get_qpu_system("qoro_maestro").supports_expval


def test_a_service_that_cannot_be_built_is_not_the_last_one(connect):
    connect()
    update_simulator_clusters_cache([SimulatorCluster("mine")])
    with pytest.raises(ConfigError, match="'nowhere' not found"):
        connect(job_config=JobConfig(simulator_cluster="nowhere"))
    assert get_simulator_cluster("mine") == SimulatorCluster("mine")


def test_account(service):
    assert service.get_credit_balance()["balance"] == "500.00"
    assert service.get_credit_transactions(2, 50)["query"] == {"page": ["2"], "page_size": ["50"]}


def test_vendor_blueprints_are_keyed_by_option(service, cloud):
    shape = {"label": "IBM", "credentials": [], "device": [{"name": "SEED", "kind": "number"}]}
    cloud.faults["vendor blueprints"].append((200, {}, json.dumps({"ibm": shape})))
    assert service.fetch_vendor_blueprints() == {
        "ibm": {"label": "IBM", "credentials": {}, "device": {"SEED": {"name": "SEED", "kind": "number"}}}
    }


BLUEPRINT = {
    "ibm": {"label": "IBM", "credentials": [], "device": [
        {"name": "TRANSPILE_LEVEL", "kind": "number"}, {"name": "USE_MITIGATION", "kind": "toggle"},
        {"name": "LAYOUT", "kind": "choice", "choices": ["sabre", "trivial"]}, {"name": "NOTE", "kind": "text"},
        {"name": "ANY", "kind": "magic"}, {"name": "LEVEL", "kind": "choice", "choices": [0, 1]},
    ]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transpile_level": "2"}, "Device option 'transpile_level' must be a whole number, got '2'."),
        ({"transpile_level": True}, "Device option 'transpile_level' must be a whole number, got True."),
        ({"use_mitigation": 1}, "Device option 'use_mitigation' must be True or False, got 1."),
        ({"layout": "best"}, "Device option 'layout' must be one of sabre, trivial, got 'best'."),
        ({"level": True}, "Device option 'level' must be one of 0, 1, got True."),
        ({"note": 1}, "Device option 'note' must be text, got 1."),
        (
            {"transpile_lvel": 1},
            "No device of 'lab' takes the option 'transpile_lvel' (did you mean 'transpile_level'?).",
        ),
    ],
)
def test_device_options_that_no_vendor_takes_are_refused(connect, cloud, options, message):
    service = connect(job_config=JobConfig(qpu_system="lab"))
    cloud.faults["vendor blueprints"].append((200, {}, json.dumps(BLUEPRINT)))
    with pytest.raises(ConfigError) as caught:
        service.submit_circuits(CIRCUITS, device_config=DeviceConfig(**options))
    assert str(caught.value) == message
    service.submit_circuits(CIRCUITS, device_config=DeviceConfig(layout="sabre", any=3, use_mitigation=True))
    ((_, job),) = cloud.jobs.items()
    assert job.init["device_config"] == {"LAYOUT": "sabre", "ANY": 3, "USE_MITIGATION": True}


def test_services_that_tell_nothing_of_device_options_decide_themselves(connect, cloud):
    service = connect(job_config=JobConfig(qpu_system="lab"))
    service.submit_circuits(CIRCUITS, device_config=DeviceConfig(whatever=1))
    assert len(cloud.jobs) == 1


# --- older code -------------------------------------------------------------------------------------


def test_the_keywords_of_the_oldest_release(connect):
    with pytest.warns(DeprecationWarning) as caught:
        service = connect(shots=77, use_circuit_packing=True)
    assert [str(warning.message) for warning in caught] == [
        f"{name} is of older releases; give job_config=JobConfig(...)."
        for name in ("shots", "use_circuit_packing")
    ]
    assert (service.shots, service.job_config.use_circuit_packing) == (77, True)
    with pytest.warns(DeprecationWarning, match="qpu_system_name is of older releases"):
        assert connect(qpu_system_name="lab").job_config.qpu_system.name == "lab"
    with pytest.warns(DeprecationWarning, match="^config is of older releases; give job_config.$"):
        assert connect(config=JobConfig(9, "qoro_maestro")).shots == 9


def test_plain_job_ids_work_everywhere(service):
    ids = [service.submit_circuits(CIRCUITS).job_id for _ in range(2)]
    assert service.get_job_status(ids) == [JobStatus.RUNNING, JobStatus.RUNNING]
    assert service.get_job_status(ids[0]) is JobStatus.COMPLETED
    assert service.poll_job_status(ids, loop_until_complete=True) == [JobStatus.COMPLETED] * 2
    result = service.get_job_results(ids)
    assert [entry["label"] for entry in result.results] == [*CIRCUITS, *CIRCUITS]
    assert result.run_time == 3.0
    assert service.get_job_results(ids[1]).results == result.results[3:]
    assert [answer.status_code for answer in service.delete_job(ids)] == [204, 204]


@pytest.mark.parametrize("name", ["progress_callback", "poll_callback", "pbar_update_fn"])
def test_callbacks_have_three_names(service, name):
    seen = []
    service.poll_job_status(
        service.submit_circuits(CIRCUITS), True, **{name: lambda *call: seen.append(call)}
    )
    assert seen == [(1, "RUNNING")]


@pytest.mark.parametrize(
    ("old", "new", "options"),
    [
        (JobType.SIMULATE, "EXECUTE", {}),
        (JobType.ESTIMATE, "EXPECTATION", {"ham_ops": "ZZ"}),
        (JobType.CIRCUIT_CUT, "CIRCUIT_CUT", {}),
    ],
)
def test_old_job_types_go_out_as_what_took_their_place(service, cloud, old, new, options):
    with pytest.warns(DeprecationWarning, match=f"JobType.{old.name} is of older services"):
        service.submit_circuits({"a": CIRCUITS["c0"]}, job_type=old, **options)
    ((_, job),) = cloud.jobs.items()
    assert job.init["job_type"] == new


def test_only_one_circuit_is_cut(service):
    with (
        pytest.warns(DeprecationWarning, match="CIRCUIT_CUT"),
        pytest.raises(ValueError, match=r"^Only one circuit allowed for circuit-cutting jobs\.$"),
    ):
        service.submit_circuits(CIRCUITS, job_type=JobType.CIRCUIT_CUT)


def test_the_oldest_override_keyword(service, cloud):
    with pytest.warns(DeprecationWarning, match="override_config is called override_job_config now."):
        service.submit_circuits(CIRCUITS, override_config=JobConfig(tag="old"))
    ((_, job),) = cloud.jobs.items()
    assert job.init["tag"] == "old"


def test_a_program_can_fall_back_when_there_is_no_service():
    with pytest.raises(ConnectionError):
        QoroService("t", base_url="http://127.0.0.1:9", journal=None, retry=backends.RetryPolicy(attempts=1))


def test_results_objects_are_filled_in_place_of_the_old_ones(service):
    pending = service.submit_circuits(CIRCUITS)
    service.poll_job_status(pending, True)
    done = service.get_job_results(pending)
    assert isinstance(done, ExecutionResult)
    assert (done.job_id, done.is_async(), pending.is_async()) == (pending.job_id, False, True)
    assert copy.copy(done) == done


def test_errors_of_the_service_are_those_of_requests(service):
    with pytest.raises(requests.HTTPError, match="404"):
        service.get_job_results("nonsense")
