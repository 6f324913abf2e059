"""Bad input is refused with an error of Vivace, before anything runs."""

import math

import pytest

from vivace import codecs
from vivace.backends import CircuitBatch, CircuitPayload, MaestroSimulator
from vivace.backends.maestro import library
from vivace.errors import ConfigError, ObservableError, PayloadError, ShotRangeError, SimulationError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
GOOD = HEAD + "qreg q[2]; creg c[2]; h q[0]; measure q -> c;"


@pytest.mark.parametrize("shots", [2**40 + 1, 2**64, 10**400])
def test_shots_beyond_the_limit(shots):
    with pytest.raises(ConfigError, match="at most 1099511627776"):
        MaestroSimulator(shots=shots)


@pytest.mark.parametrize(
    ("groups", "index"),
    [
        ([(0, 1, 10), (1, 2, 2**70)], 1),
        ([(0, 1, 10), (1, 2)], 1),
        ([(0, 2, 2**41)], 0),
        ([(0, 1.5, 10)], 0),
        ([3], 0),
        (["abc"], 0),
        (7, None),
        ([(0, 1, 10)], 1),
        ([(0, 2, 0)], 0),
        ([(0, 2, 1), (1, 2, 1)], 1),
    ],
)
def test_shot_groups(groups, index):
    with MaestroSimulator() as simulator, pytest.raises(ShotRangeError) as caught:
        simulator.submit_circuits([GOOD, GOOD], shot_groups=groups)
    assert caught.value.index == index


@pytest.mark.parametrize("ranges", [[(0, 2**70)], [(0,)], [5], ["ab"], 5, [(0, None)]])
def test_circuit_ham_map(ranges):
    with MaestroSimulator() as simulator, pytest.raises(ObservableError, match="circuit_ham_map"):
        simulator.submit_circuits([GOOD], ham_ops="ZZ", circuit_ham_map=ranges)


@pytest.mark.parametrize(
    "call",
    [
        lambda: codecs.encode_histogram({}, -1),
        lambda: codecs.encode_histogram({}, 2**40),
        lambda: codecs.encode_histogram({"0": 2**64}),
        lambda: codecs.encode_histogram({"0": 1.5}),
        lambda: codecs.encode_histogram({0: 1}),
        lambda: codecs.encode_histogram({"\ud800": 1}),
        lambda: codecs.decode_histogram({"encoding": "qh1", "payload": "\ud800"}),
        lambda: codecs.compress_text("\ud800"),
        lambda: codecs.decompress_text("", -1),
    ],
)
def test_payloads(call):
    with pytest.raises(PayloadError):
        call()


def test_observables_that_no_encoding_holds():
    for call in (codecs.encode_observables, codecs.decode_observables):
        with pytest.raises(ObservableError):
            call("Z\ud800")
    with pytest.raises(ObservableError):
        codecs.decode_observables("Z", -1)
    with MaestroSimulator() as simulator, pytest.raises(ObservableError):
        simulator.submit_circuits([GOOD], ham_ops="Z\ud800")


def test_a_small_payload_cannot_ask_for_gigabytes_of_keys():
    n_bits, unique = 2**20, 300
    wide = codecs.encode_histogram({format(i, f"0{n_bits}b"): 1 for i in range(unique - 44)})
    assert len(codecs.decode_histogram(wide)) == unique - 44
    wide = codecs.encode_histogram({format(i, f"0{n_bits}b"): 1 for i in range(unique)})
    with pytest.raises(PayloadError, match="decode_histogram_arrays"):
        codecs.decode_histogram(wide)
    assert len(codecs.decode_histogram_arrays(wide)[1]) == unique


def test_keys_are_made_in_blocks():
    counts = {format(i, "0300b"): i + 1 for i in range(30_000)}
    assert codecs.decode_histogram(codecs.encode_histogram(counts)) == counts


def test_templates_in_a_mapping():
    payload = CircuitPayload(HEAD + "qreg q[1]; rx(a) q[0];", ["a"], [("c0", [0.1])])
    with pytest.raises(TypeError, match="'mine'"):
        CircuitBatch.of({"mine": payload})


@pytest.mark.parametrize(
    ("bad", "options"),
    [
        (HEAD + "qreg q[2]; creg c[2]; if(c==1) x q[0];", {"ham_ops": "ZZ"}),
        (HEAD + "qreg q[1]; creg c[1];", {"ham_ops": "ZZ"}),
        (HEAD + "opaque magic a; qreg q[2]; creg c[1]; magic q[0];", {"ham_ops": "ZZ"}),
        (HEAD + "opaque magic a; qreg q[2]; creg c[1]; magic q[0]; measure q[0] -> c[0];", {}),
        (HEAD + "qreg q[2]; creg c[1]; h q[0];", {}),
    ],
)
def test_every_template_is_checked_before_any_runs(bad, options, monkeypatch):
    done = []
    for name in ("AdjointProgram", "Maestro"):
        monkeypatch.setattr(library.load_maestro(), name, lambda *_: done.append("made"))
    with MaestroSimulator() as simulator, pytest.raises((SimulationError, ObservableError)) as caught:
        simulator.submit_circuits(
            {"good": GOOD, "bad": bad}, progress=lambda *_: done.append("ran"), **options
        )
    assert caught.value.label == "bad"
    assert not done


@pytest.mark.parametrize("options", [{}, {"ham_ops": "ZZ"}])
def test_what_the_library_raises_names_the_circuit(options, monkeypatch):
    def refuse(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(library.load_maestro(), "AdjointProgram", refuse)
    refused = pytest.raises(SimulationError, match="'mine'.*RuntimeError: no")
    with MaestroSimulator(path="compiled") as simulator, refused:
        simulator.submit_circuits({"mine": GOOD}, **options)


def test_counts_add_up():
    from vivace import _core

    offsets, bits, counts = _core.pack_counts([{"1": 3, "10": 2, "11": 5}], 3, [10], ["a"])
    assert (offsets.tolist(), bits.tolist(), counts.tolist()) == ([0, 2], [[0b001], [0b011]], [5, 5])
    with pytest.raises(
        SimulationError, match=r"^Circuit 'a' was to be sampled 11 times.*10 counts\.$"
    ) as caught:
        _core.pack_counts([{"1": 10}], 1, [11], ["a"])
    assert caught.value.label == "a"


def test_sampling_errors_name_the_circuit():
    import numpy as np

    from vivace import _core

    one = np.ones(1, dtype=np.uint64)
    with pytest.raises(SimulationError, match="^Circuit 'mine' has the probability NaN") as caught:
        _core.sample_counts(np.array([[math.nan, 1.0]]), one, one, [0], 1, ["mine"])
    assert caught.value.label == "mine"
