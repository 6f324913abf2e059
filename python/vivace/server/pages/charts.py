"""Charts as inline SVG: counts and expectation values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

import numpy as np

from vivace.codecs import decode_histogram_arrays

__all__ = ["Bar", "chart_of", "counts_bars", "values_bars"]

_SHOWN: Final = 16
_LABEL: Final = 28
_ROW: Final = 18
_LEFT, _WIDTH, _RIGHT = 210, 260, 110


class Bar(NamedTuple):
    """A bar: what it is for, how long it is (of 1, to either side), and what is written beside it."""

    label: str
    length: float
    text: str


def counts_bars(envelope: Mapping[str, Any]) -> tuple[list[Bar], str]:
    """The most frequent outcomes of a histogram, and a line on those left out.

    >>> from vivace.codecs import encode_histogram
    >>> counts_bars(encode_histogram({"00": 1, "11": 3}))
    ([Bar(label='11', length=1.0, text='3 · 75.0 %'), Bar(label='00', length=0.3333333333333333, \
text='1 · 25.0 %')], '')
    """
    bits, counts = decode_histogram_arrays(envelope)
    total, width = int(counts.sum()), int(envelope["n_bits"])
    order = np.argsort(-counts, kind="stable")[:_SHOWN]
    largest = int(counts.max(initial=1))
    bars = [
        Bar(
            f"{int.from_bytes(bits[row].tobytes(), 'big'):0{width}b}" if width else "–",
            int(counts[row]) / largest,
            f"{int(counts[row]):,} · {100 * int(counts[row]) / total:.1f} %",
        )
        for row in order.tolist()
    ]
    left = len(counts) - len(bars)
    rest = total - int(counts[order].sum())
    return bars, f"and {left:,} outcomes more with {rest:,} shots" if left else ""


def values_bars(values: Mapping[str, float]) -> tuple[list[Bar], str]:
    """The first expectation values, and a line on those left out.

    >>> values_bars({"ZI": -0.5})
    ([Bar(label='ZI', length=-0.5, text='-0.500000')], '')
    """
    shown = list(values.items())[:_SHOWN]
    left = len(values) - len(shown)
    return (
        [Bar(word, max(-1.0, min(1.0, value)), f"{value:.6f}") for word, value in shown],
        f"and {left:,} words more" if left else "",
    )


def chart_of(bars: Sequence[Bar], title: str) -> str:
    """Bars as an SVG element. Bars below zero go to the left of a line in the middle."""
    signed = any(bar.length < 0 for bar in bars)
    zero = _LEFT + (_WIDTH / 2 if signed else 0)
    unit = _WIDTH / 2 if signed else _WIDTH
    rows = []
    for index, bar in enumerate(bars):
        top = index * _ROW
        length = abs(bar.length) * unit
        left = zero - length if bar.length < 0 else zero
        label = bar.label if len(bar.label) <= _LABEL else f"{bar.label[: _LABEL - 1]}…"
        rows.append(
            f"<g><title>{escape(bar.label)}: {escape(bar.text)}</title>"
            f'<text class="key" x="{_LEFT - 8}" y="{top + 13}">{escape(label)}</text>'
            f'<rect x="{left:.1f}" y="{top + 3}" width="{max(length, 0.5):.1f}" height="{_ROW - 6}"/>'
            f'<text x="{_LEFT + _WIDTH + 8}" y="{top + 13}">{escape(bar.text)}</text></g>'
        )
    height = _ROW * len(bars)
    axis = f'<line x1="{zero}" x2="{zero}" y1="0" y2="{height}"/>'
    width = _LEFT + _WIDTH + _RIGHT
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}">{axis}{"".join(rows)}</svg>'
    )
