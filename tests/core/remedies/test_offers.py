"""What is offered on every recorded machine: it fits, says exactly what it does, and can be taken back as it says."""

import re
import shlex

import pytest
from tests.machines.build import CASES
from tests.support.snapshots import engine, healthy_snapshot, host, replaced, server_gpu, wsl_snapshot

from drydock.core.checks.engine_situation import is_rootless
from drydock.core.checks.situation import is_docker_desktop, is_podman, is_wsl
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Distribution, EngineSetup, Known, Missing, known_or
from drydock.core.facts.engine import ToolkitConfig
from drydock.core.facts.engine_setup import EngineSocket
from drydock.core.facts.setup import DkmsModule, DriverSetup
from drydock.core.findings import Finding
from drydock.core.remedies import OFFERED, packages_of, remedies_for
from drydock.core.remedies.plan import Ground, WriteStep, inverse_of, plan_of, preview
from drydock.core.remedies.steps import CorrectObject, DropFile, EditStep, EngineStep, RunStep, TakeOutput
from drydock.core.remedies.table import MAKERS
from drydock.core.trouble import Trouble
from drydock.data.knowledge import check_articles, finding_article, trouble_article
from drydock.data.machine import open_machine, sample_machines
from drydock.jobs.diagnose import diagnose_snapshot

SNAPSHOTS = {case.name: case.snapshot for case in CASES} | {
    f"sample {name}": open_machine(name).snapshot for name in sample_machines()
}


def made(**changes):
    fields = {"toolkit": replaced(healthy_snapshot().toolkit, config=Known(TOOLKIT_CONFIG)), **changes}
    return healthy_snapshot(**fields)


TOOLKIT_CONFIG = ToolkitConfig(
    path="/etc/nvidia-container-runtime/config.toml", mode="csv", no_cgroups=True, ldconfig="@/no", ldconfig_there=False
)
FAMILIES = {
    "debian": Distribution(id="debian", version="13", pretty="Debian 13"),
    "fedora": Distribution(id="fedora", version="43", pretty="Fedora 43"),
    "opensuse": Distribution(id="opensuse-leap", version="16.0", pretty="openSUSE Leap", like=("suse", "opensuse")),
    "arch": Distribution(id="arch", version="", pretty="Arch Linux"),
    "void": Distribution(id="void", version="", pretty="Void"),
    "centos7": Distribution(id="centos", version="7", pretty="CentOS Linux 7", like=("rhel", "fedora")),
}
BUSY_GPU = server_gpu(compute_mode=Known("exclusive_process"), power_limit=Known(300.0), persistence=Known(value=False))
PROXIES = {"HTTP_PROXY": "http://proxy.example:3128", "NO_PROXY": "localhost"}
SNAPSHOTS |= {
    **{f"made {name}": made(host=host(distribution=Known(found))) for name, found in FAMILIES.items()},
    "made without systemd": made(setup=DriverSetup(services=Missing("absent"), service_files=Known(()))),
    "made in a container": made(host=host(in_container=Known(value=True))),
    "made snap": made(engine=engine(data_root=Known("/var/snap/docker/common/var-lib-docker"))),
    "made rootless": made(engine=engine(endpoint="unix:///run/user/1000/docker.sock", rootless=Known(value=True))),
    "made Windows": made(host=host(system="windows", distribution=Missing("not_applicable"))),
    "made macOS": made(host=host(system="macos", distribution=Missing("not_applicable")), gpus=()),
    "made remote": made(engine=engine(remote=True, endpoint="ssh://lab", chosen_by="context lab")),
    "made desktop": made(
        engine=engine(
            operating_system=Known("Docker Desktop"),
            endpoint="unix:///home/ada/.docker/desktop/docker.sock",
            chosen_by="context desktop-linux",
        )
    ),
    "made with much to change": made(
        host=host(environment=PROXIES),
        gpus=(BUSY_GPU,),
        setup=DriverSetup(
            dkms=Known((DkmsModule(name="nvidia", version="580.95.05", kernels=()),)),
            service_files=Known(("nvidia-hibernate", "nvidia-resume", "nvidia-suspend")),
        ),
        engine_setup=EngineSetup(
            selinux=Known("enforcing"),
            sockets=Known((EngineSocket(path="/var/run/docker.sock", kind="system", mode=Known(0o666)),)),
            docker_group=Known(value=False),
        ),
    ),
    "made WSL": wsl_snapshot(),
}
VALUES = {
    "path": "/etc/cdi/nvidia.yaml",
    "first": "/etc/cdi/nvidia.yaml",
    "second": "/var/run/cdi/nvidia.yaml",
    "ids": "0",
    "kernel": "6.14.0-30-generic",
    "group": "video",
    "name": "nvidia",
}
"""Of which findings of any check take theirs."""

every_machine = pytest.mark.parametrize("name", SNAPSHOTS)


def offered(snapshot):
    """Return every remedy that any finding could get here, with the finding."""
    for check, variant in sorted(OFFERED):
        item = Finding(id=check, rung="engine", state="broken", variant=variant, values=VALUES)
        for remedy in remedies_for(item, snapshot):
            yield item, remedy


def ground_for(remedy):
    contents, outputs = {}, {}
    for step in remedy.steps:
        if isinstance(step, EditStep):
            there = {CorrectObject: '{"debug": true,}\n', DropFile: "cdiVersion: 0.6.0\n"}
            contents[step.path.replace("{home}", "/home/ada")] = there.get(type(step.edit))
            if isinstance(step.edit, TakeOutput):
                outputs[step.edit.programs[0]] = "printed\n"
    return Ground(user="ada", uid=1000, gid=1000, home="/home/ada", contents=contents, outputs=outputs)


@every_machine
def test_every_remedy_becomes_a_plan_or_says_why_not(name):
    for _, remedy in offered(SNAPSHOTS[name]):
        if not remedy.steps:
            with pytest.raises(Trouble) as caught:
                plan_of(remedy, ground_for(remedy))
            assert caught.value.id == "mend-by-hand"
            assert trouble_article(caught.value).text
            continue
        plan = plan_of(remedy, ground_for(remedy))
        assert plan.steps
        assert plan.privileged == remedy.privileged, remedy.id
        assert "{" not in "".join(" ".join(step.argv) for step in plan.steps if isinstance(step, RunStep)), remedy.id
        text = preview(plan)
        assert all(step.title in text for step in plan.steps)
        whole = {0: "All of it can", len(plan.steps): "None of it can"}
        assert whole.get(len(plan.lasting), "Cannot be taken back: ") in text


@every_machine
def test_what_can_be_taken_back_can_be_done_again(name):
    for _, remedy in offered(SNAPSHOTS[name]):
        for step in plan_of(remedy, ground_for(remedy)).steps if remedy.steps else ():
            back = inverse_of(step)
            if back is None:
                continue
            again = inverse_of(back)
            if isinstance(step, WriteStep):
                assert (again.path, again.before, again.after) == (step.path, step.before, step.after)
            elif isinstance(step, EngineStep):
                assert (again.act, again.target) == (step.act, step.target)
            else:
                assert again.argv == step.argv
                assert back.privileged == step.privileged


WELL_KNOWN = ("/var/run/cdi/nvidia.yaml",)
"""What a step may remove by name."""


@every_machine
def test_no_step_is_a_shell_or_removes_what_it_did_not_make(name):
    for _, remedy in offered(SNAPSHOTS[name]):
        for step in remedy.steps:
            if not isinstance(step, RunStep):
                continue
            for argv in (step.argv, step.undo, step.unless):
                assert not {"sh", "bash", "dash", "eval", "-c"} & set(argv[:1])
                assert not any(re.search(r"[;&|<>`$\n]", word) for word in argv), argv
                if argv[:1] == ("rm",):
                    assert not any(word.startswith("-") and "r" in word for word in argv[1:])
                    assert argv[-1] in WELL_KNOWN
            assert step.argv[0] != "sudo"
            assert step.limit > 0
            # what belongs to the person needs no root, and all else does
            own = "--user" in step.argv or step.argv[:2] == ("docker", "context")
            assert step.privileged != own, step.argv


@every_machine
def test_the_lines_for_a_person_do_what_the_steps_do(name):
    for _, remedy in offered(SNAPSHOTS[name]):
        lines = " \n".join(remedy.commands)
        words = {word for line in remedy.commands for word in shlex.split(line)}
        assert remedy.privileged == ("sudo " in lines)
        for step in remedy.steps:
            if isinstance(step, RunStep) and remedy.id not in ("clean-config", "correct-config"):
                # after those two, a person starts the engine by the remedy for that
                program = "apt-get" if "apt-get" in step.argv else step.argv[0]
                assert program in words, (remedy.id, step.argv)
            elif isinstance(step, EditStep):
                # with the end of its name left out: a person keeps keys in another form
                place = step.path.replace("{home}", "$HOME").rpartition(".")[0]
                assert place in lines or "nvidia-ctk" in lines or "addrepo" in lines, (remedy.id, step.path)


@every_machine
def test_titles_are_wishes_and_checks_to_ask_afterwards_are_real(name):
    ids = {check.id for check in CHECKS}
    for _, remedy in offered(SNAPSHOTS[name]):
        assert set(remedy.recheck) <= ids
        for title in (remedy.title, *(step.title for step in remedy.steps)):
            first = title.split()[0]
            assert first[0].isupper()
            assert not first.endswith(("ing", "ed")), title
            assert not title.endswith("."), title
        assert re.fullmatch(r"[a-z][a-z0-9-]+", remedy.id)


DRIVER_PROGRAMS = {"modprobe", "dkms", "nvidia-modprobe", "update-initramfs", "dracut", "mkinitcpio", "nvidia-smi"}


@every_machine
def test_a_remedy_fits_the_machine(name):
    snapshot = SNAPSHOTS[name]
    packages = packages_of(snapshot)
    managers = {"apt-get": "apt", "dnf": "dnf", "zypper": "zypper", "pacman": "pacman", "dracut": None}
    for _, remedy in offered(snapshot):
        programs = {word for step in remedy.steps if isinstance(step, RunStep) for word in step.argv[:3]}
        files = [step.path for step in remedy.steps if isinstance(step, EditStep)]
        for program, manager in managers.items():
            assert manager is None or program not in programs or packages == manager
        if snapshot.host.system != "linux":
            assert not any(isinstance(step, EditStep) for step in remedy.steps)
            assert not remedy.privileged, remedy.id
        if is_wsl(snapshot):
            assert not programs & DRIVER_PROGRAMS, remedy.id
            assert not any("install" in line and "driver" in line for line in remedy.commands)
            assert remedy.id != "reboot"
        if snapshot.engine.remote or is_docker_desktop(snapshot) or is_podman(snapshot):
            assert not any(path.endswith("daemon.json") for path in files), remedy.id
        if is_rootless(snapshot):
            assert "/etc/docker/daemon.json" not in files
        if known_or(snapshot.host.in_container, default=False):
            assert not remedy.privileged
        if snapshot.setup.services == Missing("absent"):
            runs = [step for step in remedy.steps if isinstance(step, RunStep)]
            assert not any("systemctl" in (*step.argv, *step.undo) for step in runs), remedy.id


@every_machine
def test_everything_that_is_broken_comes_with_help(name):
    for found in diagnose_snapshot(SNAPSHOTS[name]).findings:
        if found.state == "broken":
            assert remedies_for(found, SNAPSHOTS[name]) or finding_article(found).remedy, (found.id, found.variant)


def test_every_variant_that_says_what_is_wrong_says_what_would_help():
    for check in CHECKS:
        for variant, article in check_articles()[check.id].variants.items():
            if article.consequence:
                assert article.remedy or (check.id, variant) in OFFERED, (check.id, variant)


def test_a_remedy_is_only_offered_for_what_a_check_may_answer():
    variants = {(check.id, variant) for check in CHECKS for variant in check.variants}
    assert set(MAKERS) <= variants


def test_most_remedies_are_done_by_drydock_itself():
    done, by_hand = set(), set()
    for snapshot in SNAPSHOTS.values():
        for _, remedy in offered(snapshot):
            (done if remedy.steps else by_hand).add(remedy.id)
    assert len(done) >= 40, sorted(done)
    assert by_hand - done == {"reboot", "install-driver", "use-group-now"} | (
        (by_hand - done) & {"remove-wsl-driver", "free-port"}
    )


def test_machines_of_every_kind_are_among_them():
    kinds = {packages_of(snapshot) for snapshot in SNAPSHOTS.values()}
    assert {"apt", "dnf"} <= kinds
    assert any(is_wsl(snapshot) for snapshot in SNAPSHOTS.values())
    assert any(is_rootless(snapshot) for snapshot in SNAPSHOTS.values())
    assert any(isinstance(snapshot.engine.version, Missing) for snapshot in SNAPSHOTS.values())
    assert any(isinstance(snapshot.toolkit.config, Known) for snapshot in SNAPSHOTS.values())
