"""Watches one GPU by NVML while a load runs on it in a container."""

import threading
from statistics import median

from drydock.core.facts import Fact, Known, Missing
from drydock.core.facts.load import LoadSamples
from drydock.world.nvml import Nvml, NvmlError
from drydock.world.nvml_facts import LinkSample, SlowSample, event_reason_names

_CALL_LIMIT = 2.0


class LoadWatch:
    """Samples once an interval, in a thread of its own, from ``start`` to ``end``.

    Args:
        uuid: of the GPU as NVML names it.
        interval: seconds.
        library: path of another NVML library.
    """

    def __init__(self, uuid: str, interval: float = 1.0, library: str | None = None) -> None:
        self._uuid = uuid
        self._interval = interval
        self._library = library
        self._ended = threading.Event()
        self._slow: list[SlowSample] = []
        self._links: list[LinkSample] = []
        self._missing: Missing | None = None
        self._thread = threading.Thread(target=self._watch, name="load watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> Fact[LoadSamples]:
        """Stop sampling and return what was seen; waits for one call of NVML at most."""
        self._ended.set()
        self._thread.join(2 * _CALL_LIMIT)
        if self._missing is not None and not self._slow:
            return self._missing
        return summary(self._slow, self._links)

    def _watch(self) -> None:
        try:
            with Nvml.open(self._library, limit=_CALL_LIMIT) as nvml:
                index = self._index(nvml)
                if index is None:
                    self._missing = Missing("absent", f"NVML knows no GPU {self._uuid}")
                    return
                while not nvml.hanging:
                    self._slow.append(nvml.slow(index))
                    self._links.append(nvml.link(index))
                    if self._ended.wait(self._interval):
                        return
                self._missing = Missing("timeout", nvml.hanging)
        except NvmlError as error:
            self._missing = Missing("failed", str(error))

    def _index(self, nvml: Nvml) -> int | None:
        for index in range(nvml.device_count()):
            if nvml.identity(index).uuid == self._uuid:
                return index
        return None


def summary(slow: list[SlowSample], links: list[LinkSample]) -> Fact[LoadSamples]:
    """Sum up what was sampled."""
    if not slow:
        return Missing("failed", "not one sample could be taken")
    reasons: dict[str, int] = {}
    for sample in slow:
        if isinstance(sample.event_reasons, int):
            for name in event_reason_names(sample.event_reasons):
                reasons[name] = reasons.get(name, 0) + 1
    temperatures = [sample.temperature for sample in slow if isinstance(sample.temperature, int)]
    power = [sample.power for sample in slow if isinstance(sample.power, float)]
    clocks = [sample.sm_clock for sample in slow if isinstance(sample.sm_clock, int)]
    generations = [link.generation for link in links if isinstance(link.generation, int)]
    widths = [link.width for link in links if isinstance(link.width, int)]
    none = Missing("not_supported")
    return Known(
        LoadSamples(
            count=len(slow),
            hottest=Known(max(temperatures)) if temperatures else none,
            power=Known(max(power)) if power else none,
            sm_clock=Known(round(median(clocks))) if clocks else none,
            reasons=reasons,
            generation=Known(max(generations)) if generations else none,
            width=Known(max(widths)) if widths else none,
        )
    )
