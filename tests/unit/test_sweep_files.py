"""Results of sweeps in files: what is saved is loaded again, and nothing else."""

import numpy as np
import pytest

from vivace.errors import ResultError
from vivace.sweeps import Observable, SweepResult, sweep

ONE = "OPENQASM 2.0; qreg q[1]; creg c[1]; ry(a+b) q[0]; measure q -> c;"
Z = Observable(("Z",), [2.0])
RESULTS = {
    "values": {"observable": Z},
    "gradients": {"observable": Z, "gradients": True},
    "counts": {"shots": 30},
    "values of counts": {"observable": Z, "shots": 30},
    "values in bases": {"observable": Observable(("X", "Z"), [1.0, -0.5]), "shots": 30},
}


@pytest.mark.parametrize("kind", RESULTS)
def test_what_is_saved_is_loaded_again(tmp_path, kind):
    saved = sweep(ONE, ["b", "a"], [[0.1, 0.2], [0.3, 3.0]], seed=1, **RESULTS[kind])
    loaded = SweepResult.load(saved.save(tmp_path / "result.npz"))
    for one, other in ((saved, loaded), (saved.counts, loaded.counts), (saved.observable, loaded.observable)):
        assert type(one) is type(other)
        for name in () if one is None else [field for field in dir(one) if not field.startswith("_")]:
            value, again = getattr(one, name), getattr(other, name)
            if not callable(value) and name not in ("counts", "observable"):
                np.testing.assert_array_equal(value, again, strict=isinstance(value, np.ndarray))
                assert type(value) is type(again)
    assert loaded.save(tmp_path / "again.npz").read_bytes() == (tmp_path / "result.npz").read_bytes()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"values": np.ones(3)}, "expected values as float64 of shape (3, 1), found float64 of shape (3,)."),
        ({"values": np.ones((2, 1), int)}, "expected values as float64 of shape (2, 1), found int64 of"),
        (
            {"row_offsets": np.array([0, 9])},
            "The arrays of counts do not fit each other, or are not of 1 row",
        ),
        ({"row_offsets": None}, "'row_offsets'"),
        ({"names": np.array([{}])}, "Object arrays cannot be loaded when allow_pickle=False"),
    ],
)
def test_other_files_are_no_results(tmp_path, changes, reason):
    path = sweep(ONE.replace("+b", ""), ["a"], [[1.0]], shots=30).save(tmp_path / "result.npz")
    with np.load(path) as stored:
        arrays = {**stored, **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(ResultError) as caught:
        SweepResult.load(path)
    assert str(caught.value).startswith(
        f"{path}: not a .npz file that SweepResult.save has written: {reason}"
    )


def test_files_that_hold_no_arrays_are_no_results(tmp_path):
    result = sweep(ONE, ["a", "b"], [[1.0, 2.0]], shots=30)
    with pytest.raises(ResultError, match=r"r.csv: not a .npz file that SweepResult.save has written: "):
        SweepResult.load(result.save(tmp_path / "r.csv"))
    np.save(tmp_path / "r.npy", np.ones(3))
    with pytest.raises(ResultError, match=r"r.npy: not a .npz file that SweepResult.save has written: "):
        SweepResult.load(tmp_path / "r.npy")
    with pytest.raises(FileNotFoundError):
        SweepResult.load(tmp_path / "none.npz")
