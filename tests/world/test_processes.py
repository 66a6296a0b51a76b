"""Child processes: limits, output, and nothing left behind. Real processes are started."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from drydock.core.trouble import Trouble
from drydock.world import Stop
from drydock.world.live import LiveWorld
from drydock.world.processes import OUTPUT_LIMIT

PYTHON = sys.executable


def python(code):
    return [PYTHON, "-c", code]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid):
    return any(not alive(pid) or time.sleep(0.05) for _ in range(200))


def test_output_and_status_come_back():
    outcome = LiveWorld().run(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"), limit=30)
    assert (outcome.code, outcome.stdout, outcome.stderr, outcome.problem) == (3, "out\n", "err\n", "")
    assert not outcome.succeeded


def test_input_is_given_and_variables_are_put_on_top():
    code = "import os, sys; print(sys.stdin.read() + os.environ['EXTRA'])"
    outcome = LiveWorld().run(python(code), limit=30, stdin="hello ", environment={"EXTRA": "there"})
    assert outcome.stdout == "hello there\n"


def test_input_that_nobody_reads_is_no_trouble():
    assert LiveWorld().run(python("pass"), limit=30, stdin="x" * (1 << 20)).succeeded


def test_what_cannot_be_started_says_why(tmp_path):
    world = LiveWorld()
    assert world.run(["/no/such/program"], limit=5).problem == "not_found"
    plain = tmp_path / "plain"
    plain.write_text("text")
    assert world.run([str(plain)], limit=5).problem == "no_permission"
    assert world.run(["bad\0name"], limit=5).problem == "failed"
    plain.chmod(0o755)
    assert world.run([str(plain)], limit=5).problem == "failed"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_program_that_hangs_is_killed_with_its_children(tmp_path):
    note = tmp_path / "pid"
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "print('begun', flush=True)\n"
        "time.sleep(600)\n"
    )
    outcome = LiveWorld().run(python(code), limit=3)
    assert (outcome.problem, outcome.code, outcome.stdout) == ("timeout", None, "begun\n")
    assert gone(int(note.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="uses sessions")
def test_a_grandchild_that_keeps_the_output_open_does_not_hold_up_the_answer(tmp_path):
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], start_new_session=True)\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "print('done')\n"
    )
    try:
        outcome = LiveWorld().run(python(code), limit=15)
        assert outcome.succeeded
        assert outcome.stdout == "done\n"
        assert alive(int(note.read_text()))
    finally:
        os.kill(int(note.read_text()), 9)


def test_endless_output_is_cut_and_the_child_is_not_held_up():
    code = f"import sys; sys.stdout.write('x' * {OUTPUT_LIMIT + 100000}); sys.stderr.write('y' * 100)"
    outcome = LiveWorld().run(python(code), limit=60)
    assert outcome.succeeded
    assert len(outcome.stdout) == OUTPUT_LIMIT
    assert outcome.stderr == "y" * 100


def test_lines_come_while_it_runs_and_a_stop_ends_it():
    stop = Stop()
    code = "import time\nprint('one', flush=True)\nprint('two', flush=True)\ntime.sleep(600)"
    process = LiveWorld().start(python(code), stop=stop)
    lines = process.lines()
    assert [next(lines), next(lines)] == ["one", "two"]
    stop.request()
    assert list(lines) == []
    outcome = process.wait(30)
    assert outcome.code not in (0, None)


def test_a_program_that_ignores_the_wish_to_end_is_killed():
    stop = Stop()
    code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)"
    )
    process = LiveWorld().start(python(code), stop=stop)
    lines = process.lines()
    assert next(lines) == "deaf"
    stop.request()
    assert list(lines) == []
    assert process.wait(30).code == -9


def test_a_stop_that_was_asked_for_before_ends_it_at_once():
    stop = Stop()
    stop.request()
    process = LiveWorld().start(python("import time; time.sleep(600)"), stop=stop)
    assert list(process.lines()) == []
    assert process.wait(30).code not in (0, None)


def test_waiting_has_a_limit_and_throws_away_what_was_not_read():
    process = LiveWorld().start(python("print('x' * 10**6, flush=True)\nimport time; time.sleep(600)"), stop=Stop())
    outcome = process.wait(2)
    assert (outcome.problem, outcome.code) == ("timeout", None)


def test_the_end_of_standard_error_is_kept():
    code = "import sys\nfor n in range(20000): print('line', n, file=sys.stderr)\nsys.exit(4)"
    process = LiveWorld().start(python(code), stop=Stop())
    assert list(process.lines()) == []
    outcome = process.wait(30)
    assert outcome.code == 4
    assert outcome.stderr.endswith("line 19999\n")
    assert len(outcome.stderr) <= 64 << 10


def test_a_directory_is_obeyed(tmp_path):
    process = LiveWorld().start(python("import os; print(os.getcwd())"), stop=Stop(), directory=str(tmp_path))
    assert list(process.lines()) == [str(tmp_path.resolve())]
    assert process.wait(30).succeeded


def test_what_cannot_be_started_is_a_trouble():
    with pytest.raises(Trouble) as caught:
        LiveWorld().start(["/no/such/program"], stop=Stop())
    assert caught.value.id == "program-not-started"
    assert caught.value.values == {"program": "/no/such/program", "text": "No such file or directory"}


def test_no_thread_is_left_after_a_quiet_end():
    before = set(threading.enumerate())
    LiveWorld().run(python("print(1)"), limit=30)
    process = LiveWorld().start(python("print(1)"), stop=Stop())
    assert list(process.lines()) == ["1"]
    process.wait(30)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_app_that_ends_leaves_no_followed_program_behind():
    app = (
        "import sys\n"
        "from drydock.world import Stop\n"
        "from drydock.world.live import LiveWorld\n"
        "code = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'\n"
        "process = LiveWorld().start([sys.executable, '-c', code], stop=Stop())\n"
        "print(next(process.lines()))\n"
    )
    outcome = LiveWorld().run(python(app), limit=60)
    assert outcome.succeeded, outcome.stderr
    assert gone(int(outcome.stdout))


def test_input_that_cannot_be_encoded_is_given_as_far_as_it_can():
    outcome = LiveWorld().run(python("import sys; print(sys.stdin.read())"), limit=30, stdin="a\udce4b")
    assert outcome.stdout == "a?b\n"
