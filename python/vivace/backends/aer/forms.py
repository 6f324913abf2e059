"""The circuit that is run for a template: as it is written, without its measurements, or in a basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from vivace import _core
from vivace.backends.bases import Basis, Operation, final_measurements, rotations
from vivace.backends.submission import no_values
from vivace.errors import SimulationError

__all__ = ["EXACT_QUBITS", "Form", "exact_form", "sampled_form", "with_basis"]

EXACT_QUBITS: Final = 20
"""Widest circuit of which all probabilities are computed; wider ones are sampled by Aer."""

_DENSITY_QUBITS: Final = 12  # a density matrix of 256 MB
_NARROW: Final = 12  # up to here one more qubit for each reset costs little
_WIDEST: Final = 32

Source: TypeAlias = "_core.NativeCircuit | _core.WrittenCircuit"


@dataclass(frozen=True)
class Form:
    """A circuit structure to run.

    Attributes:
        source: What `_core.Template.angles` gives its angles for.
        operations: Its operations.
        n_qubits: Number of qubits.
        n_clbits: Number of classical bits.
        qubits: For each declared qubit of the template, the qubit that holds it in the end.
        is_final: Whether all measurements are at the end.
        method: Method to simulate it with, when Aer must not choose.
    """

    source: Source
    operations: tuple[Operation, ...]
    n_qubits: int
    n_clbits: int
    qubits: tuple[int, ...]
    is_final: bool
    method: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for forms that are one circuit; angles do not count."""
        return self.operations, self.n_qubits, self.n_clbits, self.method

    def placed(self, word: str) -> str:
        """The word with each letter on the qubit that holds its declared qubit in the end."""
        letters = ["I"] * self.n_qubits
        for letter, qubit in zip(word, self.qubits, strict=True):
            letters[qubit] = letter
        return "".join(letters)


def exact_form(template: _core.Template, label: str) -> Form:
    """What expectation values are taken of.

    Every reset and measurement in mid-circuit makes the unitary form a qubit wider. When that is much wider
    than the circuit, its density matrix is the smaller thing.

    Raises:
        SimulationError: There is classical control, or the form would be too wide.
    """
    native = template.native()
    unitary, channel = native.unitary(), native.channel()
    if unitary is None or channel is None:
        raise no_values(label)
    as_density = channel.n_qubits <= _DENSITY_QUBITS
    if unitary.n_qubits <= max(_NARROW, 2 * channel.n_qubits if as_density else native.n_qubits):
        return _native_form(unitary, "statevector" if unitary.n_qubits <= EXACT_QUBITS else None)
    if as_density:
        return _native_form(channel, "density_matrix")
    if unitary.n_qubits <= _WIDEST:
        return _native_form(unitary, None)
    raise SimulationError(
        f"Circuit '{label}' resets or measures in mid-circuit so often that exact expectation values would "
        f"take {unitary.n_qubits} qubits. Set force_sampling=True to sample them.",
        label,
    )


def sampled_form(template: _core.Template, is_ideal: bool, *, measures: bool) -> Form:
    """What counts are taken of.

    Args:
        template: The template.
        is_ideal: Whether there is no noise, so that gates may be written in other ways.
        measures: Whether the template's own measurements at the end are wanted.
    """
    native = template.native()
    readout = native.readout()
    n_clbits = template.n_clbits
    unitary = native.unitary() if is_ideal and (readout is not None or not measures) else None
    if unitary is not None and unitary.n_qubits <= min(EXACT_QUBITS, max(_NARROW, native.n_qubits)):
        form = _native_form(unitary, "statevector")
        if not measures:
            return form
        assert readout is not None  # noqa: S101 - else there is no unitary form above
        bits = {bit: form.qubits[qubit] for bit, qubit in enumerate(readout) if qubit is not None}
        return _measuring(replace(form, n_clbits=n_clbits), bits)
    written = template.written()
    operations: Sequence[Operation] = written.operations()
    if not measures:
        final = final_measurements(operations)
        operations = [operation for place, operation in enumerate(operations) if place not in final]
        n_clbits = 0 if readout is not None else n_clbits
    n_qubits = template.n_qubits
    return Form(
        written, tuple(operations), n_qubits, n_clbits, tuple(range(n_qubits)), is_final=readout is not None
    )


def with_basis(form: Form, basis: Basis) -> Form:
    """The form with its qubits measured in a basis, into new classical bits after its own."""
    turned = [(gate, (form.qubits[qubit],), 0, 0, None) for gate, qubit in rotations(basis)]
    bits = {form.n_clbits + k: form.qubits[qubit] for k, qubit in enumerate(basis.qubits)}
    wider = replace(form, operations=(*form.operations, *turned), n_clbits=form.n_clbits + len(basis.qubits))
    return _measuring(wider, bits)


def _measuring(form: Form, bits: dict[int, int]) -> Form:
    """The form with the given qubits measured at its end; ``bits`` tells the qubit for each bit."""
    measured = tuple(("measure", (qubit, bit), 0, 0, None) for bit, qubit in bits.items())
    return replace(form, operations=(*form.operations, *measured))


def _native_form(circuit: _core.NativeCircuit, method: str | None) -> Form:
    operations = tuple((*operation, None) for operation in circuit.operations())
    return Form(circuit, operations, circuit.n_qubits, 0, tuple(circuit.qubits), True, method)
