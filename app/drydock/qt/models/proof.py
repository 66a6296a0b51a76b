"""The newest proof that kernels ran, from the history."""

from drydock.qt.models.stack import Proof
from drydock.store import Store


def newest_proof(store: Store) -> Proof | None:
    """Return the newest probe of kernels that was kept, or None."""
    for record in store.records("probe", 20):
        gpus = record.summary.get("gpus_proven")
        if isinstance(gpus, int) and not isinstance(gpus, bool) and gpus > 0:
            where = str(record.summary.get("where") or "a container")
            works = record.summary.get("gpu_works") is True
            return Proof(where=where, at=record.at.replace("T", " ").removesuffix("Z") + " UTC", gpus=gpus, works=works)
    return None
