"""Noise models on the wire: the setter calls that make one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any, Final

from vivace.backends.maestro.library import load_maestro
from vivace.backends.maestro.plain import plain
from vivace.errors import ConfigError, ProtocolError

__all__ = ["MOST_QUBITS", "decode_noise", "encode_noise"]

MOST_QUBITS: Final = 1 << 14
"""The most qubits that noise may be for, where nothing else is said."""

_PER_QUBIT: Final = 128
_PARAMETER: Final = re.compile(r"(\w+): ")
_WHOLE: Final = re.compile(r"(\w+): (?:[\w.]*Sequence\[)?int\b")


def encode_noise(model: Any) -> list[dict[str, Any]]:
    """The calls that made a model of the library.

    Raises:
        ConfigError: The model does not tell.
    """
    # The library's wrapper of a noise model pickles as the setter calls that made it.
    reduced = model.__reduce__()
    try:
        calls = [
            (str(method), plain(tuple(args)), plain(dict(kwargs))) for method, args, kwargs in reduced[1][0]
        ]
    except (IndexError, TypeError, ValueError):
        raise ConfigError(
            "This noise_model does not tell how it was made, so it cannot be sent. Build it with the setters "
            "of maestro.NoiseModel.",
            "noise_model",
        ) from None
    return [
        {
            "method": method,
            "args": [_without_complex(value) for value in args],
            "kwargs": {k: _without_complex(v) for k, v in kwargs.items()},
        }
        for method, args, kwargs in calls
    ]


def decode_noise(calls: Any, max_qubits: int) -> Any:
    """The model that the calls make.

    What a call costs in time and memory is up to its numbers, so they are looked at before the library sees
    them.

    Args:
        calls: What `encode_noise` gives.
        max_qubits: The most qubits that noise may be for; of values, `_PER_QUBIT` times as many are set.

    Raises:
        ProtocolError: There is something else than setter calls, one fails, or they ask for too much.
    """
    if not isinstance(calls, list):
        raise ProtocolError("Expected a list of setter calls in 'noise_model'.", "noise_model")
    model = load_maestro().NoiseModel()
    left = most = _PER_QUBIT * max_qubits
    for call in calls:
        method, signature, args, kwargs = _read(model, call)
        named = dict(zip(_PARAMETER.findall(signature), args, strict=False)) | kwargs
        whole = {name: named[name] for name in _WHOLE.findall(signature) if name in named}
        _check_whole(method, whole, max_qubits)
        left -= _n_values(whole, named)
        if left < 0:
            raise ProtocolError(
                f"The noise model sets more than {most} values, which is {_PER_QUBIT} for each of "
                f"{max_qubits} qubits.",
                "noise_model",
            )
        _replay(model, method, args, kwargs)
    return model


def _read(model: Any, call: Any) -> tuple[str, str, list[Any], dict[str, Any]]:
    """Name, signature, args and kwargs of a call."""
    method = call.get("method") if isinstance(call, dict) else None
    signature = None
    if isinstance(method, str) and method.startswith("set_"):
        signature = getattr(getattr(type(model), method, None), "__nb_signature__", None)
    if not isinstance(method, str) or signature is None:
        raise ProtocolError(f"Not a setter of noise models: {method!r:.60}", "noise_model")
    args, kwargs = call.get("args", []), call.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ProtocolError(f"Expected args as a list and kwargs as an object for {method}.", "noise_model")
    return method, signature[0][0].partition("(self, ")[2], args, kwargs


def _check_whole(method: str, whole: Mapping[str, Any], limit: int) -> None:
    """Refuse qubits and numbers of things beyond the limit; what is no number the library refuses."""
    for name, value in whole.items():
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, int) and not 0 <= number <= limit:
                raise ProtocolError(
                    f"Expected a whole number from 0 to {limit} as {name} of {method}, got {number!s:.60}.",
                    "noise_model",
                )


def _n_values(whole: Mapping[str, Any], named: Mapping[str, Any]) -> int:
    """How much a call sets, about: for so many qubits, so many bands each."""
    numbers = [value for name, value in whole.items() if name.startswith("num_") and isinstance(value, int)]
    lengths = [len(value) for value in named.values() if isinstance(value, list)]
    return max(1, prod(numbers)) * max(1, sum(lengths))


def _replay(model: Any, method: str, args: list[Any], kwargs: Mapping[str, Any]) -> None:
    try:
        getattr(model, method)(*map(_with_complex, args), **{k: _with_complex(v) for k, v in kwargs.items()})
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ProtocolError(f"The noise call {method} failed: {reason}", "noise_model") from None


def _without_complex(value: Any) -> Any:
    if isinstance(value, complex):
        return {"__complex__": [value.real, value.imag]}
    if isinstance(value, list):
        return [_without_complex(item) for item in value]
    return value


def _with_complex(value: Any) -> Any:
    if isinstance(value, dict):
        parts = value.get("__complex__")
        if not isinstance(parts, list) or len(parts) != 2 or set(value) != {"__complex__"}:
            raise ProtocolError("Expected a complex number as {'__complex__': [re, im]}.", "noise_model")
        return complex(*parts)
    if isinstance(value, list):
        return [_with_complex(item) for item in value]
    return value
