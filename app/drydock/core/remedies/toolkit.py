"""Remedies for the GPU's way into containers."""

from drydock.core.checks.engine_situation import is_rootless, reader_of
from drydock.core.checks.situation import is_podman
from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.remedy import Packages, Remedy, on_linux, packages_of, remedy
from drydock.core.remedies.services import install_steps, reload_step, restart_step
from drydock.core.remedies.steps import HOME, EditStep, MergeObject, PutText, RecipeStep, RunStep, TakeOutput

_REPOSITORY = "https://nvidia.github.io/libnvidia-container"
_KEYRING = "/usr/share/keyrings/nvidia-container-toolkit-keyring"
_LIST = "/etc/apt/sources.list.d/nvidia-container-toolkit.list"
_PACKAGE = "nvidia-container-toolkit"
_PARTS = (_PACKAGE, "nvidia-container-toolkit-base", "libnvidia-container-tools", "libnvidia-container1")
"""What NVIDIA's repository installs with the toolkit, for deb and rpm."""

_RUNTIME = '{"runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}}'
"""What the engine must know; the toolkit's own program writes the same."""

_RECHECK = ("toolkit-registered", "toolkit-path")


def config_path(snapshot: Snapshot) -> str:
    """Return which ``daemon.json`` the engine reads, or would read."""
    return {
        "rootful": "/etc/docker/daemon.json",
        "rootless": f"{HOME}/.config/docker/daemon.json",
        "snap": "/var/snap/docker/current/config/daemon.json",
    }[reader_of(snapshot)]


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


def install_toolkit(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Install the container toolkit and register it."""
    commands: dict[Packages, tuple[str, ...]] = {
        "apt": (
            f"curl -fsSL {_REPOSITORY}/gpgkey | sudo gpg --dearmor -o {_KEYRING}.gpg",
            f"echo 'deb [signed-by={_KEYRING}.gpg] {_REPOSITORY}/stable/deb/$(ARCH) /' | sudo tee {_LIST}",
            "sudo apt-get update",
            "sudo apt-get install -y nvidia-container-toolkit",
        ),
        "dnf": (
            (
                f"curl -fsSL {_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo "
                "| sudo tee /etc/yum.repos.d/nvidia-container-toolkit.repo"
            ),
            "sudo dnf install -y nvidia-container-toolkit",
        ),
        "zypper": (
            f"sudo zypper addrepo {_REPOSITORY}/stable/rpm/nvidia-container-toolkit.repo",
            "sudo zypper install -y nvidia-container-toolkit",
        ),
        "pacman": ("sudo pacman -S --needed nvidia-container-toolkit",),
    }
    packages = packages_of(snapshot)
    if packages not in commands:
        return None
    register = register_runtime(finding, snapshot)
    # without the repository of NVIDIA the distribution's own package has fewer parts
    parts = (_PACKAGE,) if packages == "pacman" else _PARTS
    steps = (*_repository_steps(packages), *install_steps(packages, _PACKAGE, remove=parts))
    return remedy(
        "install-toolkit",
        "Install the NVIDIA Container Toolkit and register it",
        *commands[packages],
        *(register.commands if register else ()),
        note="Restarting the engine stops running containers unless live-restore is on.",
        steps=(*steps, *((_generate_later(),) if is_podman(snapshot) else register.steps if register else ())),
        recheck=_RECHECK,
    )


def register_runtime(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Register the NVIDIA runtime with the engine."""
    if not on_linux(snapshot):
        return None
    if is_podman(snapshot):
        return write_cdi(finding, snapshot)
    rootless = is_rootless(snapshot)
    written = EditStep(
        title="Add the runtime nvidia to the engine's settings",
        path=config_path(snapshot),
        edit=MergeObject(_RUNTIME),
        privileged=not rootless,
    )
    if rootless:
        return remedy(
            "register-runtime",
            "Register the NVIDIA runtime with the rootless engine",
            "nvidia-ctk runtime configure --runtime=docker --config=$HOME/.config/docker/daemon.json",
            "sudo nvidia-ctk config --set nvidia-container-cli.no-cgroups --in-place",
            "systemctl --user restart docker",
            note="The second line changes the toolkit for all engines of this computer: "
            "those that run as root need it off.",
            steps=(written, _no_cgroups(), restart_step(snapshot)),
            recheck=_RECHECK,
        )
    return remedy(
        "register-runtime",
        "Register the NVIDIA runtime with the engine",
        "sudo nvidia-ctk runtime configure --runtime=docker",
        "sudo systemctl restart docker",
        note="This adds to /etc/docker/daemon.json what is missing. "
        "Restarting the engine stops running containers unless live-restore is on.",
        steps=(written, reload_step(snapshot)),
        recheck=_RECHECK,
    )


def _no_cgroups() -> RunStep:
    setting = ("nvidia-ctk", "config", "--in-place", "--set")
    return RunStep(
        title="Let the toolkit leave control groups alone, which a rootless engine may not change",
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


def switch_cdi_on(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the engine look for CDI specifications."""
    if not on_linux(snapshot):
        return None
    edit = EditStep(
        title="Switch CDI on in the engine's settings",
        path=config_path(snapshot),
        edit=MergeObject('{"features": {"cdi": true}}'),
        privileged=not is_rootless(snapshot),
    )
    return remedy(
        "switch-cdi-on",
        "Switch CDI on",
        "sudo nvidia-ctk runtime configure --runtime=docker --cdi.enabled",
        "sudo systemctl restart docker",
        note="Restarting the engine stops running containers unless live-restore is on.",
        steps=(edit, restart_step(snapshot)),
        recheck=("toolkit-cdi-engine", "toolkit-path"),
    )


def _generated(path: str, title: str) -> EditStep:
    # what it would write is shown first: it prints the specification when no file is named
    return EditStep(title=title, path=path, edit=TakeOutput((("nvidia-ctk", "cdi", "generate"),)), privileged=True)


def write_cdi(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write a CDI specification."""
    if not on_linux(snapshot):
        return None
    return remedy(
        "write-cdi",
        "Write the CDI specification for the driver that is installed now",
        "sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml",
        "nvidia-ctk cdi list",
        note="/var/run is empty after a restart; toolkit 1.18 and newer write the file by themselves then.",
        steps=(_generated("/var/run/cdi/nvidia.yaml", "Write the CDI specification"),),
        recheck=("toolkit-cdi", "toolkit-path"),
    )


def rewrite_cdi(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Write an outdated CDI specification anew, keeping a copy."""
    path = str(finding.values.get("path", ""))
    folder = path.rpartition("/")[0]
    if not on_linux(snapshot) or folder not in ("/etc/cdi", "/var/run/cdi") or "'" in path:
        return None
    json_file = path.endswith(".json")
    return remedy(
        "rewrite-cdi",
        "Write this CDI specification anew",
        f"sudo cp '{path}' '{path}.before'",
        f"sudo nvidia-ctk cdi generate --output='{path}'",
        note="The first line keeps a copy; its name is one that engines do not read.",
        target=path,
        # printed as YAML, which does not belong into a file whose name says otherwise
        steps=() if json_file else (_generated(path, "Write the CDI specification anew"),),
        recheck=("toolkit-cdi", "toolkit-path"),
    )
