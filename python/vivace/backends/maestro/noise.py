"""Circuits under a ``maestro.NoiseModel``: what is asked of the library, and with which seeds.

Noise acts after every gate, on each of its qubits; ``id`` is a gate too, so an idle site that is written down
carries noise. A gate that the library lacks (``rxx ryy rzz iswap`` and the wide controlled ones) is lowered
to gates it has and carries the noise of its parts. Barriers carry none.

======================== =========================== =====================================================
method                   ``noise_realizations``      what runs
======================== =========================== =====================================================
DensityMatrix, MPO       None                        exact channels
any other, expectation   None                        analytic: each qubit of a word is damped once
any other, sampling      None                        one random error pattern, shared by all the shots
any                      N                           N random error patterns; shots are spread over them
======================== =========================== =====================================================

With N below the number of shots these depend on each other, so that their spread tells no standard error.
Counts from a shared pattern, and analytic values where they are not exact, warn once per simulator.

The library's narrower calls (``noisy_estimate_montecarlo``, ``noisy_execute``) leave out coherent, correlated
and crosstalk noise without a word, so the combined ones are used for all but the analytic value.

>>> import maestro
>>> from vivace.backends import MaestroConfig, MaestroSimulator
>>> model = maestro.NoiseModel()
>>> model.set_all_depolarizing(1, 0.05)
>>> ten = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1];' + "x q[0];" * 10
>>> config = MaestroConfig(noise_model=model, simulation_type="DensityMatrix")
>>> with MaestroSimulator(config=config) as simulator:
...     value = simulator.submit_circuits([ten], ham_ops="Z").expectations().values[0, 0]
>>> round(float(value), 6), round((1 - 4 / 3 * 0.05) ** 10, 6)
(0.501612, 0.501612)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from vivace import _core
from vivace._suggest import warn_user
from vivace.backends.maestro.library import load_maestro
from vivace.errors import ConfigError, SimulationError

if TYPE_CHECKING:
    from vivace.backends.maestro.config import MaestroConfig

__all__ = [
    "WarnOnce",
    "estimator",
    "noise_facts",
    "noise_seeds",
    "noisy_layers",
    "refuse_noisy",
    "sampler",
    "shot_dependence",
]

_EXACT_METHODS: Final = frozenset({"DensityMatrix", "MatrixProductOperator"})
_SEED_SPAN: Final = 1 << 32  # the library takes no larger noise seed
_GATE_NOISE: Final = (
    *("1q_gate_noise", "2q_gate_noise", "additional_quantum_channels", "coherent", "correlated"),
    *("crosstalk", "idle_noise", "t1", "thermal_relaxation"),
)
_WAYS_OUT: Final = 'Set noise_realizations, or simulation_type="DensityMatrix".'


class WarnOnce:
    """Warnings given once per simulator. Safe to share between threads.

    Args:
        tell: Called with (topic, message) every time, instead.
    """

    def __init__(self, tell: Callable[[str, str], None] | None = None) -> None:
        self._lock = Lock()
        self._given: set[str] = set()
        self._tell = tell

    def once(self, topic: str, message: str) -> None:
        """Warn, unless this topic was warned of before."""
        if self._tell is not None:
            self._tell(topic, message)
            return
        with self._lock:
            if topic in self._given:
                return
            self._given.add(topic)
        warn_user(message)


def noise_seeds(config: MaestroConfig, circuits: Sequence[int], labels: Sequence[str]) -> list[int]:
    """The noise seed of every circuit, below 2**32.

    ``noise_seed`` (42) plus the circuit's place in the submission. When ``seed`` is set and ``noise_seed`` is
    not, the seed follows from ``seed`` and the label alone, so that order does not matter.

    >>> from vivace.backends import MaestroConfig
    >>> noise_seeds(MaestroConfig(), [0, 3], ["a", "b"])
    [42, 45]
    >>> seeded = MaestroConfig(seed=1)
    >>> noise_seeds(seeded, [0, 1], ["a", "b"]) == noise_seeds(seeded, [1, 0], ["b", "a"])[::-1]
    True
    """
    if config.seed is None or config.is_set("noise_seed"):
        return [(config.noise_seed + circuit) % _SEED_SPAN for circuit in circuits]
    derived = _core.derive_seeds(config.seed, [f"{label}\0noise" for label in labels])
    return [seed % _SEED_SPAN for seed in derived.tolist()]


def noisy_layers(
    operations: Sequence[tuple[str, tuple[int, ...], int, int]], n_qubits: int, noisy: Sequence[bool]
) -> list[int]:
    """For each qubit, how many gates with noise lie one after another before its end.

    >>> noisy_layers([("h", (0,), 0, 0), ("cx", (0, 1), 0, 0)], 3, [True, True, True])
    [2, 2, 0]
    """
    layers = [0] * n_qubits
    for _name, qubits, _slot, _count in operations:
        after = max(layers[qubit] for qubit in qubits) + any(noisy[qubit] for qubit in qubits)
        for qubit in qubits:
            layers[qubit] = after
    return layers


def refuse_noisy(native: _core.NativeCircuit, label: str) -> None:
    """Refuse what the library gets wrong under noise: it leaves gates under an ``if`` without noise."""
    if native.has_conditions:
        raise SimulationError(
            f"Circuit '{label}' has operations under classical control ('if'), which Maestro runs without "
            "their noise. Run it without noise_model.",
            label,
        )


def estimator(
    config: MaestroConfig,
    native: _core.NativeCircuit,
    unitary: _core.NativeCircuit,
    words: list[str],
    label: str,
    once: WarnOnce,
) -> Callable[[Any, int, int | None], list[float]]:
    """A call (circuit, noise seed, seed) → values. ``unitary`` is ``native`` without measurements."""
    refuse_noisy(native, label)
    if unitary.n_qubits != native.n_qubits or unitary.qubits != list(range(native.n_qubits)):
        raise SimulationError(
            f"Circuit '{label}' measures or resets a qubit before its end. Maestro has no exact expectation "
            "values of such circuits under noise. Sample it instead: leave out ham_ops.",
            label,
        )
    model = config.noise_model
    if model.has_readout_error():
        once.once("readout", "Readout errors do not act on expectation values. Sample to see them.")
    maestro = load_maestro()
    width = unitary.n_qubits
    realizations = _realizations(config, width, analytic=True)
    if realizations is None:
        _check_analytic(model, unitary, words, label, once)

    def call(circuit: Any, noise_seed: int, seed: int | None) -> list[float]:
        options = config.to_simulator_config(maestro, width=width, seed=seed)
        if realizations is None:
            found = maestro.noisy_estimate(circuit, words, model, options)
        elif not model.has_any():
            found = maestro.simple_estimate(circuit, words, options)
        else:
            found = maestro.full_noise_estimate(circuit, words, model, realizations, options, noise_seed)
        values: list[float] = found["expectation_values"]
        return values

    return call


def sampler(
    config: MaestroConfig, native: _core.NativeCircuit, label: str, once: WarnOnce
) -> Callable[[Any, int, int, int], dict[str, int]]:
    """A call (circuit, shots, noise seed, seed) → the library's counts."""
    refuse_noisy(native, label)
    model = config.noise_model
    maestro = load_maestro()
    realizations = _realizations(config, native.n_qubits, analytic=False)
    facts = noise_facts(config, native.n_qubits, expectation=False)
    shared = config.noise_realizations is None and facts["noise"] == "sampled"
    if shared and _acts_on_gates(model, native.n_qubits):
        once.once(
            "pattern",
            f"All shots of circuit '{label}' share one random pattern of errors, so its counts are not those "
            f"of the noisy circuit. {_WAYS_OUT}",
        )

    def call(circuit: Any, shots: int, noise_seed: int, seed: int) -> dict[str, int]:
        options = config.to_simulator_config(maestro, width=native.n_qubits, seed=seed)
        if not model.has_any():
            found = maestro.simple_execute(circuit, options, shots)
        else:
            found = maestro.full_noise_execute(
                circuit,
                model,
                config=options,
                shots=shots,
                noise_realizations=realizations,
                noise_seed=noise_seed,
            )
        counts: dict[str, int] = found["counts"]
        return counts

    return call


def noise_facts(config: MaestroConfig, width: int, *, expectation: bool) -> dict[str, Any]:
    """What metadata says about noise: ``noise`` is exact, analytic, or sampled in ``noise_realizations``."""
    if config.noise_model is None:
        return {}
    realizations = _realizations(config, width, analytic=expectation)
    if realizations is None:
        return {"noise": "analytic"}
    if config.simulation_type_for(width) in _EXACT_METHODS and not _is_drawn(config.noise_model):
        return {"noise": "exact"}
    return {"noise": "sampled", "noise_realizations": realizations}


def shot_dependence(config: MaestroConfig, width: int, shots: int) -> str | None:
    """Why so many shots of a circuit depend on each other, and what to do; None where they do not.

    >>> import maestro
    >>> from vivace.backends import MaestroConfig
    >>> model = maestro.NoiseModel()
    >>> model.set_all_depolarizing(1, 0.05)
    >>> print(shot_dependence(MaestroConfig(noise_model=model, noise_realizations=10), 1, 1000))
    The shots of a circuit share 10 random patterns of errors, and its counts do not tell how those vary. \
Set noise_realizations=1000, a pattern for every shot, or simulation_type="DensityMatrix".
    >>> shot_dependence(MaestroConfig(noise_model=model, noise_realizations=1000), 1, 1000)
    """
    facts = noise_facts(config, width, expectation=False)
    if facts.get("noise") != "sampled" or facts["noise_realizations"] >= shots:
        return None
    model, patterns = config.noise_model, facts["noise_realizations"]
    if not _acts_on_gates(model, width):
        return None
    shared = "one random pattern" if patterns == 1 else f"{patterns} random patterns"
    exactly = "" if _is_drawn(model) else ', or simulation_type="DensityMatrix"'
    return (
        f"The shots of a circuit share {shared} of errors, and its counts do not tell how those vary. "
        f"Set noise_realizations={shots}, a pattern for every shot{exactly}."
    )


def _is_drawn(model: Any) -> bool:
    """Whether there is noise that every method draws at random."""
    return bool(model.has_coherent() or model.has_correlated())


def _realizations(config: MaestroConfig, width: int, *, analytic: bool) -> int | None:
    """How many error patterns to draw; None for the analytic value."""
    wanted: int | None = config.noise_realizations
    method = config.simulation_type_for(width)
    if method in _EXACT_METHODS:
        if not _is_drawn(config.noise_model):
            return 1  # every pattern would be the same
        if wanted is None and analytic:
            raise ConfigError(
                f"Coherent and correlated noise is drawn at random also by {method}. Set noise_realizations.",
                "noise_realizations",
            )
    if wanted is not None:
        return wanted
    return None if analytic else 1


def _check_analytic(
    model: Any, unitary: _core.NativeCircuit, words: Sequence[str], label: str, once: WarnOnce
) -> None:
    if not model.compute_damping_covers_model():
        raise ConfigError(
            "The noise model has more than Pauli noise after all gates, and the analytic expectation value "
            f"would leave the rest out. {_WAYS_OUT}",
            "noise_realizations",
        )
    width = unitary.n_qubits
    noisy = [_is_noisy(model, qubit) for qubit in range(width)]
    layers = noisy_layers(unitary.operations(), width, noisy)
    observed = {qubit for word in words for qubit, letter in enumerate(word) if letter != "I"}
    # Without a layer nothing acts on the qubit, yet the analytic value damps it.
    inexact = sorted(q for q in observed if layers[q] > 1 or (noisy[q] and not layers[q]))
    if inexact:
        once.once(
            "layers",
            f"Circuit '{label}' has {layers[inexact[0]]} noisy layers on observed qubit {inexact[0]}. "
            "The analytic expectation value damps each observed qubit once and is exact for one layer only. "
            f"{_WAYS_OUT}",
        )


def _acts_on_gates(model: Any, width: int) -> bool:
    """Whether there is more than readout error, which is drawn anew for every shot."""
    told = any(getattr(model, f"has_{kind}")() for kind in _GATE_NOISE)
    return told or any(_is_noisy(model, qubit) for qubit in range(width))


def _is_noisy(model: Any, qubit: int) -> bool:
    before = "I" * qubit
    return any(model.compute_damping(before + letter) != 1.0 for letter in "XYZ")
