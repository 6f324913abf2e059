"""Every error keeps its message and data through pickling and copying, and is the builtin users expect."""

import copy
import inspect
import pickle
import traceback

import pytest

from vivace import errors

MADE = {
    "VivaceError": errors.VivaceError("something"),
    "QasmError": errors.QasmError("Unknown gate 'foo' at 4:1", "c7", 4, 1, "foo q[0];", 4),
    "DuplicateLabelError": errors.DuplicateLabelError("c0", "Pauli word"),
    "ObservableError": errors.ObservableError("bad letter", "ZQ", "c0"),
    "PayloadError": errors.PayloadError("bad magic", "c0"),
    "ProtocolError": errors.ProtocolError("not a number", "shots"),
    "ShotRangeError": errors.ShotRangeError("gap", 3),
    "ParameterError": errors.ParameterError("no such parameter", "row", "theta"),
    "ResultError": errors.ResultError("no results", "c0"),
    "ConfigError": errors.ConfigError("out of range", "seed"),
    "ConfigTypeError": errors.ConfigTypeError("not a number", "seed"),
    "UnknownOptionError": errors.UnknownOptionError("unknown", "sed"),
    "UnknownChoiceError": errors.UnknownChoiceError("it's unknown", "simulator_type"),
    "MissingDependencyError": errors.MissingDependencyError("no plots", name="matplotlib", extra="plot"),
    "ExecutionCancelledError": errors.ExecutionCancelledError("stopped"),
    "SimulationError": errors.SimulationError.for_circuit("c0", MemoryError()),
    "MaxRetriesReachedError": errors.MaxRetriesReachedError("a-job", 5),
    "SubmissionError": errors.SubmissionError("gave up", "a-job", 3, may_run=True),
    "QoroJobError": errors.QoroJobError("a-job", "LOST"),
    "JobFailedError": errors.JobFailedError("a-job"),
    "JobCancelledError": errors.JobCancelledError("a-job"),
    "InsufficientCreditsError": errors.InsufficientCreditsError("a-job"),
    "JobTimedOutError": errors.JobTimedOutError("a-job"),
    "CharacterizationFailedError": errors.CharacterizationFailedError("a-job", "FAILED", "no luck"),
    "CharacterizationSubmitError": errors.CharacterizationSubmitError(
        "a-job", "Timeout.", phase="submission"
    ),
}
BUILTINS = {
    "QasmError": (SyntaxError, ValueError),
    "DuplicateLabelError": (ValueError,),
    "ObservableError": (ValueError,),
    "PayloadError": (ValueError,),
    "ProtocolError": (ValueError,),
    "ShotRangeError": (ValueError,),
    "ParameterError": (ValueError,),
    "ResultError": (ValueError,),
    "ConfigError": (ValueError,),
    "ConfigTypeError": (ValueError, TypeError),
    "UnknownOptionError": (ValueError, TypeError),
    "UnknownChoiceError": (ValueError, KeyError),
    "MissingDependencyError": (ImportError,),
    "SimulationError": (RuntimeError,),
    "SubmissionError": (RuntimeError,),
    "QoroJobError": (RuntimeError,),
    "CharacterizationSubmitError": (RuntimeError,),
}
FIELDS = ("label", "what", "word", "index", "name", "option", "extra", "msg", "filename", "lineno", "offset")
FIELDS += ("job_id", "status", "retries", "first_circuit", "may_run", "phase", "detail", "field")
FIELDS += ("text", "end_lineno", "end_offset", "path", "args", "__notes__")


def data_of(error):
    return {name: getattr(error, name) for name in FIELDS if hasattr(error, name)}


def test_the_table_above_names_every_error():
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert classes == set(MADE) == set(errors.__all__)


@pytest.mark.parametrize("name", sorted(MADE))
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_survives_copying_and_pickling(name, clone):
    error = MADE[name]
    twin = clone(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert data_of(twin) == data_of(error)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_survives_every_pickle_protocol(protocol):
    for error in MADE.values():
        assert data_of(pickle.loads(pickle.dumps(error, protocol))) == data_of(error)


def test_notes_survive():
    error = errors.SimulationError("failed", "c0")
    error.add_note("while sweeping")
    assert data_of(pickle.loads(pickle.dumps(error)))["__notes__"] == ["while sweeping"]


@pytest.mark.parametrize("name", sorted(MADE))
def test_is_the_builtin_users_expect(name):
    error = MADE[name]
    assert isinstance(error, errors.VivaceError)
    assert all(isinstance(error, builtin) for builtin in BUILTINS.get(name, ()))


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_drawn_tree_shows_the_class(name):
    line = next(line for line in errors.__doc__.splitlines() if f"{name} " in f"{line} ")
    for builtin in BUILTINS.get(name, ()):
        # Drawn once, at the parent.
        inherited = builtin is ValueError and isinstance(MADE[name], errors.ConfigError)
        assert builtin.__name__ in line or inherited


def test_a_key_error_does_not_quote_its_message():
    assert str(MADE["UnknownChoiceError"]) == "it's unknown"


class TestQasmError:
    def test_fields_are_those_python_fills(self):
        error = MADE["QasmError"]
        assert (error.lineno, error.offset, error.end_lineno, error.end_offset) == (4, 1, 4, 4)
        assert (error.msg, error.text) == ("Unknown gate 'foo' at 4:1", "foo q[0];")
        assert (error.filename, error.label) == ("<c7>", "c7")

    def test_the_message_is_kept_and_its_first_line_is_msg(self):
        message = "Unknown gate 'foo' at 4:1\n  Line 4: foo"
        error = errors.QasmError(message, "c7", 4, 1, "foo", 4)
        assert str(error) == message
        assert error.msg == "Unknown gate 'foo' at 4:1"

    def test_a_place_is_optional(self):
        assert str(errors.QasmError("program is empty")) == "program is empty"

    def test_traceback_prints_like_a_syntax_error(self):
        report = "".join(traceback.format_exception_only(MADE["QasmError"]))
        assert 'File "<c7>", line 4' in report
        assert "foo q[0];" in report
