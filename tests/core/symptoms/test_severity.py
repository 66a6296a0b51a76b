import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.symptoms.severity import SeverityReader, severity_of

CASES = {
    "error": [
        "RuntimeError: CUDA error: out of memory",
        "torch.OutOfMemoryError: CUDA out of memory.",
        "[E 10:00:00.1 ServerApp] Uncaught exception GET /api",
        "E1125 10:00:00.000 7 torch/run.py:1] failed",
        'time="2026" level=error msg="no such image"',
        "2026-11-25 10:00:00,000 - train - ERROR - loss is nan",
        "ERROR:torch.distributed:failed (exitcode: 1)",
        "[ 12.3] NVRM: Xid (PCI:0000:41:00): 79, GPU has fallen off the bus.",
        "Segmentation fault (core dumped)",
        "bash: foo: command not found",
        "Killed",
        "[rank0]: ValueError: bad shape",
        "FATAL: no key",
        "curl: (6) Error: Could not resolve host",
    ],
    "warning": [
        "UserWarning: lr_scheduler.step() called before optimizer.step()",
        "[W 10:00:00.1 ServerApp] 404 GET /favicon.ico",
        "W1125 10:00:00.000 7 torch/run.py:1] OMP",
        'time="2026" level=warning msg="failed to find driver, error ignored"',
        "WARNING: Running pip as the 'root' user",
        "2026-11-25 WARN slow",
        "this option is deprecated",
        "host:1:1 [0] misc/ibvwrap.cc:63 NCCL WARN Failed to open libibverbs.so",
    ],
    "info": [
        "epoch 1 step 20 loss 0.31 error_rate 0.05",
        "[I 10:00:00.1 ServerApp] Serving notebooks",
        "I1125 10:00:00.000 7 x.py:1] started",
        'time="2026" level=info msg="error handling installed"',
        "tests: 12 passed, 0 failed, 0 errors",
        "no errors found",
        "INFO: retrying after error",
        "",
    ],
    "debug": ["DEBUG:root:error path not taken", "2026-11-25 10:00:00,000 DEBUG cache miss", "[D 10:00:00.1 App] x"],
}


@pytest.mark.parametrize(("severity", "line"), [(name, line) for name, lines in CASES.items() for line in lines])
def test_a_line_shows_how_grave_it_is(severity, line):
    assert severity_of(line) == severity


def test_a_traceback_is_as_grave_as_its_error():
    lines = [
        "step 1",
        "[rank1]: Traceback (most recent call last):",
        '[rank1]:   File "train.py", line 3, in <module>',
        "[rank1]:     run()",
        "[rank1]: KeyError: 'x'",
        "step 2",
    ]
    reader = SeverityReader()
    assert [reader.read(line) for line in lines] == ["info", "error", "error", "error", "error", "info"]


@given(st.text(max_size=3000))
def test_any_line_has_a_severity(line):
    assert severity_of(line) in ("error", "warning", "info", "debug")
