"""What client and server agree on: every record survives the trip, and nothing else passes."""

import contextlib
import math

import maestro
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivace.backends import MaestroConfig
from vivace.backends.qoro.wire import (
    account,
    characterization,
    configs,
    endpoints,
    fields,
    jobs,
    results,
    uploads,
)
from vivace.codecs import compress_text, encode_observables
from vivace.errors import ConfigError, DuplicateLabelError, ProtocolError, ShotRangeError, VivaceError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_that_is_written_reads_back(value):
    assert fields.parse_json(fields.dump_json(value)) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "body is not valid JSON: byte 0 is not UTF-8."),
        (b'{"a":1,"a":1}', "body is not valid JSON: the name 'a' appears twice in one object."),
        (b"NaN", "body is not valid JSON: NaN is not a JSON number."),
        (b"[-Infinity]", "body is not valid JSON: -Infinity is not a JSON number."),
        (b"1e999", "body is not valid JSON: 1e999 is too large for a number."),
        (b"[" * 200_000, "body is not valid JSON: it is nested too deeply."),
        (b"", "body is not valid JSON: Expecting value: line 1 column 1 (char 0)."),
    ],
)
def test_json_that_is_not_strict_is_refused(data, message):
    with pytest.raises(ProtocolError) as caught:
        fields.parse_json(data)
    assert str(caught.value) == message


def test_a_list_where_an_object_belongs_is_refused():
    with pytest.raises(ProtocolError, match=r"Expected body to be a JSON object, got list \[1\]\."):
        fields.parse_object(b"[1]")


@pytest.mark.parametrize("value", [math.nan, {"a": math.inf}])
def test_numbers_json_cannot_express_are_not_written(value):
    with pytest.raises(ProtocolError, match="Expected finite numbers"):
        fields.dump_json(value)


def test_job_ids_cannot_name_another_endpoint():
    for job_id in ("", ".", "..", "../credits", "a?b", "a#b", "a\r\nb"):
        with pytest.raises(ConfigError) as caught:
            endpoints.CANCEL.url("http://h", job_id)
        assert str(caught.value) == (
            f"Not the id of a job: {job_id!r}. Expected one that a submission returned: its result.job_id."
        )
        with pytest.raises(ProtocolError, match="^Expected a job id, got "):
            jobs.job_id_of({"job_id": job_id})
    assert endpoints.CANCEL.url("http://h", "a b%2F") == "http://h/job/a%20b%252F/cancel/"
    assert endpoints.DELETE.url("http://h/", "a") == "http://h/job/a"
    assert endpoints.PING.url("http://h/api") == "http://h/api/"


@pytest.mark.parametrize("status", list(jobs.JobStatus))
def test_a_status_is_its_own_text(status):
    assert status == status.value == str(status)
    assert jobs.JobStatus.coerce(status.value.lower()) is status


@pytest.mark.parametrize(
    "request_",
    [
        jobs.InitRequest(jobs.JobType.EXECUTE, "sweep", True, simulator_cluster="qoro_maestro"),
        jobs.InitRequest(jobs.JobType.EXPECTATION, qpu_system_name="lab", device_config={"A": 1}),
        jobs.InitRequest(jobs.JobType.EXECUTE, execution_configuration={}),
        jobs.InitRequest(jobs.JobType.CHARACTERIZE, "divi-characterize"),
    ],
)
def test_an_init_request_survives_the_trip(request_):
    assert jobs.InitRequest.from_wire(fields.parse_object(fields.dump_json(request_.to_wire()))) == request_


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Missing 'job_type'."),
        (
            {"job_type": "DREAM"},
            "Unknown job_type 'DREAM'; expected one of EXECUTE, EXPECTATION, VALIDATE, SIMULATE, ESTIMATE, "
            "CIRCUIT_CUT.",
        ),
        ({"job_type": "EXECUTE", "tag": 3}, "Expected text in 'tag', got int 3."),
        ({"job_type": "EXECUTE", "use_packing": 1}, "Expected true or false in 'use_packing', got int 1."),
        (
            {"job_type": "EXECUTE", "simulator_cluster": "a", "qpu_system_name": "b"},
            "Provide either 'simulator_cluster' or 'qpu_system_name', not both.",
        ),
        (
            {"job_type": "EXECUTE", "maestro_config": {}, "device_config": {}},
            "Provide at most one configuration, got maestro_config and device_config.",
        ),
    ],
)
def test_a_bad_init_request_is_refused(body, message):
    with pytest.raises(ProtocolError) as caught:
        jobs.InitRequest.from_wire(body)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("run_time", "read"), [(2, 2.0), ("2.5", 2.5), (None, 0.0), ("soon", 0.0), (True, 0.0), ("nan", 0.0)]
)
def test_an_unreadable_run_time_never_hides_the_status(run_time, read):
    reply = jobs.StatusReply.from_wire({"status": "COMPLETED", "run_time": run_time})
    assert reply == jobs.StatusReply("COMPLETED", read)


BOUND = {
    "mode": "append",
    "finalized": "true",
    "circuits": {"a": compress_text("x"), "b": compress_text("y")},
}
TEMPLATE = {
    "mode": "append",
    "finalized": False,
    "circuit_template": compress_text("rx(t) q[0];"),
    "parameter_names": ["t"],
    "parameter_sets": [{"label": "a", "values": [0.5]}, {"label": "b", "values": [1]}],
}


def test_a_bound_upload_reads_as_it_was_meant():
    upload = uploads.Upload.from_wire(BOUND | {"shot_groups": [[1, 2, 7], [0, 1, 5]]}, max_bytes=1000)
    assert (upload.finalized, upload.labels, upload.shot_groups) == (True, ("a", "b"), ((1, 2, 7), (0, 1, 5)))


@pytest.mark.parametrize("words", ["ZZ;XI", encode_observables("ZZ;XI")])
def test_observables_read_the_same_dense_and_compressed(words):
    upload = uploads.Upload.from_wire(TEMPLATE | {"observables": words}, max_bytes=1000)
    assert upload.observables == "ZZ;XI"
    assert upload.template.values == ((0.5,), (1.0,))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (BOUND | {"mode": "replace"}, "Expected 'append' in 'mode', got 'replace'."),
        ({**BOUND, "finalized": None}, "Missing 'finalized'."),
        (BOUND | TEMPLATE, "Expected exactly one of 'circuits' and 'circuit_template'."),
        (BOUND | {"circuits": {}}, "Expected at least one circuit in 'circuits'."),
        (BOUND | {"circuits": {"a": 1}}, "Expected circuit 'a' as compressed text."),
        (BOUND | {"shots": 0}, "Expected a whole number of at least 1 in 'shots', got int 0."),
        (BOUND | {"shots": 1 << 50}, "Expected at most 1099511627776 in 'shots', got 1125899906842624."),
        (
            BOUND | {"shots": 5, "shot_groups": [[0, 2, 5]]},
            "Provide either 'shots' or 'shot_groups', not both.",
        ),
        (BOUND | {"observables": "ZZ", "shots": 5}, "'observables' are measured without shots."),
        (BOUND | {"circuit_ham_map": [[0, 1]]}, "'circuit_ham_map' needs 'observables'."),
        (
            BOUND | {"shot_groups": [[0, 1.5, 5]]},
            "Expected entry 0 of 'shot_groups' as [start, end, shots] in whole numbers, got [0, 1.5, 5].",
        ),
        (TEMPLATE | {"shot_groups": [[0, 2, 5]]}, "'shot_groups' is not supported with a template."),
        (TEMPLATE | {"observables": "Z|X"}, "'|' groups are not supported with a template."),
        (TEMPLATE | {"parameter_sets": []}, "Expected at least one parameter set."),
        (
            TEMPLATE | {"parameter_sets": [{"label": "a", "values": []}]},
            "Parameter set 'a' has 0 values but template declares 1 parameter names.",
        ),
        (
            TEMPLATE | {"parameter_sets": [{"label": "a", "values": [True]}]},
            "Expected numbers as values of parameter set 'a'.",
        ),
        (
            TEMPLATE | {"parameter_sets": [{"label": "a", "values": [10**400]}]},
            "Expected numbers that fit a double.",
        ),
    ],
)
def test_a_bad_upload_is_refused(body, message):
    with pytest.raises(ProtocolError) as caught:
        uploads.Upload.from_wire(body, max_bytes=1000)
    assert str(caught.value) == message


def test_ranges_that_do_not_tile_an_upload_are_refused():
    with pytest.raises(ShotRangeError, match="missing indices"):
        uploads.Upload.from_wire(BOUND | {"shot_groups": [[0, 1, 5]]}, max_bytes=1000)


@pytest.mark.parametrize(
    "change",
    [
        {"parameter_sets": [{"label": "a", "values": [1]}, {"label": "a", "values": [2]}]},
        {"parameter_names": ["t", "t"]},
    ],
)
def test_names_used_twice_are_refused(change):
    with pytest.raises(DuplicateLabelError, match="Duplicate"):
        uploads.Upload.from_wire(TEMPLATE | change, max_bytes=1000)


@given(
    st.dictionaries(
        st.sampled_from([*BOUND, *TEMPLATE, "shots", "observables", "shot_groups", "circuit_ham_map"]), JSON
    )
)
def test_any_upload_reads_or_is_refused_with_an_error_of_ours(body):
    with contextlib.suppress(VivaceError):
        assert uploads.Upload.from_wire(body, max_bytes=1000).labels


def test_a_page_of_results_survives_the_trip():
    page = results.ResultsPage(2, "http://h/next", (("a", {"ZZ": 1.0}), ("b", None)))
    assert results.ResultsPage.from_wire(fields.parse_object(fields.dump_json(page.to_wire()))) == page
    told = results.ResultsPage(3, None, (("a", {}), ("b", {}), ("c", {})), [{"n": 1}, {"n": 1}, {}], ("w",))
    assert told.to_wire()["circuit_metadata"] == [[2, {"n": 1}], [1, {}]]
    assert results.ResultsPage.from_wire(fields.parse_object(fields.dump_json(told.to_wire()))) == told


@pytest.mark.parametrize(
    "metadata",
    [None, 3, {}, [3], [[1, {}]], [[4, {}]], [[-1, {}], [4, {}]], [[1, {}], [2, 7]], [[10**9, {}]]],
)
def test_results_do_not_hang_on_metadata(metadata):
    """What is not as we write it is left alone: another service may mean something else by it."""
    entries = [{"label": label, "results": {"Z": 1.0}} for label in "abc"]
    body = {"count": 3, "next": None, "results": entries, "circuit_metadata": metadata}
    page = results.ResultsPage.from_wire(body | {"warnings": [7, "a\x1b[2J\n" + "b" * 2000, *["c"] * 50]})
    assert (len(page.entries), page.metadata) == (3, ())
    assert page.warnings[0] == ("a [2J " + "b" * 2000)[:1000]
    assert len(page.warnings) == 16


@pytest.mark.parametrize(
    "target",
    [
        account.SimulatorCluster("qoro_maestro", "PRIVATE", "PRO", False),
        account.QPUSystem("lab", (account.QPU("q", 5, "ONLINE", "ion", "ibm"),), "PRIVATE", True),
        account.QPUSystem("old", (account.QPU("q", 5, "ONLINE", "ion"),)),
    ],
)
def test_targets_survive_the_trip_and_ignore_what_they_do_not_know(target):
    assert type(target).from_wire({**target.to_wire(), "colour": "red"}) == target


def test_the_simulator_listed_as_a_system_always_estimates():
    assert account.QPUSystem.from_wire({"name": "qoro_maestro"}).supports_expval


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"bond_dim": 1}, "Unknown execution configuration key: 'bond_dim'"),
        ({"api_meta": {"colour": 1}}, "Unknown api_meta key: 'colour'"),
        ({"api_meta": {"layout_method": 1}}, "Expected str in 'layout_method', got 1."),
        ({"bond_dimension": True}, "Expected int in 'bond_dimension', got True."),
        ({"bond_dimension": 0}, "Expected a positive integer in 'bond_dimension', got 0."),
        ({"truncation_threshold": -1}, "Expected a number of at least 0 in 'truncation_threshold', got -1."),
        ({"noise_scaling_factor": 2}, "Expected a number from 0 to 1 in 'noise_scaling_factor', got 2."),
        ({"simulation_type": 9}, "Unknown code 9 in 'simulation_type'."),
    ],
)
def test_a_bad_execution_configuration_is_refused(body, message):
    with pytest.raises(ProtocolError) as caught:
        configs.check_execution(body)
    assert str(caught.value) == message


def test_codes_of_simulators_and_methods_are_those_of_the_library():
    for name, code in (
        (n, configs.encode_maestro(MaestroConfig(simulator_type=n))) for n in configs.opt.SIMULATOR_TYPES
    ):
        assert code["simulator_type"] == getattr(maestro.SimulatorType, name).value
    for name, code in (
        (n, configs.encode_maestro(MaestroConfig(simulation_type=n))) for n in configs.opt.SIMULATION_TYPES
    ):
        assert code["simulation_type"] == getattr(maestro.SimulationType, name).value


def test_a_maestro_config_with_noise_survives_the_trip():
    model = maestro.NoiseModel()
    model.set_all_depolarizing(2, 0.02)
    model.set_bit_flip(0, p=0.1)
    model.set_kraus_channel([0], [np.eye(2) * 1j])
    config = MaestroConfig(simulation_type="DensityMatrix", seed=5, noise_model=model, noise_realizations=3)
    sent = fields.parse_object(fields.dump_json(configs.encode_maestro(config)))
    read = configs.decode_maestro(sent, strict=True)
    assert read.override(noise_model=None) == config.override(noise_model=None)
    assert configs.encode_maestro(read) == sent


@pytest.mark.parametrize("method", ["get_t1_2q", "__init__", "set_nonsense", None, ["set_t1"]])
def test_only_setters_are_replayed(method):
    with pytest.raises(ProtocolError, match="Not a setter of noise models"):
        configs.decode_maestro({"noise_model": [{"method": method, "args": []}]})


def test_unknown_maestro_keys_are_dropped_with_a_warning():
    with pytest.warns(UserWarning, match="Dropping the unknown maestro_config key 'colour'."):
        assert configs.decode_maestro({"colour": 1, "seed": 3}) == MaestroConfig(seed=3)


@pytest.mark.parametrize("key", configs.FORBIDDEN_DEVICE_KEYS)
def test_device_options_do_not_choose_the_device(key):
    with pytest.raises(
        ProtocolError, match="would choose the device, which the job's QPU system already does"
    ):
        configs.encode_device({key.lower(): "x"})


@pytest.mark.parametrize("key", ["target_states", "reference_states"])
def test_states_have_two_names(key):
    request = characterization.QuboRequest({"0": 1.0}, ("0",), {"gamma": 1})
    assert characterization.QuboRequest.from_wire(request.to_wire(key=key)) == request


def test_a_characterization_reply_survives_the_trip():
    reply = characterization.CharacterizationReply("a", "COMPLETED", {"x": 1}, None, ({"level": "info"},))
    assert characterization.CharacterizationReply.from_wire(reply.to_wire()) == reply
