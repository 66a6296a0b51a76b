"""The doors of this computer answer sensibly, whatever computer that is."""

import os
import socket
import sys

import pytest

from drydock.core.facts import Known, Missing
from drydock.world.interface import World
from drydock.world.live import LiveWorld


def test_it_is_a_world():
    world: World = LiveWorld()
    assert world.system() in ("linux", "windows", "macos", "other")
    assert world.architecture() == world.architecture().lower()


def test_processor_and_memory_are_measured():
    cpu, memory = LiveWorld().cpu(), LiveWorld().memory()
    assert isinstance(cpu, Known)
    assert isinstance(memory, Known)
    assert cpu.value.model
    assert cpu.value.threads >= 1
    assert 0 < memory.value.available <= memory.value.total


def test_disk_room_of_a_place_that_is_not_there_yet_is_that_of_its_parent(tmp_path):
    world = LiveWorld()
    here = world.disk_room(str(tmp_path))
    assert here.value[0] >= here.value[1] > 0
    assert world.disk_room(str(tmp_path / "not" / "yet")).value[0] == here.value[0]
    assert isinstance(world.disk_room("bad\0path"), Missing)


@pytest.mark.skipif(sys.platform == "win32", reason="users and groups of Unix")
def test_the_user_is_named_with_groups():
    user = LiveWorld().user()
    assert user.value.uid == os.getuid()
    assert user.value.groups


def test_a_listening_port_is_taken_and_its_owner_named():
    world = LiveWorld()
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        assert world.port_taken(number) == Known(value=True)
        owner = world.port_owner(number)
        assert owner == world.process_name(os.getpid())
    assert world.port_taken(number) == Known(value=False)
    assert world.port_owner(number) == Missing("absent")


def test_a_port_that_is_bound_without_listening_is_taken():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert LiveWorld().port_taken(bound.getsockname()[1]) == Known(value=True)


@pytest.mark.parametrize("number", [0, -1, 70000])
def test_what_is_no_port_number_is_said(number):
    assert isinstance(LiveWorld().port_taken(number), Missing)


def test_processes_and_programs_that_are_not_there_are_absent():
    world = LiveWorld()
    assert world.process_name(2**22 + 1).why == "absent"
    assert world.find_program("surely-no-such-program").why == "absent"
    assert isinstance(world.find_program("python3" if os.name != "nt" else "python"), Known)


def test_time_is_utc_in_seconds():
    assert LiveWorld().now().endswith("Z")
    assert len(LiveWorld().now()) == len("2026-11-20T09:30:00Z")


def test_reading_goes_through_the_doors(tmp_path):
    world = LiveWorld()
    (tmp_path / "a").write_text("hello")
    (tmp_path / "link").symlink_to("a")
    assert world.read_text(str(tmp_path / "a")) == Known("hello")
    assert world.list_directory(str(tmp_path)) == Known(("a", "link"))
    assert world.resolve_link(str(tmp_path / "link")) == Known("a")
    assert isinstance(world.kernel_release(), Known)


def test_the_environment_is_a_copy():
    world = LiveWorld()
    assert dict(world.environment()) == dict(os.environ)
    assert world.environment() is not world.environment()
