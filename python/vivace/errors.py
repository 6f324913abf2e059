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
    └── SimulationError          RuntimeError               the simulator failed on a circuit

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
    "ConfigError",
    "ConfigTypeError",
    "DuplicateLabelError",
    "ExecutionCancelledError",
    "MissingDependencyError",
    "ObservableError",
    "ParameterError",
    "PayloadError",
    "ProtocolError",
    "QasmError",
    "ResultError",
    "ShotRangeError",
    "SimulationError",
    "UnknownChoiceError",
    "UnknownOptionError",
    "VivaceError",
]


def _rebuild(cls: type[VivaceError], args: tuple[object, ...]) -> VivaceError:
    return cls.__new__(cls, *args)


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
