"""Disks, ports and the torch of the host."""

from tests.support.world import TestWorld

from drydock.collect.disks import collect_disks
from drydock.collect.host_torch import collect_host_torch
from drydock.collect.ports import collect_ports
from drydock.core.facts import Known, Missing
from drydock.world import Outcome
from drydock.world.live import LiveWorld


def test_disks_of_home_temporary_files_and_an_engine_that_is_there():
    world = TestWorld(
        variables={"HOME": "/home/ada"},
        files={"/var/lib/docker/": Missing("no_permission")},
        rooms={"/home/ada": (100, 50), "/var/lib/docker": (200, 20)},
    )
    disks = {disk.purpose: disk for disk in collect_disks(world)}
    assert (disks["home"].total, disks["home"].free) == (Known(100), Known(50))
    assert disks["engine data"].free == Known(20)
    assert isinstance(disks["temporary"].free, Missing)


def test_no_engine_directory_is_made_up():
    assert "engine data" not in {disk.purpose for disk in collect_disks(TestWorld())}


def test_only_the_owner_of_a_taken_port_is_asked_for():
    ports = collect_ports(TestWorld(taken={8888: "jupyter-lab", 2222: Missing("no_permission")}))
    assert [(port.number, port.taken.value) for port in ports] == [(8888, True), (6006, False), (2222, True)]
    assert ports[0].owner == Known("jupyter-lab")
    assert ports[1].owner.why == "not_applicable"
    assert ports[2].owner.why == "no_permission"


def test_torch_is_found_by_its_record():
    world = TestWorld(programs={"python3": "/usr/bin/python3"}, outputs={"/usr/bin/python3": "torch 2.9.1+cpu\n"})
    (torch,) = collect_host_torch(world)
    assert (torch.python, torch.version) == ("/usr/bin/python3", Known("2.9.1+cpu"))


def test_an_active_environment_comes_first_and_is_asked_once():
    world = TestWorld(
        variables={"VIRTUAL_ENV": "/home/ada/venv"},
        programs={"python3": "/home/ada/venv/bin/python3"},
        outputs={"/home/ada/venv/bin/python": "absent\n"},
    )
    (torch,) = collect_host_torch(world)
    assert torch.version.why == "absent"
    assert len(world.ran) == 1


def test_a_python_that_hangs_or_fails_is_told():
    slow = Outcome(argv=(), code=None, problem="timeout")
    world = TestWorld(programs={"python3": "/usr/bin/python3"}, outputs={"/usr/bin/python3": slow})
    assert collect_host_torch(world)[0].version.why == "timeout"
    old = Outcome(argv=(), code=1, stderr="Traceback\nModuleNotFoundError: No module named 'importlib.metadata'\n")
    world = TestWorld(programs={"python3": "/usr/bin/python3"}, outputs={"/usr/bin/python3": old})
    assert collect_host_torch(world)[0].version == Missing(
        "failed", "ModuleNotFoundError: No module named 'importlib.metadata'"
    )
    world = TestWorld(variables={"VIRTUAL_ENV": "/gone"})
    assert collect_host_torch(world)[0].version.why == "absent"


def test_the_program_runs_with_a_real_python():
    for torch in collect_host_torch(LiveWorld()):
        assert isinstance(torch.version, Known) or torch.version.why == "absent"
