"""What else an engine tells of itself: from recorded answers, and from a real one."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.engine.images import TestImage

from drydock.collect.engine_contents import contents_of
from drydock.core.facts import Known, Missing
from drydock.engines import CreateRequest, Engine, PortBinding
from drydock.engines.docker_answers import (
    ContainerSummary,
    DiskUsage,
    Info,
    Version,
    container_of_summary,
    engine_facts,
)
from drydock.engines.endpoint import Endpoint
from drydock.engines.info_facts import clock_ahead, unused_build_cache, with_details

NOON = ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z")
INFO = """{"OperatingSystem": "Ubuntu 24.04.3 LTS", "Driver": "overlay2", "DockerRootDir": "/var/lib/docker",
 "DriverStatus": [["Backing Filesystem", "xfs"], ["Supports d_type", "false"], ["Native Overlay Diff", "true"]],
 "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=userns"],
 "HttpProxy": "http://ada:secret@proxy.example.com:3128", "NoProxy": "localhost", "HttpsProxy": "",
 "Warnings": ["WARNING: No swap limit support"], "LoggingDriver": "json-file", "LiveRestoreEnabled": true,
 "SystemTime": "2026-11-20T13:00:00.123456789+00:00", "CDISpecDirs": ["/etc/cdi", "/var/run/cdi"]}"""


def details(info: str, api: str = "1.51", product: str = "Docker Engine - Community"):
    answer = msgspec.json.decode(info, type=Info)
    version = Version(version="28.5.1", api_version=api, components=())
    if product == "Podman":
        version = msgspec.json.decode(
            '{"Version": "5.4.2", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]}', type=Version
        )
    endpoint = Endpoint(address="unix:///var/run/docker.sock", chosen_by="default", remote=False)
    facts = engine_facts(endpoint, version, answer, Known(1), Known(()))
    return with_details(facts, version, answer, inodes=Known((10, 5)), between=NOON)


def test_an_answer_is_read():
    facts = details(INFO)
    assert facts.cdi_directories == Known(("/etc/cdi", "/var/run/cdi"))
    # a password must not get into a snapshot at all
    assert facts.proxies == Known({"http": "http://proxy.example.com:3128", "none": "localhost"})
    assert facts.security == Known(("apparmor", "seccomp", "userns"))
    assert facts.warnings == Known(("WARNING: No swap limit support",))
    assert (facts.backing_filesystem, facts.file_types) == (Known("xfs"), Known(value=False))
    assert (facts.log_driver, facts.live_restore) == (Known("json-file"), Known(value=True))
    assert 3599 < facts.clock_ahead.value < 3601
    assert facts.data_root_inodes == Known((10, 5))


def test_an_engine_that_tells_little():
    facts = details("{}", api="1.41")
    missing = (facts.cdi_directories, facts.security, facts.file_types, facts.log_driver, facts.live_restore)
    assert all(isinstance(fact, Missing) for fact in (*missing, facts.clock_ahead, facts.backing_filesystem))
    assert facts.proxies == Known({})


def test_an_engine_that_knows_cdi_and_lists_no_directory_has_it_off():
    assert details("{}").cdi_directories == Known(())
    assert isinstance(details("{}", product="Podman").cdi_directories, Missing)
    assert isinstance(details("{}", product="Podman").proxies, Missing)


@pytest.mark.parametrize(
    ("there", "seconds"),
    [("2026-11-20T12:00:00.5Z", 0.0), ("2026-11-20T11:00:00Z", -3600.5), ("2026-11-20T14:00:00+02:00", -0.5)],
)
def test_clocks_are_compared_across_time_zones(there, seconds):
    assert clock_ahead(there, NOON) == Known(seconds)


@given(st.text())
def test_no_time_raises(text):
    clock_ahead(text, NOON)


def test_only_what_no_build_uses_counts():
    usage = msgspec.json.decode(
        '{"BuildCache": [{"Size": 5, "InUse": true}, {"Size": 7, "Shared": true}, {"Size": 11}]}', type=DiskUsage
    )
    assert unused_build_cache(usage) == 11
    assert unused_build_cache(DiskUsage()) == 0


def test_published_ports_of_a_list():
    entry = msgspec.json.decode(
        '{"Id": "a", "Names": ["/x"],'
        ' "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},'
        ' {"PrivatePort": 22, "Type": "tcp"}, {"IP": "::", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"}]}',
        type=ContainerSummary,
    )
    assert container_of_summary(entry).published == (("0.0.0.0", 8080),)


def test_a_real_engine_tells_itself(docker: Engine):
    facts = docker.facts()
    assert facts.file_types == Known(value=True)
    assert facts.log_driver == Known("json-file")
    assert facts.live_restore == Known(value=False)
    assert abs(facts.clock_ahead.value) < 30
    assert 0 < facts.data_root_inodes.value[1] <= facts.data_root_inodes.value[0]
    assert "seccomp" in facts.security.value


def test_containers_and_ports_of_a_real_engine(docker: Engine, tiny_image: TestImage):
    names = [f"drydock-test-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    ids: list[str] = []
    try:
        for name in names:
            request = CreateRequest(
                name=name,
                image=tiny_image.reference,
                command=("sleep", "60"),
                labels={"drydock.session": name},
                ports=(PortBinding(container_port=80, host_port=0),),
            )
            ids.append(docker.create(request))
        docker.start(ids[0])
        contents = contents_of(docker)
    finally:
        for container in ids:
            docker.remove(container, force=True)
    (published,) = [item for item in contents.published if item.container == names[0]]
    assert (published.address, published.session) == ("127.0.0.1", True)
    assert published.port > 0
    assert names[1] in contents.ended_sessions
    assert names[1] in contents.ended
    assert contents.running >= 1
    assert isinstance(contents.build_cache, Known | Missing)
