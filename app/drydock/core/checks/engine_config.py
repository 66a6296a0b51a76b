"""Checks of the engine's settings: daemon.json, the default runtime, limits, logs, what a restart does."""

from drydock.core.checks.check import Answer, attention, broken, not_tested, ok, seen, unknown
from drydock.core.checks.engine import IMAGE_WANTS
from drydock.core.checks.engine_situation import config_of, is_system_docker
from drydock.core.facts import Known, Missing, Snapshot, known_or
from drydock.core.facts.engine_setup import DaemonConfig
from drydock.core.findings import Evidence

KNOWN_KEYS = frozenset(
    {
        "add-runtime",
        "allow-direct-routing",
        "allow-nondistributable-artifacts",
        "api-cors-header",
        "authorization-plugins",
        "bip",
        "bip6",
        "bridge",
        "bridge-accept-fwmark",
        "builder",
        "cdi-spec-dirs",
        "cgroup-parent",
        "cluster-advertise",
        "cluster-store",
        "cluster-store-opts",
        "containerd",
        "containerd-namespace",
        "containerd-plugin-namespace",
        "containerd-plugins-namespace",
        "cpu-rt-period",
        "cpu-rt-runtime",
        "cri-containerd",
        "data-root",
        "debug",
        "default-address-pools",
        "default-cgroupns-mode",
        "default-gateway",
        "default-gateway-v6",
        "default-ipc-mode",
        "default-network-opts",
        "default-runtime",
        "default-shm-size",
        "default-ulimits",
        "deprecated-key-path",
        "dns",
        "dns-opts",
        "dns-search",
        "exec-opts",
        "exec-root",
        "experimental",
        "features",
        "firewall-backend",
        "fixed-cidr",
        "fixed-cidr-v6",
        "graph",
        "group",
        "host-gateway-ip",
        "host-gateway-ips",
        "hosts",
        "http-proxy",
        "https-proxy",
        "icc",
        "init",
        "init-path",
        "insecure-registries",
        "ip",
        "ip-forward",
        "ip-forward-no-drop",
        "ip-masq",
        "ip6tables",
        "iptables",
        "ipv6",
        "labels",
        "live-restore",
        "log-driver",
        "log-format",
        "log-level",
        "log-opts",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "metrics-addr",
        "min-api-version",
        "mtu",
        "network-control-plane-mtu",
        "network-diagnostic-port",
        "no-new-privileges",
        "no-proxy",
        "node-generic-resources",
        "oom-score-adjust",
        "pidfile",
        "proxies",
        "raw-logs",
        "registry-mirrors",
        "rootless",
        "runtimes",
        "seccomp-profile",
        "selinux-enabled",
        "shutdown-timeout",
        "storage-driver",
        "storage-opts",
        "swarm-default-advertise-addr",
        "tls",
        "tlscacert",
        "tlscert",
        "tlskey",
        "tlsverify",
        "userland-proxy",
        "userland-proxy-path",
        "userns-remap",
        "validate",
    }
)
"""First-level names of daemon.json, of Docker Engine 19.03 to 29; the engine does not start with any other."""


def _file_evidence(config: DaemonConfig) -> Evidence:
    return Evidence(config.path, config.problem or f"settings: {', '.join(config.keys) or '(none)'}")


def ask_config(snapshot: Snapshot) -> Answer:
    """Ask whether the engine can use its settings file; one that it cannot use stops it at its next start."""
    config = config_of(snapshot)
    if isinstance(config, Missing):
        return _without_file(config)
    of = config.value
    evidence = (_file_evidence(of), seen("engine", Known(snapshot.engine.reach.kind)))
    stopped = snapshot.engine.reach.kind == "not_running"
    answer, later = (broken, "") if stopped else (attention, "_later")
    if of.problem:
        return answer(f"unreadable{later}", *evidence, path=of.path, problem=of.problem)
    if of.empty and stopped:
        return attention("empty", *evidence, path=of.path)
    strangers = [key for key in of.keys if key not in KNOWN_KEYS]
    if strangers:
        return answer(f"unknown_keys{later}", *evidence, path=of.path, keys=", ".join(strangers))
    if of.hosts and known_or(snapshot.engine_setup.unit_hosts, default=False):
        unit = seen("the service passes -H", snapshot.engine_setup.unit_hosts)
        return answer(f"hosts_twice{later}", *evidence, unit, path=of.path)
    if stopped and of.default_runtime and not _is_defined(of):
        runtimes = Evidence("runtimes in the file", ", ".join(of.runtimes) or "(none)")
        return broken("runtime_undefined", *evidence, runtimes, path=of.path, name=of.default_runtime)
    return ok(*evidence, path=of.path)


def _is_defined(config: DaemonConfig) -> bool:
    name = config.default_runtime
    return name in config.runtimes or name == "runc" or name.startswith("io.containerd.")


def _without_file(config: Missing) -> Answer:
    if config.why == "absent":
        return ok(seen("daemon.json", config), variant="none")
    if config.why == "not_applicable":
        return not_tested("elsewhere", seen("daemon.json", config))
    return unknown("daemon.json", config)


def ask_applied(snapshot: Snapshot) -> Answer:
    """Ask whether the running engine does what its settings file says, or was not restarted since it changed."""
    config = config_of(snapshot)
    if isinstance(config, Missing):
        return _without_file(config)
    of, setup = config.value, snapshot.engine_setup
    evidence = (
        _file_evidence(of),
        seen("file changed (seconds since 1970)", of.modified),
        seen("engine started (seconds since 1970)", setup.started),
    )
    differences = _differences(of, snapshot)
    if differences:
        shown = tuple(Evidence(name, f"file: {wanted}; engine: {found}") for name, wanted, found in differences)
        names = ", ".join(name for name, _, _ in differences)
        return attention("differs", *evidence, *shown, path=of.path, settings=names)
    return ok(*evidence, path=of.path)


def _differences(config: DaemonConfig, snapshot: Snapshot) -> list[tuple[str, str, str]]:
    engine = snapshot.engine
    compared = (
        ("default-runtime", config.default_runtime, engine.default_runtime),
        ("data-root", config.data_root.rstrip("/"), engine.data_root),
        ("native.cgroupdriver", config.cgroup_driver, engine.cgroup_driver),
        ("log-driver", config.log_driver, engine.log_driver),
    )
    found = [
        (name, wanted, fact.value)
        for name, wanted, fact in compared
        if wanted and isinstance(fact, Known) and fact.value != wanted
    ]
    if isinstance(engine.runtimes, Known):
        absent = [name for name in config.runtimes if name not in engine.runtimes.value]
        found += [("runtimes", ", ".join(absent), ", ".join(engine.runtimes.value))] if absent else []
    if isinstance(engine.cdi_directories, Known) and config.cdi is not None:
        on = bool(engine.cdi_directories.value)
        found += [("features.cdi", str(config.cdi).lower(), str(on).lower())] if on != config.cdi else []
    return found


def ask_default_runtime(snapshot: Snapshot) -> Answer:
    """Ask which runtime starts containers that name none, and whether it is there."""
    engine = snapshot.engine
    name = engine.default_runtime
    evidence = (seen("default runtime", name), seen("runtimes", engine.runtimes))
    if isinstance(name, Missing):
        return unknown("default runtime", name)
    config = config_of(snapshot)
    if isinstance(config, Known) and name.value in config.value.programs_gone:
        path = config.value.runtimes.get(name.value, "")
        return broken("gone", *evidence, _file_evidence(config.value), name=name.value, path=path)
    if name.value == "nvidia":
        return ok(*evidence, variant="nvidia")
    return ok(*evidence, name=name.value)


FILES_WANTED = 65_536
"""Open files a container should be allowed; data loaders that share tensors hold one for each of them."""


def ask_ulimits(snapshot: Snapshot) -> Answer:
    """Ask how many files the engine, and so every container, may hold open."""
    if not is_system_docker(snapshot):
        return not_tested("elsewhere")
    limits = snapshot.engine_setup.limits
    if isinstance(limits, Missing):
        return unknown("limits of the engine's process", limits)
    files, locked = limits.value.open_files, limits.value.locked_memory
    evidence = (
        Evidence("open files", "unlimited" if files is None else str(files)),
        Evidence("locked memory", "unlimited" if locked is None else str(locked)),
    )
    if files is not None and files < FILES_WANTED:
        return attention("few_files", *evidence, files=files)
    return ok(*evidence, files="any number of" if files is None else files)


def ask_shm(snapshot: Snapshot) -> Answer:
    """Ask how much shared memory containers get that ask for none."""
    config = config_of(snapshot)
    if isinstance(config, Missing) and config.why != "absent":
        return _without_file(config)
    if isinstance(config, Known) and config.value.shm_size:
        size = config.value.shm_size
        return ok(Evidence(config.value.path, f"default-shm-size: {size}"), variant="raised", size=size)
    return ok(Evidence("default-shm-size", "not set"), variant="none")


def ask_logs(snapshot: Snapshot) -> Answer:
    """Ask whether what containers print may fill the disk."""
    driver = snapshot.engine.log_driver
    if isinstance(driver, Missing):
        return unknown("log driver", driver)
    config = config_of(snapshot)
    limited = isinstance(config, Known) and config.value.log_limited
    evidence = (seen("log driver", driver), Evidence("max-size in daemon.json", "yes" if limited else "no"))
    if driver.value != "json-file":
        return ok(*evidence, variant="driver", driver=driver.value)
    if limited:
        return ok(*evidence)
    if isinstance(config, Missing) and config.why != "absent":
        return not_tested("elsewhere", *evidence)
    free = known_or(snapshot.engine.data_root_free, IMAGE_WANTS)
    if free < IMAGE_WANTS:
        return attention("unlimited_tight", *evidence, seen("bytes free", snapshot.engine.data_root_free))
    return ok(*evidence, variant="unlimited")


def ask_restart(snapshot: Snapshot) -> Answer:
    """Ask what a restart of the engine does to running containers."""
    live = snapshot.engine.live_restore
    contents = snapshot.engine_contents
    if isinstance(live, Missing):
        return unknown("live-restore", live)
    running = contents.value.running if isinstance(contents, Known) else 0
    evidence = (seen("live-restore", live), Evidence("running containers", str(running)))
    if live.value:
        return ok(*evidence, variant="kept")
    return ok(*evidence, variant="stopped" if running else "none_running", running=running)
