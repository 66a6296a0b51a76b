"""The nursery with jobs that misbehave."""

import contextlib
import os
import time

import psutil
import pytest

from drydock_probes.children import Nursery

WORK = """
import os, sys, time
sys.path.insert(0, {root!r})
sys.path.insert(0, {torch!r})
from drydock_probes.children import serve

def work(channel, torch, job):
    kind = job["slot"]
    channel.emit("sample", slot=kind, pid=os.getpid())
    if kind == "hang":
        time.sleep(600)
    elif kind == "die":
        os.kill(os.getpid(), 9)
    elif kind == "raise":
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
    elif kind == "noise":
        channel._file.write("banner\\n{{broken json\\n[1]\\n" * 2000)
        print("chatter " * 5000)
    elif kind == "vanish":
        os.kill(os.getppid(), 9)
        time.sleep(600)
    channel.emit("result", slot=kind)
    return 0

sys.exit(serve(work))
"""


@pytest.fixture
def nursery(tmp_path, stand_in_torch):
    import drydock_probes

    root = os.path.dirname(os.path.dirname(drydock_probes.__file__))
    script = tmp_path / "script.py"
    script.write_text(WORK.format(root=root, torch=str(stand_in_torch)))
    made = Nursery([str(script)])
    yield made
    made.close()


def run(nursery, slot, seconds=60.0, stop=lambda: False):
    records = []
    end = nursery.run({"slot": slot}, time.monotonic() + seconds, records.append, stop)
    return end, records


def gone(pid):
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=20)
    return not psutil.pid_exists(pid)


def test_each_job_has_its_own_process_and_one_import(nursery):
    pids = [run(nursery, "fine")[1][0]["pid"] for _ in range(3)]
    assert len(set(pids)) == 3


def test_a_job_that_hangs_is_cut_and_the_next_one_runs(nursery):
    run(nursery, "fine")
    end, records = run(nursery, "hang", seconds=1.5)
    assert end.cut
    assert not end.stopped
    assert [record["type"] for record in records] == ["sample"], "what it had said is kept"
    assert gone(records[0]["pid"])
    assert run(nursery, "fine")[0].status == 0


def test_a_stop_ends_a_job(nursery):
    run(nursery, "fine")
    seen = []
    end = nursery.run({"slot": "hang"}, time.monotonic() + 60, seen.append, lambda: bool(seen))
    assert end.stopped
    assert gone(seen[0]["pid"])


def test_a_job_that_is_killed_says_so_and_the_next_one_runs(nursery):
    end, _ = run(nursery, "die")
    assert (end.status, end.cut, end.stopped) == (-9, False, False)
    assert run(nursery, "fine")[0].status == 0


def test_an_exception_is_a_record(nursery):
    end, records = run(nursery, "raise")
    assert end.status == 1
    assert (records[-1]["type"], records[-1]["kind"], records[-1]["slot"]) == ("error", "no-kernel-image", "raise")


def test_noise_and_broken_json_do_not_hide_the_records(nursery):
    end, records = run(nursery, "noise")
    assert end.status == 0
    assert [record["type"] for record in records] == ["sample", "result"]
    assert "chatter" in end.last_words


def test_a_nursery_that_dies_is_started_again(nursery):
    end, records = run(nursery, "vanish", seconds=20)
    assert end.status != 0
    assert run(nursery, "fine")[0].status == 0
    assert gone(records[0]["pid"])
