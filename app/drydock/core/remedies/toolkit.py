"""Remedies for the GPU's way into containers."""

from drydock.core.checks.engine_situation import is_rootless
from drydock.core.checks.situation import is_podman, is_tegra
from drydock.core.facts import Known, Missing, Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.cdi import renew_cdi, write_cdi
from drydock.core.remedies.engine import RESTART_NOTE
from drydock.core.remedies.fit import Packages, manages_docker, manages_engine, packages_of
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.services import install_steps, reload_step, restart_line, restart_step, update_steps
from drydock.core.remedies.settings import merge_step
from drydock.core.remedies.steps import EditStep, PutText, RecipeStep, RunStep, SetToml, TakeOutput

_REPOSITORY = "https://nvidia.github.io/libnvidia-container"
_KEYRING = "/usr/share/keyrings/nvidia-container-toolkit-keyring"
_LIST = "/etc/apt/sources.list.d/nvidia-container-toolkit.list"
_PACKAGE = "nvidia-container-toolkit"
_PARTS = (_PACKAGE, "nvidia-container-toolkit-base", "libnvidia-container-tools", "libnvidia-container1")
"""What NVIDIA's repository installs with the toolkit, for deb and rpm."""

_NO_WORDS: list[str] = []
_RUNTIME = {"runtimes": {"nvidia": {"args": _NO_WORDS, "path": "nvidia-container-runtime"}}}
"""What the engine must know; the toolkit's own program writes the same."""

_RECHECK = ("toolkit-registered", "toolkit-path")


def _downloaded(address: str) -> TakeOutput:
    return TakeOutput(
        (
            ("curl", "--fail", "--silent", "--show-error", "--location", "--proto", "=https", address),
            ("wget", "--quiet", "--https-only", "--output-document=-", address),
        )
    )


def _repository_steps(packages: Packages) -> tuple[RecipeStep, ...]:
    if packages == "apt":
        return (
            EditStep(
                title="Keep the key that NVIDIA signs its packages with",
                path=f"{_KEYRING}.asc",
                edit=_downloaded(f"{_REPOSITORY}/gpgkey"),
                privileged=True,
            ),
            EditStep(
                title="Add NVIDIA's repository for the toolkit",
                path=_LIST,
                edit=PutText(f"deb [signed-by={_KEYRING}.asc] {_REPOSITORY}/stable/deb/$(ARCH) /\n"),
                privileged=True,
            ),
        )
    folders: dict[Packages, str] = {"dnf": "/etc/yum.repos.d", "zypper": "/etc/zypp/repos.d"}
    if packages not in folders:
        return ()
    added = EditStep(
        title="Add NVIDIA's repository for the toolkit",
        path=f"{folders[packages]}/nvidia-container-toolkit.repo",
        edit=_downloaded(f"{_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo"),
        privileged=True,
    )
    if packages == "dnf":
        return (added,)
    trusted = RunStep(
        title="Read the repository, and accept NVIDIA's key for it",
        argv=("zypper", "--non-interactive", "--gpg-auto-import-keys", "refresh", _PACKAGE),
        privileged=True,
        limit=300.0,
    )
    return (added, trusted)


_ADD: dict[Packages, tuple[str, ...]] = {
    "apt": (
        f"curl -fsSL {_REPOSITORY}/gpgkey | sudo gpg --dearmor -o {_KEYRING}.gpg",
        f"echo 'deb [signed-by={_KEYRING}.gpg] {_REPOSITORY}/stable/deb/$(ARCH) /' | sudo tee {_LIST}",
        "sudo apt-get update",
    ),
    "dnf": (
        (
            f"curl -fsSL {_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo "
            "| sudo tee /etc/yum.repos.d/nvidia-container-toolkit.repo"
        ),
    ),
    "zypper": (f"sudo zypper addrepo {_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo",),
    "pacman": (),
}
"""The lines that add NVIDIA's repository by hand."""

_INSTALL: dict[Packages, str] = {
    "apt": f"sudo apt-get install -y {_PACKAGE}",
    "dnf": f"sudo dnf install -y {_PACKAGE}",
    "zypper": f"sudo zypper install -y {_PACKAGE}",
    "pacman": f"sudo pacman -S --needed {_PACKAGE}",
}


def install_toolkit(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the container toolkit and register it."""
    packages = packages_of(snapshot)
    if packages not in _INSTALL or not manages_engine(snapshot):
        return None
    register = register_runtime(finding, snapshot)
    # without the repository of NVIDIA the distribution's own package has fewer parts
    parts = (_PACKAGE,) if packages == "pacman" else _PARTS
    steps = (*_repository_steps(packages), *install_steps(packages, _PACKAGE, remove=parts))
    return remedy(
        "install-toolkit",
        "Install the NVIDIA Container Toolkit and register it",
        *_ADD[packages],
        _INSTALL[packages],
        *(register.commands if register else ()),
        note=RESTART_NOTE if not is_podman(snapshot) else "",
        steps=(*steps, *((_generate_later(),) if is_podman(snapshot) else register.steps if register else ())),
        recheck=_RECHECK,
    )


def complete_toolkit(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the parts of the toolkit that are not there."""
    packages = packages_of(snapshot)
    # Arch has one package; where it lies in pieces, it is installed over itself
    if packages not in _INSTALL or packages == "pacman" or not manages_engine(snapshot):
        return None
    names = (_PACKAGE, "libnvidia-container-tools")
    steps = install_steps(packages, *names, remove=(*names, "libnvidia-container1"))
    if finding.variant == "gone":
        # what an update left half done is nothing to go back to
        steps = tuple(RunStep(title=s.title, argv=s.argv, privileged=True, limit=s.limit) for s in steps)
    return remedy(
        "complete-toolkit",
        "Install the missing parts of the NVIDIA Container Toolkit",
        *(("sudo apt-get update",) if packages == "apt" else ()),
        f"{_INSTALL[packages]} libnvidia-container-tools",
        steps=steps,
        recheck=("toolkit-programs", "toolkit-installed"),
    )


def update_toolkit(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Bring the toolkit to its newest version."""
    packages = packages_of(snapshot)
    # a Jetson has the toolkit of its JetPack
    steps = update_steps(packages, *_PARTS) if manages_engine(snapshot) and not is_tegra(snapshot) else ()
    if not steps:
        return None
    line = {"apt": "sudo apt-get install -y --only-upgrade", "dnf": "sudo dnf upgrade", "zypper": "sudo zypper update"}
    return remedy(
        "update-toolkit",
        "Update the NVIDIA Container Toolkit",
        *_ADD[packages],
        " ".join((line[packages], *_PARTS)),
        note="Drydock does not bring the old version back. Running containers are not touched.",
        steps=(*_repository_steps(packages), *steps),
        recheck=("toolkit-version", *_RECHECK),
    )


def register_runtime(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Register the NVIDIA runtime with the engine."""
    if is_podman(snapshot):
        return write_cdi(finding, snapshot)
    if not manages_docker(snapshot):
        return None
    written = merge_step(snapshot, "Add the runtime nvidia to the engine's settings", _RUNTIME)
    if is_rootless(snapshot):
        return remedy(
            "register-runtime",
            "Register the NVIDIA runtime with the rootless engine",
            "nvidia-ctk runtime configure --runtime=docker --config=$HOME/.config/docker/daemon.json",
            "sudo nvidia-ctk config --set nvidia-container-cli.no-cgroups --in-place",
            restart_line(snapshot),
            note="The second line changes the toolkit for all engines of this computer: "
            "those that run as root need it off.",
            steps=(written, _no_cgroups(snapshot), restart_step(snapshot)),
            recheck=_RECHECK,
        )
    return remedy(
        "register-runtime",
        "Register the NVIDIA runtime with the engine",
        "sudo nvidia-ctk runtime configure --runtime=docker",
        restart_line(snapshot),
        note=f"This adds to {written.path} what is missing. {RESTART_NOTE}",
        steps=(written, reload_step(snapshot)),
        recheck=_RECHECK,
    )


def obtain_way(finding: Finding, snapshot: Snapshot) -> tuple[Remedy, ...]:
    """Give the engine a way to the GPU: install the toolkit where it is not, register it, or renew its CDI file."""
    toolkit = snapshot.toolkit
    programs = (toolkit.version, toolkit.runtime_path, toolkit.hook_path)
    if all(isinstance(fact, Missing) and fact.why == "absent" for fact in programs):
        found = (install_toolkit(finding, snapshot),)
    elif finding.variant == "cdi_missing" and not is_podman(snapshot):
        found = (renew_cdi(finding, snapshot), register_runtime(finding, snapshot))
    elif finding.variant == "cdi_missing":
        found = (renew_cdi(finding, snapshot),)
    else:
        found = (register_runtime(finding, snapshot),)
    return tuple(one for one in found if one)


def _no_cgroups(snapshot: Snapshot) -> RecipeStep:
    title = "Let the toolkit leave control groups alone, which a rootless engine may not change"
    config = snapshot.toolkit.config
    if isinstance(config, Known) and not config.value.problem:
        edit = SetToml("nvidia-container-cli", "no-cgroups", value=True)
        return EditStep(title=title, path=config.value.path, edit=edit, privileged=True)
    # the file comes with the package, which may not be installed yet
    setting = ("nvidia-ctk", "config", "--in-place", "--set")
    return RunStep(
        title=title,
        argv=(*setting, "nvidia-container-cli.no-cgroups=true"),
        privileged=True,
        undo=(*setting, "nvidia-container-cli.no-cgroups=false"),
    )


def _generate_later() -> RunStep:
    # its output cannot be shown before it is installed
    path = "/var/run/cdi/nvidia.yaml"
    return RunStep(
        title="Write the CDI specification",
        argv=("nvidia-ctk", "cdi", "generate", f"--output={path}"),
        privileged=True,
        undo=("rm", "-f", path),
    )


def install_default_runtime(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the toolkit, where its runtime is the one that starts every container."""
    return install_toolkit(finding, snapshot) if finding.values.get("name") == "nvidia" else None


def define_runtime(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Register the NVIDIA runtime, where the settings name it and do not say what it is."""
    there = isinstance(snapshot.toolkit.runtime_path, Known) or isinstance(snapshot.toolkit.version, Known)
    return register_runtime(finding, snapshot) if there and finding.values.get("name") == "nvidia" else None
