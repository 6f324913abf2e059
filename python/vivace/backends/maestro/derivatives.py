"""Derivatives by light cones: each word on the part of the circuit it depends on, a chunk of rows at a time.

The core takes the end of the circuit into the words and cuts the cones out. Maestro's compiled programs tell
the derivatives by the angles of a cone, in one backward sweep for a weighted sum of words or one for every
word. For many words on a small cone the parameter shift is cheaper: all values at shifted angles. The core
says which; it takes derivatives on to the template's parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from vivace import _core
from vivace.backends.bounded import Bounded
from vivace.backends.maestro.library import Compiled, load_maestro
from vivace.backends.maestro.methods import check_estimate
from vivace.backends.maestro.paths import ExecutionPath
from vivace.backends.maestro.run import chunk_rows
from vivace.backends.maestro.shifts import Shifts
from vivace.errors import SimulationError
from vivace.tables import Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace.backends.maestro.config import MaestroConfig

__all__ = ["Derivatives"]

_BACK: Final = 4  # what a backward sweep costs, in forward ones
_ANY_WIDTH: Final = (1 << 32) - 1


class _Plan:
    """How to differentiate words on any circuit of one shape.

    Args:
        unitary: One such circuit.
        words: The words, one letter per qubit of it.
        weighted: Whether a weighted sum of them is differentiated, or each.
        limit: Most qubits of a cone.

    Attributes:
        signs: For each word 1 or -1, to multiply its value by.
        cones: The circuits to run.
        shifts: For each cone, whether by the parameter shift.
        wide: Numbers of the words whose cones are too wide.
        slots: Of all members of all cones one after the other: the chain rule adds up what is there more
            than once.
    """

    def __init__(
        self, unitary: _core.NativeCircuit, words: Sequence[str], weighted: bool, limit: int, label: str
    ) -> None:
        import numpy as np

        shorter, taken, self.signs = unitary.absorb(words)
        tasks, self.shifts, self.wide = shorter.gradient_cones(taken, limit, weighted)
        terms = shorter.shift_terms()
        self.cones = [
            _Cone(*task, terms if shift else None, label)
            for task, shift in zip(tasks, self.shifts, strict=True)
        ]
        met = [slots for cone in self.cones for slots, _ in cone.members]
        self.slots = np.concatenate([np.empty(0, np.uint32), *met])
        self.widest = max((circuit.n_qubits for circuit, *_ in tasks), default=0)


class Derivatives:
    """Values of words on one template and their derivatives by its parameters.

    Args:
        config: The options.
        recent: Plans of the latest circuits.
        template: The template.
        unitary: Its unitary form.
        words: The words, one letter per qubit of it.
        weights: One per word: of their weighted sum, rather than of each.
        label: Label of the circuit to name in errors.

    Attributes:
        facts: How the derivatives are found.
        chunk: Most rows to ask for at a time.

    Raises:
        SimulationError: A word depends on more qubits than a statevector is used for, or the library refused
            the circuit.
    """

    def __init__(
        self,
        config: MaestroConfig,
        recent: Bounded[Any],
        template: _core.Template,
        unitary: _core.NativeCircuit,
        words: Sequence[str],
        weights: NDArray[np.float64] | None,
        label: str,
    ) -> None:
        self._template, self._unitary, self._label = template, unitary, label
        self._n_words = len(words)
        limit = config.mps_qubit_threshold if config.simulation_type is None else _ANY_WIDTH
        key = "gradients", unitary.shape(), tuple(words), weights is None, limit
        plan = recent.get_or(key, lambda: _Plan(unitary, words, weights is not None, limit, label))
        if plan.wide:
            raise SimulationError(
                _too_wide(template, unitary, len(plan.wide), words[plan.wide[0]], limit, label), label
            )
        self._cones, self._slots, self._signs = plan.cones, plan.slots, plan.signs
        self._weights = None if weights is None else weights * plan.signs
        for cone in plan.cones:
            check_estimate(config, cone.circuit, ["Z" * cone.circuit.n_qubits], label)
        self.facts = _facts(unitary.n_qubits, plan.widest, plan.shifts)
        self._options = config.to_simulator_config(load_maestro(), width=plan.widest)
        work = sum(cone.work(self._sweeps(cone)) for cone in self._cones)
        self.chunk = chunk_rows(self._numbers(), work)

    def _numbers(self) -> int:
        """float64 numbers held at a time for one row."""
        widest = max((cone.numbers(self._sweeps(cone)) for cone in self._cones), default=1)
        results = (self._n_words if self._weights is None else 1) * len(self._template.parameter_names)
        return widest + self._unitary.n_slots + len(self._slots) + 2 * results

    def _sweeps(self, cone: _Cone) -> int:
        return len(cone.words) if self._weights is None else 1

    def of_rows(self, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values and derivatives of rows ``start..stop``: rows × words (× parameters); of sums without words.

        Raises:
            ParameterError: An angle or a derivative is not finite at some row.
            SimulationError: The library failed.
        """
        if self._weights is None:
            return self._of_each(start, stop)
        return self._of_sum(self._weights.tolist(), start, stop)

    def _of_each(self, start: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        import numpy as np

        angles = self._template.angles(self._unitary, start, stop)
        n_rows, n_parameters = len(angles), len(self._template.parameter_names)
        values = np.empty((n_rows, self._n_words))
        jacobian = np.empty((n_rows, self._n_words, n_parameters))
        for cone in self._cones:
            found, by_slot = cone.of_each(self._label, angles, self._options)
            for (slots, targets), own, gradients in zip(cone.members, found, by_slot, strict=True):
                flat = gradients.reshape(n_rows * len(cone.words), len(slots))
                pulled = self._template.pull_back(self._unitary, slots, flat, start, stop)
                pulled = pulled.reshape(n_rows, len(cone.words), n_parameters)
                for column, words in enumerate(targets):
                    values[:, words] = own[:, column, None]
                    jacobian[:, words] = pulled[:, column, None]
        values *= self._signs
        jacobian *= self._signs[:, None]
        return values, jacobian

    def _of_sum(
        self, weights: Sequence[float], start: int, stop: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        import numpy as np

        angles = self._template.angles(self._unitary, start, stop)
        values, by_slot = np.zeros(len(angles)), [np.empty((len(angles), 0))]
        for cone in self._cones:
            found, gradients = cone.of_sum(self._label, angles, weights, self._options)
            values += found
            by_slot.append(gradients)
        together = np.concatenate(by_slot, axis=1)
        return values, self._template.pull_back(self._unitary, self._slots, together, start, stop)


class _Cone:
    """A cone: its circuit compiled, its words, and where in the full circuit it occurs.

    ``terms`` are the shifted values that the derivatives by the full circuit's angles take, if the parameter
    shift is to be used.
    """

    def __init__(
        self,
        circuit: _core.NativeCircuit,
        words: list[str],
        members: list[tuple[NDArray[np.uint32], list[list[int]]]],
        terms: NDArray[np.uint8] | None,
        label: str,
    ) -> None:
        self.circuit = circuit
        self.words, self.members = words, members
        self._program = Compiled(circuit, label)
        self._shifts = None if terms is None else Shifts(terms, [slots for slots, _ in members])

    def work(self, sweeps: int) -> int:
        """Amplitudes touched for one row."""
        passes = 1 + _BACK * sweeps if self._shifts is None else self._shifts.n_runs
        return len(self.members) * passes * (self.circuit.n_operations + 1) << self.circuit.n_qubits

    def numbers(self, sweeps: int) -> int:
        """float64 numbers in and out for one row."""
        n_slots = self.circuit.n_slots
        runs = 1 if self._shifts is None else self._shifts.n_runs
        return len(self.members) * (runs * (n_slots + len(self.words)) + sweeps * n_slots)

    def of_each(
        self, label: str, angles: NDArray[np.float64], options: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Members × rows × words, and that × the cone's angles."""
        own = self._own(angles)
        if self._shifts is not None:
            values, jacobian = self._shifts.of_each(
                lambda shifted: self._program.values(label, self.words, shifted, options), own
            )
        else:
            values, jacobian = self._program.jacobian(label, self.words, own, options)
        shape = (len(self.members), len(angles), len(self.words))
        return values.reshape(shape), jacobian.reshape(*shape, self.circuit.n_slots)

    def of_sum(
        self, label: str, angles: NDArray[np.float64], weights: Sequence[float], options: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The weighted sum of all words of all members for every row; rows × the angles of all members."""
        import numpy as np

        of_members = [
            [sum(weights[word] for word in words) for words in targets] for _, targets in self.members
        ]
        cotangents = np.repeat(np.array(of_members), len(angles), axis=0)
        values, gradients = self._program.vjp(label, self.words, cotangents, self._own(angles), options)
        weighted = np.einsum("rw,rw->r", values, cotangents).reshape(len(self.members), len(angles))
        by_row = gradients.reshape(*weighted.shape, self.circuit.n_slots).swapaxes(0, 1)
        return weighted.sum(axis=0), by_row.reshape(len(angles), len(self.members) * self.circuit.n_slots)

    def _own(self, angles: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cone's angles, member by member: members · rows × the cone's angles."""
        import numpy as np

        return np.concatenate([angles[:, slots] for slots, _ in self.members])


def _facts(n_qubits: int, widest: int, shifts: Sequence[bool]) -> Metadata:
    return {
        "path": ExecutionPath.LIGHT_CONES.value,
        "simulator": "QCSim",
        "method": "Statevector",
        "n_qubits": n_qubits,
        "widest_cone": widest,
        "derivatives": sorted({"parameter_shift" if shift else "adjoint" for shift in shifts}),
    }


def _too_wide(
    template: _core.Template, unitary: _core.NativeCircuit, n_wide: int, word: str, limit: int, label: str
) -> str:
    declared = "".join(word[qubit] for qubit in unitary.qubits)
    shown = declared if len(declared) <= 40 else declared[:37] + "..."
    others = f" and {n_wide - 1} more depend" if n_wide > 1 else " depends"
    grown = ", with one for every reset and mid-circuit measurement" * (unitary.n_qubits > template.n_qubits)
    return (
        f"Word '{shown}'{others} on more than {limit} qubits of circuit '{label}'{grown}; gradients need a "
        f"statevector, which is taken up to mps_qubit_threshold ({limit}). Raise mps_qubit_threshold, set "
        "simulation_type='Statevector', or leave such words out."
    )
