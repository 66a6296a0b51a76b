"""Settings files, sockets, service, limits and file systems, read from recorded texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.engine_setup import collect_engine_setup, parse_daemon_config, parse_limits, parse_mounts
from drydock.core.facts import Known, Missing, User
from drydock.core.facts.engine_setup import EngineLimits, EngineSetup, Mount
from drydock.world import FileStatus
from drydock.world.live import LiveWorld

DAEMON = "/etc/docker/daemon.json"
JSON = """{
  "default-runtime": "nvidia",
  "runtimes": {"nvidia": {"path": "nvidia-container-runtime", "args": []}, "kata": {"runtimeType": "io.kata"}},
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "data-root": "/disk/docker", "features": {"cdi": true}, "log-driver": "json-file",
  "log-opts": {"max-size": "10m"}, "default-shm-size": "8G", "hosts": ["unix:///run/docker.sock"],
  "dns": ["10.0.0.53"]
}"""
LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max open files            1024                 524288               files
Max locked memory         8388608              unlimited            bytes
"""
MOUNTS = r"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
23 22 0:5 / /proc rw,nosuid - proc proc rw
30 22 0:26 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw
40 22 259:3 / /mnt/my\040disk rw,relatime - xfs /dev/sdb1 ro,attr2
41 22 0:50 / /home rw,relatime - nfs4 server:/home rw,vers=4.2
42 22 0:60 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw
43 41 0:61 / /home ro - nfs4 server:/other ro
not a line
"""
UNIT = "[Service]\nExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock\n"


def status(mode=0o660, modified=1000.0):
    return FileStatus(mode=mode, owner="root", group="docker", modified=modified, readable=True, writable=False)


def parsed(text):
    return parse_daemon_config(DAEMON, "rootful", text, Known(1.0))


def test_the_settings_that_matter_are_read():
    config = parsed(JSON)
    assert config.problem == ""
    assert config.runtimes == {"nvidia": "nvidia-container-runtime", "kata": ""}
    assert (config.default_runtime, config.cgroup_driver, config.data_root) == ("nvidia", "cgroupfs", "/disk/docker")
    assert (config.cdi, config.log_driver, config.log_limited) == (True, "json-file", True)
    assert (config.shm_size, config.hosts, config.dns) == ("8G", ("unix:///run/docker.sock",), ("10.0.0.53",))
    assert config.keys[:2] == ("default-runtime", "runtimes")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"runtimes": {} "dns": []}', "delimiter"),
        ('{"dns": [],}', "double quotes"),
        ('["dns"]', "no JSON object"),
        ('{"dns": "1.1.1.1"}', "'dns' must be a list"),
        ('{"live-restore": "true"}', "'live-restore' must be true or false"),
        ('{"default-runtime": ["nvidia"]}', "'default-runtime' must be one text"),
        ('{"runtimes": {"nvidia": "nvidia-container-runtime"}}', "'nvidia' in 'runtimes' must be an object"),
        ('{"features": {"cdi": "true"}}', "'cdi' in 'features' must be true or false"),
        ('{"log-opts": {"max-file": 3}}', "'max-file' in 'log-opts' must be a text"),
        ("[" * 100_000, ""),
    ],
)
def test_a_file_that_the_engine_cannot_use_says_why(text, problem):
    assert problem in parsed(text).problem
    assert parsed(text).problem


def test_an_empty_file_and_one_with_a_setting_twice_are_no_problem_of_json():
    assert parsed(" \n").empty
    assert (parsed("{}").keys, parsed("{}").empty) == ((), False)
    # seen with Docker 20.10: the later one counts
    assert parsed('{"debug": false, "debug": true, "dns": null}').problem == ""


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(str))
def test_no_settings_file_raises(text):
    assert isinstance(parsed(text).problem, str)


@pytest.mark.parametrize("name", ["runtimes", "features", "exec-opts", "hosts", "default-runtime", "log-opts"])
@pytest.mark.parametrize("value", ["null", "5", '"text"', "[1, null]", '{"a": null}'])
def test_a_setting_of_a_wrong_type_is_left_out(name, value):
    assert parsed(f'{{"{name}": {value}}}').keys == (name,)


def test_limits_and_file_systems():
    assert parse_limits(LIMITS) == Known(EngineLimits(open_files=524288, locked_memory=None))
    assert isinstance(parse_limits("nothing"), Missing)
    assert parse_mounts(MOUNTS) == (
        Mount(path="/", kind="ext4"),
        Mount(path="/dev/shm", kind="tmpfs"),
        Mount(path="/mnt/my disk", kind="xfs", read_only=True),
        Mount(path="/home", kind="nfs4", read_only=True),
    )


@given(st.text())
def test_no_table_of_mounts_raises(text):
    parse_mounts(text)
    parse_mounts(f"1 2 3 4 {text} rw - {text}")


def test_a_plain_installation():
    world = TestWorld(
        variables={"HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/1000", "USER": "ada"},
        files={
            DAEMON: JSON,
            "/lib/systemd/system/docker.service": UNIT,
            "/run/docker.pid": "812",
            "/proc/812/limits": LIMITS,
            "/proc/self/mountinfo": MOUNTS,
            "/etc/group": "root:x:0:\ndocker:x:998:ada\n",
            "/etc/subuid": "ada:100000:65536\nother:165536:65536\n",
            "/sys/fs/selinux/enforce": "1",
            "/home/ada/.docker/config.json": '{"currentContext": "remote"}',
            "/usr/bin/docker": "\x7fELF",
        },
        statuses={
            DAEMON: status(modified=2000.0),
            "/run/docker.pid": status(),
            "/usr/bin/dockerd": status(0o755),
            "/var/run/docker.sock": status(),
            "/run/user/1000/docker.sock": status(0o600),
        },
        programs={"docker": "/usr/bin/docker"},
    )
    setup = collect_engine_setup(world)
    (config,) = setup.configs.value
    assert (config.reader, config.modified, config.programs_gone) == ("rootful", Known(2000.0), ("nvidia",))
    assert {socket.kind: socket.mode.value for socket in setup.sockets.value} == {"system": 0o660, "rootless": 0o600}
    assert (setup.snap, setup.daemon, setup.docker_is_podman) == (
        Known(value=False),
        Known("/usr/bin/dockerd"),
        Known(value=False),
    )
    assert (setup.context, setup.started, setup.unit_hosts) == (Known("remote"), Known(1000.0), Known(value=True))
    assert setup.limits.value.open_files == 524288
    assert (setup.docker_group, setup.subordinate_ids, setup.selinux) == (
        Known(value=True),
        Known(65536),
        Known("enforcing"),
    )
    assert len(setup.mounts.value) == 4


def test_a_runtime_whose_program_is_there_is_not_gone():
    files = {
        DAEMON: '{"runtimes": {"a": {"path": "/opt/a"}, "b": {"path": "b"}, "c": {"path": "/opt/c"}}}',
        "/opt/a": "",
    }
    world = TestWorld(files={**files, "/usr/sbin/b": ""})
    assert collect_engine_setup(world).configs.value[0].programs_gone == ("c",)


def test_a_drop_in_takes_the_place_of_the_command():
    files = {
        "/lib/systemd/system/docker.service": UNIT,
        "/etc/systemd/system/docker.service.d/override.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n",
    }
    assert collect_engine_setup(TestWorld(files=files)).unit_hosts == Known(value=False)


@pytest.mark.parametrize("start", ['#!/bin/sh\nexec /usr/bin/podman "$@"\n', "\x7fELF"])
def test_podmans_stand_in_is_known(start):
    world = TestWorld(programs={"docker": "/usr/bin/docker"}, files={"/usr/bin/docker": start})
    assert collect_engine_setup(world).docker_is_podman == Known("podman" in start)
    linked = TestWorld(programs={"docker": "/usr/bin/docker"}, links={"/usr/bin/docker": "podman"})
    assert collect_engine_setup(linked).docker_is_podman == Known(value=True)


def test_what_may_not_be_read_is_said():
    denied = Missing("no_permission", "denied")
    world = TestWorld(files={DAEMON: denied, "/run/docker.pid": denied, "/proc/self/mountinfo": denied})
    setup = collect_engine_setup(world)
    assert setup.configs == denied
    assert setup.limits == denied
    assert setup.mounts == denied
    assert isinstance(setup.started, Missing)


def test_nothing_is_made_up_on_an_empty_system():
    world = TestWorld(user=Known(User(uid=1000, groups=(), database_groups=())))
    setup = collect_engine_setup(world)
    assert (setup.configs, setup.sockets, setup.snap) == (Known(()), Known(()), Known(value=False))
    assert (setup.subordinate_ids, setup.selinux) == (Known(0), Known("off"))
    assert isinstance(setup.daemon, Missing)


def test_other_systems_are_not_asked():
    setup = collect_engine_setup(TestWorld(system="windows"))
    others = [getattr(setup, name) for name in EngineSetup.__struct_fields__ if name != "context"]
    assert all(isinstance(fact, Missing) and fact.why == "not_applicable" for fact in others)


def test_a_broken_configuration_of_the_docker_program_is_said():
    world = TestWorld(variables={"HOME": "/home/ada"}, files={"/home/ada/.docker/config.json": "{"})
    assert collect_engine_setup(world).context.why == "failed"


def test_this_computer():
    setup = collect_engine_setup(LiveWorld())
    assert "/" in {mount.path for mount in setup.mounts.value}
    assert isinstance(setup.configs, Known | Missing)
