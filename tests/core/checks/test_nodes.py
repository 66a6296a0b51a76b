import msgspec
import pytest
from tests.support.snapshots import healthy_snapshot

from drydock.core.checks.driver import ask_nodes
from drydock.core.facts import Known
from drydock.data.machine import open_machine


@pytest.mark.parametrize(("uvm", "answer"), [(True, ("ok", "ok")), (False, ("attention", "no_uvm"))])
def test_unified_memory_has_a_node_of_its_own(uvm, answer):
    nodes = ("nvidia0", "nvidiactl", *(("nvidia-uvm",) if uvm else ()))
    snapshot = healthy_snapshot()
    driver = msgspec.structs.replace(snapshot.driver, device_nodes=Known(nodes))
    found = ask_nodes(msgspec.structs.replace(snapshot, driver=driver))
    assert (found.state, found.variant) == answer


def test_a_jetson_needs_none(request):
    machine = open_machine(str(request.config.rootpath / "tests" / "machines" / "jetson-orin"))
    assert "nvidia-uvm" not in machine.snapshot.driver.device_nodes.value
    assert ask_nodes(machine.snapshot).state == "ok"
