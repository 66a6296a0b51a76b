"""What the framework does at a place, as rows: while the probes run, at their end, and from the history."""

from collections.abc import Iterable

import msgspec

from drydock.core.bench import decode_stream
from drydock.core.bench.features import TITLES, Feature, LoaderSetting, features_of, loader_settings
from drydock.core.bench.records import ErrorRecord, Hello, Record
from drydock.qt.theme import State
from drydock.store import StoredRecord

_STATES: dict[str, tuple[State, str]] = {
    "works": ("ok", "works"),
    "fails": ("broken", "fails"),
    "absent": ("not_tested", "not there"),
}


class FeatureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One feature: ``word`` is its state, ``text`` what was seen."""

    title: str
    state: State
    word: str
    text: str


class LoaderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A DataLoader setting for one kind of data: the code to paste, and what it brings."""

    title: str
    code: str
    text: str


class FeaturesView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is shown; ``problem`` says what belongs to no single feature."""

    sentence: str = ""
    device: str = ""
    rows: tuple[FeatureRow, ...] = ()
    loading: tuple[LoaderRow, ...] = ()
    problem: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was found out."""
        return not self.rows and not self.loading


class EarlierLook(msgspec.Struct, frozen=True, kw_only=True):
    """A kept look: what is said beside it, and its records."""

    title: str
    records: tuple[Record, ...]


def features_view(records: Iterable[Record], *, whole: bool = True) -> FeaturesView:
    """Return what to show of whatever records there are; ``whole``: nothing more will come."""
    known = tuple(records)
    features = features_of(known)
    several = len({feature.device for feature in features}) > 1
    return FeaturesView(
        sentence=_sentence(features) if whole else "",
        device=_device(known),
        rows=tuple(_row(feature, several=several) for feature in features),
        loading=tuple(_loader_row(setting) for setting in loader_settings(known)),
        problem=_problem(known) if whole else "",
    )


def slot_words(slot: str) -> str:
    """Say what is being tried now."""
    kind, _, rest = slot.partition("/")
    device, _, name = rest.partition("/")
    if kind == "feature" and name:
        return f"Trying {TITLES.get(name, name)} on {device}"
    if kind == "loader" and name:
        return f"Trying DataLoader settings for {name.partition('/')[0]} on {device}"
    return slot


def newest_look(records: Iterable[StoredRecord]) -> EarlierLook | None:
    """Return the newest kept probe that tried features; a proof of kernels alone says nothing of them."""
    for record in records:
        found = decode_stream(record.payload.splitlines()).records
        if features_of(found):
            when = record.at.replace("T", " ").removesuffix("Z")
            where = str(record.summary.get("where") or record.summary.get("image") or "")
            return EarlierLook(title="  ·  ".join(part for part in (f"{when} UTC", where) if part), records=found)
    return None


def recorded_look(payload: bytes) -> EarlierLook | None:
    """Return what a recorded machine holds of features."""
    found = decode_stream(payload.splitlines()).records
    return EarlierLook(title="", records=found) if features_of(found) else None


def _row(feature: Feature, *, several: bool) -> FeatureRow:
    state, word = _STATES[feature.state]
    title = feature.title[:1].upper() + feature.title[1:] if feature.title.split(" ")[0].islower() else feature.title
    title = feature.title if feature.title.startswith(("torch.", "transformers")) else title
    return FeatureRow(
        title=f"{title}  ({feature.device})" if several else title, state=state, word=word, text=feature.text
    )


def _loader_row(setting: LoaderSetting) -> LoaderRow:
    code = f"num_workers={setting.workers}"
    if setting.device != "cpu":
        code += f", pin_memory={setting.pinned}"
    words = f"{setting.samples_per_s:,.0f} samples/s"
    if (setting.against_none or 0) > 1:
        words += f", {setting.against_none:.1f} times as fast as without workers"
    if setting.device != "cpu" and setting.overlapped:
        words += "; move batches with .to(device, non_blocking=True)"
    return LoaderRow(title=f"{setting.kind} ({setting.device})", code=code, text=words)


def _sentence(features: tuple[Feature, ...]) -> str:
    failing = [feature.title for feature in features if feature.state == "fails"]
    if failing:
        return f"Does not work here: {', '.join(dict.fromkeys(failing))}."
    working = sum(feature.state == "works" for feature in features)
    if not working:
        return ""
    absent = sum(feature.state == "absent" for feature in features)
    rest = f" {absent} {'is' if absent == 1 else 'are'} not there." if absent else ""
    return f"All that is there works: {working} feature{'s' if working > 1 else ''}.{rest}"


def _device(records: tuple[Record, ...]) -> str:
    hello = next((item for item in records if isinstance(item, Hello) and item.torch is not None), None)
    if hello is None or hello.torch is None:
        return ""
    names = [device.name or "GPU" for device in hello.devices] or [f"{hello.cpu.name or 'CPU'} (processor, no GPU)"]
    return "  ·  ".join((", ".join(dict.fromkeys(names)), f"torch {hello.torch.version}"))


def _problem(records: tuple[Record, ...]) -> str:
    errors = [item for item in records if isinstance(item, ErrorRecord) and not item.slot.startswith("feature/")]
    told = [f"{item.slot}: {(item.text.strip() or item.kind).splitlines()[0]}" for item in errors]
    return "\n".join(dict.fromkeys(told))
