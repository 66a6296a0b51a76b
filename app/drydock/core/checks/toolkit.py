"""Checks of the way a GPU takes into a container: the NVIDIA runtime, the engine's hook, or CDI."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.engine_situation import numbers_of
from drydock.core.checks.situation import (
    has_gpu,
    has_nvidia_runtime,
    is_docker_desktop,
    is_podman,
    never_sees_gpu,
    nvidia_cdi_devices,
)
from drydock.core.facts import CdiSpec, Known, Missing, Snapshot, known_or, missing_text
from drydock.core.findings import Evidence


def _not_here(snapshot: Snapshot) -> Answer | None:
    """Return why the toolkit on this computer does not matter, if it does not."""
    if snapshot.engine.remote:
        return not_tested("remote")
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    if never_sees_gpu(snapshot):
        return not_tested("other_engine")
    return None


def _toolkit_evidence(snapshot: Snapshot) -> tuple[Evidence, ...]:
    toolkit = snapshot.toolkit
    return (
        seen("nvidia-ctk --version", toolkit.version),
        seen("nvidia-container-runtime", toolkit.runtime_path),
        seen("nvidia-container-runtime-hook", toolkit.hook_path),
    )


def ask_installed(snapshot: Snapshot) -> Answer:
    """Ask whether the NVIDIA Container Toolkit is on this computer."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    if is_docker_desktop(snapshot) or snapshot.host.system != "linux":
        return not_tested("desktop")
    toolkit = snapshot.toolkit
    evidence = _toolkit_evidence(snapshot)
    if isinstance(toolkit.version, Known):
        return ok(*evidence, version=toolkit.version.value)
    if isinstance(toolkit.runtime_path, Known) or isinstance(toolkit.hook_path, Known):
        return ok(*evidence, variant="old")
    if has_nvidia_runtime(snapshot) or nvidia_cdi_devices(snapshot):
        return ok(*evidence, variant="elsewhere")
    missing = (toolkit.version, toolkit.runtime_path, toolkit.hook_path)
    if any(fact.why != "absent" for fact in missing):
        return not_tested("unknown", *evidence, why="its programs could not be looked for")
    return broken("absent", *evidence)


def ask_gpu_path(snapshot: Snapshot) -> Answer:
    """Ask whether the engine has a way to hand GPUs to a container. Runtime or CDI: either is fine."""
    if has_gpu(snapshot) is False and not snapshot.engine.remote:
        return not_tested("no_gpu")
    if never_sees_gpu(snapshot):
        return not_tested("other_engine")
    engine = snapshot.engine
    devices = nvidia_cdi_devices(snapshot)
    evidence = (seen("runtimes", engine.runtimes), seen("CDI devices", Known(devices)))
    if is_podman(snapshot) and (0,) < numbers_of(known_or(engine.version, "")) < _PODMAN_CDI:
        version = seen("engine version", engine.version)
        return broken("podman_old", *evidence, version, version=known_or(engine.version, ""))
    if devices and has_nvidia_runtime(snapshot):
        return ok(*evidence, variant="both")
    if devices:
        return ok(*evidence, variant="cdi", count=len(devices))
    if has_nvidia_runtime(snapshot):
        return ok(*evidence, variant="runtime")
    if is_docker_desktop(snapshot):
        return ok(*evidence, variant="desktop")
    if isinstance(engine.runtimes, Missing) and isinstance(engine.cdi_devices, Missing):
        return not_tested("unknown", *evidence, why=engine.runtimes.detail or "the engine does not tell")
    if is_podman(snapshot):
        return _podman_without_devices(snapshot, evidence)
    if isinstance(snapshot.toolkit.hook_path, Known) and not engine.remote:
        return attention("hook", *evidence, *_toolkit_evidence(snapshot), path=snapshot.toolkit.hook_path.value)
    if _cdi_without_list(snapshot):
        return attention("cdi_unlisted", *evidence, version=known_or(engine.version, "unknown"))
    if not engine.remote and engine.cdi_directories == Known(()) and known_or(snapshot.toolkit.cdi_specs, ()):
        return broken("cdi_off", *evidence, seen("CDI directories of the engine", engine.cdi_directories))
    return broken("remote" if engine.remote else "none", *evidence)


def _podman_without_devices(snapshot: Snapshot, evidence: tuple[Evidence, ...]) -> Answer:
    specs = snapshot.toolkit.cdi_specs
    if isinstance(specs, Missing) and not snapshot.engine.remote:
        if specs.why != "no_permission":
            return not_tested("unknown", *evidence, seen("CDI specifications", specs), why=missing_text(specs))
        return broken(
            "podman_unreadable", *evidence, seen("CDI specifications", specs), path=specs.detail or "/etc/cdi"
        )
    closed = [spec for spec in known_or(specs, ()) if is_closed(spec)]
    if closed:
        return broken("podman_unreadable", *evidence, *map(_spec_evidence, closed), path=closed[0].path)
    return broken("podman", *evidence)


def is_closed(spec: CdiSpec) -> bool:
    """Return whether this user may not read the specification."""
    return isinstance(spec.driver_version, Missing) and spec.driver_version.why == "no_permission"


_PODMAN_CDI = (4, 1)
"""The first Podman that takes names of CDI devices; an older one looks for a file of that name."""

_CDI_SINCE = 25
"""Docker Engine 25 was the first that knows CDI; only API 1.50 (28.2) lists the devices that it found."""


def _cdi_without_list(snapshot: Snapshot) -> bool:
    engine = snapshot.engine
    if engine.remote or isinstance(engine.cdi_devices, Known) or not known_or(snapshot.toolkit.cdi_specs, ()):
        return False
    major = known_or(engine.version, "").partition(".")[0]
    return major.isdecimal() and int(major) >= _CDI_SINCE


def ask_cdi(snapshot: Snapshot) -> Answer:
    """Ask whether the CDI specifications fit the driver that is installed now, and each other."""
    elsewhere = _not_here(snapshot)
    if elsewhere:
        return elsewhere
    specs = snapshot.toolkit.cdi_specs
    if isinstance(specs, Missing):
        return not_tested("unknown", seen("CDI specifications", specs), why=specs.detail or specs.why)
    if not specs.value:
        return not_tested("no_specs")
    evidence = tuple(_spec_evidence(spec) for spec in specs.value)
    stale = _stale(snapshot, specs.value)
    if stale:
        # where the runtime is there too, a launch takes that way instead
        answer = attention if has_nvidia_runtime(snapshot) else broken
        return answer(
            "stale",
            *evidence,
            path=stale.path,
            old=known_or(stale.driver_version, ""),
            new=known_or(snapshot.driver.version, ""),
        )
    double = _double(specs.value)
    if double:
        return attention("double", *evidence, device=double[0], first=double[1], second=double[2])
    if isinstance(snapshot.driver.version, Missing):
        return not_tested("unknown", *evidence, why="the driver did not tell its version")
    if not any(isinstance(spec.driver_version, Known) for spec in specs.value):
        return not_tested("unknown", *evidence, why="they do not tell which driver they were written for")
    return ok(*evidence, count=len(specs.value))


def _spec_evidence(spec: CdiSpec) -> Evidence:
    version = known_or(spec.driver_version, "unknown")
    return Evidence(spec.path, f"driver {version}; devices: {', '.join(spec.devices) or '(none)'}")


def _stale(snapshot: Snapshot, specs: tuple[CdiSpec, ...]) -> CdiSpec | None:
    driver = known_or(snapshot.driver.version, "")
    for spec in specs:
        version = known_or(spec.driver_version, "")
        if driver and version and version != driver:
            return spec
    return None


def _double(specs: tuple[CdiSpec, ...]) -> tuple[str, str, str] | None:
    owners: dict[str, str] = {}
    for spec in specs:
        for device in spec.devices:
            if device in owners and owners[device] != spec.path:
                return device, owners[device], spec.path
            owners[device] = spec.path
    return None
