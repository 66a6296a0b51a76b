"""Remedies inside WSL; the driver itself is that of Windows."""

from drydock.core.checks.situation import is_wsl
from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.fit import packages_of
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.steps import EditStep, PutText, RunStep, SetToml


def remove_wsl_driver(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Remove a Linux driver inside WSL."""
    if packages_of(snapshot) != "apt" or not is_wsl(snapshot):
        return None
    return remedy(
        "remove-wsl-driver",
        "Remove the Linux driver inside WSL",
        "sudo apt-get remove 'nvidia-driver-*' 'nvidia-utils-*' 'libnvidia-compute-*' 'cuda-drivers*'",
        note="Read the list of packages before you agree: nvidia-container-toolkit and libnvidia-container must stay. "
        "Afterwards run 'wsl --shutdown' in Windows.",
    )


def search_wsl_libraries(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the loader of libraries inside WSL look where Windows puts its driver."""
    if not is_wsl(snapshot):
        return None
    path = "/etc/ld.so.conf.d/ld.wsl.conf"
    return remedy(
        "search-wsl-libraries",
        "Let programs find the driver's libraries of Windows",
        f"echo /usr/lib/wsl/lib | sudo tee {path}",
        "sudo ldconfig",
        note="The message that libcuda.so.1 is not a symbolic link is harmless.",
        steps=(
            EditStep(title="Name the directory", path=path, edit=PutText("/usr/lib/wsl/lib\n"), privileged=True),
            RunStep(title="Let the loader read its settings anew", argv=("ldconfig",), privileged=True, settles=True),
        ),
        recheck=("wsl-libraries",),
    )


def lend_gpu(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let Windows lend its GPUs to this distribution."""
    if not is_wsl(snapshot):
        return None
    path = "/etc/wsl.conf"
    title = "Let Windows lend its GPUs to this distribution"
    return remedy(
        "lend-gpu",
        title,
        f"sudo nano {path}",
        note=f"It sets 'enabled' under [gpu] in {path}. Run 'wsl --shutdown' in Windows afterwards.",
        steps=(EditStep(title=title, path=path, edit=SetToml("gpu", "enabled", value=True), privileged=True),),
    )
