"""Remedies for settings of the computer itself."""

from drydock.core.checks.situation import is_wsl
from drydock.core.facts import Snapshot
from drydock.core.findings import Finding
from drydock.core.remedies.fit import has_systemd, in_container, on_linux, on_this_computer
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.steps import EditStep, PutText, RunStep

_TIME_SERVICES = ("systemd-timesyncd", "chronyd", "chrony", "ntpsec", "ntpd", "ntp")


def set_clock(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the time service set the clock."""
    # WSL takes its time from Windows
    if not on_linux(snapshot) or is_wsl(snapshot) or in_container(snapshot) or not has_systemd(snapshot):
        return None
    switch = ("timedatectl", "set-ntp")
    return remedy(
        "set-clock",
        "Let the time service set the clock",
        note="It needs the network, and may take a minute.",
        steps=(
            RunStep(
                title="Switch the time service on",
                argv=(*switch, "true"),
                privileged=True,
                undo=(*switch, "false"),
                # one of them running is enough for it
                unless=("systemctl", "is-active", "--quiet", *_TIME_SERVICES),
            ),
        ),
        recheck=("host-clock",),
    )


_LIMITS: dict[str, tuple[str, str]] = {
    "stack": ("* soft stack 8192", "use a stack of 8 MiB"),
    "files": ("* soft nofile 65536", "open 65536 files"),
    "locked": ("* - memlock unlimited", "lock any amount of memory"),
}
"""By variant: the line for pam_limits, and what it lets programs do."""


def raise_limit(finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Raise a limit for the programs of every login."""
    # WSL starts programs without a login
    if not on_linux(snapshot) or is_wsl(snapshot) or finding.variant not in _LIMITS:
        return None
    line, words = _LIMITS[finding.variant]
    path = f"/etc/security/limits.d/60-{finding.variant}.conf"
    return remedy(
        "raise-host-limit",
        f"Let programs of this computer {words}",
        f"echo '{line}' | sudo tee {path}",
        note="It holds for all users, from the next login on.",
        target=finding.variant,
        steps=(EditStep(title="Write down the limit", path=path, edit=PutText(f"{line}\n"), privileged=True),),
    )


def relax_overcommit(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the kernel hand out memory by its usual rule."""
    if not on_linux(snapshot) or in_container(snapshot):
        return None
    return remedy(
        "relax-overcommit",
        "Let the kernel hand out memory by its usual rule",
        note="Leave it if an administrator chose the strict rule on purpose. It holds until the next start; a file "
        "in /etc/sysctl.d keeps it.",
        steps=(_kernel_setting("Set the rule back", "vm.overcommit_memory", "0", before="2"),),
        recheck=("host-overcommit",),
    )


def forward_packets(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Let the kernel pass packets on from containers."""
    if not on_this_computer(snapshot) or in_container(snapshot):
        return None
    return remedy(
        "forward-packets",
        "Let the kernel pass packets of containers on",
        note="It holds until the next start, when the engine switches it on by itself, unless a file in "
        "/etc/sysctl.d forbids it.",
        steps=(_kernel_setting("Switch forwarding on", "net.ipv4.ip_forward", "1", before="0"),),
        recheck=("engine-forwarding",),
    )


def _kernel_setting(title: str, name: str, value: str, *, before: str) -> RunStep:
    return RunStep(
        title=title,
        argv=("sysctl", "-w", f"{name}={value}"),
        privileged=True,
        undo=("sysctl", "-w", f"{name}={before}"),
    )
