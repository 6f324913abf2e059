"""Bytes on the wire: count histograms, observables and compressed text, both ways.

Formats: the Qoro wire protocol. Everything decoded is checked and bounded by the bytes at hand, so payloads
may come from anywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from vivace import _core
from vivace.errors import ObservableError, PayloadError, VivaceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "HistogramEnvelope",
    "compress_text",
    "decode_histogram",
    "decode_histogram_arrays",
    "decode_observables",
    "decompress_text",
    "encode_histogram",
    "encode_observables",
]

_MAX_TEXT = 256 << 20


class HistogramEnvelope(TypedDict):
    """A histogram as it travels in JSON.

    Attributes:
        encoding: ``"qh1"`` up to 255 bits, ``"qh2"`` beyond.
        n_bits: Width of the keys.
        payload: The bytes in base64.
    """

    encoding: str
    n_bits: int
    payload: str


def encode_histogram(counts: Mapping[str, int], n_bits: int | None = None) -> HistogramEnvelope:
    """Encode counts as QH1, or QH2 when keys are wider than 255 bits.

    Args:
        counts: Key of 0 and 1 (rightmost = classical bit 0) to count, at least 1.
        n_bits: Width of the keys; needed only when there are none.

    Raises:
        PayloadError: Keys of other characters or of different widths, or counts below 1.

    >>> envelope = encode_histogram({"0000": 500, "0011": 1, "1100": 1, "1111": 498})
    >>> envelope["encoding"], envelope["n_bits"], envelope["payload"]
    ('qh1', 4, 'UUgxBAToBwQAAwkDBQMAAQIBAvID8AM=')
    """
    if n_bits is not None and (not _is_whole(n_bits) or n_bits >> 32):
        raise PayloadError(f"Expected a whole number of bits as n_bits, got {n_bits!r:.60}.")
    for key, count in counts.items():
        if not isinstance(key, str):
            raise PayloadError(f"Expected keys of 0 and 1 as text, got {key!r:.60}.")
        if not hasattr(count, "__index__") or count < 1 or count >> 63:
            raise PayloadError(f"Expected counts from 1 to 2**63 - 1, got {count!r:.60} for key {key!r:.60}.")
        _refuse_surrogates(key, PayloadError)
    encoding, width, payload = _core.encode_histogram(list(counts), list(counts.values()), n_bits)
    return {"encoding": encoding, "n_bits": width, "payload": payload}


def decode_histogram(envelope: Mapping[str, Any]) -> dict[str, int]:
    """Counts by key, keys in ascending order, rightmost character = classical bit 0.

    Args:
        envelope: ``encoding``, ``payload``, and ``n_bits`` if known.

    Raises:
        PayloadError: The envelope is incomplete, the payload is corrupt, or the keys would have more than
            2**28 characters together; `decode_histogram_arrays` takes an eighth of their memory.

    >>> decode_histogram({"encoding": "qh1", "n_bits": 4, "payload": "UUgxBAToBwQAAwkDBQMAAQIBAvID8AM="})
    {'0000': 500, '0011': 1, '1100': 1, '1111': 498}
    """
    return _core.decode_histogram(*_fields(envelope))


def decode_histogram_arrays(envelope: Mapping[str, Any]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Counts as arrays, without a Python object per outcome.

    Returns:
        ``bits``: uint8, one row per outcome, ``ceil(n_bits / 8)`` columns; a row read as a big-endian number
        is the key read as a binary one. ``counts``: int64.

    Raises:
        PayloadError: The envelope is incomplete, or the payload is corrupt.

    >>> bits, counts = decode_histogram_arrays(encode_histogram({"000": 7, "101": 3}))
    >>> bits.tolist(), counts.tolist()
    ([[0], [5]], [7, 3])
    """
    return _core.decode_histogram_arrays(*_fields(envelope))


def _fields(envelope: Mapping[str, Any]) -> tuple[str, int | None, str]:
    encoding, payload, n_bits = envelope.get("encoding"), envelope.get("payload"), envelope.get("n_bits")
    if (
        type(encoding) is type(payload) is str
        and type(n_bits) is int
        and 0 <= n_bits < 1 << 32
        and payload.isascii()
        and encoding.isascii()
    ):
        return encoding, n_bits, payload  # nearly always; the rest says what is wrong
    if not isinstance(encoding, str):
        raise _not_text("encoding", encoding)
    if not isinstance(payload, str):
        raise _not_text("payload", payload)
    _refuse_surrogates(encoding, PayloadError)
    _refuse_surrogates(payload, PayloadError)
    if n_bits is None:
        return encoding, None, payload
    if not _is_whole(n_bits):
        raise PayloadError(f"Expected a whole number of bits in 'n_bits', got {n_bits!r:.60}.")
    if n_bits >> 32:
        raise PayloadError(f"declared width {n_bits} exceeds the maximum supported 1048576 bits")
    return encoding, n_bits, payload


def _not_text(name: str, value: object) -> PayloadError:
    return PayloadError(f"Expected a histogram envelope with text in {name!r}, got {value!r:.60}.")


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _refuse_surrogates(text: str, error: type[VivaceError]) -> None:
    """Refuse text that has no UTF-8 form: no payload can hold it."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as cause:
        shown = ascii(text[cause.start])
        raise error(f"Character {cause.start} of the text, {shown}, cannot be encoded as UTF-8.") from None


def _bound(max_bytes: int, error: type[VivaceError]) -> int:
    if not _is_whole(max_bytes):
        raise error(f"Expected a whole number of at least 0 as max_bytes, got {max_bytes!r:.60}.")
    return min(max_bytes, sys.maxsize)


def encode_observables(ham_ops: str) -> str:
    """Pauli words in wire form: each ``|`` group becomes ``@gzs<n>:`` and its sparse text, compressed.

    Args:
        ham_ops: Words over I, X, Y, Z, leftmost letter = qubit 0, ``;`` between words, ``|`` between groups.

    Raises:
        ObservableError: Other letters, or words of one group that differ in length.

    >>> decode_observables(encode_observables("ZIIZ;IIII;IXYI"))
    'ZIIZ;IIII;IXYI'
    """
    _refuse_surrogates(ham_ops, ObservableError)
    return _core.encode_observables(ham_ops)


def decode_observables(text: str, max_bytes: int = _MAX_TEXT) -> str:
    """Pauli words from wire form; groups that are not compressed are checked and kept.

    Raises:
        ObservableError: The text is corrupt, or would decode to more than ``max_bytes`` characters.
    """
    _refuse_surrogates(text, ObservableError)
    return _core.decode_observables(text, _bound(max_bytes, ObservableError))


def compress_text(text: str) -> str:
    """Gzip and base64, as circuits travel. The same text always gives the same bytes.

    Raises:
        PayloadError: The text has a lone surrogate, which no encoding can hold.

    >>> decompress_text(compress_text("OPENQASM 2.0;"))
    'OPENQASM 2.0;'
    """
    _refuse_surrogates(text, PayloadError)
    return _core.compress_text(text)


def decompress_text(text: str, max_bytes: int = _MAX_TEXT) -> str:
    """Undo `compress_text`.

    Args:
        text: Base64 of a gzip stream of UTF-8 text.
        max_bytes: Largest text to accept.

    Raises:
        PayloadError: Not base64, not gzip, cut off, corrupt, not UTF-8, or longer than ``max_bytes``.
    """
    _refuse_surrogates(text, PayloadError)
    return _core.decompress_text(text, _bound(max_bytes, PayloadError))
