"""Charts as lists with bars, which read as text where there is no style: counts and expectation values."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final, NamedTuple

import numpy as np

from vivace.codecs import decode_histogram_arrays

__all__ = ["Bar", "Chart", "chart_html", "counts_chart", "values_chart"]

_SHOWN: Final = 16
_LONG: Final = 20
_CLIPPED: Final = 256


class Bar(NamedTuple):
    """A bar.

    Attributes:
        label: What it is for.
        start: Where it begins, of 1.
        length: How long it is, of 1.
        text: What is written beside it.
    """

    label: str
    start: float
    length: float
    text: str


class Chart(NamedTuple):
    """The bars for a circuit.

    Attributes:
        bars: The bars.
        scale: What is written below them, from left to right.
        size: A few words on the whole result.
        more: A line on what is left out; empty if nothing is.
    """

    bars: tuple[Bar, ...]
    scale: tuple[str, ...]
    size: str
    more: str


def counts_chart(envelope: Mapping[str, Any]) -> Chart:
    """The most frequent outcomes of a histogram, as shares of its shots.

    >>> from vivace.codecs import encode_histogram
    >>> chart = counts_chart(encode_histogram({"00": 1, "11": 3}))
    >>> chart.bars[0]
    Bar(label='11', start=0.0, length=0.9375, text='3 · 75.0 %')
    >>> chart.scale, chart.size
    (('0', '20', '40', '60', '80 %'), '4 shots · 2 outcomes')
    """
    bits, counts = decode_histogram_arrays(envelope)
    total, width = int(counts.sum()), int(envelope["n_bits"])
    order = np.argsort(-counts, kind="stable")[:_SHOWN]
    end = _end(int(counts.max(initial=0)) / total if total else 1.0)
    bars = tuple(
        Bar(
            f"{int.from_bytes(bits[row].tobytes(), 'big'):0{width}b}" if width else "–",
            0.0,
            int(counts[row]) / total / end,
            f"{int(counts[row]):,} · {_share(int(counts[row]) / total)}",
        )
        for row in order.tolist()
    )
    left = len(counts) - len(bars)
    rest = total - int(counts[order].sum())
    scale = tuple(f"{100 * end * part / 4:g}" for part in range(5))
    return Chart(
        bars,
        (*scale[:-1], f"{scale[-1]} %"),
        f"{_number(total, 'shot')} · {_number(len(counts), 'outcome')}",
        f"and {_number(left, 'outcome')} more with {_number(rest, 'shot')}" if left else "",
    )


def _end(largest: float) -> float:
    """The end of the axis for shares up to ``largest``: a round number that quarters well."""
    return next(
        end
        for end in (0.0001, 0.001, 0.004, 0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
        if largest <= end
    )


def _share(share: float) -> str:
    return "< 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def values_chart(values: Mapping[str, float]) -> Chart:
    """The first expectation values, from -1 to 1.

    >>> values_chart({"ZI": -0.5}).bars
    (Bar(label='ZI', start=0.25, length=0.25, text='-0.500000'),)
    """
    shown = list(values.items())[:_SHOWN]
    left = len(values) - len(shown)
    bars = []
    for word, value in shown:
        length = min(1.0, abs(value)) / 2
        bars.append(Bar(word, 0.5 - length if value < 0 else 0.5, length, f"{value:.6f}"))
    return Chart(
        tuple(bars),
        ("-1", "-0.5", "0", "0.5", "1"),
        _number(len(values), "word"),
        f"and {_number(left, 'word')} more" if left else "",
    )


def chart_html(chart: Chart) -> str:
    """A chart as HTML. Long labels stand above their bars."""
    long = any(len(bar.label) > _LONG for bar in chart.bars)
    rows = "".join(map(_row, chart.bars))
    scale = "".join(f"<span>{mark}</span>" for mark in chart.scale)
    axis = (
        '<li class="axis" aria-hidden="true"><span class="blank"></span>'
        f'<span class="scale">{scale}</span><span></span></li>'
    )
    more = f'<p class="muted">{chart.more}</p>' if chart.more else ""
    return f'<ol class="bars{" long" if long else ""}">{rows}{axis}</ol>{more}'


def _row(bar: Bar) -> str:
    label = bar.label
    if len(label) > _CLIPPED:
        label = f"{label[: _CLIPPED // 2]}…{label[-_CLIPPED // 2 :]}"
    place = f"left:{100 * bar.start:.2f}%;width:{100 * bar.length:.2f}%"
    return (
        f'<li title="{escape(bar.label)}: {escape(bar.text)}"><span class="key">{escape(label)}</span>'
        f'<span class="track"><i style="{place}"></i></span>'
        f'<span class="value">{escape(bar.text)}</span></li>'
    )
