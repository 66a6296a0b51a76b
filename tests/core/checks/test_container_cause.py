"""A container that gets no GPU is not called the cause where the set-up of toolkit or engine explains it."""

import pytest
from tests.support.check_cases import diagnose
from tests.support.containers import walked
from tests.support.snapshots import engine, healthy_snapshot, replaced

from drydock.core.facts import CdiSpec, EngineSetup, Known, Missing
from drydock.core.facts.container import StartAttempt
from drydock.core.facts.engine import ToolkitConfig
from drydock.core.facts.engine_setup import DaemonConfig

DAEMON = "/etc/docker/daemon.json"
ABSENT = Missing("absent")


def toolkit(**changes):
    return replaced(healthy_snapshot().toolkit, **{"version": Known("1.14.6"), **changes})


def configured(**changes):
    config = DaemonConfig(path=DAEMON, reader="rootful", keys=("runtimes",), **changes)
    return EngineSetup(configs=Known((config,)))


FAULTS = [
    ("toolkit-settings", {"toolkit": toolkit(config=Known(ToolkitConfig(path="/c", no_cgroups=True)))}),
    ("toolkit-settings", {"toolkit": toolkit(config=Known(ToolkitConfig(path="/c", problem="line 3")))}),
    ("toolkit-programs", {"toolkit": toolkit(cli_path=ABSENT)}),
    ("toolkit-version", {"toolkit": toolkit(version=Known("1.7.0"))}),
    (
        "toolkit-registered",
        {
            "engine": engine(runtimes=Known(("runc",))),
            "engine_setup": configured(runtimes={"nvidia": "nvidia-container-runtime"}),
        },
    ),
    (
        "toolkit-registered",
        {"engine_setup": configured(runtimes={"nvidia": "/gone"}, programs_gone=("nvidia",))},
    ),
    (
        "toolkit-cdi-files",
        {
            "engine": engine(runtimes=Known(("runc",)), cdi_devices=Known(("nvidia.com/gpu=0",))),
            "toolkit": toolkit(
                cdi_specs=Known(
                    (
                        CdiSpec(
                            path="/etc/cdi/nvidia.yaml",
                            devices=("nvidia.com/gpu=0",),
                            driver_version=Known("580.95.05"),
                            files=2,
                            gone=Known(("/usr/lib/gone.so",)),
                        ),
                    )
                )
            ),
        },
    ),
]


@pytest.mark.parametrize(("cause", "changes"), FAULTS)
def test_the_toolkit_is_named_and_not_the_container(cause, changes):
    refused = StartAttempt(gpus="hook", started=False, trouble="gpu-runtime-failed", text="exit status 1")
    snapshot = walked(healthy_snapshot(**changes), starts=(refused, StartAttempt(gpus="none", started=True)))
    diagnosis = diagnose(snapshot)
    assert diagnosis.root_cause.id == cause
    answers = {finding.id: finding for finding in diagnosis.findings}
    assert (answers["container-gpu"].variant, answers["container-gpu"].values["by"]) == ("blocked", cause)
    # what needs no GPU is still answered
    assert answers["container-start"].state == "ok"
    assert answers["container-shm"].state == "ok"


def test_a_default_runtime_that_is_gone_explains_that_nothing_starts():
    failed = StartAttempt(gpus="none", started=False, trouble="engine-error", text="no such file or directory")
    config = configured(runtimes={"runsc": "/gone"}, programs_gone=("runsc",), default_runtime="runsc")
    broken = healthy_snapshot(engine=engine(default_runtime=Known("runsc")), engine_setup=config)
    diagnosis = diagnose(walked(broken, starts=(failed,)))
    assert [finding.id for finding in diagnosis.findings if finding.state == "broken"] == ["engine-default-runtime"]
