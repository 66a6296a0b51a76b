import json
import os
import subprocess
import sys
import threading

import pytest

OOM = "step 3\nRuntimeError: CUDA error: out of memory\nafter\n"


@pytest.fixture
def log(tmp_path):
    def write(content, name="a.log"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def test_the_cause_comes_first_with_its_line_and_what_to_do(call, log):
    answer = call("explain", log("ncclSystemError: System call failed\n" + OOM))
    assert answer.code == 1
    first, second = answer.out.splitlines()[:2]
    assert "[cuda-oom]" in first
    assert "line 3: RuntimeError: CUDA error: out of memory" in second
    assert "to do:" in answer.out
    assert "https://" in answer.out
    assert "drydock doctor --only gpu-memory" in answer.out
    assert "follows from it: NCCL met an error of the system (line 1)" in answer.out


def test_all_tells_of_consequences_at_length(call, log):
    answer = call("explain", "--all", log("ncclSystemError: System call failed\n" + OOM))
    assert "Follows from it: NCCL met an error of the system  [nccl-unhandled-system-error]" in answer.out


def test_json_is_one_object_with_the_root_first(call, log):
    answer = call("explain", "--json", log("ncclSystemError: System call failed\n" + OOM))
    assert answer.code == 1
    assert (answer.json["schema"], answer.json["kind"]) == (1, "explanation")
    root, second = answer.json["matches"]
    assert (root["id"], root["line"], root["confidence"], root["under"]) == ("cuda-oom", 3, "high", "")
    assert (second["id"], second["confidence"], second["under"]) == (
        "nccl-unhandled-system-error",
        "low",
        "cuda-oom",
    )


def test_nothing_known_is_said_honestly(call, log):
    answer = call("explain", log("all is well\nsecond\n"))
    assert answer.code == 0
    assert answer.out == ""
    assert "Nothing known was found in 2 lines" in answer.err
    assert "drydock doctor" in answer.err
    assert call("explain", "--json", log("all is well")).json["matches"] == []


def test_a_note_alone_is_no_failure(call, log):
    answer = call("explain", log("    SW Power Cap   : Active\n"))
    assert answer.code == 0
    assert "[gpu-power-cap-throttle]" in answer.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x7fELF" + bytes(range(32)) * 300, "not a text"),
        (b"\x1f\x8b" + b"\x00" * 20, "compressed"),
    ],
)
def test_what_is_no_log_is_refused(call, log, content, words):
    answer = call("explain", log(content))
    assert answer.code == 2
    assert words in answer.err


def test_a_folder_and_a_missing_file_are_refused(call, tmp_path):
    assert "is a folder" in call("explain", str(tmp_path)).err
    answer = call("explain", str(tmp_path / "nope"), "--json")
    assert answer.code == 2
    assert answer.json["id"] == "log-unreadable"


def test_an_unreadable_file_is_refused(call):
    # its first page is no memory of any process, so that not even root can read it
    answer = call("explain", "/proc/self/mem", "--json")
    assert (answer.code, answer.json["id"]) == (2, "log-unreadable")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_encodings_are_found_out(call, log, encoding):
    assert "[cuda-oom]" in call("explain", log(("é " + OOM).encode(encoding))).out


def test_bytes_that_are_no_text_do_not_hide_a_failure(call, log):
    assert "[cuda-oom]" in call("explain", log(b"\xff\xfe caf\xe9 \n"[2:] + OOM.encode())).out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_read_to_its_end(call, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(OOM * 2000,))
    writer.start()
    answer = call("explain", str(pipe), "--json")
    writer.join(10)
    assert answer.json["matches"][0]["count"] == 2000
    assert answer.json["lines"] == 6000


def test_wrong_usage_is_told(call, log):
    answer = call("explain", log(OOM), "--session", "x")
    assert answer.code == 2
    assert "either a file or --session" in answer.err


def test_the_kernel_log_of_a_recorded_machine_is_explained(call, tmp_path):
    import shutil
    from importlib import resources

    folder = resources.files("drydock_resources") / "machines" / "broken-laptop"
    bundle = shutil.make_archive(str(tmp_path / "bundle"), "zip", str(folder))
    answer = call("explain", "--json", bundle)
    assert answer.code in (0, 1, 3)
    assert answer.json["kind"] in ("explanation", "trouble")
    if answer.code == 3:
        assert answer.json["id"] == "log-not-recorded"


def test_a_session_is_looked_for_at_the_engine(call, no_engine):
    assert call("explain", "--session", "nobody").code == 3


def test_a_log_may_come_through_standard_input():
    done = subprocess.run(
        [sys.executable, "-m", "drydock", "explain", "-", "--json"],
        input=OOM.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["matches"][0]["id"] == "cuda-oom"
