"""Every probe says clearly when torch cannot be imported, and ends with status 3."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import drydock_probes
from drydock.core.bench.records import ErrorRecord, Final, decode_stream

PROBES = Path(drydock_probes.__file__).parent
BROKEN = {
    "torch-missing": "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')",
    "torch-broken": "raise OSError('libcudart.so.12: cannot open shared object file')",
}


@pytest.mark.parametrize("kind", sorted(BROKEN))
@pytest.mark.parametrize("probe", ["environment", "kernels", "bench"])
def test_status_three_and_a_named_reason(tmp_path, probe, kind):
    (tmp_path / "torch.py").write_text(BROKEN[kind])
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(PROBES / f"{probe}.py")]
    ended = subprocess.run(command, check=False, capture_output=True, env=environment, timeout=60)
    stream = decode_stream(ended.stdout.splitlines())
    assert ended.returncode == 3, ended.stderr.decode()
    assert not stream.bad_lines
    assert [record.kind for record in stream.records if isinstance(record, ErrorRecord)] == [kind]
    assert isinstance(stream.records[-1], Final)
    assert not stream.records[-1].ok


@pytest.mark.parametrize("arguments", [["--only", "warp"], ["--budget", "1"], ["--nonsense"]])
def test_wrong_usage_is_status_two_with_words(arguments):
    command = [sys.executable, str(PROBES / "bench.py"), *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "error:" in ended.stderr
