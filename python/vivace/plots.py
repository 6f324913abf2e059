"""Pictures of sweeps. Needs Matplotlib: ``pip install 'vivace[plot]'``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vivace._files import write_whole
from vivace._suggest import install_hint
from vivace.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.sweeps import SweepResult

__all__ = ["grid_shape", "landscape", "require_matplotlib"]

_INK: Final = "#22262b"
_MUTED: Final = "#6b737c"
_LINE: Final = "#2a6f97"
_MARK: Final = "#d1495b"
_COLOURS: Final = "viridis"
_DPI: Final = 160
_PANELS: Final = 6
_PANEL_POINTS: Final = 20_000
_STYLE: Final = {
    "axes.edgecolor": _MUTED,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.8,
    "axes.titlecolor": _INK,
    "font.size": 10.5,
    "text.color": _INK,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
}


def require_matplotlib() -> None:
    """Fail early where plots will not work.

    Raises:
        MissingDependencyError: Matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingDependencyError(
            f"Plots need Matplotlib, which is not installed. {install_hint('plot')}",
            name="matplotlib",
            extra="plot",
        ) from None


def landscape(result: SweepResult, path: str | Path, *, unit: str = "", title: str = "") -> Path:
    """Draw what a sweep found, as a PNG file.

    One parameter gives a line, a grid of two a filled map, anything else one panel per parameter (at most
    six). Values are those of the observable; without one, the frequency of the commonest outcome. The lowest
    value is marked.

    Args:
        result: The sweep.
        path: Where to write, ``.png``.
        unit: Unit of the observable, such as ``Ha``.
        title: Title of the picture.

    Raises:
        MissingDependencyError: Matplotlib is not installed.
        ConfigError: The path is not ``.png``.
        OSError: The file cannot be written.

    >>> import numpy as np, tempfile
    >>> from vivace.sweeps import Observable, SweepResult
    >>> values = np.linspace(0, 6, 50)[:, None]
    >>> result = SweepResult(("a",), values, 0.1, Observable(("Z",), [1.0]), np.cos(values))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     landscape(result, f"{folder}/a.png").stat().st_size > 10_000
    True
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"{path}: pictures are written as .png.")
    require_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        figure = _figure(_varying(result), unit, title)
        write_whole(path, "wb", lambda file: figure.savefig(file, format="png", dpi=_DPI))
    return path


def _varying(result: SweepResult) -> SweepResult:
    """The sweep without the parameters that are the same in every row, if any other is left."""
    import numpy as np

    columns = np.flatnonzero(np.ptp(result.values, axis=0) > 0)
    if not len(columns):
        return result
    names = tuple(result.names[column] for column in columns)
    return replace(result, names=names, values=result.values[:, columns])


def _figure(result: SweepResult, unit: str, title: str) -> Any:
    from matplotlib.figure import Figure

    heights, label, mark = _heights(result, unit)
    shape = grid_shape(result.values)
    panels = min(result.values.shape[1], _PANELS) if shape is None else 1
    across = 2 if panels == 4 else min(panels, 3)
    size = (7.2, 5.4) if panels == 1 else (3.6 * across + 0.6, 3.4 * -(-panels // across) + 0.6)
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    if title:
        figure.suptitle(title, fontsize=12.5, color=_INK)
    if shape is not None and len(shape) == 2:
        _map(figure, result, heights.reshape(shape), label, mark)
    elif shape is not None:
        _line(figure, result, heights, label, mark)
    else:
        _scatter(figure, result, heights, label, (panels, across))
    return figure


def _heights(result: SweepResult, unit: str) -> tuple[NDArray[np.float64], str, str]:
    """What to draw, its label, and a note on the lowest value; no note where lowest means nothing."""
    if result.energies is not None:
        quantity = ("energy" if unit in ("Ha", "eV") else "expectation value") + (
            f" ({unit})" if unit else ""
        )
        best = result.best()
        return (
            result.energies,
            quantity,
            f"lowest {best.value:.6g}".replace("-", "−") + (f" {unit}" if unit else ""),
        )
    if result.counts is None:
        raise ConfigError("There is nothing to draw: the sweep has neither values nor counts.")
    return result.counts.frequencies(), "frequency of the commonest outcome", ""


def grid_shape(values: NDArray[np.float64]) -> tuple[int, ...] | None:
    """Shape of a row-major grid of at most two parameters; None if the rows are no such grid.

    >>> from vivace.sweeps import parameter_grid
    >>> grid_shape(parameter_grid({"a": (0, 1, 2), "b": (0, 1, 3)})[1])
    (2, 3)
    """
    import numpy as np

    if values.shape[1] == 1:
        return (len(values),)
    if values.shape[1] != 2:
        return None
    first, second = (np.unique(values[:, column]) for column in (0, 1))
    if len(first) < 2 or len(second) < 2 or len(first) * len(second) != len(values):
        return None
    rows = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
    return (len(first), len(second)) if np.array_equal(rows, values) else None


def _map(figure: Any, result: SweepResult, heights: NDArray[np.float64], label: str, mark: str) -> None:
    import numpy as np

    axes = figure.add_subplot()
    first, second = (np.unique(result.values[:, column]) for column in (0, 1))
    if result.shots is None and np.ptp(heights) > 0:
        filled = axes.contourf(first, second, heights.T, levels=60, cmap=_COLOURS)
        filled.set_edgecolor("face")
        axes.contour(
            first, second, heights.T, levels=9, colors="white", linewidths=0.6, linestyles="solid", alpha=0.45
        )
    else:
        # Sampled values are noisy: show each cell as it is, without lines drawn through the noise.
        filled = axes.pcolormesh(first, second, heights.T, cmap=_COLOURS, shading="nearest", rasterized=True)
    bar = figure.colorbar(filled, ax=axes, pad=0.02, aspect=28)
    bar.set_label(label, labelpad=8)
    bar.locator = _round_ticks(7)
    bar.outline.set_visible(False)
    bar.update_ticks()
    if mark:
        best = result.best()
        x, y = best.parameters.values()
        _point(axes, x, y)
        axes.legend(*_legend(mark), loc="upper left", framealpha=0.92, edgecolor="none")
    _label_angle(axes.xaxis, result.names[0], first)
    _label_angle(axes.yaxis, result.names[1], second)


def _line(figure: Any, result: SweepResult, heights: NDArray[np.float64], label: str, mark: str) -> None:
    import numpy as np

    axes = figure.add_subplot()
    order = np.argsort(result.values[:, 0], kind="stable")
    x = result.values[order, 0]
    dots = "o" if len(x) <= 40 else ""
    axes.plot(x, heights[order], color=_LINE, lw=2, marker=dots, ms=4)
    if mark:
        best = result.best()
        _point(axes, best.parameters[result.names[0]], best.value)
        axes.legend(*_legend(mark), frameon=False)
    _plain(axes)
    axes.set_ylabel(label)
    _label_angle(axes.xaxis, result.names[0], x)


def _scatter(
    figure: Any, result: SweepResult, heights: NDArray[np.float64], label: str, layout: tuple[int, int]
) -> None:
    """One panel per parameter: every row a dot, the low ones on top."""
    import numpy as np

    # Every n-th row from the lowest up, if there are too many; drawn from the highest down.
    stride = -(-len(heights) // _PANEL_POINTS)
    chosen = np.argsort(heights, kind="stable")[::stride][::-1]
    panels, across = layout
    grid = figure.subplots(-(-panels // across), across, sharey=True, squeeze=False)
    for column, axes in enumerate(grid.flat):
        if column >= panels:
            axes.set_visible(False)
            continue
        x = result.values[chosen, column]
        axes.scatter(x, heights[chosen], c=heights[chosen], cmap=_COLOURS, s=9, alpha=0.7, linewidths=0)
        _plain(axes)
        _label_angle(axes.xaxis, result.names[column], x)
        if result.energies is not None:
            best = result.best()
            _point(axes, best.parameters[result.names[column]], best.value)
        if column % across == 0:
            axes.set_ylabel(label)


def _point(axes: Any, x: float, y: float) -> None:
    """Mark the lowest value."""
    axes.plot(x, y, marker="o", ms=9, mfc=_MARK, mec="white", mew=1.6, ls="none", zorder=5, clip_on=False)


def _legend(mark: str) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], marker="o", ms=8, mfc=_MARK, mec="white", ls="none")], [mark]


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e3e6e9", lw=0.7)
    axes.set_axisbelow(True)


def _round_ticks(number: int) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(number)


def _label_angle(axis: Any, name: str, values: NDArray[np.float64]) -> None:
    """Name the axis, in radians; tick it in parts of π where it ends on some."""
    import numpy as np
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    axis.set_label_text(f"{_symbol(name)} (rad)")
    ends = np.array([values.min(), values.max()]) / (np.pi / 4)
    span = ends[1] - ends[0]
    if span >= 2 and np.allclose(ends, ends.round(), atol=1e-9):
        step = 1 if span <= 8 else 2 if span <= 16 else 4
        if span <= 64:
            axis.set_major_locator(MultipleLocator(step * np.pi / 4))
            axis.set_major_formatter(FuncFormatter(_in_pi))


def _in_pi(value: float, _position: int | None = None) -> str:
    import math
    from fractions import Fraction

    part = Fraction(value / math.pi).limit_denominator(8)
    if not part:
        return "0"
    top = "−" * (part < 0) + ("" if abs(part.numerator) == 1 else str(abs(part.numerator))) + "π"
    return top if part.denominator == 1 else f"{top}/{part.denominator}"


_GREEK: Final = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
}


def _symbol(name: str) -> str:
    """``theta_d`` as θ with index d; other names as they are."""
    stem, _, index = name.partition("_")
    letter = _GREEK.get(stem)
    if letter is None or "$" in name:
        return name.replace("$", r"\$")
    return (
        f"{letter}$_{{\\mathrm{{{index.replace('_', ',')}}}}}$"
        if index.replace("_", "").isalnum()
        else letter
    )
