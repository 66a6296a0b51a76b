"""The checks of the computer itself, in reading order."""

from drydock.core.checks import host, kernel, limits
from drydock.core.checks.check import Check

HOST: tuple[Check, ...] = (
    Check(
        id="host-system",
        rung="host",
        ask=host.ask_system,
        reads=("host",),
        variants=("ok", "wsl2", "no_cuda", "wsl1", "architecture", "unknown"),
    ),
    Check(
        id="host-memory", rung="host", ask=host.ask_memory, reads=("host",), variants=("ok", "small", "full", "unknown")
    ),
    Check(id="host-disk", rung="host", ask=host.ask_disk, reads=("disks",), variants=("ok", "small", "unknown")),
    Check(
        id="host-shm", rung="host", ask=host.ask_shm, reads=("host",), variants=("ok", "small", "not_linux", "unknown")
    ),
    Check(
        id="host-libraries",
        rung="host",
        ask=host.ask_libraries,
        reads=("host",),
        variants=("ok", "harmless", "stubs", "compat", "cuda"),
    ),
    Check(
        id="host-preload",
        rung="host",
        ask=limits.ask_preload,
        reads=("host",),
        variants=(
            "ok",
            "other",
            "cuda",
        ),
    ),
    Check(
        id="host-clock",
        rung="host",
        ask=limits.ask_clock,
        reads=("host",),
        variants=(
            "ok",
            "behind",
            "apart",
            "not_linux",
            "unknown",
        ),
    ),
    Check(
        id="host-restart",
        rung="host",
        ask=limits.ask_restart,
        reads=("host",),
        variants=(
            "ok",
            "driver",
            "other",
            "not_linux",
            "unknown",
        ),
    ),
    Check(
        id="host-overcommit",
        rung="host",
        ask=limits.ask_overcommit,
        reads=("host",),
        variants=(
            "ok",
            "strict",
            "not_linux",
            "unknown",
        ),
    ),
    Check(
        id="host-limits",
        rung="host",
        ask=limits.ask_limits,
        reads=(
            "host",
            "setup",
        ),
        variants=(
            "ok",
            "stack",
            "files",
            "locked",
            "not_linux",
            "unknown",
        ),
    ),
    Check(
        id="host-killed",
        rung="host",
        ask=kernel.ask_out_of_memory,
        reads=(
            "host",
            "kernel_log",
        ),
        variants=(
            "ok",
            "killed",
            "group",
            "not_linux",
            "unknown",
        ),
    ),
)
