"""One GPU's live readings as words, shares and a state; what was not read says so."""

from collections.abc import Sequence

import msgspec

from drydock.core.facts import Gpu, GpuSample, Known, Missing, MonitorSample, known_or, missing_text
from drydock.core.findings import State
from drydock.world.nvml_facts import event_reason_names

GIB = 1 << 30
INTERVALS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between samples that can be chosen."""

# what holds the clocks down: (short, long, state). A power cap alone is what a loaded big GPU always shows.
_REASONS: dict[str, tuple[str, str, State]] = {
    "hw_thermal_slowdown": ("Too hot", "The GPU slowed itself down: it is too hot", "attention"),
    "sw_thermal_slowdown": ("Too hot", "The driver slowed it down: it is too hot", "attention"),
    "hw_power_brake_slowdown": ("Power brake", "The power supply asked the GPU to draw less", "attention"),
    "hw_slowdown": ("Slowed down", "The hardware slowed it down: too hot, or too little power", "attention"),
    "reliability": ("Voltage limit", "At the highest voltage that is reliable", "ok"),
    "board_limit": ("Board limit", "At a limit of the board", "ok"),
    "sw_power_cap": ("At power limit", "At its power limit, as is usual under full load", "ok"),
    "sync_boost": ("Sync boost", "Held to the slowest GPU of its sync boost group", "ok"),
    "applications_clocks_setting": ("Clocks set", "Clocks are held by a setting", "ok"),
    "display_clock_setting": ("Display clocks", "Clocks are held by the display", "ok"),
    "gpu_idle": ("Idle", "Nothing runs, so it clocks down", "ok"),
}


class ReasonWords(msgspec.Struct, frozen=True, kw_only=True):
    """Why the clocks are where they are: the weightiest reason in short, all of them in full."""

    short: str
    full: str
    state: State


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A reading as text with its unit; ``why`` tells what kept it from being read."""

    text: str
    why: str = ""


class GpuWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a panel shows of one GPU.

    Attributes:
        name: without the maker's name.
        memory: GiB; ``memory_total`` likewise, ``memory_share`` from 0 to 1.
        utilisation: per cent.
        mig: empty where the GPU is not cut into MIG devices.
        trouble: why nothing can be read any more; empty when all is well.
    """

    key: str
    index: int
    name: str
    memory: float | None
    memory_total: float | None
    memory_share: float | None
    memory_figure: Figure
    utilisation: float | None
    utilisation_figure: Figure
    temperature: Figure
    power: Figure
    sm_clock: Figure
    memory_clock: Figure
    reasons: ReasonWords
    mig: str = ""
    trouble: str = ""

    @property
    def title(self) -> str:
        """Index and name."""
        return f"{self.index}  {self.name}" if self.name else f"GPU {self.index}"


def facts_of(sample: GpuSample, gpus: Sequence[Gpu]) -> Gpu | None:
    """Return the facts of the GPU that was sampled: by its UUID, else by its index."""
    for gpu in gpus:
        if known_or(gpu.uuid, "") == sample.key:
            return gpu
    return next((gpu for gpu in gpus if str(gpu.index) == sample.key), None)


def gpu_words(sample: GpuSample, facts: Gpu | None) -> GpuWords:
    """Return what to show of a sample; ``facts`` add the name, the power limit and MIG."""
    used, total = known_or(sample.memory_used, None), known_or(sample.memory_total, None)
    limit = known_or(facts.power_limit, None) if facts else None
    return GpuWords(
        key=sample.key,
        index=sample.index,
        name=known_or(facts.name, "").removeprefix("NVIDIA ") if facts else "",
        memory=None if used is None else used / GIB,
        memory_total=None if total is None else total / GIB,
        memory_share=used / total if used is not None and total else None,
        memory_figure=_memory_figure(sample),
        utilisation=known_or(sample.utilisation, None),
        utilisation_figure=_figure(sample.utilisation, "%", gap=""),
        temperature=_figure(sample.temperature, "°C"),
        power=_figure(sample.power, f"of {limit:.0f} W" if limit is not None else "W"),
        sm_clock=_figure(sample.sm_clock, "MHz"),
        memory_clock=_figure(sample.memory_clock, "MHz"),
        reasons=reason_words(sample),
        mig=_mig(facts),
        trouble=_trouble(sample),
    )


def reason_words(sample: GpuSample) -> ReasonWords:
    """Decode the clock event reasons."""
    mask = sample.event_reasons
    if isinstance(mask, Missing):
        why = missing_text(mask)
        return ReasonWords(short="", full=f"What limits the clocks: {why}", state="not_tested")
    names = event_reason_names(mask.value)
    if not names:
        return ReasonWords(short="Full speed", full="Nothing holds the clocks down", state="ok")
    # the table is in the order of weight; a bit that this version does not know comes last
    known = [words for name, words in _REASONS.items() if name in names]
    found = known + [_unknown_reason(name) for name in names if name not in _REASONS]
    short, _, state = found[0]
    return ReasonWords(short=short, full="; ".join(full for _, full, _ in found), state=state)


def _unknown_reason(name: str) -> tuple[str, str, State]:
    return f"Reason {name}", f"A reason that this version does not know ({name})", "ok"


def pace_words(interval: float) -> str:
    """Return how often samples are taken, in words."""
    if interval >= 1.5:
        return f"every {interval:g} seconds"
    return "once a second" if interval > 0.75 else f"{1 / interval:.0f} times a second"


def slow_words(sample: MonitorSample) -> str:
    """Say which driver calls are slow, and what was done about it; empty when none is."""
    if not sample.slow_calls:
        return ""
    calls = ", ".join(call.removeprefix("nvmlDeviceGet") for call in sample.slow_calls)
    return f"The driver answers slowly ({calls}), so it is asked less often."


def _figure(fact: Known[int] | Known[float] | Missing, unit: str, gap: str = "\u202f") -> Figure:
    if isinstance(fact, Missing):
        return Figure(text="—", why=_why(fact))
    return Figure(text=f"{fact.value:.0f}{' ' if unit.startswith('of') else gap}{unit}")


def _memory_figure(sample: GpuSample) -> Figure:
    used, total = sample.memory_used, sample.memory_total
    if isinstance(used, Missing):
        return Figure(text="—", why=_why(used))
    if isinstance(total, Missing):
        return Figure(text=f"{used.value / GIB:.1f}\u202fGiB")
    return Figure(text=f"{used.value / GIB:.1f} of {total.value / GIB:.1f}\u202fGiB")


def _why(fact: Missing) -> str:
    return f"{missing_text(fact)}: {fact.detail}" if fact.detail else missing_text(fact)


def _mig(facts: Gpu | None) -> str:
    if facts is None or known_or(facts.mig, False) is not True:
        return ""
    count = len(facts.mig_devices)
    return f"MIG, {count} device{'s' if count != 1 else ''}"


def _trouble(sample: GpuSample) -> str:
    """Nothing that is always readable can be read: the GPU or its driver has gone."""
    readings = (sample.memory_used, sample.utilisation, sample.temperature)
    gone = [fact for fact in readings if isinstance(fact, Missing) and fact.why in ("failed", "timeout", "absent")]
    return gone[0].detail or missing_text(gone[0]) if len(gone) == len(readings) else ""
