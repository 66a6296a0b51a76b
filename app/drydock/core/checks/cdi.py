"""Checks of CDI: whether the engine uses it, what a specification names, and who keeps it fresh."""

import re

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.engine_situation import config_of, numbers_of
from drydock.core.checks.situation import has_nvidia_runtime, is_podman, is_wsl
from drydock.core.checks.toolkit import is_closed
from drydock.core.checks.toolkit_setup import WRITES_CDI_ITSELF, beside_the_point
from drydock.core.facts import CdiSpec, Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence

_DEFAULT_DIRECTORIES = ("/etc/cdi", "/var/run/cdi", "/run/cdi")


def _specs(snapshot: Snapshot) -> tuple[CdiSpec, ...] | Answer:
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    specs = snapshot.toolkit.cdi_specs
    if isinstance(specs, Missing):
        return unknown("CDI specifications", specs)
    return specs.value or not_tested("no_specs")


def ask_engine(snapshot: Snapshot) -> Answer:
    """Ask whether the engine looks at the CDI specifications that are there."""
    specs = _specs(snapshot)
    if isinstance(specs, Answer):
        return specs
    if is_podman(snapshot):
        return ok(variant="podman")
    told = snapshot.engine.cdi_directories
    evidence = (seen("CDI directories of the engine", told), seen("engine version", snapshot.engine.version))
    if isinstance(told, Missing):
        return not_tested("too_old", *evidence, version=known_or(snapshot.engine.version, "unknown"))
    if not told.value:
        config = config_of(snapshot)
        by_file = isinstance(config, Known) and config.value.cdi is False
        return attention("off_by_file" if by_file else "off", *evidence)
    lost = next((spec for spec in specs if not _looked_into(spec.path, told.value)), None)
    if lost:
        return attention("other_directory", *evidence, path=lost.path, directories=", ".join(told.value))
    return ok(*evidence, directories=", ".join(told.value))


def _looked_into(path: str, directories: tuple[str, ...]) -> bool:
    plain = {directory.rstrip("/").replace("/var/run/", "/run/") for directory in directories}
    return path.rpartition("/")[0].replace("/var/run/", "/run/") in plain


def ask_files(snapshot: Snapshot) -> Answer:
    """Ask whether every file and device node that a specification names exists."""
    specs = _specs(snapshot)
    if isinstance(specs, Answer):
        return specs
    looked = [(spec, spec.gone.value) for spec in specs if isinstance(spec.gone, Known)]
    if not looked:
        return not_tested("unknown", why="what they name was not looked for")
    for spec, gone in looked:
        if gone:
            evidence = Evidence(spec.path, f"{len(gone)} of {spec.files} do not exist: {', '.join(gone[:20])}")
            answer = attention if has_nvidia_runtime(snapshot) else broken
            values = {"path": spec.path, "count": len(gone), "first": gone[0]}
            whole = next((one for one, none in looked if not none and set(one.devices) & set(spec.devices)), None)
            if whole and spec.path.startswith("/etc/cdi/"):
                return answer("gone_beside", evidence, Evidence(whole.path, "whole"), **values, whole=whole.path)
            return answer("gone", evidence, **values)
    return ok(
        *(Evidence(spec.path, f"all {spec.files} exist") for spec, _ in looked),
        count=sum(spec.files for spec, _ in looked),
    )


def ask_gpus(snapshot: Snapshot) -> Answer:
    """Ask whether the specifications name every GPU of this computer, and none that is gone."""
    specs = _specs(snapshot)
    if isinstance(specs, Answer):
        return specs
    gpus = snapshot.gpus
    if not gpus:
        return not_tested("unknown", why="the driver lists no GPU")
    closed = next((spec for spec in specs if is_closed(spec)), None)
    if closed:
        return not_tested("unknown", why=f"this user may not read {closed.path}")
    if any(known_or(gpu.mig, default=False) for gpu in gpus):
        return not_tested("mig")
    names = {
        device.partition("=")[2] for spec in specs for device in spec.devices if device.startswith("nvidia.com/gpu=")
    }
    evidence = (
        Evidence("devices in the specifications", ", ".join(sorted(names)) or "(none)"),
        Evidence("GPUs of the driver", ", ".join(known_or(gpu.uuid, str(gpu.index)) for gpu in gpus)),
    )
    if is_wsl(snapshot) and "all" in names:
        # what Windows lends is one device, for all its GPUs
        return ok(*evidence, count=len(gpus))
    absent = [gpu.index for gpu in gpus if not names & {str(gpu.index), f"gpu{gpu.index}", known_or(gpu.uuid, "")}]
    if absent:
        return attention("absent", *evidence, gpus=", ".join(str(index) for index in absent))
    present = {str(gpu.index) for gpu in gpus}
    extra = sorted(name for name in names if re.fullmatch(r"\d+", name) and name not in present)
    if extra:
        return attention("extra", *evidence, gpus=", ".join(extra))
    return ok(*evidence, count=len(gpus))


def ask_refresh(snapshot: Snapshot) -> Answer:
    """Ask whether something renews the specification after an update of the driver."""
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    refresh, specs = snapshot.toolkit.refresh, known_or(snapshot.toolkit.cdi_specs, ())
    if isinstance(refresh, Missing):
        return unknown("nvidia-cdi-refresh", refresh)
    installed, enabled = refresh.value.installed, refresh.value.enabled
    evidence = (
        Evidence("nvidia-cdi-refresh.service", f"installed: {installed}, enabled: {enabled}"),
        Evidence("CDI specifications", ", ".join(spec.path for spec in specs) or "(none)"),
    )
    if not installed:
        if not specs:
            return not_tested("no_specs", *evidence)
        old = numbers_of(known_or(snapshot.toolkit.version, "")) < WRITES_CDI_ITSELF
        return ok(*evidence, variant="by_hand" if old else "by_other")
    if not enabled:
        return attention("disabled", *evidence)
    if not any(spec.path.startswith(("/var/run/cdi/", "/run/cdi/")) for spec in specs):
        return attention("no_result", *evidence)
    return ok(*evidence)
