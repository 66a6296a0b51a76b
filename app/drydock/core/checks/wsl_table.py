"""The checks of WSL, in reading order; they stand before those of the driver, which Windows lends there."""

from drydock.core.checks import driver, wsl
from drydock.core.checks.check import Check

WSL: tuple[Check, ...] = (
    Check(
        id="wsl-settings",
        rung="driver",
        ask=wsl.ask_settings,
        reads=(
            "host",
            "wsl",
        ),
        variants=(
            "ok",
            "off_here",
            "off_windows",
            "not_wsl",
            "unknown",
        ),
    ),
    Check(
        id="wsl-kernel",
        rung="driver",
        ask=wsl.ask_kernel,
        reads=("host", "driver"),
        variants=(
            "ok",
            "old",
            "not_wsl",
            "unknown",
        ),
    ),
    Check(
        id="wsl-device",
        rung="driver",
        ask=driver.ask_wsl_device,
        reads=("host", "driver"),
        needs=("wsl-settings", "wsl-kernel"),
        variants=("ok", "absent", "none", "not_wsl", "unknown"),
    ),
    Check(
        id="wsl-driver",
        rung="driver",
        ask=driver.ask_wsl_driver,
        reads=("host", "driver", "nvml"),
        variants=("ok", "installed", "hides", "in_container", "not_wsl", "unknown"),
    ),
    Check(
        id="wsl-libraries",
        rung="driver",
        ask=wsl.ask_libraries,
        reads=("host", "driver", "wsl", "nvml", "engine"),
        needs=("wsl-device",),
        variants=(
            "ok",
            "absent",
            "shadowed",
            "not_searched",
            "no_driver",
            "not_wsl",
            "unknown",
        ),
    ),
    Check(
        id="wsl-windows-driver",
        rung="driver",
        ask=wsl.ask_windows_driver,
        reads=(
            "host",
            "driver",
            "nvml",
        ),
        needs=("wsl-device",),
        variants=(
            "ok",
            "old",
            "not_wsl",
            "unknown",
        ),
    ),
    Check(
        id="wsl-memory",
        rung="driver",
        ask=wsl.ask_memory,
        reads=(
            "host",
            "wsl",
        ),
        variants=(
            "ok",
            "capped",
            "half",
            "not_wsl",
            "unknown",
        ),
    ),
)
