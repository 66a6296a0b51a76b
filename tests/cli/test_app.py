import subprocess
import sys

import pytest


def test_without_a_command_the_window_opens(call):
    assert call().code == 0
    assert call("--machine", "wsl2-desktop").code == 0
    assert call("--engine", "tcp://far:2375", "gui", "--page", "doctor").code == 0
    assert call.opened == [("", "", None, ""), ("wsl2-desktop", "", None, ""), ("", "doctor", None, "tcp://far:2375")]


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["--machine", "wsl2-desktop", "doctor"],
        ["doctor", "--only", "no-such-check"],
        ["doctor", "--machine", "/no/such/file"],
        ["images", "recommend", "--gpu", "RTX 4090"],
        ["images", "recommend", "--torch", "newest please", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05"],
        ["images", "recommend", "--machine", "wsl2-desktop", "--driver", "580"],
        ["launch", "--gpus", "0"],
        ["launch", "--memory", "lots"],
        ["launch", "--mount", "nowhere"],
        ["launch", "--jupyter", "99999"],
        ["launch", "--env", "NAME"],
        ["probe"],
        ["probe", "--host", "--image", "x"],
        ["probe", "--host", "--only", "telepathy"],
        ["bench", "--session", "a", "--host"],
        ["bench", "--host", "--device", "gpu"],
        ["bench", "--host", "--device", "cuda:x"],
        ["monitor", "--interval", "0"],
        ["sessions", "logs", "x", "--follow", "--json"],
        ["doctor", "--depth", "bottomless"],
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(call, words):
    answer = call(*words)
    assert answer.code == 2
    assert answer.err.strip()


def test_every_command_has_help(call):
    listed = call("--help").out
    for name in ("gui", "doctor", "images", "launch", "sessions", "probe", "bench", "monitor", "report"):
        assert name in listed
        assert call(name, "--help").code == 0


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['drydock', 'launch', '--help']\n"
        "from drydock.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'docker', 'PySide6', 'pynvml', 'psutil', 'rich', 'torch', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version():
    done = subprocess.run([sys.executable, "-m", "drydock", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("drydock, version 0.")
