"""Every error Vivace raises.

::

    VivaceError
    ├── QasmError                SyntaxError, ValueError    a program is not OpenQASM 2
    ├── DuplicateLabelError      ValueError                 two circuits, rows or words share a name
    ├── ObservableError          ValueError                 a Pauli word does not fit
    ├── PayloadError             ValueError                 encoded bytes or text cannot be decoded
    ├── ProtocolError            ValueError                 a message is not what client and server agreed on
    ├── ShotRangeError           ValueError                 shot ranges do not tile the circuits
    ├── ParameterError           ValueError                 a template and its rows do not fit together
    ├── ResultError              ValueError                 results cannot be read in the form asked for
    ├── ConfigError              ValueError                 an option has a bad value
    │   ├── ConfigTypeError      TypeError                  ... of the wrong type
    │   ├── UnknownOptionError   TypeError                  ... or there is no such option
    │   └── UnknownChoiceError   KeyError                   ... or the value is not one of the known names
    ├── MissingDependencyError   ImportError                an optional library is not installed
    ├── ExecutionCancelledError                             the caller asked to stop
    ├── SimulationError          RuntimeError               the simulator failed on a circuit
    ├── MaxRetriesReachedError                              a remote job did not end while it was polled
    ├── SubmissionError          RuntimeError               an upload was given up; tells how to go on
    ├── CharacterizationSubmitError  RuntimeError           a characterisation got stuck; its job exists
    └── QoroJobError             RuntimeError               a remote job ended badly:
        ├── JobFailedError                                  ... it failed
        ├── JobCancelledError                               ... it was cancelled
        ├── InsufficientCreditsError                        ... the account could not pay
        ├── JobTimedOutError                                ... it took too long
        └── CharacterizationFailedError                     ... it was a characterisation

The errors of HTTP itself are in `vivace.backends.qoro.transport`: they are also errors of ``requests``, which
this module does not load.

The middle column is the builtin each one also is, so ``except ValueError`` keeps working. Errors carry plain
data, and survive pickling and copying with it:

>>> import pickle
>>> from vivace.errors import DuplicateLabelError
>>> pickle.loads(pickle.dumps(DuplicateLabelError("c0"))).label
'c0'
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

__all__ = [
    "CharacterizationFailedError",
    "CharacterizationSubmitError",
    "ConfigError",
    "ConfigTypeError",
    "DuplicateLabelError",
    "ExecutionCancelledError",
    "InsufficientCreditsError",
    "JobCancelledError",
    "JobFailedError",
    "JobTimedOutError",
    "MaxRetriesReachedError",
    "MissingDependencyError",
    "ObservableError",
    "ParameterError",
    "PayloadError",
    "ProtocolError",
    "QasmError",
    "QoroJobError",
    "ResultError",
    "ShotRangeError",
    "SimulationError",
    "SubmissionError",
    "UnknownChoiceError",
    "UnknownOptionError",
    "VivaceError",
]


def _rebuild(cls: type[VivaceError], args: tuple[object, ...]) -> VivaceError:
    error = cls.__new__(cls, *args)
    error.args = args  # an OSError takes them in __init__ only
    return error


class VivaceError(Exception):
    """Root of everything Vivace raises on purpose.

    >>> from vivace.errors import ConfigError, VivaceError
    >>> issubclass(ConfigError, VivaceError) and issubclass(ConfigError, ValueError)
    True
    """

    # Attributes a builtin base keeps outside __dict__; they travel with the rest.
    _builtin_fields: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own __reduce__ calls the class with `args`, which breaks as soon as a constructor
        # takes anything but the message. This one restores the state without running the constructor.
        state = dict(self.__dict__)
        state.update((name, getattr(self, name)) for name in self._builtin_fields)
        return _rebuild, (type(self), self.args), state

    def __str__(self) -> str:
        # KeyError would quote the message and SyntaxError would append to it.
        return Exception.__str__(self)


class QasmError(VivaceError, SyntaxError, ValueError):
    r"""A program is not valid OpenQASM 2.

    Attributes are filled the way Python fills them for its own syntax errors.

    Attributes:
        msg: What is wrong, in one line.
        label: Label of the circuit, when it has one.
        filename: ``"<label>"``, or None without a label.
        lineno: Line, from 1; None when the error has no place.
        offset: Column, from 1.
        text: The source line.
        end_lineno: Line where the offending token ends.
        end_offset: Column just past the offending token.

    Args:
        message: The whole text; its first line becomes `msg`.
        label: Label of the circuit.
        lineno: Line, from 1.
        offset: Column, from 1.
        text: The source line, or the part of it worth showing.
        end_offset: Column just past the offending token.

    >>> error = QasmError("Unknown gate 'foo' at 4:1\n  Line 4: foo q[0];", "c7", 4, 1, "foo q[0];", 4)
    >>> error.msg, error.label, error.lineno, error.offset
    ("Unknown gate 'foo' at 4:1", 'c7', 4, 1)
    """

    _builtin_fields = ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset")

    label: str | None

    def __init__(
        self,
        message: str,
        label: str | None = None,
        lineno: int | None = None,
        offset: int | None = None,
        text: str | None = None,
        end_offset: int | None = None,
    ) -> None:
        # Builtin exceptions take `args` from __new__: SyntaxError.__init__ must not see anything but these.
        filename = None if label is None else f"<{label}>"
        headline = message.partition("\n")[0]
        end = offset + 1 if end_offset is None and offset is not None else end_offset
        SyntaxError.__init__(self, headline, (filename, lineno, offset, text, lineno, end))
        self.label = label
        self.args = (message,)


class DuplicateLabelError(VivaceError, ValueError):
    """Two circuits, rows or words of one request share a name.

    Attributes:
        label: The name used twice.
        what: The kind of thing it names.

    >>> print(DuplicateLabelError("c0"))
    Duplicate circuit label 'c0': every label may appear once per request. Rename one of them.
    """

    def __init__(self, label: str, what: str = "circuit label") -> None:
        self.label = label
        self.what = what
        super().__init__(
            f"Duplicate {what} {label!r}: every {what.rsplit(' ', 1)[-1]} may appear once per request. "
            "Rename one of them."
        )


class ObservableError(VivaceError, ValueError):
    """A Pauli word has a letter other than I, X, Y, Z, or the wrong length for its circuit.

    Attributes:
        word: The offending word, when there is one.
        label: Label of the circuit it was meant for, when there is one.
    """

    def __init__(self, message: str, word: str | None = None, label: str | None = None) -> None:
        self.word = word
        self.label = label
        super().__init__(message)


class PayloadError(VivaceError, ValueError):
    """Encoded bytes or text cannot be decoded, or a body cannot be built.

    Attributes:
        label: Label of the circuit concerned, when there is one.
    """

    def __init__(self, message: str, label: str | None = None) -> None:
        self.label = label
        super().__init__(message)


class ProtocolError(VivaceError, ValueError):
    """A message between client and server is not what the protocol says.

    Attributes:
        field: Name of the member that is wrong, when it is one.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)


class ShotRangeError(VivaceError, ValueError):
    """Shot ranges do not tile the circuits of a submission.

    Attributes:
        index: Index of the first circuit, or range, that is wrong.
    """

    def __init__(self, message: str, index: int | None = None) -> None:
        self.index = index
        super().__init__(message)


class ParameterError(VivaceError, ValueError):
    """A template and its parameter rows do not fit together.

    Attributes:
        label: Label of the row or template, when there is one.
        name: Name of the parameter, when there is one.
    """

    def __init__(self, message: str, label: str | None = None, name: str | None = None) -> None:
        self.label = label
        self.name = name
        super().__init__(message)


class ResultError(VivaceError, ValueError):
    """Results cannot be read in the form asked for.

    Attributes:
        label: Label of the circuit whose results do not fit, when there is one.
    """

    def __init__(self, message: str, label: str | None = None) -> None:
        self.label = label
        super().__init__(message)


class ConfigError(VivaceError, ValueError):
    """An option of a runner or a config has a bad value.

    Attributes:
        option: Name of the option as it was given.
    """

    def __init__(self, message: str, option: str | None = None) -> None:
        self.option = option
        super().__init__(message)


class ConfigTypeError(ConfigError, TypeError):
    """An option was given a value of the wrong type, or given twice under two names."""


class UnknownOptionError(ConfigError, TypeError):
    """There is no option of this name."""


class UnknownChoiceError(ConfigError, KeyError):
    """An option takes one of several names, and this is none of them."""


class MissingDependencyError(VivaceError, ImportError):
    """A library that this part of Vivace needs is not installed.

    Attributes:
        name: Module that could not be imported.
        extra: Extra of Vivace that brings it, when there is one.

    >>> MissingDependencyError("plots need matplotlib", name="matplotlib", extra="plot").name
    'matplotlib'
    """

    _builtin_fields = ("msg", "name", "path")

    def __init__(self, message: str, name: str | None = None, extra: str | None = None) -> None:
        ImportError.__init__(self, message, name=name)
        self.extra = extra


class ExecutionCancelledError(VivaceError):
    """The caller asked to stop, and the run stopped."""

    def __init__(self, message: str = "Execution cancelled") -> None:
        super().__init__(message)


class SimulationError(VivaceError, RuntimeError):
    """The simulator failed on a circuit.

    Attributes:
        label: Label of the circuit, when one is to blame.
    """

    def __init__(self, message: str, label: str | None = None) -> None:
        self.label = label
        super().__init__(message)

    @classmethod
    def for_circuit(cls, label: str, cause: BaseException) -> Self:
        """Error for the circuit ``label``, telling what the simulator said.

        >>> print(SimulationError.for_circuit("c0", MemoryError("32 qubits")))
        Circuit 'c0' failed in the simulator: MemoryError: 32 qubits
        """
        reason = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
        return cls(f"Circuit {label!r} failed in the simulator: {reason}", label)


class MaxRetriesReachedError(VivaceError):
    """A job did not end within the number of polls allowed. It was cancelled, unless the caller had an event.

    Attributes:
        job_id: The job.
        retries: Polls made.
        message: The text.

    >>> print(MaxRetriesReachedError("a-job", 5000))
    Maximum retries reached: 5000 retries attempted for job a-job
    """

    def __init__(self, job_id: str, retries: int) -> None:
        self.job_id = job_id
        self.retries = retries
        self.message = f"Maximum retries reached: {retries} retries attempted for job {job_id}"
        super().__init__(self.message)


class SubmissionError(VivaceError, RuntimeError):
    """An upload was given up. The text tells what is out there and how to go on.

    Attributes:
        job_id: The job, when one was opened.
        first_circuit: Number of the first circuit whose upload is not confirmed.
        may_run: Whether the job may still run.
    """

    def __init__(
        self, message: str, job_id: str | None = None, first_circuit: int = 0, *, may_run: bool = False
    ) -> None:
        self.job_id = job_id
        self.first_circuit = first_circuit
        self.may_run = may_run
        super().__init__(message)


class QoroJobError(VivaceError, RuntimeError):
    """A remote job ended, and not well.

    Attributes:
        job_id: The job.
        status: How it ended.
        detail: Why, when the service said so.

    >>> print(JobFailedError("a-job"))
    Qoro job a-job failed (FAILED).
    """

    status: str = "FAILED"
    reason: ClassVar[str] = "failed"

    def __init__(self, job_id: str, status: str | None = None, detail: str | None = None) -> None:
        self.job_id = job_id
        self.status = str(status or type(self).status)
        self.detail = detail
        text = f"Qoro job {job_id} {self.reason} ({self.status})."
        super().__init__(f"{text} {detail}" if detail else text)

    @staticmethod
    def for_status(job_id: str, status: str, detail: str | None = None) -> QoroJobError:
        """The error that tells of this end.

        >>> QoroJobError.for_status("a-job", "TIMED_OUT")
        JobTimedOutError('Qoro job a-job timed out during execution (TIMED_OUT).')
        """
        kinds = (JobFailedError, JobCancelledError, InsufficientCreditsError, JobTimedOutError)
        kind = next((kind for kind in kinds if kind.status == status), QoroJobError)
        return kind(job_id, status, detail)


class JobFailedError(QoroJobError):
    """A job failed."""


class JobCancelledError(QoroJobError):
    """A job was cancelled: by its owner, or by the service.

    "The scheduler" is the text of qoro-divi, whoever it was; a service that knows better says so in `detail`.
    """

    status = "CANCELLED"
    reason = "was cancelled by the scheduler"


class InsufficientCreditsError(QoroJobError):
    """A job did not run because the account could not pay."""

    status = "INSUFFICIENT_CREDITS"
    reason = "could not run because the billing account has insufficient credits"


class JobTimedOutError(QoroJobError):
    """A job took longer than the service allows."""

    status = "TIMED_OUT"
    reason = "timed out during execution"


class CharacterizationFailedError(QoroJobError):
    """A characterisation ended without a result."""


class CharacterizationSubmitError(VivaceError, RuntimeError):
    """A characterisation got stuck after its job was opened. Fetch the job; do not submit it again.

    Attributes:
        job_id: The job.
        phase: ``"submission"``, ``"status polling"`` or ``"result retrieval"``.
    """

    def __init__(self, job_id: str, cause: BaseException | str, *, phase: str = "submission") -> None:
        self.job_id = job_id
        self.phase = phase
        super().__init__(
            f"Characterization job {job_id} got stuck during {phase}: {str(cause).rstrip('.')}. The job "
            f"exists: fetch it with get_characterization_result({job_id!r}, service=...) instead of "
            "submitting it again."
        )
