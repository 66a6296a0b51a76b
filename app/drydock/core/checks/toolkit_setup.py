"""Checks of the toolkit's own set-up: registered where the engine looks, whole, its settings, its version."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.engine_situation import config_of, is_own_docker, is_rootless, numbers_of
from drydock.core.checks.situation import (
    has_gpu,
    has_nvidia_runtime,
    is_podman,
    is_tegra,
    never_sees_gpu,
    nvidia_cdi_devices,
)
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.findings import Evidence

WRITES_CDI_ITSELF = (1, 18)
"""From 1.18.0 on the runtime makes a CDI specification for each start, and does without nvidia-container-cli."""


def beside_the_point(snapshot: Snapshot) -> Answer | None:
    """Return why the toolkit on this computer does not matter, if it does not."""
    if has_gpu(snapshot) is False:
        return not_tested("no_gpu")
    if snapshot.engine.remote or snapshot.host.system != "linux" or never_sees_gpu(snapshot):
        return not_tested("elsewhere")
    return None


def uses_legacy_mode(snapshot: Snapshot) -> bool:
    """Return whether the NVIDIA runtime works through its old hook."""
    config = snapshot.toolkit.config
    mode = config.value.mode if isinstance(config, Known) else "auto"
    version = numbers_of(known_or(snapshot.toolkit.version, ""))
    return mode == "legacy" or (mode == "auto" and version < WRITES_CDI_ITSELF)


def ask_registered(snapshot: Snapshot) -> Answer:
    """Ask whether the runtime is registered in the file that this engine reads, and the engine was restarted since."""
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    if is_podman(snapshot) or not is_own_docker(snapshot):
        return not_tested("elsewhere")
    configs = snapshot.engine_setup.configs
    if isinstance(configs, Missing):
        return unknown("daemon.json", configs)
    config = config_of(snapshot)
    naming = [entry for entry in configs.value if "nvidia" in entry.runtimes]
    evidence = (
        seen("runtimes", snapshot.engine.runtimes),
        Evidence("daemon.json files that name the runtime", ", ".join(entry.path for entry in naming) or "(none)"),
    )
    other_way = bool(nvidia_cdi_devices(snapshot))
    wrong = attention if other_way else broken
    if has_nvidia_runtime(snapshot):
        if isinstance(config, Known) and "nvidia" in config.value.programs_gone:
            program = config.value.runtimes.get("nvidia", "")
            return wrong("program_gone", *evidence, path=config.value.path, program=program)
        return ok(*evidence)
    if isinstance(snapshot.engine.runtimes, Missing):
        return unknown("runtimes", snapshot.engine.runtimes)
    if isinstance(config, Known) and config.value in naming:
        if _had_hook_at_start(snapshot):
            return attention("not_restarted_hook", *evidence, path=config.value.path)
        return wrong("not_restarted", *evidence, path=config.value.path)
    if naming:
        read = config.value.path if isinstance(config, Known) else "none of them"
        return wrong("other_file", *evidence, path=naming[0].path, read=read)
    if other_way:
        return ok(*evidence, variant="not_needed")
    return not_tested("nowhere", *evidence)


def _had_hook_at_start(snapshot: Snapshot) -> bool:
    """Return whether the engine found the hook when it started: then ``--gpus`` works without a registered runtime."""
    if isinstance(snapshot.container, Known) and any(
        start.started and start.gpus == "hook" for start in snapshot.container.value.starts
    ):
        return True
    since, started = snapshot.toolkit.hook_since, snapshot.engine_setup.started
    return isinstance(since, Known) and isinstance(started, Known) and since.value < started.value


def ask_programs(snapshot: Snapshot) -> Answer:
    """Ask whether the programs that the NVIDIA runtime itself runs are there."""
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    if not has_nvidia_runtime(snapshot) or is_podman(snapshot):
        return not_tested("not_needed")
    toolkit = snapshot.toolkit
    evidence = (
        seen("nvidia-container-runtime-hook", toolkit.hook_path),
        seen("nvidia-container-cli", toolkit.cli_path),
        seen("nvidia-ctk --version", toolkit.version),
    )
    if isinstance(toolkit.runtime_path, Missing):
        # the runtime itself lies where this program does not look, and the others beside it
        return not_tested("unknown", *evidence, why="the runtime is in a directory that was not looked into")
    gone = [
        name
        for name, fact in (
            ("nvidia-container-runtime-hook", toolkit.hook_path),
            ("nvidia-container-cli", toolkit.cli_path),
        )
        if isinstance(fact, Missing) and fact.why == "absent"
    ]
    if isinstance(toolkit.cli_path, Missing) and toolkit.cli_path.why != "absent":
        return not_tested("unknown", *evidence, why="nvidia-container-cli was not looked for")
    if not gone:
        return ok(*evidence)
    names = " and ".join(gone)
    if uses_legacy_mode(snapshot) and not nvidia_cdi_devices(snapshot):
        return broken("gone", *evidence, names=names)
    return attention("gone_unused", *evidence, names=names)


def ask_settings(snapshot: Snapshot) -> Answer:
    """Ask whether the toolkit's settings fit the engine and this system."""
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    config = snapshot.toolkit.config
    if isinstance(config, Missing):
        if config.why == "absent":
            return ok(seen("config.toml", config), variant="defaults")
        return unknown("config.toml", config)
    of = config.value
    legacy, rootless = uses_legacy_mode(snapshot), is_rootless(snapshot)
    runtime_only = has_nvidia_runtime(snapshot) and not nvidia_cdi_devices(snapshot)
    wrong = broken if runtime_only and legacy else attention
    evidence = (
        Evidence(of.path, of.problem or f"mode {of.mode}; no-cgroups {str(of.no_cgroups).lower()}"),
        Evidence("ldconfig", f"{of.ldconfig or '(default)'}{'' if of.ldconfig_there else ', which does not exist'}"),
        seen("rootless", snapshot.engine.rootless),
    )
    if of.problem:
        return (broken if runtime_only else attention)("unreadable", *evidence, path=of.path, problem=of.problem)
    # inside a container of LXC the device rules belong to the outer one, and the switch is what NVIDIA advises
    nested = known_or(snapshot.host.in_container, default=False)
    if (
        of.no_cgroups
        and not rootless
        and not nested
        and isinstance(snapshot.engine.rootless, Known)
        and not is_podman(snapshot)
    ):
        return wrong("no_cgroups", *evidence, path=of.path)
    if rootless and legacy and not of.no_cgroups and has_nvidia_runtime(snapshot):
        return wrong("cgroups_rootless", *evidence, path=of.path)
    if of.mode == "csv" and not is_tegra(snapshot):
        return (broken if runtime_only else attention)("csv", *evidence, path=of.path)
    if not of.ldconfig_there:
        return wrong("ldconfig", *evidence, path=of.path, program=of.ldconfig)
    return ok(*evidence, mode=of.mode)


_CGROUP_2 = (1, 8)
_SAFE = (1, 17, 8)
_HIDING = ((1, 18, 0), (1, 18, 1))


def ask_version(snapshot: Snapshot) -> Answer:
    """Ask whether this version of the toolkit has known faults."""
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    version = snapshot.toolkit.version
    if isinstance(version, Missing):
        return unknown("nvidia-ctk --version", version)
    numbers = numbers_of(version.value)
    evidence = (seen("nvidia-ctk --version", version), seen("cgroup version", snapshot.engine.cgroup_version))
    if not numbers:
        return not_tested("unknown", *evidence, why=f"{version.value!r} is no version")
    if numbers < _CGROUP_2 and known_or(snapshot.engine.cgroup_version, "") == "2":
        return broken("no_cgroup2", *evidence, version=version.value)
    if numbers < _SAFE:
        return attention("vulnerable", *evidence, version=version.value)
    if numbers[:3] in _HIDING:
        # it matters only where something else goes wrong with CDI
        return ok(*evidence, variant="hiding", version=version.value)
    return ok(*evidence, version=version.value)


def ask_reload(snapshot: Snapshot) -> Answer:
    """Ask whether running containers would lose the GPU when systemd reads its settings anew."""
    answer = beside_the_point(snapshot)
    if answer:
        return answer
    engine, toolkit = snapshot.engine, snapshot.toolkit
    evidence = (
        seen("cgroup driver", engine.cgroup_driver),
        seen("/dev/char links to NVIDIA's nodes", toolkit.char_links),
        seen("nvidia-ctk --version", toolkit.version),
    )
    if isinstance(engine.cgroup_driver, Missing):
        return unknown("cgroup driver", engine.cgroup_driver)
    if engine.cgroup_driver.value != "systemd":
        return ok(*evidence, variant="other_driver", driver=engine.cgroup_driver.value)
    if nvidia_cdi_devices(snapshot):
        return ok(*evidence, variant="cdi")
    if not has_nvidia_runtime(snapshot):
        return not_tested("no_way", *evidence)
    if isinstance(toolkit.char_links, Missing):
        return unknown("/dev/char", toolkit.char_links)
    if toolkit.char_links.value:
        return ok(*evidence, variant="links")
    if uses_legacy_mode(snapshot):
        return attention("may_lose", *evidence)
    return ok(*evidence, variant="own_cdi")
