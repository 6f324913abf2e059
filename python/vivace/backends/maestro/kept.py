"""A simulator of the library that is kept for many rows of one circuit, in this process or one of its own.

Run as a script, this file serves requests from its standard input until that ends. It imports nothing but the
standard library, so that the process starts in the time the simulator itself takes to load.
"""

import marshal
import os
import struct
import sys
from array import array
from contextlib import suppress
from operator import itemgetter
from typing import IO, Any, Final, NamedTuple

__all__ = ["READY", "Kept", "KeptCircuit", "read_frame", "serve", "write_frame"]

READY: Final = "ready"
"""What `serve` writes first."""

_SIZE: Final = struct.Struct("<Q")
_PORTION: Final = 1 << 16  # shots at a time, where bits are sampled that do not matter

_GATES: Final = {
    name: f"Apply{method}"
    for name, method in (
        *((name, name.upper()) for name in ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "p", "u")),
        *((name, name.upper()) for name in ("cx", "cy", "cz", "ch", "csx", "cp", "cu", "ccx")),
        *(("sxdg", "SXDG"), ("rx", "Rx"), ("ry", "Ry"), ("rz", "Rz"), ("crx", "CRx"), ("cry", "CRy")),
        *(("crz", "CRz"), ("swap", "Swap"), ("cswap", "CSwap")),
    )
}


class KeptCircuit(NamedTuple):
    """What is run for every row.

    Attributes:
        method: Name of the library's simulation method.
        n_qubits: Number of qubits.
        settings: Options of the library's simulator, as names and texts.
        operations: What `_core.NativeCircuit.merged` returns.
        n_slots: Angles for each row.
    """

    method: str
    n_qubits: int
    settings: tuple[tuple[str, str], ...]
    operations: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    n_slots: int


class Kept:
    """One simulator, run again and again.

    Args:
        maestro: The ``maestro`` module.
        circuit: What to run.
    """

    def __init__(self, maestro: Any, circuit: KeptCircuit) -> None:
        self._owner = maestro.Maestro()
        method = getattr(maestro.SimulationType, circuit.method)
        self._handle = self._owner.create_simulator(maestro.SimulatorType.QCSim, method)
        self._simulator = self._owner.get_simulator(self._handle)
        for name, value in circuit.settings:
            self._simulator.Configure(name, value)
        self._simulator.SetMultithreading(False)
        self._simulator.AllocateQubits(circuit.n_qubits)
        self._simulator.Initialize()
        self._width = circuit.n_slots
        self._calls = [
            (
                getattr(self._simulator, _GATES[name]),
                operands,
                itemgetter(*slots) if len(slots) > 1 else slots,
            )
            for name, operands, slots in circuit.operations
        ]

    def close(self) -> None:
        """Free the state."""
        self._owner.destroy_simulator(self._handle)

    def values(self, words: list[str], n_rows: int, angles: bytes) -> bytes:
        """Expectation values, rows × words, of rows of angles; float64 both."""
        found = array("d")
        for row in self._rows(n_rows, angles):
            self._run(row)
            found.extend(self._simulator.ExpectationValues(words))
        return found.tobytes()

    def counts(
        self, qubits: list[int], mask: int, n_rows: int, angles: bytes, shots: list[int], seeds: list[int]
    ) -> tuple[bytes, bytes, list[int]]:
        """Samples of every row: outcomes and counts, uint64, and where those of each row end.

        The first of ``qubits`` is the least significant bit of an outcome. Bits that are not in ``mask`` are
        0 in all of them.
        """
        outcomes, counts, ends = array("Q"), array("Q"), []
        for row, n_shots, seed in zip(self._rows(n_rows, angles), shots, seeds, strict=True):
            self._run(row)
            self._simulator.set_seed(seed)
            if mask + 1 == 1 << len(qubits):
                found = self._simulator.SampleCounts(qubits, n_shots)
            else:
                found = self._masked(qubits, mask, n_shots)
            outcomes.extend(found)
            counts.extend(found.values())
            ends.append(len(outcomes))
        return outcomes.tobytes(), counts.tobytes(), ends

    def _masked(self, qubits: list[int], mask: int, n_shots: int) -> dict[int, int]:
        """Samples of which some bits do not matter, a portion of the shots at a time: those bits vary."""
        found: dict[int, int] = {}
        while n_shots:
            portion = min(n_shots, _PORTION)
            for outcome, count in self._simulator.SampleCounts(qubits, portion).items():
                found[outcome & mask] = found.get(outcome & mask, 0) + count
            n_shots -= portion
        return found

    def _rows(self, n_rows: int, angles: bytes) -> list[list[float]]:
        numbers, width = array("d", angles).tolist(), self._width
        return [[*numbers[row * width : (row + 1) * width], 0.0] for row in range(n_rows)]

    def _run(self, angles: list[float]) -> None:
        self._simulator.Reset()
        for gate, operands, slots in self._calls:
            if not slots:
                gate(*operands)
            elif isinstance(slots, tuple):
                gate(*operands, angles[slots[0]])
            else:
                gate(*operands, *slots(angles))
        self._simulator.Flush()


def read_frame(stream: IO[bytes]) -> Any:
    """The next object of a stream.

    Raises:
        EOFError: The stream has ended.
    """
    (size,) = _SIZE.unpack(_read(stream, _SIZE.size))
    return marshal.loads(_read(stream, size))  # noqa: S302 - from a process of our own


def _read(stream: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_frame(stream: IO[bytes], value: Any) -> None:
    """Write an object of plain types to a stream."""
    body = marshal.dumps(value)
    rest = memoryview(_SIZE.pack(len(body)) + body)
    while rest:
        rest = rest[stream.write(rest) :]


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Say `READY`, then answer requests until they end. One circuit is kept at a time, the one sent last."""
    import maestro

    kept: Kept | None = None
    write_frame(answers, READY)
    while True:
        try:
            circuit, method, arguments = read_frame(requests)
        except EOFError:
            return
        try:
            if circuit is not None:
                if kept is not None:
                    kept.close()
                    kept = None
                kept = Kept(maestro, KeptCircuit(*circuit))
            answer = True, getattr(kept, method)(*arguments)
        except Exception as error:  # noqa: BLE001 - told to the process that asked
            answer = False, f"{type(error).__name__}: {error}"
        write_frame(answers, answer)


def _main() -> None:
    sys.path.insert(0, sys.argv[1])
    # What the library prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    with os.fdopen(0, "rb", buffering=0) as requests, suppress(BrokenPipeError):  # whoever asked is gone
        serve(requests, answers)


if __name__ == "__main__":
    _main()
