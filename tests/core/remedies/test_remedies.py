"""Remedies fit the distribution, and nothing is offered that does not."""

import shlex

import pytest
from tests.support.snapshots import engine, healthy_snapshot, host, no_toolkit, wsl_snapshot

from drydock.core.checks.run import conclude
from drydock.core.facts import Distribution, Known, Missing
from drydock.core.findings import Finding
from drydock.core.remedies import OFFERED, packages_of, remedies_for
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import check_articles

DISTRIBUTIONS = {
    "apt": Distribution(id="debian", version="12", pretty="Debian 12"),
    "dnf": Distribution(id="rocky", version="9", pretty="Rocky 9", like=("rhel", "centos", "fedora")),
    "zypper": Distribution(id="opensuse-leap", version="15.6", pretty="openSUSE Leap", like=("suse", "opensuse")),
    "pacman": Distribution(id="endeavouros", version="", pretty="EndeavourOS", like=("arch",)),
    "unknown": Distribution(id="void", version="", pretty="Void"),
}


def on(family, **changes):
    return healthy_snapshot(host=host(distribution=Known(DISTRIBUTIONS[family])), **changes)


def finding(check, variant, **values):
    return Finding(id=check, rung="driver", state="broken", variant=variant, values=values)


@pytest.mark.parametrize("family", DISTRIBUTIONS)
def test_the_package_manager_is_known_by_family(family):
    assert packages_of(on(family)) == family


def test_a_distribution_that_could_not_be_read_has_no_package_manager():
    assert packages_of(healthy_snapshot(host=host(distribution=Missing("absent")))) == "unknown"


@pytest.mark.parametrize("family", ["apt", "dnf", "zypper", "pacman"])
def test_the_toolkit_is_installed_with_the_distributions_own_tool_and_registered(family):
    (remedy,) = remedies_for(finding("toolkit-installed", "absent"), on(family))
    words = {"apt": "apt-get", "dnf": "dnf", "zypper": "zypper", "pacman": "pacman"}
    text = "\n".join(remedy.commands)
    assert words[family] in text
    assert not any(other in text for name, other in words.items() if name != family)
    assert "sudo nvidia-ctk runtime configure --runtime=docker" in remedy.commands
    assert remedy.commands[-1] == "sudo systemctl restart docker"
    assert remedy.privileged


def test_nothing_is_offered_for_a_distribution_that_is_not_known():
    assert remedies_for(finding("toolkit-installed", "absent"), on("unknown")) == ()
    assert remedies_for(finding("engine-installed", "absent"), on("unknown")) == ()


def test_a_rootless_engine_is_registered_and_restarted_for_its_user():
    snapshot = on("apt", engine=engine(rootless=Known(value=True)))
    (remedy,) = remedies_for(finding("toolkit-path", "none"), snapshot)
    assert "systemctl --user restart docker" in remedy.commands
    assert not any("/etc/docker" in command for command in remedy.commands)


def test_podman_gets_a_specification_and_no_runtime():
    snapshot = on("dnf", engine=engine(product=Known("Podman Engine")))
    (remedy,) = remedies_for(finding("toolkit-path", "podman"), snapshot)
    assert remedy.id == "write-cdi"
    (remedy,) = remedies_for(finding("toolkit-installed", "absent"), snapshot)
    assert not any("daemon" in command or "docker" in command for command in remedy.commands)


def test_a_stale_specification_is_copied_before_it_is_written_anew():
    (remedy,) = remedies_for(finding("toolkit-cdi", "stale", path="/etc/cdi/nvidia.yaml"), on("apt"))
    assert remedy.commands[0].startswith("sudo cp '/etc/cdi/nvidia.yaml'")
    assert remedy.commands[1].endswith("--output='/etc/cdi/nvidia.yaml'")


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/cdi/a'; rm -rf /; '.yaml", ""])
def test_a_strange_path_gets_no_command(path):
    assert remedies_for(finding("toolkit-cdi", "stale", path=path), on("apt")) == ()


def test_joining_the_group_says_what_it_means():
    (remedy,) = remedies_for(finding("engine-permission", "not_member"), on("apt"))
    assert "root" in remedy.note
    (again,) = remedies_for(finding("engine-permission", "login_again"), on("apt"))
    assert not again.privileged


def test_nouveau_is_forbidden_with_the_right_initial_ram_disk_tool():
    tools = {"apt": "update-initramfs", "dnf": "dracut", "zypper": "dracut", "pacman": "mkinitcpio"}
    for family, tool in tools.items():
        (remedy,) = remedies_for(finding("driver-bound", "nouveau"), on(family))
        assert any(tool in command for command in remedy.commands)
        assert "blacklist nouveau" in remedy.commands[0]


def test_windows_gets_no_linux_commands():
    snapshot = healthy_snapshot(host=host(system="windows", distribution=Missing("not_applicable")))
    for check, variant in OFFERED:
        for remedy in remedies_for(finding(check, variant, path="/etc/cdi/x.yaml"), snapshot):
            assert not any("systemctl" in command and "docker" in command for command in remedy.commands)


@pytest.mark.parametrize("family", DISTRIBUTIONS)
def test_every_line_is_one_that_a_shell_can_read_and_says_whether_it_needs_root(family):
    for check, variant in sorted(OFFERED):
        for remedy in remedies_for(finding(check, variant, path="/etc/cdi/nvidia.yaml"), on(family)):
            assert remedy.title
            assert remedy.commands
            for command in remedy.commands:
                assert shlex.split(command)
                assert "\n" not in command
            assert remedy.privileged == any("sudo " in command for command in remedy.commands)


def test_an_article_does_not_repeat_a_command_of_the_remedy():
    for check, variant in OFFERED:
        article = check_articles()[check].variants[variant]
        for family in DISTRIBUTIONS:
            for remedy in remedies_for(finding(check, variant, path="/etc/cdi/x.yaml"), on(family)):
                assert not set(article.commands) & set(remedy.commands)


def test_what_a_diagnosis_finds_is_what_a_remedy_is_looked_up_by():
    snapshot = on("apt", engine=engine(runtimes=Known(("runc",))), toolkit=no_toolkit())
    broken = next(item for item in conclude(snapshot, load_catalogue()) if item.state == "broken")
    assert [remedy.id for remedy in remedies_for(broken, snapshot)] == ["install-toolkit"]


def test_healthy_findings_have_no_remedy():
    for snapshot in (healthy_snapshot(), wsl_snapshot()):
        for item in conclude(snapshot, load_catalogue()):
            assert remedies_for(item, snapshot) == ()


@pytest.mark.parametrize(("check", "variant"), [("driver-module", "kernel_gone"), ("driver-update", "replaced")])
def test_a_driver_that_waits_for_a_restart_is_restarted(check, variant):
    (remedy,) = remedies_for(finding(check, variant), on("apt"))
    assert remedy.commands == ("sudo reboot",)


def test_a_module_that_is_missing_is_built_with_the_headers_of_the_running_kernel():
    (remedy,) = remedies_for(finding("driver-module", "other_kernel"), on("apt"))
    assert any("linux-headers-$(uname -r)" in line for line in remedy.commands)
    assert remedy.privileged


def test_the_fabric_manager_is_started_and_can_be_stopped_again():
    (remedy,) = remedies_for(finding("gpu-fabric", "not_running"), on("apt"))
    assert remedy.commands == ("sudo systemctl enable --now nvidia-fabricmanager",)
    assert "disable" in remedy.note


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "sudo systemctl restart docker"),
        ({"rootless": Known(value=True)}, "systemctl --user restart docker"),
        ({"data_root": Known("/var/snap/docker/common/var-lib-docker")}, "sudo snap restart docker"),
    ],
)
def test_an_engine_is_restarted_by_what_started_it(changes, command):
    (remedy,) = remedies_for(finding("toolkit-registered", "not_restarted"), on("apt", engine=engine(**changes)))
    assert remedy.commands == (command,)
    assert remedy.privileged == command.startswith("sudo")
    assert "live-restore" in remedy.note
