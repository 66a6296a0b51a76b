"""Host facts out of a world that answers from dictionaries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.host import collect_host, parse_os_release
from drydock.core.facts import Known, Limits, Missing
from drydock.world import FileStatus

OS_RELEASE = """PRETTY_NAME="Fedora Linux 43 (Workstation Edition)"
NAME="Fedora Linux"
ID=fedora
VERSION_ID=43
# a comment
broken line
"""


def test_an_ordinary_linux():
    world = TestWorld(
        files={"/etc/os-release": OS_RELEASE, "/proc/1/cgroup": "0::/init.scope\n", "/dev/shm/x": ""},
        rooms={"/dev/shm": (8 << 30, 7 << 30)},
    )
    host = collect_host(world)
    assert host.distribution.value.id == "fedora"
    assert host.distribution.value.pretty == "Fedora Linux 43 (Workstation Edition)"
    assert (host.wsl, host.in_container) == (Known(value=False), Known(value=False))
    assert host.shm_total == Known(8 << 30)
    assert host.architecture == "amd64"


def test_the_second_place_of_os_release_is_read_too():
    world = TestWorld(files={"/usr/lib/os-release": "ID=rocky\nID_LIKE='rhel centos fedora'\nVERSION_ID=9.6\n"})
    found = collect_host(world).distribution.value
    assert (found.id, found.like, found.pretty) == ("rocky", ("rhel", "centos", "fedora"), "rocky 9.6")


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [("6.6.87.2-microsoft-standard-WSL2", True), ("4.4.0-19041-Microsoft", True), ("6.14.0-29-generic", False)],
)
def test_wsl_is_seen_in_the_kernel_release(kernel, expected):
    assert collect_host(TestWorld(kernel=Known(kernel))).wsl == Known(expected)


@pytest.mark.parametrize(
    "files",
    [
        {"/.dockerenv": ""},
        {"/run/.containerenv": "engine=podman"},
        {"/proc/1/cgroup": "0::/system.slice/docker-abc.scope"},
    ],
)
def test_a_container_is_seen(files):
    assert collect_host(TestWorld(files=files)).in_container == Known(value=True)


def test_other_systems_ask_nothing_of_linux():
    host = collect_host(TestWorld(system="windows"))
    assert (host.system, host.distribution.why, host.shm_total.why) == ("windows", "not_applicable", "not_applicable")
    assert host.wsl == Known(value=False)


def test_nothing_to_read_is_missing_and_not_invented():
    host = collect_host(TestWorld(kernel=Missing("failed"), user=Missing("failed")))
    assert isinstance(host.distribution, Missing)
    assert isinstance(host.wsl, Missing)
    assert isinstance(host.in_container, Missing)
    assert isinstance(host.shm_total, Missing)


def test_only_variables_that_matter_are_kept_and_no_password():
    variables = {
        "CUDA_VISIBLE_DEVICES": "",
        "HTTPS_PROXY": "http://ada:secret@proxy.example:3128",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "DOCKER_HOST": "ssh://ada@box",
    }
    kept = collect_host(TestWorld(variables=variables)).environment
    assert kept["CUDA_VISIBLE_DEVICES"] == ""
    assert kept["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "secret" not in str(kept)


LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max stack size            8388608              unlimited            bytes
Max open files            1024                 524288               files
Max locked memory         unlimited            unlimited            bytes
"""


def test_limits_and_the_rule_for_memory():
    world = TestWorld(files={"/proc/self/limits": LIMITS, "/proc/sys/vm/overcommit_memory": "2\n"})
    host = collect_host(world)
    assert host.limits == Known(Limits(locked_memory=None, stack=8388608, open_files=1024))
    assert host.overcommit == Known(2)


def test_a_restart_that_is_wanted_names_its_packages():
    files = {"/run/reboot-required": "*** System restart required ***", "/run/reboot-required.pkgs": "libc6\nlibc6\n"}
    assert collect_host(TestWorld(files=files)).restart_wanted == Known(("libc6",))
    assert collect_host(TestWorld(files={"/run/lock/x": ""})).restart_wanted == Known(())


def test_the_clock_is_compared_with_files_and_with_the_hardware():
    # the world's time is 2026-11-20T09:30:00Z
    now = 1795167000
    status = FileStatus(mode=0o644, owner="root", group="root", modified=now + 7200.0, readable=True, writable=False)
    world = TestWorld(
        files={"/sys/class/rtc/rtc0/since_epoch": f"{now - 60}\n", "/run/systemd/timesync/synchronized": ""},
        statuses={"/var/log/wtmp": status},
    )
    clock = collect_host(world).clock.value
    assert (clock.files_ahead, clock.hardware_ahead, clock.synchronized) == (
        Known(7200),
        Known(-60),
        Known(value=True),
    )
    assert collect_host(TestWorld()).clock.value.files_ahead.why == "absent"


@given(st.text())
def test_any_os_release_is_read(text):
    assert parse_os_release(text).id


@given(st.text(alphabet="IDNAMEPRTYVRSO_=\"'\n 0az-", max_size=200))
def test_any_almost_os_release_is_read(text):
    found = parse_os_release(text)
    assert isinstance(found.pretty, str)
