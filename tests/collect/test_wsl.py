"""What Windows lends WSL, and its settings."""

from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.wsl import collect_wsl, parse_settings
from drydock.core.facts import Known

KERNEL = Known("6.6.87.2-microsoft-standard-WSL2")
PATH = "/usr/bin:/mnt/c/Windows/system32:/mnt/c/Users/ada/AppData/Local/Microsoft/WindowsApps"
WINDOWS = "/mnt/c/Users/ada/.wslconfig"


def test_settings_of_both_sides_are_read():
    files = {
        "/etc/wsl.conf": "[boot]\nsystemd=true\n[gpu]\nenabled = false # no\n",
        WINDOWS: "\ufeff[wsl2]\r\nmemory=8GB\r\ngpuSupport=true\r\n",
        "/usr/lib/wsl/lib/libcuda.so.1": "",
        "/etc/ld.so.conf.d/ld.wsl.conf": "/usr/lib/wsl/lib\n",
    }
    wsl = collect_wsl(TestWorld(files=files, kernel=KERNEL, variables={"PATH": PATH}))
    assert (wsl.gpu_enabled, wsl.gpu_support) == (Known(value=False), Known(value=True))
    assert wsl.memory == Known("8GB")
    assert isinstance(wsl.settings_file, Known)
    assert "ada" not in str(wsl)
    assert (wsl.libraries, wsl.on_loader_path) == (Known(("libcuda.so.1",)), Known(value=True))


def test_without_settings_nothing_is_invented():
    wsl = collect_wsl(TestWorld(kernel=KERNEL, variables={"PATH": "/usr/bin"}))
    assert (wsl.gpu_enabled.why, wsl.memory.why, wsl.settings_file.why) == ("absent", "absent", "absent")
    other = collect_wsl(TestWorld(files={"/etc/ld.so.conf.d/x.conf": "/opt\n"}, kernel=KERNEL))
    assert other.on_loader_path == Known(value=False)


def test_who_the_windows_user_is_stays_outside():
    assert "ada" not in str(collect_wsl(TestWorld(kernel=KERNEL, variables={"PATH": PATH})))


def test_elsewhere_nothing_of_it_applies_and_nothing_is_read():
    world = TestWorld(before=lambda question: (_ for _ in ()).throw(AssertionError(question)))
    assert collect_wsl(world).libraries.why == "not_applicable"


@given(st.text(max_size=200))
def test_any_settings_are_read(text):
    assert isinstance(parse_settings(text), dict)
