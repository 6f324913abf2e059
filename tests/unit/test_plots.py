"""Pictures of sweeps: every shape of sweep gives a legible PNG, and nothing global changes."""

import subprocess
import sys

import numpy as np
import pytest

from vivace.errors import ConfigError, MissingDependencyError
from vivace.plots import grid_shape, landscape
from vivace.sweeps import Observable, SweepCounts, SweepResult, parameter_grid

Z = Observable(("Z",), [1.0])


def result_of(names, values, *, counts=None, flat=False):
    heights = np.zeros(len(values)) if flat else np.cos(values).sum(axis=1)
    words = None if counts is not None else heights[:, None]
    return SweepResult(names, values, 1.0, Z, words, counts, None if counts is None else 10)


def grid(**ranges):
    return parameter_grid(ranges)


RNG = np.random.default_rng(1)
SHAPES = {
    "one": grid(a=(0.0, 6.0, 50)),
    "one row": grid(a=(1.0, 1.0, 1)),
    "grid": grid(theta_d=(-np.pi, np.pi, 20), theta_s=(0.0, np.pi, 10)),
    "one varies": grid(a=(0.0, 1.0, 30), b=(2.0, 2.0, 1)),
    "scattered": (("a", "b"), RNG.uniform(-3, 3, (200, 2))),
    "many": (tuple(f"p{i}" for i in range(9)), RNG.uniform(-3, 3, (30_000, 9))),
    "dollar": (("p$", "q_1"), RNG.uniform(-3, 3, (10, 2))),
}


def png_size(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_sweep_can_be_drawn(tmp_path, shape, flat):
    result = result_of(*SHAPES[shape], flat=flat)
    width, height = png_size(landscape(result, tmp_path / "a.png", unit="Ha", title=shape))
    assert width >= 1000
    assert height >= 600


@pytest.mark.parametrize("shape", ["one", "grid", "scattered"])
def test_counts_can_be_drawn(tmp_path, shape):
    names, values = SHAPES[shape]
    rows = len(values)
    counts = SweepCounts(np.zeros((rows, 1), np.uint8), np.full(rows, 10), np.arange(rows + 1), 1)
    assert png_size(landscape(result_of(names, values, counts=counts), tmp_path / "a.png"))


def test_nothing_to_draw(tmp_path):
    with pytest.raises(ConfigError, match="nothing to draw"):
        landscape(SweepResult(("a",), np.ones((2, 1)), 1.0), tmp_path / "a.png")
    with pytest.raises(ConfigError, match=r"written as .png"):
        landscape(result_of(*SHAPES["one"]), tmp_path / "a.pdf")


def test_only_row_major_grids_are_maps():
    assert grid_shape(SHAPES["grid"][1]) == (20, 10)
    assert grid_shape(SHAPES["grid"][1][::-1]) is None
    assert grid_shape(SHAPES["scattered"][1]) is None
    assert grid_shape(SHAPES["many"][1]) is None


def test_pyplot_is_left_alone():
    code = (
        "import sys, numpy as np, tempfile\n"
        "from vivace.plots import landscape\n"
        "from vivace.sweeps import Observable, SweepResult\n"
        "assert 'matplotlib' not in sys.modules\n"
        "v = np.ones((3, 1)) * [[1], [2], [3]]\n"
        "r = SweepResult(('a',), v, 1.0, Observable(('Z',), [1.0]), v)\n"
        "landscape(r, tempfile.mkdtemp() + '/a.png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError) as caught:
        landscape(result_of(*SHAPES["one"]), tmp_path / "a.png")
    assert str(caught.value) == (
        "Plots need Matplotlib, which is not installed. "
        "Install the extra 'plot': pip install 'vivace[plot]' (from a clone: pip install '.[plot]')"
    )
    assert (caught.value.name, caught.value.extra) == ("matplotlib", "plot")
