"""How the engine is set up: settings file, other engines, limits, who may use it."""

import pytest
from tests.support.setups import config, contents, setup, sockets, told
from tests.support.snapshots import (
    ABSENT,
    healthy_snapshot,
    host,
    replaced,
    unreached_engine,
    wsl_snapshot,
)

from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known, Missing
from drydock.core.facts.engine_setup import EngineLimits, EngineSocket
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article

GB = 10**9


def machine(*configs, of=None, environment=None, **changes):
    return healthy_snapshot(
        engine=of or told(),
        engine_setup=setup(*configs, **changes),
        host=host(environment=environment or {}),
    )


STOPPED = unreached_engine("not_running")
ROOTLESS = told(endpoint="unix:///run/user/1000/docker.sock", rootless=Known(value=True), security=Known(("rootless",)))
PODMAN = told(product=Known("Podman"), endpoint="unix:///run/user/1000/podman/podman.sock")

CASES = {
    "nothing odd": (machine(), "engine-choice", "ok", "ok"),
    "variable over context": (
        machine(
            of=told(chosen_by="DOCKER_HOST"),
            context=Known("desktop-linux"),
            environment={"DOCKER_HOST": "unix:///var/run/docker.sock"},
        ),
        "engine-choice",
        "attention",
        "host_over_context",
    ),
    "Podman's stand-in": (machine(docker_is_podman=Known(value=True)), "engine-choice", "attention", "stand_in"),
    "Podman meant": (machine(of=PODMAN, docker_is_podman=Known(value=True)), "engine-choice", "ok", "ok"),
    "one engine": (machine(), "engine-others", "ok", "ok"),
    "snap and package": (machine(snap=Known(value=True)), "engine-others", "attention", "snap_beside"),
    "two kinds": (machine(sockets=sockets("system", "rootless")), "engine-others", "attention", "rootless_beside"),
    "Desktop beside": (machine(sockets=sockets("system", "desktop")), "engine-others", "ok", "desktop_beside"),
    "Podman beside": (machine(sockets=sockets("system", "podman")), "engine-others", "ok", "podman_beside"),
    "remote": (machine(of=told(remote=True)), "engine-others", "not_tested", "remote"),
    "Windows": (
        healthy_snapshot(host=host(system="windows"), engine_setup=setup()),
        "engine-others",
        "not_tested",
        "not_linux",
    ),
    "sockets unknown": (machine(sockets=Missing("failed")), "engine-others", "not_tested", "unknown"),
    "file fine": (machine(config()), "engine-config", "ok", "ok"),
    "no file": (machine(), "engine-config", "ok", "none"),
    "comma missing": (machine(config(problem="Expecting ','"), of=STOPPED), "engine-config", "broken", "unreadable"),
    "comma missing, still up": (
        machine(config(problem="Expecting ','")),
        "engine-config",
        "attention",
        "unreadable_later",
    ),
    "empty file": (machine(config(empty=True, keys=()), of=STOPPED), "engine-config", "attention", "empty"),
    "empty file, still up": (machine(config(empty=True, keys=())), "engine-config", "ok", "ok"),
    "spelling": (
        machine(config(keys=("runtimes", "default-runtim")), of=STOPPED),
        "engine-config",
        "broken",
        "unknown_keys",
    ),
    "default runtime that is nowhere defined": (
        machine(config(runtimes={}, default_runtime="nvidia"), of=STOPPED),
        "engine-config",
        "broken",
        "runtime_undefined",
    ),
    "default runtime that is defined": (
        machine(config(default_runtime="nvidia"), of=STOPPED),
        "engine-config",
        "ok",
        "ok",
    ),
    "default runtime of the engine itself": (
        machine(config(runtimes={}, default_runtime="io.containerd.runc.v2"), of=STOPPED),
        "engine-config",
        "ok",
        "ok",
    ),
    "spelling, still up": (machine(config(keys=("xyz",))), "engine-config", "attention", "unknown_keys_later"),
    "hosts twice": (
        machine(config(hosts=("tcp://0.0.0.0:2375",)), of=STOPPED),
        "engine-config",
        "broken",
        "hosts_twice",
    ),
    "hosts twice, still up": (
        machine(config(hosts=("tcp://0.0.0.0:2375",))),
        "engine-config",
        "attention",
        "hosts_twice_later",
    ),
    "another socket": (
        machine(config(), of=told(endpoint="unix:///tmp/other.sock")),
        "engine-config",
        "not_tested",
        "elsewhere",
    ),
    "file not readable": (machine(configs=Missing("no_permission")), "engine-config", "not_tested", "unknown"),
    "in effect": (machine(config()), "engine-config-applied", "ok", "ok"),
    "no file to be in effect": (machine(), "engine-config-applied", "ok", "none"),
    "default runtime not in effect": (
        machine(config(default_runtime="nvidia")),
        "engine-config-applied",
        "attention",
        "differs",
    ),
    "CDI not in effect": (
        machine(config(cdi=True), of=told(cdi_directories=Known(()))),
        "engine-config-applied",
        "attention",
        "differs",
    ),
    "Podman has no such file": (machine(config(), of=PODMAN), "engine-config-applied", "not_tested", "elsewhere"),
    "settings unknown": (machine(configs=Missing("failed")), "engine-config-applied", "not_tested", "unknown"),
    "runc": (machine(), "engine-default-runtime", "ok", "ok"),
    "nvidia by default": (machine(of=told(default_runtime=Known("nvidia"))), "engine-default-runtime", "ok", "nvidia"),
    "default runtime gone": (
        machine(config(default_runtime="nvidia", programs_gone=("nvidia",)), of=told(default_runtime=Known("nvidia"))),
        "engine-default-runtime",
        "broken",
        "gone",
    ),
    "default runtime unknown": (
        machine(of=told(default_runtime=Missing("failed"))),
        "engine-default-runtime",
        "not_tested",
        "unknown",
    ),
    "same users": (machine(), "engine-users", "ok", "ok"),
    "rootless users": (machine(of=ROOTLESS), "engine-users", "ok", "rootless"),
    "few ids": (machine(of=ROOTLESS, subordinate_ids=Known(0)), "engine-users", "attention", "few_ids"),
    "remapped": (machine(of=told(security=Known(("userns",)))), "engine-users", "attention", "remapped"),
    "users unknown": (machine(of=told(security=Missing("failed"))), "engine-users", "not_tested", "unknown"),
    "no SELinux": (machine(), "engine-confinement", "ok", "ok"),
    "AppArmor": (machine(of=told(security=Known(("apparmor",)))), "engine-confinement", "ok", "apparmor"),
    "SELinux and Podman": (
        machine(of=PODMAN, selinux=Known("enforcing")),
        "engine-confinement",
        "attention",
        "podman",
    ),
    "SELinux and labels": (
        machine(of=told(security=Known(("selinux",))), selinux=Known("enforcing")),
        "engine-confinement",
        "attention",
        "labels",
    ),
    "SELinux without labels": (machine(selinux=Known("enforcing")), "engine-confinement", "ok", "not_confined"),
    "SELinux elsewhere": (machine(of=told(remote=True)), "engine-confinement", "not_tested", "elsewhere"),
    "SELinux unknown": (machine(selinux=Missing("failed")), "engine-confinement", "not_tested", "unknown"),
    "closed": (machine(), "engine-open", "ok", "ok"),
    "open to the network": (
        machine(of=told(warnings=Known(("WARNING: API is accessible on http://0.0.0.0:2375 without encryption.",)))),
        "engine-open",
        "attention",
        "network",
    ),
    "open to everyone": (
        machine(sockets=Known((EngineSocket(path="/var/run/docker.sock", kind="system", mode=Known(0o666)),))),
        "engine-open",
        "attention",
        "everyone",
    ),
    "openness unknown": (machine(of=told(warnings=Missing("failed"))), "engine-open", "not_tested", "unknown"),
    "clocks agree": (machine(), "engine-clock", "ok", "ok"),
    "clock behind": (machine(of=told(clock_ahead=Known(-3600.0))), "engine-clock", "attention", "apart"),
    "clock unknown": (machine(of=told(clock_ahead=Missing("failed"))), "engine-clock", "not_tested", "unknown"),
    "many files": (machine(), "engine-ulimits", "ok", "ok"),
    "few files": (
        machine(limits=Known(EngineLimits(open_files=1024, locked_memory=65536))),
        "engine-ulimits",
        "attention",
        "few_files",
    ),
    "limits of a rootless one": (machine(of=ROOTLESS), "engine-ulimits", "not_tested", "elsewhere"),
    "limits unknown": (machine(limits=Missing("no_permission")), "engine-ulimits", "not_tested", "unknown"),
    "64 MB": (machine(), "engine-shm", "ok", "none"),
    "more by default": (machine(config(shm_size="8G")), "engine-shm", "ok", "raised"),
    "shared memory elsewhere": (machine(of=PODMAN), "engine-shm", "not_tested", "elsewhere"),
    "shared memory unknown": (machine(configs=Missing("failed")), "engine-shm", "not_tested", "unknown"),
    "logs limited": (machine(config(log_limited=True)), "engine-logs", "ok", "ok"),
    "other driver": (machine(of=told(log_driver=Known("journald"))), "engine-logs", "ok", "driver"),
    "logs unlimited": (machine(), "engine-logs", "ok", "unlimited"),
    "logs unlimited, disk small": (
        machine(of=told(data_root_free=Known(20 * GB))),
        "engine-logs",
        "attention",
        "unlimited_tight",
    ),
    "logs elsewhere": (
        machine(of=told(endpoint="unix:///tmp/other.sock")),
        "engine-logs",
        "not_tested",
        "elsewhere",
    ),
    "log driver unknown": (machine(of=told(log_driver=ABSENT)), "engine-logs", "not_tested", "unknown"),
    "runs on": (machine(of=told(live_restore=Known(value=True))), "engine-restart", "ok", "kept"),
    "nothing to stop": (machine(), "engine-restart", "ok", "none_running"),
    "stops some": (
        replaced(machine(), engine_contents=Known(contents(running=3))),
        "engine-restart",
        "ok",
        "stopped",
    ),
    "restart unknown": (machine(of=told(live_restore=ABSENT)), "engine-restart", "not_tested", "unknown"),
}


def found(snapshot, check):
    return next(finding for finding in conclude(snapshot, load_catalogue()) if finding.id == check)


@pytest.mark.parametrize("name", CASES)
def test_answers(name):
    snapshot, check, state, variant = CASES[name]
    finding = found(snapshot, check)
    assert (finding.state, finding.variant) == (state, variant), finding
    article = finding_article(finding)
    for text in (article.text, article.consequence, article.remedy, *article.commands):
        assert "{" not in text
        assert "(path)" not in text


def test_every_variant_is_asserted():
    mine = {"engine-choice", "engine-others", "engine-config", "engine-config-applied", "engine-default-runtime"}
    mine |= {"engine-users", "engine-confinement", "engine-open", "engine-clock", "engine-ulimits", "engine-shm"}
    mine |= {"engine-logs", "engine-restart"}
    wanted = {(check.id, variant) for check in CHECKS if check.id in mine for variant in check.variants}
    assert {(case[1], case[3]) for case in CASES.values()} == wanted


def test_a_broken_settings_file_is_the_cause_of_an_engine_that_does_not_run():
    findings = conclude(machine(config(problem="Expecting ','"), of=STOPPED), load_catalogue())
    assert [item.id for item in findings if item.state == "broken"] == ["engine-config"]
    running = next(item for item in findings if item.id == "engine-running")
    assert (running.variant, running.values) == ("blocked", {"by": "engine-config"})


def test_a_healthy_machine_that_tells_everything_has_nothing_to_look_at():
    findings = conclude(machine(config()), load_catalogue())
    assert [item for item in findings if item.state in ("broken", "attention")] == []


def test_differences_name_what_the_file_and_the_engine_say():
    finding = found(machine(config(cgroup_driver="cgroupfs", runtimes={"kata": "x"})), "engine-config-applied")
    assert finding.values["settings"] == "native.cgroupdriver, runtimes"
    assert "file: cgroupfs; engine: systemd" in [evidence.text for evidence in finding.evidence]


def test_a_rootless_engine_has_a_file_of_its_own():
    own = config(path="/home/ada/.config/docker/daemon.json", reader="rootless", keys=("typo",))
    finding = found(machine(config(), own, of=ROOTLESS), "engine-config")
    assert (finding.variant, finding.values["path"]) == ("unknown_keys_later", own.path)


def test_a_snap_alone_reads_the_file_of_the_snap():
    own = config(path="/var/snap/docker/current/config/daemon.json", reader="snap", problem="x")
    snapshot = machine(config(), own, of=STOPPED, snap=Known(value=True), daemon=ABSENT)
    assert found(snapshot, "engine-config").values["path"] == own.path


def test_docker_desktop_in_wsl_is_not_asked_for_files_of_this_system():
    snapshot = replaced(wsl_snapshot(), engine_setup=setup(config(problem="x")))
    assert found(snapshot, "engine-config").variant == "elsewhere"
