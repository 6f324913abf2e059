"""Options of a Qiskit runner from names and numbers, the same in either venv. Nothing of Vivace here."""

from __future__ import annotations

from typing import Any


def build_options(options: dict[str, Any]) -> dict[str, Any]:
    """Options with the backend for ``fake`` and the noise model for ``depolarizing``."""
    built = dict(options)
    if "fake" in built:
        from qiskit_ibm_runtime import fake_provider

        built["qiskit_backend"] = getattr(fake_provider, built.pop("fake"))()
    if "depolarizing" in built:
        built["noise_model"] = _depolarizing(built.pop("depolarizing"))
    return built


def _depolarizing(strength: float) -> Any:
    """Depolarizing noise of so much after every rotation, ten times as much after every `cx`."""
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(strength, 1), ["sx", "x", "ry"])
    model.add_all_qubit_quantum_error(depolarizing_error(10 * strength, 2), ["cx"])
    return model
