"""Maestro on both of its paths."""

import pytest

from vivace.backends import MaestroSimulator


@pytest.fixture(params=["compiled", "per circuit"])
def simulator(request):
    """A simulator that compiles what it can, and one that runs every circuit on its own."""
    options = {} if request.param == "compiled" else {"path": "circuits"}
    with MaestroSimulator(shots=100, **options) as found:
        yield found


@pytest.fixture
def both():
    """The two at once: (compiled, per circuit)."""
    with MaestroSimulator(shots=1000) as compiled, MaestroSimulator(shots=1000, path="circuits") as single:
        yield compiled, single
