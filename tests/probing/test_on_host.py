"""Probes run with a Python of this computer."""

import os
import sys

import pytest

from drydock.core.bench.records import ErrorRecord, Hello
from drydock.core.trouble import Stopped, Trouble
from drydock.probing import run_probe_on_host
from drydock.world import Stop
from drydock.world.live import LiveWorld


def script(tmp_path, text):
    path = tmp_path / "python-stand-in"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def run(python, probe="environment", limit=60.0, stop=None, tell=None):
    records = []
    end = run_probe_on_host(LiveWorld(), python, probe, (), tell or records.append, stop or Stop(), limit)
    return end, records


def test_a_python_without_torch_says_so():
    program = run_probe_on_host(LiveWorld(), sys.executable, "environment", (), lambda record: None, Stop(), 60)
    (error,) = [record for record in program.stream.records if isinstance(record, ErrorRecord)]
    assert (error.slot, error.kind) == ("torch", "torch-missing")
    assert program.exit_code == 3
    assert program.final is not None


def test_records_are_told_as_they_come(tmp_path):
    lines = (
        '{"v":1,"seq":0,"t":0.1,"type":"hello","python":"3.12.1"}',
        "a banner of some library",
        '{"v":1,"seq":1,"t":0.2,"type":"brand_new"}',
        '{"v":1,"seq":2,"t":0.3,"type":"final","ok":true}',
    )
    end, records = run(script(tmp_path, "\n".join(f"echo '{line}'" for line in lines)))
    assert isinstance(records[0], Hello)
    assert records == list(end.stream.records)
    assert (len(end.stream.bad_lines), end.stream.unknown) == (1, 1)
    # what an older app does not know is kept for a newer one
    assert end.payload.count(b"\n") == 3


def test_silence_is_a_trouble(tmp_path):
    with pytest.raises(Trouble) as caught:
        run(script(tmp_path, "echo 'cannot open shared object file' >&2; exit 7"))
    assert caught.value.id == "probe-silent"
    assert caught.value.values["code"] == 7
    assert "shared object" in str(caught.value.values["text"])


def test_a_missing_python():
    with pytest.raises(Trouble, match="program-not-started"):
        run("/nowhere/python3")


def test_the_time_limit_ends_it(tmp_path):
    with pytest.raises(Trouble, match="probe-timeout"):
        run(script(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 600"), limit=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_stop_ends_it(tmp_path):
    stop = Stop()
    hello = '{"v":1,"seq":0,"t":0.1,"type":"hello"}'
    with pytest.raises(Stopped):
        run(script(tmp_path, f"echo '{hello}'; sleep 600"), stop=stop, tell=lambda record: stop.request())
