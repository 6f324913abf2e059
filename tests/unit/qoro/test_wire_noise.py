"""Noise models on the wire: what an honest one needs passes, and nothing that costs more than it says."""

import maestro
import numpy as np
import pytest

from vivace.backends import MaestroConfig
from vivace.backends.qoro.wire import configs
from vivace.errors import ProtocolError

SETTERS = [name for name in dir(maestro.NoiseModel) if name.startswith("set_")]
HUGE = (1 << 31) - 1


def parameters(setter):
    """Names and types of a setter, of the first line of its documentation."""
    listed = getattr(maestro.NoiseModel, setter).__doc__.partition("(self, ")[2].partition(") -> ")[0]
    return [part.partition(" = ")[0].split(": ", 1) for part in listed.split(", ") if ": " in part]


def decoded(setter, **kwargs):
    call = {"method": setter, "args": [], "kwargs": kwargs}
    return configs.decode_maestro({"noise_model": [call]}, max_qubits=100)


@pytest.mark.parametrize("setter", SETTERS)
def test_no_setter_sees_a_whole_number_beyond_the_limit(setter):
    whole = [name for name, kind in parameters(setter) if kind == "int"]
    for name in whole or ["targets"]:
        for number in (HUGE, -1, 101):
            with pytest.raises(ProtocolError) as caught:
                decoded(setter, **{name: number if whole else [number]})
            assert str(caught.value) == (
                f"Expected a whole number from 0 to 100 as {name} of {setter}, got {number}."
            )


def test_numbers_that_measure_may_be_whole_and_large():
    model = maestro.NoiseModel()
    model.set_idle_noise(3, 1, 1, 0, 5_000_000)
    model.set_1_over_f_noise(0, 1e-3, 1, 10**9, 8, 1e-7)
    config = MaestroConfig(noise_model=model)
    assert configs.decode_maestro(configs.encode_maestro(config), strict=True) == config


def test_channels_of_arrays_arrive():
    model = maestro.NoiseModel()
    model.set_kraus_channel([0], [np.diag([1, 1j])])
    config = MaestroConfig(noise_model=model)
    assert configs.decode_maestro(configs.encode_maestro(config), strict=True) == config


def test_noise_of_every_kind_on_every_qubit_passes():
    model = maestro.NoiseModel()
    for qubit in range(2048):
        model.set_thermal_relaxation(qubit, 1e-8, 1e-4, 1e-4)
        model.set_readout_error(qubit, 0.01, 0.02)
        model.set_multi_correlated_ou(qubit, [(1.0, 0.5)] * 20, 1e-7)
    model.set_all_depolarizing(2048, 0.01)
    config = MaestroConfig(noise_model=model)
    read = configs.decode_maestro(configs.encode_maestro(config), strict=True, max_qubits=2048)
    assert len(configs.encode_maestro(read)["noise_model"]) == 3 * 2048 + 1


def test_a_client_is_not_filled_by_a_service_either():
    call = {"method": "set_all_depolarizing", "args": [HUGE, 0.01]}
    with pytest.raises(ProtocolError, match="Expected a whole number from 0 to 16384 as num_qubits"):
        configs.decode_maestro({"noise_model": [call]})
