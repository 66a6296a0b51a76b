"""The toolkit's registration, programs, settings and version, and what CDI specifications name."""

import pytest
from tests.support.setups import config, setup, told
from tests.support.snapshots import ABSENT, bare_snapshot, gpu, healthy_snapshot, host, replaced, toolkit

from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import CdiSpec, Known, Missing
from drydock.core.facts.engine import CdiRefresh, ToolkitConfig
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article

CONFIG = "/etc/nvidia-container-runtime/config.toml"
ONLY_RUNC = Known(("io.containerd.runc.v2", "runc"))
CDI = Known(("nvidia.com/gpu=0", "nvidia.com/gpu=all"))
ROOTLESS = {"endpoint": "unix:///run/user/1000/docker.sock", "rootless": Known(value=True)}


def spec(**changes):
    fields = {
        "path": "/var/run/cdi/nvidia.yaml",
        "devices": ("nvidia.com/gpu=0", "nvidia.com/gpu=all"),
        "driver_version": Known("580.95.05"),
        "files": 40,
        "gone": Known(()),
    }
    return CdiSpec(**{**fields, **changes})


def whole(**changes):
    """A toolkit of which everything is known."""
    fields = {
        "cli_path": Known("/usr/bin/nvidia-container-cli"),
        "config": Known(ToolkitConfig(path=CONFIG, ldconfig="/sbin/ldconfig.real")),
        "refresh": Known(CdiRefresh(installed=False, enabled=False)),
        "char_links": Known(("195:0", "195:255")),
    }
    return toolkit(**{**fields, **changes})


def machine(*configs, of=None, tools=None, **changes):
    return healthy_snapshot(engine=of or told(), engine_setup=setup(*configs), toolkit=tools or whole(), **changes)


def settings(of=None, version="1.17.8", **changes):
    return machine(of=of, tools=whole(version=Known(version), config=Known(ToolkitConfig(path=CONFIG, **changes))))


def specs(*found, of=None, **changes):
    return machine(of=of, tools=whole(cdi_specs=Known(found)), **changes)


def refresh(installed, enabled, *found, version="1.18.2"):
    state = Known(CdiRefresh(installed=installed, enabled=enabled))
    return machine(tools=whole(version=Known(version), refresh=state, cdi_specs=Known(found)))


NO_GPU = replaced(bare_snapshot(), engine=told(), engine_setup=setup())
REMOTE = machine(of=told(remote=True, endpoint="ssh://there"))
NOT_REGISTERED = told(runtimes=ONLY_RUNC)
OWN = config(path="/home/ada/.config/docker/daemon.json", reader="rootless", keys=(), runtimes={})

SINCE_200 = setup(config(), started=Known(200.0))

CASES = {
    "registered": (machine(config()), "toolkit-registered", "ok", "ok"),
    "program gone": (
        machine(config(programs_gone=("nvidia",))),
        "toolkit-registered",
        "broken",
        "program_gone",
    ),
    "program gone, CDI there": (
        machine(config(programs_gone=("nvidia",)), of=told(cdi_devices=CDI)),
        "toolkit-registered",
        "attention",
        "program_gone",
    ),
    "not restarted": (machine(config(), of=NOT_REGISTERED), "toolkit-registered", "broken", "not_restarted"),
    "not restarted, but the hook was there before": (
        replaced(machine(config(), of=NOT_REGISTERED, tools=whole(hook_since=Known(100.0))), engine_setup=SINCE_200),
        "toolkit-registered",
        "attention",
        "not_restarted_hook",
    ),
    "not restarted, and the hook came later too": (
        replaced(machine(config(), of=NOT_REGISTERED, tools=whole(hook_since=Known(300.0))), engine_setup=SINCE_200),
        "toolkit-registered",
        "broken",
        "not_restarted",
    ),
    "rootless reads another file": (
        machine(config(), OWN, of=told(runtimes=ONLY_RUNC, **ROOTLESS)),
        "toolkit-registered",
        "broken",
        "other_file",
    ),
    "CDI only": (machine(of=told(runtimes=ONLY_RUNC, cdi_devices=CDI)), "toolkit-registered", "ok", "not_needed"),
    "nowhere": (machine(of=NOT_REGISTERED), "toolkit-registered", "not_tested", "nowhere"),
    "no GPU": (NO_GPU, "toolkit-registered", "not_tested", "no_gpu"),
    "remote": (REMOTE, "toolkit-registered", "not_tested", "elsewhere"),
    "files unknown": (
        healthy_snapshot(engine=told(), toolkit=whole()),
        "toolkit-registered",
        "not_tested",
        "unknown",
    ),
    "programs": (machine(config()), "toolkit-programs", "ok", "ok"),
    "no cli": (machine(config(), tools=whole(cli_path=ABSENT)), "toolkit-programs", "broken", "gone"),
    "no cli, new toolkit": (
        machine(config(), tools=whole(cli_path=ABSENT, version=Known("1.18.2"))),
        "toolkit-programs",
        "attention",
        "gone_unused",
    ),
    "no runtime": (machine(of=NOT_REGISTERED), "toolkit-programs", "not_tested", "not_needed"),
    "programs without a GPU": (NO_GPU, "toolkit-programs", "not_tested", "no_gpu"),
    "programs there": (REMOTE, "toolkit-programs", "not_tested", "elsewhere"),
    "programs unknown": (
        machine(tools=whole(cli_path=Missing("not_asked"))),
        "toolkit-programs",
        "not_tested",
        "unknown",
    ),
    "settings": (machine(), "toolkit-settings", "ok", "ok"),
    "no settings": (machine(tools=whole(config=ABSENT)), "toolkit-settings", "ok", "defaults"),
    "not TOML": (settings(problem="Expected '='"), "toolkit-settings", "broken", "unreadable"),
    "no-cgroups as root": (settings(no_cgroups=True), "toolkit-settings", "broken", "no_cgroups"),
    "no-cgroups inside another container": (
        replaced(settings(no_cgroups=True), host=host(in_container=Known(value=True))),
        "toolkit-settings",
        "ok",
        "ok",
    ),
    "no-cgroups, new toolkit": (
        settings(no_cgroups=True, version="1.18.2"),
        "toolkit-settings",
        "attention",
        "no_cgroups",
    ),
    "no-cgroups without root": (
        settings(of=told(**ROOTLESS), no_cgroups=True),
        "toolkit-settings",
        "ok",
        "ok",
    ),
    "cgroups without root": (settings(of=told(**ROOTLESS)), "toolkit-settings", "broken", "cgroups_rootless"),
    "mode of Jetson": (settings(mode="csv"), "toolkit-settings", "broken", "csv"),
    "mode of Jetson, CDI there": (
        settings(of=told(cdi_devices=CDI), mode="csv"),
        "toolkit-settings",
        "attention",
        "csv",
    ),
    "ldconfig gone": (
        settings(ldconfig="/sbin/ldconfig.real", ldconfig_there=False),
        "toolkit-settings",
        "broken",
        "ldconfig",
    ),
    "settings without a GPU": (NO_GPU, "toolkit-settings", "not_tested", "no_gpu"),
    "settings there": (REMOTE, "toolkit-settings", "not_tested", "elsewhere"),
    "settings unknown": (
        machine(tools=whole(config=Missing("no_permission"))),
        "toolkit-settings",
        "not_tested",
        "unknown",
    ),
    "version": (machine(), "toolkit-version", "ok", "ok"),
    "cgroup 2 unknown to it": (
        machine(tools=whole(version=Known("1.5.1"))),
        "toolkit-version",
        "broken",
        "no_cgroup2",
    ),
    "hole": (machine(tools=whole(version=Known("1.17.7"))), "toolkit-version", "attention", "vulnerable"),
    "hides": (machine(tools=whole(version=Known("1.18.1"))), "toolkit-version", "ok", "hiding"),
    "candidate": (machine(tools=whole(version=Known("1.18.0-rc.2"))), "toolkit-version", "ok", "hiding"),
    "version without a GPU": (NO_GPU, "toolkit-version", "not_tested", "no_gpu"),
    "version there": (REMOTE, "toolkit-version", "not_tested", "elsewhere"),
    "version unknown": (machine(tools=whole(version=Missing("failed"))), "toolkit-version", "not_tested", "unknown"),
    "cgroupfs": (
        machine(of=told(cgroup_driver=Known("cgroupfs"))),
        "toolkit-reload",
        "ok",
        "other_driver",
    ),
    "reload with CDI": (machine(of=told(cdi_devices=CDI)), "toolkit-reload", "ok", "cdi"),
    "reload with links": (machine(), "toolkit-reload", "ok", "links"),
    "reload with a new toolkit": (
        machine(tools=whole(version=Known("1.18.2"), char_links=Known(()))),
        "toolkit-reload",
        "ok",
        "own_cdi",
    ),
    "reload takes the GPU": (machine(tools=whole(char_links=Known(()))), "toolkit-reload", "attention", "may_lose"),
    "reload without a way": (
        machine(of=NOT_REGISTERED, tools=whole(hook_path=Known("/usr/bin/x"))),
        "toolkit-reload",
        "not_tested",
        "no_way",
    ),
    "reload without a GPU": (NO_GPU, "toolkit-reload", "not_tested", "no_gpu"),
    "reload there": (REMOTE, "toolkit-reload", "not_tested", "elsewhere"),
    "reload unknown": (machine(tools=whole(char_links=Missing("failed"))), "toolkit-reload", "not_tested", "unknown"),
    "CDI on": (specs(spec()), "toolkit-cdi-engine", "ok", "ok"),
    "CDI of Podman": (specs(spec(), of=told(product=Known("Podman"))), "toolkit-cdi-engine", "ok", "podman"),
    "CDI off": (specs(spec(), of=told(cdi_directories=Known(()))), "toolkit-cdi-engine", "attention", "off"),
    "CDI off by the file": (
        machine(config(cdi=False), of=told(cdi_directories=Known(())), tools=whole(cdi_specs=Known((spec(),)))),
        "toolkit-cdi-engine",
        "attention",
        "off_by_file",
    ),
    "other directory": (
        specs(spec(path="/opt/cdi/nvidia.yaml")),
        "toolkit-cdi-engine",
        "attention",
        "other_directory",
    ),
    "engine of 2023": (
        specs(spec(), of=told(cdi_directories=Missing("not_supported"))),
        "toolkit-cdi-engine",
        "not_tested",
        "too_old",
    ),
    "no specifications": (machine(), "toolkit-cdi-engine", "not_tested", "no_specs"),
    "CDI without a GPU": (NO_GPU, "toolkit-cdi-engine", "not_tested", "no_gpu"),
    "CDI there": (REMOTE, "toolkit-cdi-engine", "not_tested", "elsewhere"),
    "CDI unknown": (
        machine(tools=whole(cdi_specs=Missing("no_permission"))),
        "toolkit-cdi-engine",
        "not_tested",
        "unknown",
    ),
    "files": (specs(spec()), "toolkit-cdi-files", "ok", "ok"),
    "files gone": (
        specs(spec(gone=Known(("/dev/dri/renderD129",))), of=told(runtimes=ONLY_RUNC, cdi_devices=CDI)),
        "toolkit-cdi-files",
        "broken",
        "gone",
    ),
    "files gone, runtime there": (
        specs(spec(gone=Known(("/dev/dri/renderD129",)))),
        "toolkit-cdi-files",
        "attention",
        "gone",
    ),
    "files gone, another whole": (
        specs(
            spec(path="/etc/cdi/nvidia.yaml", gone=Known(("/dev/dri/renderD129",))),
            spec(),
            of=told(runtimes=ONLY_RUNC, cdi_devices=CDI),
        ),
        "toolkit-cdi-files",
        "broken",
        "gone_beside",
    ),
    "files without specifications": (machine(), "toolkit-cdi-files", "not_tested", "no_specs"),
    "files without a GPU": (NO_GPU, "toolkit-cdi-files", "not_tested", "no_gpu"),
    "files there": (REMOTE, "toolkit-cdi-files", "not_tested", "elsewhere"),
    "files not looked for": (specs(spec(gone=Missing("not_asked"))), "toolkit-cdi-files", "not_tested", "unknown"),
    "GPUs": (specs(spec()), "toolkit-cdi-gpus", "ok", "ok"),
    "second GPU missing": (specs(spec(), gpus=(gpu(0), gpu(1))), "toolkit-cdi-gpus", "attention", "absent"),
    "GPU by its UUID": (
        specs(spec(devices=("nvidia.com/gpu=GPU-00000000-0000-0000-0000-000000000000",))),
        "toolkit-cdi-gpus",
        "ok",
        "ok",
    ),
    "a GPU too many": (
        specs(spec(devices=("nvidia.com/gpu=0", "nvidia.com/gpu=1"))),
        "toolkit-cdi-gpus",
        "attention",
        "extra",
    ),
    "slices": (
        specs(spec(), gpus=(gpu(mig=Known(value=True), mig_devices=("MIG-1",)),)),
        "toolkit-cdi-gpus",
        "not_tested",
        "mig",
    ),
    "GPUs of Windows": (
        replaced(
            specs(spec(devices=("nvidia.com/gpu=all",))),
            host=host(kernel=Known("6.6.87.2-microsoft-standard-WSL2"), wsl=Known(value=True)),
        ),
        "toolkit-cdi-gpus",
        "ok",
        "ok",
    ),
    "GPUs of a closed specification": (
        specs(spec(devices=(), driver_version=Missing("no_permission", "[Errno 13]"))),
        "toolkit-cdi-gpus",
        "not_tested",
        "unknown",
    ),
    "GPUs without specifications": (machine(), "toolkit-cdi-gpus", "not_tested", "no_specs"),
    "GPUs without a GPU": (NO_GPU, "toolkit-cdi-gpus", "not_tested", "no_gpu"),
    "GPUs there": (REMOTE, "toolkit-cdi-gpus", "not_tested", "elsewhere"),
    "GPUs unknown": (
        machine(tools=whole(cdi_specs=Missing("failed"))),
        "toolkit-cdi-gpus",
        "not_tested",
        "unknown",
    ),
    "renewed": (refresh(True, True, spec()), "toolkit-cdi-refresh", "ok", "ok"),
    "by hand": (refresh(False, False, spec(), version="1.17.8"), "toolkit-cdi-refresh", "ok", "by_hand"),
    "by something else": (refresh(False, False, spec()), "toolkit-cdi-refresh", "ok", "by_other"),
    "not switched on": (refresh(True, False, spec()), "toolkit-cdi-refresh", "attention", "disabled"),
    "no result": (refresh(True, True), "toolkit-cdi-refresh", "attention", "no_result"),
    "none to renew": (refresh(False, False), "toolkit-cdi-refresh", "not_tested", "no_specs"),
    "renewal without a GPU": (NO_GPU, "toolkit-cdi-refresh", "not_tested", "no_gpu"),
    "renewal there": (REMOTE, "toolkit-cdi-refresh", "not_tested", "elsewhere"),
    "renewal unknown": (
        machine(tools=whole(refresh=Missing("no_permission"))),
        "toolkit-cdi-refresh",
        "not_tested",
        "unknown",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_answers(name):
    snapshot, check, state, variant = CASES[name]
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == check)
    assert (finding.state, finding.variant) == (state, variant), finding
    article = finding_article(finding)
    assert "{" not in article.text + article.consequence + article.remedy


def test_every_variant_is_asserted():
    mine = {"toolkit-registered", "toolkit-programs", "toolkit-settings", "toolkit-version", "toolkit-reload"}
    mine |= {"toolkit-cdi-engine", "toolkit-cdi-files", "toolkit-cdi-gpus", "toolkit-cdi-refresh"}
    wanted = {(check.id, variant) for check in CHECKS if check.id in mine for variant in check.variants}
    assert {(case[1], case[3]) for case in CASES.values()} == wanted


@pytest.mark.parametrize("name", ["not restarted", "rootless reads another file", "program gone"])
def test_the_registration_is_named_as_the_cause_and_not_the_missing_way(name):
    findings = conclude(CASES[name][0], load_catalogue())
    assert next(item.id for item in findings if item.state == "broken") == "toolkit-registered"
    assert next(item for item in findings if item.id == "toolkit-path").variant == "blocked"


def test_a_jetson_may_use_its_own_mode():
    snapshot = replaced(settings(mode="csv"), host=host(kernel=Known("5.15.148-tegra")))
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == "toolkit-settings")
    assert finding.variant == "ok"
