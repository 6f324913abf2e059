"""What upstream's client does for `server_upstream.py`. Runs in upstream's venv: imports nothing of ours."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import requests

PUBLIC = "https://app.qoroquantum.net/api"


def attribute(name: str) -> Any:
    """A public name of upstream's, from whichever of its modules has it; None if none does."""
    for module in ("divi.backends", "divi.circuits"):
        found = getattr(importlib.import_module(module), name, None)
        if found is not None:
            return found
    return None


def redirect(url: str) -> None:
    """Send what is meant for the public service to `url`."""
    real = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        if not request.url.startswith(PUBLIC):
            raise RuntimeError(f"unexpected request to {request.url}")
        request.url = url + request.url.removeprefix(PUBLIC)
        return real(self, request, **options)

    requests.adapters.HTTPAdapter.send = send


class Client:
    def __init__(self, task: dict[str, Any]) -> None:
        config = attribute("JobConfig")(shots=task["shots"], simulator_cluster="qoro_maestro")
        self.service = attribute("QoroService")(task["token"], job_config=config, polling_interval=0.1)
        self.payload, self.entry = attribute("CircuitPayload"), attribute("TemplateEntry")

    def submit(self, texts: dict[str, str], **options: Any) -> Any:
        circuits: Any = texts
        if self.payload is not None:
            circuits = [
                self.payload(circuit=text, parameters=(), parameter_sets=((label, ()),))
                for label, text in texts.items()
            ]
        return self.service.submit_circuits(circuits, **options)

    def submit_template(self, task: dict[str, Any], **options: Any) -> Any:
        rows = tuple((label, tuple(values)) for label, values in task["rows"])
        if self.payload is not None:
            from qiskit.circuit import Parameter

            names = (Parameter("alpha"), Parameter("beta"))
            payload = self.payload(circuit=task["template"], parameters=names, parameter_sets=rows)
            return self.service.submit_circuits([payload], **options)
        entry = self.entry(task["template"], ("alpha", "beta"), rows)
        return self.service.submit_circuit_templates([entry], **options)

    def results(self, job: Any) -> list[dict[str, Any]]:
        status = self.service.poll_job_status(job, loop_until_complete=True, verbose=False)
        assert "COMPLETED" in str(status), status
        found = self.service.get_job_results(job)
        return [{"label": e["label"], "results": dict(e["results"])} for e in found.results]


def main() -> None:
    task = json.load(sys.stdin)
    redirect(task["url"])
    client = Client(task)
    words = task["words"]
    found: dict[str, Any] = {
        "counts": client.results(client.submit(task["texts"])),
        "values": client.results(client.submit(task["texts"], ham_ops=words)),
        "template counts": client.results(client.submit_template(task)),
        "template values": client.results(client.submit_template(task, ham_ops=words)),
    }
    job = client.submit(task["texts"])
    client.results(job)
    found["deleted"] = client.service.delete_job(job).status_code
    found["balance"] = client.service.get_credit_balance()["balance"]
    found["transactions"] = client.service.get_credit_transactions()["count"]
    states = "target_states" if client.payload is None else "reference_states"
    qubo = {"0": -1.0, "1": -1.0, "0,1": 2.0}
    reply = client.service.characterize_and_validate(qubo, **{states: ["10", "01"]})
    found["lowest energy"] = reply["hardness"]["energy_min"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
