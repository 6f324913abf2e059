"""What every runner inherits, shown on the smallest one."""

import pickle
import warnings

import numpy as np
import pytest

from vivace import _suggest
from vivace.backends import (
    AsyncJobBackend,
    CircuitRunner,
    ExecutionResult,
    SupportsCircuitTemplates,
)
from vivace.errors import VivaceError
from vivace.sweeps import Observable, sweep


class Recorder(CircuitRunner):
    """Takes label -> depth, and records the depths."""

    supports_expval = False
    is_async = False

    def submit_circuits(self, circuits, *, cancellation_event=None, **kwargs):
        _suggest.warn_unknown_keywords(kwargs, ["ham_ops", "shot_groups", "circuit_ham_map"])
        self._record_depths(circuits.values())
        return ExecutionResult([{"label": label, "results": {}} for label in circuits])


class Jobs(Recorder):
    is_async = True

    def poll_job_status(self, execution_result, loop_until_complete=False, **kwargs):
        return "COMPLETED"

    def get_job_results(self, execution_result):
        return execution_result

    def cancel_job(self, execution_result):
        return None


class Templates(Recorder):
    def submit_circuit_templates(self, templates, *, cancellation_event=None, **kwargs):
        return ExecutionResult([])


@pytest.mark.parametrize("shots", [0, -5, True, 2.5, "100", None, float("nan")])
def test_shots_must_be_a_positive_integer(shots):
    with pytest.raises(ValueError, match=rf"^Shots must be a positive integer\. Got {shots!r}\.$") as caught:
        Recorder(shots)
    assert isinstance(caught.value, VivaceError)


def test_shots_are_read_only():
    runner = Recorder(np.int64(10))
    assert runner.shots == 10
    assert type(runner.shots) is int
    with pytest.raises(AttributeError):
        runner.shots = 5


def test_the_base_class_cannot_be_used_alone():
    with pytest.raises(TypeError, match="abstract"):
        CircuitRunner(10)


def test_defaults():
    runner = Recorder(10)
    assert runner.resolves_parameters is False
    assert runner.track_depth is False
    assert runner.set_seed(3) is None
    assert runner.submit_circuits({"a": 3}).results == [{"label": "a", "results": {}}]
    assert runner.depth_history == []


def test_depths_are_kept_per_submission():
    runner = Recorder(10, True)
    runner.submit_circuits({"a": 2, "b": np.int64(4)})
    runner.submit_circuits({"a": 6})
    assert runner.depth_history == [[2, 4], [6]]
    assert runner.average_depth() == 4.0
    assert runner.std_depth() == pytest.approx(np.std([2, 4, 6]))
    runner.clear_depth_history()
    assert runner.depth_history == []


def test_the_depth_history_is_a_copy():
    runner = Recorder(10, track_depth=True)
    runner.submit_circuits({"a": 2})
    runner.depth_history[0].append(99)
    runner.depth_history.append([1])
    assert runner.depth_history == [[2]]


def test_tracking_can_be_switched_between_submissions():
    runner = Recorder(10)
    runner.track_depth = True
    runner.submit_circuits({"a": 2})
    runner.track_depth = False
    runner.submit_circuits({"a": 7})
    assert runner.depth_history == [[2]]


def test_statistics_of_few_depths():
    runner = Recorder(10, track_depth=True)
    assert (runner.average_depth(), runner.std_depth()) == (0.0, 0.0)
    runner.submit_circuits({"a": 5})
    assert (runner.average_depth(), runner.std_depth()) == (5.0, 0.0)


def test_works_with_with_and_closes_twice():
    with Recorder(10) as runner:
        pass
    runner.close()


def test_pickles():
    runner = Recorder(10, track_depth=True)
    runner.submit_circuits({"a": 5})
    twin = pickle.loads(pickle.dumps(runner))
    assert (twin.shots, twin.track_depth, twin.depth_history) == (10, True, [[5]])


def test_protocols_are_structural():
    assert isinstance(Jobs(1), AsyncJobBackend)
    assert not isinstance(Recorder(1), AsyncJobBackend)
    assert isinstance(Templates(1), SupportsCircuitTemplates)
    assert not isinstance(Recorder(1), SupportsCircuitTemplates)


class TestUnknownKeywords:
    def test_each_is_named_with_the_closest_known_one(self):
        with pytest.warns(UserWarning) as caught:
            Recorder(1).submit_circuits({}, ham_op="Z", zzz=1)
        assert [str(w.message) for w in caught] == [
            "submit_circuits ignores the unknown keyword 'ham_op' (did you mean 'ham_ops'?).",
            "submit_circuits ignores the unknown keyword 'zzz'.",
        ]

    def test_the_warning_points_at_the_caller(self):
        with pytest.warns(UserWarning) as caught:
            Recorder(1).submit_circuits({}, shots=5)
        assert caught[0].filename == __file__
        assert str(caught[0].message) == (
            "submit_circuits ignores the unknown keyword 'shots'. Shots are the runner's, "
            "MaestroSimulator(shots=1000), or the job's, JobConfig(shots=1000); shot_groups gives ranges of "
            "circuits their own."
        )

    def test_a_warning_from_deep_inside_points_at_the_caller(self):
        template, word = "OPENQASM 2.0; qreg q[2]; rx(a) q[0];", Observable(("Z",), [1.0])
        with pytest.warns(UserWarning, match="padding with I") as caught:
            sweep(template, ["a"], [[0.5]], observable=word)
        assert caught[0].filename == __file__

    def test_none_no_warning(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Recorder(1).submit_circuits({})
