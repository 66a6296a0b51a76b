import msgspec
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import Known, Missing
from drydock.engines import docker_answers as answers
from drydock.engines.endpoint import Endpoint

ENDPOINT = Endpoint(address="unix:///e.sock", chosen_by="default", remote=False)


def facts_of(version: dict[str, object], info: dict[str, object]):
    return answers.engine_facts(
        ENDPOINT,
        msgspec.convert(version, answers.Version),
        msgspec.convert(info, answers.Info),
        Missing("not_asked"),
        Missing("not_asked"),
    )


def test_podman_is_known_by_its_component() -> None:
    version = {"Version": "4.3.1", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}
    facts = facts_of(
        version, {"Runtimes": {"crun": {}}, "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}
    )
    assert facts.product == Known("Podman")
    assert facts.rootless == Known(True)
    assert isinstance(facts.cdi_devices, Missing)


def test_docker_desktop_is_known_by_its_platform() -> None:
    version = {"Version": "28.0", "ApiVersion": "1.48", "Platform": {"Name": "Docker Desktop 4.40.0 (1)"}}
    assert facts_of(version, {}).product == Known("Docker Desktop")


def test_cdi_devices_are_listed_where_the_engine_lists_them() -> None:
    version = {"Version": "28.5.2", "ApiVersion": "1.51"}
    devices = [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}, {"Source": "cdi", "ID": "nvidia.com/gpu=all"}]
    assert facts_of(version, {"DiscoveredDevices": devices}).cdi_devices == Known(
        ("nvidia.com/gpu=0", "nvidia.com/gpu=all")
    )
    assert facts_of(version, {}).cdi_devices == Known(())
    assert isinstance(facts_of({"ApiVersion": "1.41"}, {}).cdi_devices, Missing)


def test_what_an_engine_does_not_say_is_missing() -> None:
    facts = facts_of({}, {})
    for fact in (facts.version, facts.rootless, facts.memory, facts.runtimes, facts.storage_driver, facts.architecture):
        assert isinstance(fact, Missing)


def test_a_container_that_never_ran_has_no_end() -> None:
    never = "0001-01-01T00:00:00Z"
    raw = {
        "Id": "00",
        "Name": "/x",
        "State": {"Status": "created", "ExitCode": 0, "StartedAt": never, "FinishedAt": never},
        "Config": {"Image": "i", "Env": ["A=b=c", "B"], "Labels": None},
        "NetworkSettings": {"Ports": {"80/tcp": None, "53/udp": [{"HostIp": "", "HostPort": "53"}]}},
    }
    state = answers.container_state(msgspec.convert(raw, answers.ContainerDetail))
    assert (state.exit_code, state.started_at, state.finished_at) == (None, "", "")
    assert state.environment == {"A": "b=c", "B": ""}
    assert state.ports == {}


def test_process_lists_of_both_kinds() -> None:
    docker = answers.Processes(titles=("PID",), processes=(("12",), ("13",)))
    podman = answers.Processes(titles=("USER", "PID", "COMMAND"), processes=(("root", "7", "sh"), ("root", "?", "x")))
    assert answers.process_ids(docker) == (12, 13)
    assert answers.process_ids(podman) == (7,)
    assert answers.process_ids(answers.Processes(titles=("PID", "HPID"), processes=(("1", "900"),))) == (900,)
    assert answers.process_ids(answers.Processes()) == ()


def test_gpu_requests_that_would_be_dropped_in_silence_are_known() -> None:
    def podman(version: str) -> answers.Version:
        return answers.Version(version=version, components=(answers.Component(name="Podman Engine"),))

    assert answers.takes_gpus(answers.Version(version="20.10.24"), "hook")
    assert not answers.takes_gpus(podman("4.3.1"), "cdi")
    assert not answers.takes_gpus(podman("5.4.2"), "hook")
    assert answers.takes_gpus(podman("5.4.2"), "cdi")


@given(st.text(max_size=12))
def test_any_text_is_a_version_or_none(text: str) -> None:
    major, minor = answers.version_number(text)
    assert major >= 0
    assert minor >= 0


def test_only_the_containerd_store_is_known_to_keep_layers() -> None:
    snapshotter = (("driver-type", "io.containerd.snapshotter.v1"),)
    graph = (("Backing Filesystem", "extfs"), ("Supports d_type", "true"))
    docker = answers.Version(version="28.5.2")
    podman = answers.Version(version="5.4.2", components=(answers.Component(name="Podman Engine"),))
    assert answers.keeps_layers(docker, answers.Info(driver_status=snapshotter))
    assert not answers.keeps_layers(docker, answers.Info(driver_status=graph))
    assert not answers.keeps_layers(docker, answers.Info())
    assert not answers.keeps_layers(podman, answers.Info(driver_status=snapshotter))
