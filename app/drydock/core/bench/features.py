"""What the probe ``features`` found, in words: each feature of the framework works, fails, or is not there and why."""

import contextlib
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from drydock.core.bench.records import ErrorRecord, Record, Result

PREFIX = "feature/"

TITLES = {
    "training": "training step",
    "attention": "attention",
    "compile": "torch.compile",
    "export": "torch.export",
    "torchscript": "TorchScript",
    "libraries": "libraries",
    "loader": "DataLoader",
    "packages": "packages",
    "transformers": "transformers",
}


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature on one device.

    Attributes:
        device: ``cpu`` or ``cuda:N``.
        name: of :data:`TITLES`; one that a newer probe knows has its own name as title.
        state: ``absent``: it is not there, which ``text`` explains, and nothing is wrong.
        text: what was seen, or what is wrong.
    """

    device: str
    name: str
    title: str
    state: Literal["works", "fails", "absent"]
    text: str


def features_of(records: Iterable[Record]) -> tuple[Feature, ...]:
    """Return the features that records tell of, in their order."""
    found: list[Feature] = []
    for record in records:
        if not isinstance(record, Result | ErrorRecord) or record.slot.count("/") != 2:
            continue
        prefix, device, name = record.slot.split("/")
        if f"{prefix}/" != PREFIX:
            continue
        state, text = _told(name, record)
        found.append(Feature(device=device, name=name, title=TITLES.get(name, name), state=state, text=text))
    return tuple(found)


class LoaderSetting(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest setting of a DataLoader within 5 % of the fastest, for one kind of data on one device.

    Attributes:
        against_none: how many times as fast as loading in the training process itself; None where that was not tried.
    """

    device: str
    kind: str
    workers: int
    pinned: bool
    overlapped: bool
    samples_per_s: float
    against_none: float | None = None

    @property
    def text(self) -> str:
        """The setting as arguments, and what it brings."""
        words = f"num_workers={self.workers}"
        if self.device != "cpu":
            words += f", pin_memory={self.pinned}, non_blocking={self.overlapped}"
        gain = f", {self.against_none:.1f} times as fast as without workers" if (self.against_none or 0) > 1 else ""
        return f"{words}: {self.samples_per_s:,.0f} samples/s{gain}"


def loader_settings(records: Iterable[Record]) -> tuple[LoaderSetting, ...]:
    """Return what the probe ``loader`` recommends; records that are no such result are passed over."""
    found: list[LoaderSetting] = []
    for record in records:
        if isinstance(record, Result) and record.slot.startswith("loader/") and record.slot.count("/") == 2:
            _, device, kind = record.slot.split("/")
            values = {**record.values, "against_none": record.values.get("against_w0"), "device": device, "kind": kind}
            with contextlib.suppress(msgspec.ValidationError):
                found.append(msgspec.convert(values, LoaderSetting))
    return tuple(found)


def _told(name: str, record: Result | ErrorRecord) -> tuple[Literal["works", "fails", "absent"], str]:
    if isinstance(record, ErrorRecord):
        lines = record.text.strip().splitlines()
        return "fails", f"{record.kind}: {lines[0]}" if lines else record.kind
    why = str(record.values.get("why", ""))
    if record.passed is None:
        return "absent", why or ", ".join(record.flags)
    if not record.passed:
        failed: Any = record.values.get("failed")
        named = [f"{part}: {text}" for part, text in failed.items()] if isinstance(failed, dict) else []  # pyright: ignore[reportUnknownVariableType]
        return "fails", "; ".join([", ".join(record.flags), *([why] if why else []), *named])
    words = _WORDS.get(name)
    return "works", words(record.values) if words else ""


def _training(values: dict[str, Any]) -> str:
    parts = [(part, values.get(f"{part}_ms")) for part in ("forward", "backward", "optimiser")]
    return ", ".join(f"{part} {ms:.1f} ms" for part, ms in parts if isinstance(ms, int | float))


def _attention(values: dict[str, Any]) -> str:
    backs = values.get("back_ends")
    told = [f"{values.get('ran')} by itself ({values.get('dtype')})"]
    for name, found in backs.items() if isinstance(backs, dict) else ():  # pyright: ignore[reportUnknownVariableType]
        if name != values.get("ran") and isinstance(found, dict):
            told.append(f"{name}: {found['why']}" if "why" in found else f"{name} works")
    return "; ".join(told)


def _compile(values: dict[str, Any]) -> str:
    seconds = values.get("first_call_s")
    return f"the first call took {seconds:.1f} s" if isinstance(seconds, int | float) else ""


def _loader(values: dict[str, Any]) -> str:
    speed, size = values.get("bytes_per_s"), values.get("batch_bytes")
    if not isinstance(speed, int | float) or not isinstance(size, int | float):
        return ""
    return f"{speed / 2**20:.0f} MiB/s in batches of {size / 2**20:.0f} MiB from {values.get('workers')} workers"


def _libraries(values: dict[str, Any]) -> str:
    names = ("cudnn", "nccl", "blas")
    told = [f"{name} {values[name]}" for name in names if values.get(name)]
    return ", ".join([*told, *(["oneDNN"] if values.get("onednn") else [])])


def _packages(values: dict[str, Any]) -> str:
    versions = values.get("versions")
    return ", ".join(f"{name} {version}" for name, version in versions.items()) if isinstance(versions, dict) else ""  # pyright: ignore[reportUnknownVariableType]


def _deprecated(_values: dict[str, Any]) -> str:
    return "PyTorch has deprecated it in favour of torch.export"


_WORDS = {
    "training": _training,
    "attention": _attention,
    "compile": _compile,
    "torchscript": _deprecated,
    "loader": _loader,
    "libraries": _libraries,
    "packages": _packages,
}
