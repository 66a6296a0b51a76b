"""Compares a diagnosis of this computer with earlier ones, and keeps it for later ones."""

import msgspec

from drydock.core.changes import kept_of, past_of, remembered
from drydock.core.findings import Diagnosis
from drydock.store import Store


def compare_and_keep(store: Store, diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis with what changed since its root cause was last whole; keep it beside the earlier ones."""
    history, now = store.machines, kept_of(diagnosis)
    past = past_of(diagnosis.root_cause, history, now)
    store.save_machines(remembered(history, now))
    return msgspec.structs.replace(diagnosis, past=past)
