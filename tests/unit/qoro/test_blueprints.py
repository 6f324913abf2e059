"""Options of devices and the shapes that vendors give them."""

from enum import StrEnum

import pytest

from vivace.backends.qoro.wire.blueprints import misfit


@pytest.mark.parametrize(
    ("choices", "value", "fits"),
    [
        ([0, 1], 1, True),
        ([0, 1], 1.0, False),
        ([0, 1], True, False),
        ([False, True], 1, False),
        ([False, True], True, True),
        ([0.5, 1.0], 1.0, True),
        ([0.5, 1.0], 1, True),
        (["sabre"], StrEnum("Layout", {"SABRE": "sabre"}).SABRE, True),
        (["1"], 1, False),
    ],
)
def test_a_choice_is_of_the_kind_of_those_offered(choices, value, fits):
    shape = {"LEVEL": {"name": "LEVEL", "kind": "choice", "choices": choices}}
    assert (misfit({"LEVEL": value}, [shape]) is None) == fits
