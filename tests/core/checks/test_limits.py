"""Limits, clock and variables of the host."""

import pytest
from tests.support.check_cases import ask, unreached
from tests.support.snapshots import healthy_snapshot, host

from drydock.core.facts import Clock, DriverSetup, Known, Limits, Missing

DAY = 86_400
UNREAD = Missing("no_permission", "denied")


def with_host(**changes):
    return healthy_snapshot(host=host(**changes))


def limits(locked=8 << 20, stack=8 << 20, files=1024):
    return Known(Limits(locked_memory=locked, stack=stack, open_files=files))


AGREED, OLDER = Known(0), Known(-60)


def clock(ahead=AGREED, files=OLDER):
    return Known(Clock(hardware_ahead=ahead, files_ahead=files, synchronized=Known(value=True)))


WINDOWS = with_host(system="windows")
CASES = [
    ("host-preload", with_host(), "ok", "ok"),
    ("host-preload", with_host(environment={"LD_PRELOAD": "/usr/lib/libjemalloc.so.2"}), "ok", "other"),
    ("host-preload", with_host(environment={"LD_PRELOAD": "/opt/cuda/lib64/libcudart.so"}), "attention", "cuda"),
    ("host-clock", with_host(clock=clock()), "ok", "ok"),
    ("host-clock", with_host(clock=clock(ahead=Known(7200))), "ok", "ok"),
    ("host-clock", with_host(clock=clock(files=Known(3600))), "attention", "behind"),
    ("host-clock", with_host(clock=clock(files=Known(400 * DAY))), "broken", "behind"),
    ("host-clock", with_host(clock=clock(ahead=Known(-3 * DAY))), "attention", "apart"),
    ("host-clock", with_host(clock=clock(ahead=UNREAD, files=UNREAD)), "not_tested", "unknown"),
    ("host-clock", with_host(clock=UNREAD), "not_tested", "unknown"),
    ("host-clock", WINDOWS, "not_tested", "not_linux"),
    ("host-restart", with_host(restart_wanted=Known(())), "ok", "ok"),
    ("host-restart", with_host(restart_wanted=Known(("linux-image-6.14", "libc6"))), "attention", "driver"),
    ("host-restart", with_host(restart_wanted=Known(("libc6",))), "ok", "other"),
    ("host-restart", with_host(restart_wanted=UNREAD), "not_tested", "unknown"),
    ("host-restart", WINDOWS, "not_tested", "not_linux"),
    ("host-overcommit", with_host(overcommit=Known(0)), "ok", "ok"),
    ("host-overcommit", with_host(overcommit=Known(2)), "attention", "strict"),
    ("host-overcommit", with_host(overcommit=UNREAD), "not_tested", "unknown"),
    ("host-overcommit", WINDOWS, "not_tested", "not_linux"),
    ("host-limits", with_host(limits=limits()), "ok", "ok"),
    ("host-limits", with_host(limits=limits(None, None, None)), "ok", "ok"),
    ("host-limits", with_host(limits=limits(stack=1 << 20)), "attention", "stack"),
    ("host-limits", with_host(limits=limits(files=256)), "attention", "files"),
    (
        "host-limits",
        healthy_snapshot(host=host(limits=limits()), setup=DriverSetup(infiniband=Known(("mlx5_0",)))),
        "attention",
        "locked",
    ),
    ("host-limits", with_host(limits=UNREAD), "not_tested", "unknown"),
    ("host-limits", WINDOWS, "not_tested", "not_linux"),
]


@pytest.mark.parametrize(("check", "snapshot", "state", "variant"), CASES)
def test_state_and_variant(check, snapshot, state, variant):
    answer = ask(snapshot, check)
    assert (answer.state, answer.variant) == (state, variant)


def test_every_answer_is_reached():
    ids = {check for check, *_ in CASES}
    assert unreached(ids, ((check, variant) for check, _, _, variant in CASES)) == set()


def test_how_late_the_clock_is_stands_in_the_answer():
    assert ask(with_host(clock=clock(files=Known(400 * DAY))), "host-clock").values["late"] == "400 days"
    assert ask(with_host(clock=clock(files=Known(3 * 3600))), "host-clock").values["late"] == "3 hours"
