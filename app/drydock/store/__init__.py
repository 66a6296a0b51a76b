"""Settings and history kept between runs. A file that cannot be read never stops the start."""

from drydock.store.record import StoredRecord
from drydock.store.settings import Settings
from drydock.store.store import Store

__all__ = ["Settings", "Store", "StoredRecord"]
