"""The remedies that Drydock offers, applied and taken back on real files below a directory that is thrown away."""

import json
import os
import tomllib

import pytest
from tests.core.remedies.test_toml_text import SHIPPED
from tests.support.snapshots import engine, healthy_snapshot, host, no_toolkit, replaced, wsl_snapshot

from drydock.core.facts import CdiSpec, Distribution, EngineSetup, Known
from drydock.core.facts.engine import ToolkitConfig
from drydock.core.facts.setup import DriverSetup
from drydock.core.findings import Finding
from drydock.core.remedies import remedies_for
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.mend import MendJob, UndoJob
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the stand-in for root must be root")

PROGRAMS = ("systemctl", "env", "modprobe", "sysctl", "usermod", "nvidia-smi", "update-initramfs", "dnf")
TOOLKIT = "/etc/nvidia-container-runtime/config.toml"
DAEMON = "/etc/docker/daemon.json"
SPEC = 'cdiVersion: "0.6.0"\nkind: nvidia.com/gpu\ndevices:\n- name: "0"\n'


class Place:
    """A root whose files may be changed and whose programs only write down that they were called."""

    def __init__(self, folder):
        self.root = folder / "root"
        self.calls = folder / "calls"
        for name in ("etc", "usr/share/keyrings", "etc/security", "etc/apt/sources.list.d", "etc/yum.repos.d"):
            (self.root / name).mkdir(parents=True)
        self.store = Store(folder / "store")
        self.context = Context(world=LiveWorld(), store=self.store)
        for name in (
            "systemctl",
            "env",
            "modprobe",
            "sysctl",
            "usermod",
            "nvidia-smi",
            "update-initramfs",
            "dnf",
            "ldconfig",
        ):
            # nothing is active or enabled before
            self.program(name, f'echo "{name} $*" >> {self.calls}; case "$*" in is-*) exit 1;; esac')

    def program(self, name, script):
        place = self.root / "usr" / "bin" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)

    def path(self, name):
        return self.root / name.lstrip("/")

    def write(self, name, text):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)

    def called(self):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if " is-" not in line]

    def files(self):
        return {
            str(path.relative_to(self.root)): path.read_text()
            for path in self.root.rglob("*")
            if path.is_file() and "usr/bin" not in str(path)
        }

    def plan(self, remedy):
        return PlanJob(self.context, remedy, root=str(self.root)).run(lambda _: None, Stop())

    def apply(self, remedy):
        # what helped is looked at on another machine than this one
        plan = replaced(self.plan(remedy), recheck=())
        return MendJob(self.context, plan, plan.fingerprint, root=str(self.root)).run(lambda _: None, Stop())

    def undo(self, mended):
        plan = PlanUndoJob(self.context, mended.entry).run(lambda _: None, Stop())
        return UndoJob(self.context, mended.entry, plan.fingerprint, root=str(self.root)).run(lambda _: None, Stop())


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.store.close()


def offered(check, variant, snapshot=None, which=0, **values):
    item = Finding(id=check, rung="engine", state="broken", variant=variant, values=values)
    return remedies_for(item, snapshot or healthy_snapshot())[which]


def with_config(**changes):
    config = ToolkitConfig(path=TOOLKIT, **changes)
    return healthy_snapshot(toolkit=replaced(healthy_snapshot().toolkit, config=Known(config)))


@pytest.mark.parametrize(
    ("variant", "facts", "wrong", "table", "key", "value"),
    [
        ("no_cgroups", {"no_cgroups": True}, ("#no-cgroups = false", "no-cgroups = true"), 0, "no-cgroups", False),
        ("csv", {"mode": "csv"}, ('mode = "auto"', 'mode = "csv"'), 1, "mode", "auto"),
        (
            "ldconfig",
            {"ldconfig": "@/sbin/ldconfig.real", "ldconfig_there": False},
            ("x", "x"),
            0,
            "ldconfig",
            "@/sbin/ldconfig",
        ),
    ],
)
def test_one_setting_of_the_toolkit_is_put_right_and_put_back(place, variant, facts, wrong, table, key, value):
    text = SHIPPED.replace(*wrong)
    place.write(TOOLKIT, text)
    mended = place.apply(offered("toolkit-settings", variant, with_config(**facts)))
    tree = tomllib.loads(place.path(TOOLKIT).read_text())
    assert tree[("nvidia-container-cli", "nvidia-container-runtime")[table]][key] == value
    assert len(place.path(TOOLKIT).read_text().splitlines()) == len(text.splitlines())
    place.undo(mended)
    assert place.path(TOOLKIT).read_text() == text


def test_a_rootless_engine_gets_the_opposite(place):
    place.write(TOOLKIT, SHIPPED)
    snapshot = replaced(with_config(), engine=engine(rootless=Known(value=True)))
    place.apply(offered("toolkit-settings", "cgroups_rootless", snapshot))
    assert tomllib.loads(place.path(TOOLKIT).read_text())["nvidia-container-cli"]["no-cgroups"] is True


def test_settings_that_are_no_toml_are_left_alone_and_can_be_written_anew(place):
    place.write(TOOLKIT, "[nvidia-container-cli\n")
    place.program("nvidia-ctk", f"[ \"$*\" = 'config default' ] && cat <<'END'\n{SHIPPED}END")
    with pytest.raises(Trouble) as caught:
        place.plan(offered("toolkit-settings", "csv", with_config(mode="csv")))
    assert (caught.value.id, caught.value.values["path"]) == ("mend-file-not-toml", str(place.path(TOOLKIT)))
    mended = place.apply(offered("toolkit-settings", "unreadable", with_config(problem="line 1")))
    assert place.path(TOOLKIT).read_text() == SHIPPED
    place.undo(mended)
    assert place.path(TOOLKIT).read_text() == "[nvidia-container-cli\n"


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_stale_specification_is_written_anew_in_its_own_form(place, ending):
    path = f"/etc/cdi/nvidia.{ending}"
    place.write(path, "old\n")
    place.program(
        "nvidia-ctk", f'case "$*" in "cdi generate"*) echo "$*"; cat <<\'END\'\n{SPEC}END\n;; *) exit 2;; esac'
    )
    mended = place.apply(offered("toolkit-cdi", "stale", path=path))
    first, _, rest = place.path(path).read_text().partition("\n")
    assert first == ("cdi generate --format=json" if ending == "json" else "cdi generate")
    assert rest == SPEC
    place.undo(mended)
    assert place.path(path).read_text() == "old\n"


def test_a_driver_that_does_not_answer_leaves_the_old_specification(place):
    place.write("/etc/cdi/nvidia.yaml", "old\n")
    place.program("nvidia-ctk", "echo 'failed to initialize NVML: Driver Not Loaded' >&2; exit 1")
    with pytest.raises(Trouble) as caught:
        place.apply(offered("toolkit-cdi", "stale", path="/etc/cdi/nvidia.yaml"))
    assert caught.value.id == "mend-source-failed"
    assert place.files() == {"etc/cdi/nvidia.yaml": "old\n"}


def test_of_two_specifications_the_one_nobody_renews_goes_and_comes_back(place):
    first, second = "/etc/cdi/nvidia.yaml", "/var/run/cdi/nvidia.yaml"
    place.write(first, SPEC)
    place.write(second, SPEC)
    mended = place.apply(offered("toolkit-cdi", "double", first=first, second=second, device="nvidia.com/gpu=0"))
    assert list(place.files()) == ["var/run/cdi/nvidia.yaml"]
    place.undo(mended)
    assert place.path(first).read_text() == SPEC


OWN = '{\n  "log-opts": {"labels": "team"},\n  "default-ulimits": {"core": {"Name": "core", "Hard": 0, "Soft": 0}}\n}\n'


@pytest.mark.parametrize(
    ("finding", "values", "wanted"),
    [
        (
            ("engine-logs", "unlimited_tight"),
            {},
            {"log-driver": "json-file", "log-opts": {"labels": "team", "max-file": "3", "max-size": "100m"}},
        ),
        (
            ("container-memlock", "small"),
            {},
            {
                "default-ulimits": {
                    "core": {"Name": "core", "Hard": 0, "Soft": 0},
                    "memlock": {"Name": "memlock", "Hard": -1, "Soft": -1},
                }
            },
        ),
        (("engine-default-runtime", "gone"), {"name": "runsc"}, {"default-runtime": "runc"}),
        (
            ("toolkit-cdi-engine", "other_directory"),
            {"path": "/var/run/cdi/nvidia.yaml"},
            {"cdi-spec-dirs": ["/etc/cdi", "/var/run/cdi"]},
        ),
    ],
)
def test_the_engines_settings_are_added_to_and_it_is_restarted(place, finding, values, wanted):
    place.write(DAEMON, OWN)
    snapshot = healthy_snapshot(engine=engine(cdi_directories=Known(("/etc/cdi",))))
    mended = place.apply(offered(*finding, snapshot, **values))
    assert json.loads(place.path(DAEMON).read_text()) == {**json.loads(OWN), **wanted}
    assert place.called() == ["systemctl restart docker"]
    place.undo(mended)
    assert place.path(DAEMON).read_text() == OWN
    assert place.called() == ["systemctl restart docker"] * 2


def test_the_engine_learns_of_the_proxy_and_no_password_is_written(place):
    def behind(proxy):
        return healthy_snapshot(host=host(environment={"https_proxy": proxy, "no_proxy": "localhost"}))

    place.apply(offered("engine-proxy", "session_only", behind("http://proxy.example:3128")))
    assert json.loads(place.path(DAEMON).read_text()) == {
        "proxies": {"https-proxy": "http://proxy.example:3128", "no-proxy": "localhost"}
    }
    item = Finding(id="engine-proxy", rung="engine", state="attention", variant="session_only")
    assert remedies_for(item, behind("http://ada:secret@proxy.example:3128")) == ()


def test_the_toolkit_is_installed_from_nvidias_repository(place):
    place.program("curl", 'echo "key from $*"')
    snapshot = healthy_snapshot(toolkit=no_toolkit())
    mended = place.apply(offered("toolkit-installed", "absent", snapshot))
    files = place.files()
    key = "usr/share/keyrings/nvidia-container-toolkit-keyring.asc"
    assert files[key].startswith("key from --fail ")
    assert files[key].endswith("https://nvidia.github.io/libnvidia-container/gpgkey\n")
    assert files["etc/apt/sources.list.d/nvidia-container-toolkit.list"] == (
        f"deb [signed-by=/{key}] https://nvidia.github.io/libnvidia-container/stable/deb/$(ARCH) /\n"
    )
    assert "nvidia" in json.loads(files["etc/docker/daemon.json"])["runtimes"]
    install = "env DEBIAN_FRONTEND=noninteractive apt-get install -y nvidia-container-toolkit"
    assert place.called() == [
        "env DEBIAN_FRONTEND=noninteractive apt-get update",
        install,
        "systemctl reload-or-restart docker",
    ]
    place.undo(mended)
    assert place.files() == {}
    removed = place.called()[3]
    assert removed.startswith("env DEBIAN_FRONTEND=noninteractive apt-get remove -y nvidia-container-toolkit ")
    assert place.called()[-1] == "systemctl restart docker"


def test_an_installation_that_fails_leaves_nothing_behind(place):
    place.program("curl", "echo key")
    place.program("env", 'case "$*" in *install*) echo "Unable to locate package" >&2; exit 100;; esac')
    with pytest.raises(Trouble) as caught:
        place.apply(offered("toolkit-installed", "absent", healthy_snapshot(toolkit=no_toolkit())))
    assert caught.value.id == "mend-step-failed"
    assert "Unable to locate package" in caught.value.values["text"]
    assert place.files() == {}


def test_fedora_gets_the_repository_as_nvidia_writes_it(place):
    place.program("curl", 'echo "[nvidia-container-toolkit]"; echo "# $*"')
    fedora = host(distribution=Known(Distribution(id="fedora", version="43", pretty="Fedora 43")))
    place.apply(offered("toolkit-installed", "absent", healthy_snapshot(host=fedora, toolkit=no_toolkit())))
    repository = place.path("/etc/yum.repos.d/nvidia-container-toolkit.repo").read_text()
    assert repository.endswith(
        "https://nvidia.github.io/libnvidia-container/stable/rpm/nvidia-container-toolkit.repo\n"
    )
    assert place.called()[0] == "dnf install -y nvidia-container-toolkit"


def test_nouveau_is_forbidden_and_allowed_again(place):
    mended = place.apply(offered("driver-bound", "nouveau"))
    path = "etc/modprobe.d/blacklist-nouveau.conf"
    assert place.files() == {path: "blacklist nouveau\noptions nouveau modeset=0\n"}
    place.undo(mended)
    assert place.files() == {}
    assert place.called() == ["update-initramfs -u"] * 2


def test_a_module_is_named_for_every_start(place):
    mended = place.apply(offered("driver-nodes", "no_uvm", which=1))
    assert place.files() == {"etc/modules-load.d/nvidia-uvm.conf": "nvidia_uvm\n"}
    place.undo(mended)
    assert place.files() == {}
    assert place.called() == ["modprobe nvidia_uvm", "modprobe -r nvidia_uvm"]


def test_a_limit_is_written_down_for_every_login(place):
    mended = place.apply(offered("host-limits", "locked"))
    assert place.files() == {"etc/security/limits.d/60-locked.conf": "* - memlock unlimited\n"}
    place.undo(mended)
    assert place.files() == {}


def test_the_driver_keeps_its_memory_over_sleep(place):
    services = Known(("nvidia-hibernate", "nvidia-resume", "nvidia-suspend"))
    snapshot = healthy_snapshot(setup=DriverSetup(service_files=services))
    mended = place.apply(offered("driver-suspend", "lost", snapshot, which=1))
    (text,) = place.files().values()
    assert text.startswith("options nvidia NVreg_PreserveVideoMemoryAllocations=1 ")
    units = ["suspend", "hibernate", "resume"]
    assert place.called() == [*(f"systemctl enable nvidia-{name}" for name in units), "update-initramfs -u"]
    place.undo(mended)
    assert place.files() == {}
    assert place.called()[4:] == [*(f"systemctl disable nvidia-{name}" for name in units[::-1]), "update-initramfs -u"]


@pytest.mark.parametrize("text", ["[gpu]\nenabled=false\n", "[boot]\nsystemd = true\n\n[gpu]\nenabled = false # no\n"])
def test_windows_lends_its_gpus_again(place, text):
    place.write("/etc/wsl.conf", text)
    mended = place.apply(offered("wsl-settings", "off_here", wsl_snapshot()))
    assert tomllib.loads(place.path("/etc/wsl.conf").read_text())["gpu"] == {"enabled": True}
    place.undo(mended)
    assert place.path("/etc/wsl.conf").read_text() == text


def test_a_kernel_setting_and_a_gpu_mode_are_put_back(place):
    for remedy in (
        offered("host-overcommit", "strict"),
        offered(
            "gpu-compute-mode",
            "exclusive",
            healthy_snapshot(gpus=(replaced(healthy_snapshot().gpus[0], compute_mode=Known("exclusive_process")),)),
        ),
    ):
        place.undo(place.apply(remedy))
    assert place.called() == [
        "sysctl -w vm.overcommit_memory=0",
        "sysctl -w vm.overcommit_memory=2",
        "nvidia-smi -i 0 -c 0",
        "nvidia-smi -i 0 -c 3",
    ]


def test_a_container_that_gets_no_gpu_is_helped_by_what_is_there():
    ids = lambda snapshot, variant: [  # noqa: E731
        remedy.id
        for remedy in remedies_for(
            Finding(id="container-gpu", rung="container", state="broken", variant=variant), snapshot
        )
    ]
    assert ids(healthy_snapshot(toolkit=no_toolkit()), "no_runtime") == ["install-toolkit"]
    assert ids(healthy_snapshot(), "no_runtime") == ["register-runtime"]
    spec = CdiSpec(path="/etc/cdi/nvidia.yaml", devices=("nvidia.com/gpu=0",), driver_version=Known("1"))
    with_spec = healthy_snapshot(toolkit=replaced(healthy_snapshot().toolkit, cdi_specs=Known((spec,))))
    assert ids(with_spec, "cdi_missing") == ["rewrite-cdi", "register-runtime"]
    podman = healthy_snapshot(engine=engine(product=Known("Podman Engine")))
    assert ids(podman, "cdi_missing") == ["write-cdi"]


def test_a_group_that_is_not_there_is_made_first(place):
    place.program("groupadd", f'echo "groupadd $*" >> {place.calls}')
    snapshot = healthy_snapshot(engine_setup=EngineSetup(docker_group=Known(value=False)))
    place.apply(offered("engine-permission", "not_member", snapshot))
    assert [line.split()[0] for line in place.called()] == ["groupadd", "usermod", "systemctl"]
    assert place.called()[-1] == "systemctl restart docker.socket docker"
