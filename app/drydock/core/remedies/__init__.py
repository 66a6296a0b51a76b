"""What would help against a finding, to look at first. Nothing here performs anything."""

from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies import driver, engine, toolkit, upkeep
from drydock.core.remedies.remedy import Make, Packages, Remedy, packages_of

__all__ = ["OFFERED", "Packages", "Remedy", "packages_of", "remedies_for"]


def remedies_for(finding: Finding, snapshot: Snapshot) -> tuple[Remedy, ...]:
    """Return what would help against a finding, best first; empty where only a person can decide."""
    makers = _MAKERS.get((finding.id, finding.variant), ())
    found: list[Remedy] = []
    for make in makers:
        made = make(finding, snapshot)
        found += made if isinstance(made, tuple) else [made] if made else []
    return tuple(found)


_MAKERS: dict[tuple[str, str], tuple[Make, ...]] = {
    ("gpu-lost", "lost"): (driver.reboot,),
    ("gpu-xid", "off_bus"): (driver.reboot,),
    ("gpu-recovery", "reboot"): (driver.reboot,),
    ("gpu-fabric", "not_running"): (driver.fabric_manager,),
    ("gpu-persistence", "off"): (driver.persistence,),
    ("wsl-driver", "installed"): (driver.remove_wsl_driver,),
    ("wsl-driver", "hides"): (driver.remove_wsl_driver,),
    ("driver-installed", "absent"): (driver.install_driver,),
    ("driver-bound", "nouveau"): (driver.forbid,),
    ("driver-bound", "nova"): (driver.forbid,),
    ("driver-module", "kernel_gone"): (driver.reboot,),
    ("driver-module", "other_kernel"): (driver.build_module,),
    ("driver-module", "not_built"): (driver.build_module,),
    ("driver-versions", "mismatch"): (driver.reboot,),
    ("driver-update", "waiting"): (driver.reboot,),
    ("driver-update", "replaced"): (driver.reboot,),
    ("driver-nodes", "absent"): (driver.make_nodes,),
    ("driver-nodes", "no_uvm"): (driver.make_nodes,),
    ("driver-ready", "not_loaded"): (driver.load_module, driver.build_module),
    ("driver-ready", "mismatch"): (driver.reboot,),
    ("engine-installed", "absent"): (engine.install_engine,),
    ("engine-permission", "not_member"): (engine.join_group,),
    ("engine-permission", "login_again"): (engine.login_again,),
    ("engine-running", "not_running"): (engine.start_engine,),
    ("engine-config-applied", "differs"): (engine.restart_engine,),
    ("engine-certificates", "restart"): (engine.restart_engine,),
    ("engine-bridge", "absent"): (engine.restart_engine,),
    ("engine-kind", "desktop_linux"): (engine.use_default_context,),
    ("engine-place", "remote"): (engine.use_default_context,),
    ("engine-config", "unreadable"): (engine.mend_config,),
    ("engine-config", "unreadable_later"): (engine.mend_config,),
    ("engine-config", "empty"): (engine.mend_config,),
    ("engine-disk", "small"): (upkeep.clean_disk,),
    ("engine-disk", "small_image_here"): (upkeep.clean_disk,),
    ("engine-disk", "tight"): (upkeep.clean_disk,),
    ("engine-files", "few"): (upkeep.clean_disk,),
    ("engine-files", "full"): (upkeep.clean_disk,),
    ("engine-leftovers", "much"): (upkeep.clean_disk,),
    ("work-ended", "many"): (upkeep.clean_disk,),
    ("work-ports", "taken"): (upkeep.free_ports,),
    ("host-shm", "small"): (upkeep.grow_host_shm,),
    ("toolkit-installed", "absent"): (toolkit.install_toolkit,),
    ("toolkit-registered", "program_gone"): (toolkit.install_toolkit,),
    ("toolkit-registered", "not_restarted"): (engine.restart_engine,),
    ("toolkit-registered", "other_file"): (toolkit.register_runtime,),
    ("toolkit-path", "hook"): (toolkit.register_runtime,),
    ("toolkit-path", "cdi_unlisted"): (toolkit.register_runtime,),
    ("toolkit-path", "none"): (toolkit.register_runtime,),
    ("toolkit-path", "podman"): (toolkit.write_cdi,),
    ("toolkit-cdi-engine", "off"): (toolkit.switch_cdi_on,),
    ("toolkit-cdi-engine", "off_by_file"): (toolkit.switch_cdi_on,),
    ("toolkit-cdi", "stale"): (toolkit.rewrite_cdi,),
    ("toolkit-cdi-files", "gone"): (toolkit.rewrite_cdi,),
}

OFFERED: frozenset[tuple[str, str]] = frozenset(_MAKERS)
"""(check id, variant) of every finding that a remedy may be offered for."""
