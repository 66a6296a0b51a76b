"""The container toolkit and CDI specifications."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.toolkit import collect_toolkit, parse_cdi_spec
from drydock.core.facts import Known, Missing
from drydock.world import FileStatus, Outcome

YAML = """---
cdiVersion: 0.5.0
containerEdits:
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  hooks:
  - args:
    - nvidia-cdi-hook
    hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
  mounts:
  - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05
    hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05
devices:
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
      name: not a device
  name: "0"
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
  name: GPU-40900000-0000-4000-8000-000000000000
- name: 'all'   # everything
  containerEdits: {}
kind: nvidia.com/gpu
"""

INDENTED = """kind: "nvidia.com/gpu"
devices:
  - name: "0"
    containerEdits:
      deviceNodes:
        - path: /dev/nvidia0
          name: inner
"""

JSON = """{"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu",
 "devices": [{"name": "0", "containerEdits": {}}, {"name": "all"}],
 "containerEdits": {"mounts": [{"hostPath": "/usr/lib64/libnvidia-ml.so.570.86.10"}]}}"""


def test_a_generated_specification_is_read():
    spec = parse_cdi_spec("/etc/cdi/nvidia.yaml", YAML)
    assert spec.devices == (
        "nvidia.com/gpu=0",
        "nvidia.com/gpu=GPU-40900000-0000-4000-8000-000000000000",
        "nvidia.com/gpu=all",
    )
    assert spec.driver_version == Known("580.95.05")


def test_indentation_and_json_are_read_too():
    assert parse_cdi_spec("a", INDENTED).devices == ("nvidia.com/gpu=0",)
    assert isinstance(parse_cdi_spec("a", INDENTED).driver_version, Missing)
    spec = parse_cdi_spec("a.json", JSON)
    assert spec.devices == ("nvidia.com/gpu=0", "nvidia.com/gpu=all")
    assert spec.driver_version == Known("570.86.10")


def test_a_library_name_without_a_driver_version_is_none():
    text = "kind: nvidia.com/gpu\ndevices:\n- name: all\ncontainerEdits:\n  mounts:\n  - hostPath: /d/libcuda.so.1.1\n"
    assert isinstance(parse_cdi_spec("/etc/cdi/nvidia.yaml", text).driver_version, Missing)


@pytest.mark.parametrize("text", ["", "kind: vendor.com/net\ndevices:\n- name: x\n", "{broken", "{}", '{"kind": 5}'])
def test_others_specifications_and_broken_ones_are_passed_over(text):
    assert parse_cdi_spec("x", text) is None


@given(st.text(alphabet="kindevcsam:- \n\"'{}0/.#", max_size=300))
def test_any_text_is_survived(text):
    parse_cdi_spec("x", text)
    parse_cdi_spec("x", "kind: nvidia.com/gpu\n" + text)


def test_a_whole_toolkit():
    programs = {
        name: f"/usr/bin/{name}" for name in ("nvidia-ctk", "nvidia-container-runtime", "nvidia-container-runtime-hook")
    }
    world = TestWorld(
        programs=programs,
        outputs={"/usr/bin/nvidia-ctk": "NVIDIA Container Toolkit CLI version 1.17.8\ncommit: abc\n"},
        files={"/etc/cdi/nvidia.yaml": YAML, "/etc/cdi/other.yaml": "kind: x/y\n", "/etc/cdi/notes.txt": YAML},
    )
    toolkit = collect_toolkit(world)
    assert toolkit.version == Known("1.17.8")
    assert toolkit.runtime_path == Known("/usr/bin/nvidia-container-runtime")
    assert [spec.path for spec in toolkit.cdi_specs.value] == ["/etc/cdi/nvidia.yaml"]


def test_no_toolkit_is_absent_and_nothing_is_run():
    world = TestWorld()
    toolkit = collect_toolkit(world)
    assert (toolkit.version.why, toolkit.runtime_path.why, toolkit.cdi_specs) == ("absent", "absent", Known(()))
    assert world.ran == []


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Outcome(argv=(), code=None, problem="timeout"), "timeout"),
        (Outcome(argv=(), code=1, stderr="boom"), "failed"),
        (Outcome(argv=(), code=0, stdout="no number"), "failed"),
    ],
)
def test_a_command_that_does_not_tell_is_missing(outcome, why):
    world = TestWorld(programs={"nvidia-ctk": "/usr/bin/nvidia-ctk"}, outputs={"/usr/bin/nvidia-ctk": outcome})
    assert collect_toolkit(world).version.why == why


def test_specifications_that_may_not_be_read_are_told():
    denied = Missing("no_permission", "denied")
    world = TestWorld(files={"/etc/cdi/nvidia.yaml": denied})
    (spec,) = collect_toolkit(world).cdi_specs.value
    assert spec.driver_version == denied
    assert collect_toolkit(TestWorld(files={"/etc/cdi/": denied})).cdi_specs == denied


CONFIG = "/etc/nvidia-container-runtime/config.toml"
SETTINGS = """disable-require = false
[nvidia-container-cli]
ldconfig = "@/sbin/ldconfig.real"
no-cgroups = true
[nvidia-container-runtime]
mode = "legacy"
"""


def test_the_toolkits_settings_are_read():
    config = collect_toolkit(TestWorld(files={CONFIG: SETTINGS, "/sbin/ldconfig": ""})).config.value
    assert (config.mode, config.no_cgroups, config.ldconfig) == ("legacy", True, "/sbin/ldconfig.real")
    assert config.ldconfig_there is False
    there = TestWorld(files={CONFIG: SETTINGS, "/sbin/ldconfig.real": ""})
    assert collect_toolkit(there).config.value.ldconfig_there is True


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        ("", "auto", False),
        ("[nvidia-container-runtime]\nmode = 5\n[nvidia-container-cli]\nldconfig = 5\n", "auto", False),
        ("nvidia-container-cli = 5\n", "auto", False),
        ("[nvidia-container-cli\n", "auto", True),
    ],
)
def test_odd_settings_of_the_toolkit(text, mode, problem):
    config = collect_toolkit(TestWorld(files={CONFIG: text})).config.value
    assert (config.mode, bool(config.problem), config.ldconfig_there) == (mode, problem, True)


@pytest.mark.parametrize("text", [YAML, YAML.replace("hostPath: /", 'hostPath: "/')])
def test_files_that_a_specification_names_are_looked_for(text):
    files = {"/etc/cdi/nvidia.yaml": text, "/dev/nvidia0": "", "/usr/bin/nvidia-cdi-hook": ""}
    (spec,) = collect_toolkit(TestWorld(files=files)).cdi_specs.value
    assert spec.files == 3
    assert spec.gone == Known(("/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05",))


def test_files_of_a_json_specification_and_directories_that_may_not_be_read():
    files = {"/etc/cdi/nvidia.json": JSON, "/usr/lib64/": Missing("no_permission")}
    (spec,) = collect_toolkit(TestWorld(files=files)).cdi_specs.value
    assert (spec.files, spec.gone) == (1, Known(()))


def test_the_refresh_service_and_the_links_that_systemd_needs():
    files = {"/usr/lib/systemd/system/nvidia-cdi-refresh.service": "", "/dev/char/195:0": "", "/dev/char/1:3": ""}
    wanted = {"/etc/systemd/system/multi-user.target.wants/nvidia-cdi-refresh.path": ""}
    off = collect_toolkit(TestWorld(files=files))
    assert (off.refresh.value.installed, off.refresh.value.enabled) == (True, False)
    assert off.char_links == Known(("195:0",))
    assert collect_toolkit(TestWorld(files={**files, **wanted})).refresh.value.enabled is True
    none = collect_toolkit(TestWorld())
    assert (none.refresh.value.installed, none.char_links.why, none.cli_path.why) == (False, "absent", "absent")


def test_since_when_the_hook_is_here():
    path = "/usr/bin/nvidia-container-runtime-hook"
    fields = {"mode": 0o755, "owner": "root", "group": "root", "modified": 7.0, "readable": True, "writable": False}
    world = TestWorld(
        programs={"nvidia-container-runtime-hook": path}, statuses={path: FileStatus(**fields, changed=99.0)}
    )
    assert collect_toolkit(world).hook_since == Known(99.0)
    untold = TestWorld(programs={"nvidia-container-runtime-hook": path}, statuses={path: FileStatus(**fields)})
    assert collect_toolkit(untold).hook_since == Missing("not_supported")
    assert collect_toolkit(TestWorld()).hook_since == Missing("absent")
    assert collect_toolkit(TestWorld(system="macos")).hook_since == Missing("not_applicable")
