"""Checks of the way into the container: image, start, GPU request, device nodes, libraries, NVML, CUDA."""

import re
from typing import cast

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen
from drydock.core.checks.inner import measured, unmeasured, walked
from drydock.core.checks.refusals import hook_refusal, start_refusal
from drydock.core.checks.situation import is_podman, is_tegra, is_wsl, may_have_slept_badly
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.facts.container import (
    ContainerFacts,
    InnerDriver,
    InnerLibrary,
    InnerNode,
    LibrarySearch,
    StartAttempt,
)
from drydock.core.findings import Evidence

_REFUSALS = {
    "gpu-request-ignored": "ignored",
    "gpu-runtime-missing": "no_runtime",
    "gpu-runtime-failed": "hook_failed",
    "cdi-device-missing": "cdi_missing",
}
_UNNAMED = ("gpu-runtime-failed", "engine-error", "container-died", "")
"""Troubles that do not say why: the words of the refusal have to."""

_OPERATING_SYSTEM = 17
"""NVML's code for a GPU that the operating system keeps from it; in WSL that is Windows."""

_FAULTY_TOOLKITS = ("1.19.1",)
"""Versions with which CUDA was reported not to start in containers though it does outside."""

_NVML = {4: "no_permission", 9: "not_loaded", 15: "lost", 17: "lost_access", 18: "mismatch", 999: "lost_access"}
_CUDA = {
    34: "stub",
    36: "too_old",
    46: "busy",
    100: "no_device",
    304: "lost_access",
    802: "not_ready",
    803: "mismatch",
    804: "compat",
    999: "unknown_error",
}
_UNKNOWN_ERROR = 999
_ALSO_AFTER_SLEEP = (3, 100, 101, 999)
"""CUDA's errors while nvidia_uvm has not survived a suspend; mostly 999, and NVML works all the same."""

_VERSION = re.compile(r"\.so\.(\d+\.\d+(?:\.\d+)?)$")


def ask_image(snapshot: Snapshot) -> Answer:
    """Ask whether the image to be walked through is here."""
    fact = snapshot.container
    if isinstance(fact, Known):
        return ok(Evidence("image", f"{fact.value.image} {fact.value.digest}".strip()), image=fact.value.image)
    if fact.why == "absent":
        return not_tested("not_here", seen("image", fact), image=fact.detail)
    if fact.why == "not_applicable":
        return not_tested("none_fits", seen("image", fact))
    return unmeasured("container", fact)


def _attempts(starts: tuple[StartAttempt, ...]) -> tuple[Evidence, ...]:
    names = {"hook": "container with --gpus all", "cdi": "container with nvidia.com/gpu=all", "none": "container"}
    return tuple(Evidence(names[one.gpus], "started" if one.started else one.text) for one in starts)


def ask_start(snapshot: Snapshot) -> Answer:
    """Ask whether a container of the image starts at all, with or without GPUs."""
    facts = walked(snapshot)
    if isinstance(facts, Answer):
        return facts
    evidence = _attempts(facts.starts)
    if any(start.started for start in facts.starts):
        return ok(*evidence, image=facts.image)
    if not facts.starts:
        return not_tested("unknown", why="no container was tried")
    last = facts.starts[-1]
    if last.trouble == "mount-source-missing":
        return broken("mount", *evidence, image=facts.image, text=last.text)
    return broken(start_refusal(last.text) or "failed", *evidence, image=facts.image, text=last.text)


def ask_gpu(snapshot: Snapshot) -> Answer:
    """Ask whether the engine gives GPUs to a container, as a launch would ask for them."""
    facts = walked(snapshot)
    if isinstance(facts, Answer):
        return facts
    evidence = _attempts(facts.starts)
    if facts.gpus_granted:
        way = next(start.gpus for start in facts.starts if start.started)
        return ok(*evidence, way="CDI" if way == "cdi" else "the NVIDIA hook")
    asked = next((start for start in facts.starts if start.gpus != "none"), None)
    if asked is None:
        return not_tested("no_gpu", *evidence)
    named = hook_refusal(asked.text) if asked.trouble in _UNNAMED else ""
    variant = named or _REFUSALS.get(asked.trouble, "failed")
    specs = snapshot.toolkit.cdi_specs
    if variant == "cdi_missing" and specs == Known(()) and not snapshot.engine.remote:
        shown = (seen("CDI specifications", specs), seen("nvidia-cdi-refresh", snapshot.toolkit.refresh))
        return broken("cdi_none", *evidence, *shown, text=asked.text)
    return broken(variant, *evidence, text=asked.text)


def ask_python(snapshot: Snapshot) -> Answer:
    """Ask whether the image has the Python that everything inside is measured with."""
    facts = walked(snapshot)
    if isinstance(facts, Answer):
        return facts
    if isinstance(facts.python, Known):
        return ok(seen("python3 --version", facts.python), version=facts.python.value, image=facts.image)
    if facts.python.why == "absent":
        return broken("absent", seen("python3", facts.python), image=facts.image)
    if facts.python.why == "timeout":
        return broken("silent", seen("python3", facts.python), image=facts.image)
    return unmeasured("python3", facts.python)


def ask_nodes(snapshot: Snapshot) -> Answer:
    """Ask whether the driver's device nodes are inside and can be opened."""
    got = measured(snapshot, "ls /dev/nvidia*", "nodes")
    if isinstance(got, Answer):
        return got
    facts, nodes = got[0], cast("tuple[InnerNode, ...]", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    if is_tegra(snapshot):
        return not_tested("jetson")
    texts = ", ".join(f"{node.path} ({node.error})" if node.error else node.path for node in nodes)
    evidence = Evidence("open /dev/nvidia*, /dev/dxg", texts or "(none)")
    if is_wsl(snapshot) or any(node.path == "/dev/dxg" for node in nodes):
        return ok(evidence, count=len(nodes)) if nodes else broken("none_wsl", evidence)
    closed = [node for node in nodes if node.error and _is_needed(node.path)]
    if not any(re.fullmatch(r"/dev/nvidia\d+", node.path) for node in nodes):
        return broken("none", evidence)
    if closed:
        return broken(_why_denied(snapshot, closed[0]), evidence, path=closed[0].path, text=closed[0].error)
    if not any(node.path == "/dev/nvidia-uvm" for node in nodes):
        return broken("no_uvm", evidence)
    return ok(evidence, count=len(nodes))


def _why_denied(snapshot: Snapshot, node: InnerNode) -> str:
    """Return the variant for a node that cannot be opened inside."""
    if _selinux_denies(snapshot, node):
        return "denied_selinux"
    outside = known_or(snapshot.driver.node_access, ())
    # the last digit of the mode is for everybody who is not of the node's group
    by_group = any(f"/dev/{found.name}" == node.path and found.mode[-1:] not in ("6", "7") for found in outside)
    rootless = known_or(snapshot.engine.rootless, default=False) and not snapshot.engine.remote
    return "denied_group" if by_group and rootless else "denied"


def _selinux_denies(snapshot: Snapshot, node: InnerNode) -> bool:
    """Return whether SELinux refused it; the rules of a control group say *not permitted*, not *denied*."""
    enforced = known_or(snapshot.engine_setup.selinux, "off") == "enforcing" and not snapshot.engine.remote
    confines = is_podman(snapshot) or "selinux" in known_or(snapshot.engine.security, ())
    open_outside = all(found.usable for found in known_or(snapshot.driver.node_access, ()))
    return enforced and confines and open_outside and "permission denied" in node.error.lower()


def _is_needed(path: str) -> bool:
    return path in ("/dev/nvidiactl", "/dev/nvidia-uvm") or bool(re.fullmatch(r"/dev/nvidia\d+", path))


def ask_library(snapshot: Snapshot) -> Answer:
    """Ask whether the loader inside finds the driver's libraries."""
    got = measured(snapshot, "dlopen", "libraries")
    if isinstance(got, Answer):
        return got
    facts, libraries = got[0], cast("tuple[InnerLibrary, ...]", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    evidence = tuple(Evidence(f"dlopen {one.name}", one.path if one.loaded else one.error) for one in libraries)
    bad = next((one for one in libraries if not one.loaded), None)
    if bad is None:
        path = next((one.path for one in libraries if one.name == "libcuda.so.1"), "")
        return ok(*evidence, path=path)
    variant = "absent" if "cannot open shared object file" in bad.error else "unloadable"
    return broken(variant, *evidence, library=bad.name, text=bad.error)


def ask_compat(snapshot: Snapshot) -> Answer:
    """Ask whether a compatibility library of the image stands in front of the driver's own libcuda."""
    got = measured(snapshot, "LD_LIBRARY_PATH", "search")
    if isinstance(got, Answer):
        return got
    facts, search = got[0], cast("LibrarySearch", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    if isinstance(facts.libraries, Missing):
        return unmeasured("dlopen libcuda.so.1", facts.libraries)
    path = next((one.path for one in facts.libraries.value if one.name == "libcuda.so.1"), "")
    evidence = (
        Evidence("libcuda.so.1", path or "not loaded"),
        Evidence("LD_LIBRARY_PATH", search.variable or "(not set)"),
        Evidence("compat", ", ".join(search.compat) or "(none)"),
    )
    if "/compat/" not in path:
        return ok(*evidence)
    code = facts.cuda.value.code if isinstance(facts.cuda, Known) else None
    values = {"path": path, "driver": known_or(snapshot.driver.version, "?"), "library": _version(path) or "?"}
    if code == 804:
        # nothing in the environment names the directory: then it is the loader's configuration in the image
        return broken("refused" if "compat" in search.variable else "refused_by_loader", *evidence, **values)
    if code == 803:
        return broken("mismatch", *evidence, **values)
    if code == 0:
        return ok(*evidence, variant="used", **values)
    return attention("in_front", *evidence, **values)


def _version(path: str) -> str:
    found = _VERSION.search(path)
    return found.group(1) if found else ""


def _driver_evidence(call: str, driver: InnerDriver) -> tuple[Evidence, ...]:
    code = "not asked" if driver.code is None else f"{driver.code} {driver.name}".strip()
    parts = [Evidence(call, f"{code} {driver.text}".strip())]
    if isinstance(driver.version, Known):
        parts.append(Evidence(f"{call}: version", driver.version.value))
    if isinstance(driver.count, Known):
        parts.append(Evidence(f"{call}: GPUs", f"{driver.count.value}: {', '.join(driver.devices)}"))
    return tuple(parts)


def _host_count(snapshot: Snapshot) -> int:
    """Return how many GPUs and slices of GPUs this computer's own driver tells of; 0 where that says nothing."""
    if snapshot.engine.remote:
        return 0
    return len([gpu for gpu in snapshot.gpus if gpu.state == "ok"])


def ask_nvml(snapshot: Snapshot) -> Answer:
    """Ask whether NVML answers inside as it does outside."""
    got = measured(snapshot, "nvmlInit", "nvml")
    if isinstance(got, Answer):
        return _hanging(snapshot, "nvml", got)
    facts, nvml = got[0], cast("InnerDriver", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    if is_tegra(snapshot):
        return not_tested("jetson")
    evidence = _driver_evidence("nvmlInit inside", nvml)
    if nvml.code != 0:
        code = nvml.code if nvml.code is not None else -1
        if code == _OPERATING_SYSTEM and is_wsl(snapshot):
            return broken("wsl_blocked", *evidence, code=code, text=nvml.name or nvml.text)
        return broken(_NVML.get(code, "failed"), *evidence, code=code, text=nvml.name or nvml.text)
    count, here = known_or(nvml.count, 0), _host_count(snapshot)
    if count == 0:
        return broken("none", *evidence)
    outside = known_or(snapshot.driver.version, "")
    inside = known_or(nvml.version, "")
    if not snapshot.engine.remote and outside and inside and outside != inside:
        return broken("other_version", *evidence, inside=inside, outside=outside)
    if here and count < here:
        return attention("fewer", *evidence, count=count, here=here)
    return ok(*evidence, count=count, version=inside or "?")


def ask_cuda(snapshot: Snapshot) -> Answer:
    """Ask whether the CUDA driver initialises inside."""
    got = measured(snapshot, "cuInit", "cuda")
    if isinstance(got, Answer):
        return _hanging(snapshot, "cuda", got)
    facts, cuda = got[0], cast("InnerDriver", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    evidence = _driver_evidence("cuInit inside", cuda)
    if cuda.code == 0:
        return ok(*evidence, version=known_or(cuda.version, "?"))
    code = cuda.code if cuda.code is not None else -1
    if code in _ALSO_AFTER_SLEEP and may_have_slept_badly(snapshot):
        evidence += (seen("suspends since the start", snapshot.setup.suspends),)
        return broken("after_suspend", *evidence, code=code, text=cuda.name or cuda.text)
    version = known_or(snapshot.toolkit.version, "")
    if code == _UNKNOWN_ERROR and version in _FAULTY_TOOLKITS and not snapshot.engine.remote:
        evidence += (seen("nvidia-ctk --version", snapshot.toolkit.version),)
        return broken("toolkit_fault", *evidence, code=code, text=cuda.name or cuda.text, version=version)
    return broken(_CUDA.get(code, "failed"), *evidence, code=code, text=cuda.name or cuda.text)


def _hanging(snapshot: Snapshot, name: str, answer: Answer) -> Answer:
    """Turn *not tested* into *broken* where the driver was asked with a limit and did not come back."""
    if not isinstance(snapshot.container, Known) or not snapshot.container.value.gpus_granted:
        return answer
    fact: object = getattr(snapshot.container.value, name)
    if isinstance(fact, Missing) and fact.why == "timeout":
        return broken("silent", seen(name, fact))
    return answer


def ask_devices(snapshot: Snapshot) -> Answer:
    """Ask whether CUDA sees the GPUs that NVML tells of."""
    got = measured(snapshot, "cuDeviceGetCount", "cuda")
    if isinstance(got, Answer):
        return got
    facts, cuda = got[0], cast("InnerDriver", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    evidence = _driver_evidence("cuDeviceGetCount inside", cuda)
    if not isinstance(cuda.count, Known):
        return not_tested("unknown", *evidence, why="the CUDA driver did not count its GPUs")
    told = _nvml_count(facts)
    count = cuda.count.value
    if count == 0:
        return broken("none", *evidence)
    if told and count < told:
        return attention("fewer", *evidence, count=count, told=told)
    return ok(*evidence, count=count, names=", ".join(dict.fromkeys(cuda.devices)))


def _nvml_count(facts: ContainerFacts) -> int:
    return known_or(facts.nvml.value.count, 0) if isinstance(facts.nvml, Known) else 0


def ask_exec(snapshot: Snapshot) -> Answer:
    """Ask whether a later command in the same container still has its GPUs."""
    got = measured(snapshot, "nvmlInit, a minute later", "nvml_again")
    if isinstance(got, Answer):
        return got
    facts, again = got[0], cast("InnerDriver", got[1])
    if not facts.gpus_granted:
        return not_tested("no_gpu")
    evidence = _driver_evidence("nvmlInit by a later command", again)
    before = _nvml_count(facts)
    if again.code == 0 and known_or(again.count, 0) >= before:
        return ok(*evidence)
    return broken("lost", *evidence, text=again.name or again.text or f"{known_or(again.count, 0)} of {before} GPUs")
