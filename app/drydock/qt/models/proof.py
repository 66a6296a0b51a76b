"""The newest proof that kernels ran, from the history."""

from drydock.qt.models.stack import Proof
from drydock.store import Store


def newest_proof(store: Store) -> Proof | None:
    """Return the newest probe in which torch saw a GPU, or None."""
    for record in store.records("probe", 20):
        gpus, work = record.summary.get("gpus"), record.summary.get("gpus_work")
        if isinstance(gpus, int) and isinstance(work, int) and gpus > 0:
            where = str(record.summary.get("image") or record.summary.get("name") or "a container")
            at = record.at.replace("T", " ").removesuffix("Z") + " UTC"
            return Proof(where=where, at=at, gpus=gpus, works=work == gpus and record.summary.get("complete") is True)
    return None
