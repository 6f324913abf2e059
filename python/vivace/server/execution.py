"""Running a job: uploads become batches for `MaestroSimulator`, and its results what travels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from vivace import _core
from vivace.backends.maestro import MaestroConfig, MaestroSimulator
from vivace.backends.observables import overlap_known
from vivace.backends.qoro.wire.configs import SimulationMethod, Simulator, decode_maestro
from vivace.backends.qoro.wire.fields import parse_object
from vivace.backends.qoro.wire.uploads import Upload
from vivace.circuits import CircuitBatch, CircuitPayload
from vivace.codecs import HistogramEnvelope, decompress_text
from vivace.errors import ExecutionCancelledError, SimulationError
from vivace.server.jobs import Job, NewJob
from vivace.server.queue import JobQueue, StoredUpload
from vivace.server.settings import Limits, Settings
from vivace.tables import Metadata

__all__ = ["Worker", "config_of", "execution_config", "run_job"]

_LARGEST_PIECE: Final = 1 << 16
_SHORT: Final = 0.2
_LONG: Final = 2.0


def execution_config(body: dict[str, Any]) -> MaestroConfig:
    """The simulator's options in a checked ``execution_configuration``.

    What is for hardware only (``api_meta``) has no part in them.

    >>> execution_config({"bond_dimension": 16, "simulation_type": 1})
    MaestroConfig(simulation_type='MatrixProductState', max_bond_dimension=16)
    """
    simulator = None if body.get("simulator_type") is None else Simulator(body["simulator_type"]).name
    method = None if body.get("simulation_type") is None else SimulationMethod(body["simulation_type"]).name
    return MaestroConfig(
        simulator_type="Gpu" if simulator == "GpuSim" else simulator,
        simulation_type=method,
        max_bond_dimension=body.get("bond_dimension"),
        singular_value_threshold=body.get("truncation_threshold"),
    )


def config_of(spec: NewJob, limits: Limits) -> MaestroConfig:
    """The simulator's options for a job; those of devices are not among them."""
    if spec.config_kind == "execution_configuration":
        return execution_config(dict(spec.config or {}))
    if spec.config_kind == "maestro_config":
        return decode_maestro(spec.config or {}, strict=True, max_qubits=limits.qubits)
    return MaestroConfig()


class Worker:
    """A simulator, and what it warns of.

    Attributes:
        simulator: The simulator.
        warnings: The latest by topic.
    """

    def __init__(self) -> None:
        self.warnings: dict[str, str] = {}
        self.simulator = MaestroSimulator(on_warning=self.warnings.__setitem__)


def run_job(job: Job, worker: Worker, queue: JobQueue, settings: Settings, event: Event) -> bool:
    """Run the circuits of a job that have no results yet, and store what comes out as it comes.

    Circuits run in pieces, each of about a second or a single circuit: what a server that is killed has to do
    again. Between two of them the job makes way for other accounts; then it is not done, which False tells.

    Raises:
        ExecutionCancelledError: ``event`` was set, or the job is not RUNNING any more.
        VivaceError: A circuit cannot be run.
    """
    config, simulator = config_of(job.spec, settings.limits), worker.simulator
    worker.warnings.clear()
    done, size, turn = job.n_done, 1, time.monotonic()
    for stored in queue.uploads(job):
        content = _Content.of(stored, settings)
        while done < stored.first + stored.n_circuits:
            start = done - stored.first
            stop = min(start + size, stored.n_circuits)
            began = time.monotonic()
            simulator.config = _placed(config, done)
            results, metadata = content.run(simulator, start, stop, event)
            took = time.monotonic() - began
            if not queue.save(job, done, results, took, metadata=metadata, warnings=worker.warnings):
                raise ExecutionCancelledError(f"Job {job.job_id} was cancelled.")
            done += stop - start
            turn_over = time.monotonic() - turn >= settings.turn_time
            if done < job.n_circuits and turn_over and queue.is_wanted(job):
                return False
            if took < _SHORT:
                size = min(size * 4, _LARGEST_PIECE)
            elif took > _LONG:
                size = max(1, size // 4)
    return True


def _placed(config: MaestroConfig, place: int) -> MaestroConfig:
    """The options for a piece that starts at ``place`` of the job, which seeds the noise."""
    if config.noise_model is None or (config.seed is not None and not config.is_set("noise_seed")):
        return config
    return config.override(noise_seed=(config.noise_seed + place) % (1 << 32))


@dataclass(frozen=True)
class _Content:
    """The circuits of one upload, read.

    Attributes:
        first: Place in the job of the first one.
        upload: What was uploaded.
        template: Text of the template, if it is one.
        limits: Sizes.
        shots: Shots of uploads that leave them open.
    """

    first: int
    upload: Upload
    template: str | None
    limits: Limits
    shots: int

    @classmethod
    def of(cls, stored: StoredUpload, settings: Settings) -> _Content:
        upload = Upload.from_wire(parse_object(stored.body), max_bytes=settings.limits.text)
        rows = upload.template
        text = None if rows is None else decompress_text(rows.template, settings.limits.text)
        return cls(stored.first, upload, text, settings.limits, settings.shots)

    def run(
        self, simulator: MaestroSimulator, start: int, stop: int, event: Event
    ) -> tuple[Sequence[object], Sequence[Metadata]]:
        """Results of circuits ``start`` to ``stop`` of the upload, as they travel, and how they were run."""
        batch = self._batch(start, stop)
        self._check_sizes(simulator.config, batch)
        if self.upload.observables is not None:
            with overlap_known():
                found = simulator.submit_circuits(
                    batch,
                    ham_ops=self.upload.observables,
                    circuit_ham_map=self._ham_map(start, stop),
                    cancellation_event=event,
                )
            return [entry["results"] for entry in found.results or ()], found.metadata()
        found = simulator.submit_circuits(
            batch, shot_groups=self._shots(start, stop), cancellation_event=event
        )
        return [_envelope(entry["results"]) for entry in found.results or ()], found.metadata()

    def _batch(self, start: int, stop: int) -> CircuitBatch:
        rows = self.upload.template
        if rows is not None:
            payload = CircuitPayload.from_matrix(
                self.template or "", rows.parameter_names, rows.values[start:stop], rows.labels[start:stop]
            )
            return CircuitBatch.of([payload])
        circuits = self.upload.circuits or {}
        return CircuitBatch.of(
            {
                label: decompress_text(circuits[label], self.limits.text)
                for label in self.upload.labels[start:stop]
            }
        )

    def _ham_map(self, start: int, stop: int) -> list[tuple[int, int]] | None:
        """The ranges, which count from the start of the job, counted from the start of the piece."""
        if self.upload.circuit_ham_map is None:
            return None
        low, high = self.first + start, self.first + stop
        return [
            (min(max(first, low), high) - low, min(max(last, low), high) - low)
            for first, last in self.upload.circuit_ham_map
        ]

    def _shots(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        groups = self.upload.shot_groups
        if groups is None:
            return [(0, stop - start, self.upload.shots or self.shots)]
        piece = _core.restrict_shot_ranges(groups, len(self.upload.labels), [(start, stop)])[0]
        return [(first, last, shots) for first, last, shots in piece.tolist()]

    def _check_sizes(self, config: MaestroConfig, batch: CircuitBatch) -> None:
        caps = {
            "Statevector": self.limits.statevector_qubits,
            "DensityMatrix": self.limits.density_qubits,
            "ExtendedStabilizer": self.limits.statevector_qubits,
        }
        labels = batch.labels
        for template in batch.templates:
            method = config.simulation_type_for(template.n_qubits)
            if template.n_qubits > caps.get(method, template.n_qubits):
                label = labels[int(template.circuits[0])]
                raise SimulationError(
                    f"Circuit '{label}' has {template.n_qubits} qubits; this server runs at most "
                    f"{caps[method]} with the method {method}.",
                    label,
                )


def _envelope(counts: dict[str, int]) -> HistogramEnvelope:
    # Straight to the core: what the simulator counted needs no check of every key.
    encoding, n_bits, payload = _core.encode_histogram(list(counts), list(counts.values()), None)
    return {"encoding": encoding, "n_bits": n_bits, "payload": payload}
