"""The main path and its troubles, typed as their users would, against a real engine."""

import contextlib
import json
import shlex
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

import docker.errors
import pytest
from tests.engines.sockets import Relay
from tests.support.launch_fixtures import container_names, inspected

NAMES = ("lab", "brief", "said", "typed", "first", "second", "long", "dying")


@pytest.fixture
def drydock(engine, program):
    """The program on the private engine; its sessions are removed at the end."""
    yield program(engine.docker_host)
    for name in NAMES:
        with contextlib.suppress(docker.errors.NotFound):
            engine.client.containers.get(name).remove(force=True)


def sessions(drydock, *words):
    """The sessions of these tests by name; people may have others on a shared engine."""
    listed = drydock("sessions", *words).json["sessions"]
    return {one["name"]: one for one in listed if one["name"] in NAMES}


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.timeout(900)
def test_the_main_path(drydock, engine, torch_image, tiny_image, fake_nvml, tmp_path):
    scenario = fake_nvml("two-gpus")

    doctor = drydock("doctor", "--json")
    assert doctor.code == 0, doctor.err
    findings = {finding["id"]: finding["state"] for finding in doctor.json["findings"]}
    assert findings["engine-running"] == findings["gpu-present"] == findings["image-gpu"] == "ok"
    assert doctor.json["root_cause"] is None

    recommended = drydock("images", "recommend", "--json")
    assert recommended.code == 0
    assert recommended.json["choice"]["reference"].startswith("pytorch/pytorch:")

    # the official registry cannot be reached from everywhere: what is pulled comes from the tests' own
    reference = engine.push(tiny_image, "acceptance/path", "1").reference
    engine.forget_image(reference)
    pulled = drydock("images", "pull", reference, "--json")
    assert (pulled.code, pulled.json["kind"], pulled.json["reference"]) == (0, "pulled", reference)
    assert pulled.json["digest"].startswith("sha256:")
    assert "Asking the registry" in pulled.err

    (tmp_path / "train.py").write_text("print(1)\n")
    words = ("--image", torch_image.reference, "--jupyter", "--workspace", ".", "--name", "lab")
    launched = drydock("launch", *words, "--json")
    assert launched.code == 0, launched.err
    assert [request.visible_devices for request in engine.gpu_requests(launched.json["id"])] == ["all"]
    (service,) = launched.json["services"]
    assert (service["service"], service["address"]) == ("jupyter", "127.0.0.1")
    url = launched.json["url"]
    place = f"http://127.0.0.1:{service['port']}"
    assert status(url) == 200
    assert status(f"{place}/api/status") == 403
    assert status(f"{place}/api/contents/train.py?{url.partition('?')[2]}") == 200

    connected = drydock("sessions", "connect", "lab")
    assert url in connected.out
    assert f"Jupyter:     {url}" in drydock("sessions", "connect", launched.json["id"][:8]).out

    # a second one is stopped while it waits, and the first stays alone
    halted = drydock.stopped("launch", *words[:-1], "brief", "--json", when="Waiting for jupyter")
    assert (halted.code, halted.json) == (130, {"schema": 1, "kind": "stopped"})
    assert "lab" in container_names(engine)
    assert "brief" not in container_names(engine)

    probed = drydock("probe", "--session", "lab", "--json")
    assert probed.code == 0, probed.err
    assert probed.json["torch"]["version"].startswith("2.13.0")
    assert (probed.json["cpu_works"], probed.json["gpu_works"], probed.json["gpus"]) == (True, False, [])

    measured = drydock("bench", "--quick", "--session", "lab", "--json")
    assert measured.code == 0, measured.err
    summary = measured.json["summary"]
    assert (summary["end"], summary["device"], summary["scaled"]) == ("finished", "cpu", True)
    assert summary["rungs"][0]["id"] == "fp32"
    assert summary["rungs"][0]["tokens_per_second"]["median"] > 0

    # a process of the session uses the GPU, and is told with the session's name
    pid = inspected(engine, "lab")["State"]["Pid"]
    scenario.change("compute_processes = self:", f"compute_processes = {pid}:")
    watched = drydock("monitor", "--count", "3", "--interval", "0.1", "--json")
    assert watched.code == 0
    samples = watched.json["samples"]
    assert [len(sample["gpus"]) for sample in samples] == [2, 2, 2]
    processes = [one for group in samples[0]["processes"] for one in group["processes"]["value"]]
    assert {one["pid"]: one["container"].get("value") for one in processes}[pid] == "lab"

    logged = drydock("sessions", "logs", "lab", "--json")
    assert any("Jupyter Server" in line for line in logged.json["lines"])
    assert url.partition("token=")[2] not in logged.out
    assert drydock("sessions", "remove", "lab").code == 1
    stopped = drydock("sessions", "stop", "lab", "--json")
    assert (stopped.code, stopped.json["state"]) == (0, "exited")
    assert drydock("sessions", "connect", "lab").code == 1
    removed = drydock("sessions", "remove", "lab", "--json")
    assert (removed.code, removed.json) == (0, {"schema": 1, "kind": "removed", "name": "lab"})
    assert sessions(drydock, "--json") == {}

    # what was proved and measured goes along in a report, which opens as a machine
    report = drydock("report", "-o", "bundle.zip", "--json")
    assert {"records/probe.jsonl", "records/bench.jsonl"} <= set(report.json["files"])
    assert drydock("doctor", "--machine", "bundle.zip").code == 0


def test_a_pull_is_stopped_and_done_again(drydock, engine, tiny_image, faulty_registry):
    proxy = faulty_registry(bytes_per_second=2e6)
    engine.push(tiny_image, "acceptance/layers", "1", new_layers=[4 << 20] * 4, seed=77)
    reference = f"{proxy}/acceptance/layers:1"
    engine.forget_image(reference)
    stopped = drydock.stopped("images", "pull", reference, "--json", when="downloading: ")
    assert (stopped.code, stopped.json) == (130, {"schema": 1, "kind": "stopped"})
    assert reference not in drydock("images", "list").out
    missing = drydock("images", "inspect", "--local", reference, "--json")
    assert (missing.code, missing.json["id"]) == (1, "image-not-here")
    there = drydock("images", "inspect", reference, "--json").json
    assert (there["source"], there["local"]) == ("registry", None)
    assert there["transfer"]["to_fetch"] > 10_000_000

    whole = drydock("images", "pull", f"{engine.registry}/acceptance/layers:1")
    assert whole.code == 0, whole.err
    assert whole.out.startswith(f"{engine.registry}/acceptance/layers:1 is here (sha256:")
    assert drydock("images", "remove", f"{engine.registry}/acceptance/layers:1").code == 0


@pytest.mark.parametrize(
    ("reference", "code", "trouble"),
    [
        ("{registry}/acceptance/layers:no-such-tag", 1, "image-not-found"),
        ("127.0.0.1:1/acceptance/layers:1", 1, "registry-unreachable"),
        ("Not an Image", 2, "image-name-invalid"),
        (":tag", 2, "image-name-invalid"),
        ("", 2, "image-name-invalid"),
    ],
)
def test_images_that_cannot_be_pulled(drydock, engine, reference, code, trouble):
    answer = drydock("images", "pull", reference.format(registry=engine.registry), "--json")
    assert (answer.code, answer.json["id"]) == (code, trouble)
    assert answer.json["text"]
    assert answer.json["title"] in answer.err


@pytest.mark.parametrize(
    ("words", "code", "trouble"),
    [
        (["--", "sh", "-c", "echo last words; exit 3"], 1, "launch-died"),
        (["no-such-program"], 1, "launch-died-command"),
        (["--memory", "1m"], 2, "launch-memory-small"),
        (["--name", "no name!"], 2, "launch-name-invalid"),
        (["--workspace", "gone"], 2, "launch-place-missing"),
        (["--workspace", "a-file"], 2, "launch-place-not-directory"),
        (["--workspace", "/"], 2, "launch-mount-root"),
        (["--jupyter", "7000", "--ssh", "7000"], 2, "launch-port-twice"),
        (["--gpus", "GPU-00000000-0000-4000-8000-000000000000"], 2, "launch-gpu-unknown"),
    ],
)
def test_launches_that_fail_leave_nothing(drydock, engine, tiny_image, fake_nvml, tmp_path, words, code, trouble):
    (tmp_path / "a-file").write_text("")
    fake_nvml("two-gpus")
    gpus = [] if "--gpus" in words else ["--gpus", "none"]
    answer = drydock("launch", "--image", tiny_image.reference, "--name", "dying", *gpus, "--json", *words)
    assert (answer.code, answer.json["kind"], answer.json["id"]) == (code, "trouble", trouble)
    assert "dying" not in container_names(engine)


def test_options_behind_the_command_are_its_own(drydock, tiny_image):
    words = ("--image", tiny_image.reference, "--gpus", "none", "--name", "said", "echo", "--json", "-x")
    answer = drydock("launch", *words)
    assert answer.code == 0, answer.err
    assert "has ended (status 0)" in answer.out
    assert drydock("sessions", "logs", "said").out == "--json -x\n"


def test_the_dry_run_line_makes_the_session(drydock, engine, tiny_image):
    words = ("launch", "--image", tiny_image.reference, "--gpus", "none", "--memory", "64m", "--name", "typed")
    shown = drydock(*words, "--dry-run")
    assert shown.code == 0
    assert container_names(engine).isdisjoint({"typed"})
    subprocess.run(shlex.split(shown.out), check=True, env=drydock.environment, timeout=60, capture_output=True)
    session = sessions(drydock, "list", "--json")["typed"]
    assert (session["state"], session["image"]) == ("running", tiny_image.reference)
    elsewhere = drydock(*words, "--dry-run", "--engine", engine.docker_host, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert shlex.split(elsewhere.out)[:4] == ["docker", "-H", engine.docker_host, "run"]
    taken = drydock(*words, "--dry-run", "--json")
    assert taken.code == 1
    assert [problem["id"] for problem in taken.json["problems"]] == ["launch-name-taken"]


def test_two_sessions_and_their_names(drydock, engine, tiny_image):
    for name in ("first", "second"):
        command = ("sh", "-c", f"while echo {name}; do sleep 0.1; done")
        assert drydock("launch", "--image", tiny_image.reference, "--gpus", "none", "--name", name, *command).code == 0
    listed = {name: one["id"] for name, one in sessions(drydock, "--json", "list").items()}
    assert set(listed) == {"first", "second"}

    followed = drydock.stopped("sessions", "logs", "second", "--follow", "--tail", "1", when="second")
    assert followed.code == 130
    assert set(followed.out.split()) == {"second"}

    assert drydock("sessions", "stop", listed["second"][:6], "--grace", "1").out == "second: exited\n"
    assert drydock("sessions", "start", listed["second"][:6]).out == "second: running\n"
    assert drydock("sessions", "remove", listed["second"][:6], "--force").out == "second was removed\n"
    unknown = drydock("sessions", "stop", "second", "--json")
    assert (unknown.code, unknown.json["id"]) == (2, "session-not-found")
    assert "first" in unknown.json["values"]["known"].split(", ")


def test_the_engine_is_named_before_or_behind_the_command(drydock, engine):
    elsewhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    assert drydock("sessions", **elsewhere).code == 3
    for words in (
        ("--engine", engine.docker_host, "sessions", "list"),
        ("sessions", "--engine", engine.docker_host, "list"),
        ("sessions", "list", "--engine", engine.docker_host),
        ("--engine", "no-such-context", "sessions", "list", "--engine", engine.docker_host),
    ):
        assert drydock(*words, **elsewhere).code == 0
    unknown = drydock("--engine", "no-such-context", "sessions", "list", "--json")
    assert (unknown.code, unknown.json["id"]) == (2, "engine-context-unknown")


def test_the_engine_is_lost_in_the_middle(drydock, program, engine, tiny_image, tmp_path):
    words = (
        "launch",
        "--image",
        tiny_image.reference,
        "--gpus",
        "none",
        "--name",
        "long",
        "sh",
        "-c",
        "echo up; sleep 99",
    )
    assert drydock(*words).code == 0
    with tempfile.TemporaryDirectory(prefix="drydock-") as folder:
        relay = Relay(Path(folder) / "engine.sock", engine.docker_host)
        behind = program(relay.address)
        assert behind("sessions", "list").code == 0
        threading.Timer(1.5, relay.die).start()
        answer = behind("sessions", "logs", "long", "--follow")
        assert (answer.code, answer.out) == (1, "up\n")
        assert "connection to the container engine broke" in answer.err
        assert "Traceback" not in answer.err
        after = behind("sessions", "list", "--json")
        assert (after.code, after.json["id"]) == (3, "engine-not-running")


@pytest.mark.parametrize(
    "words",
    [
        ("sessions", "list"),
        ("sessions", "logs", "x", "--follow"),
        ("images", "list"),
        ("images", "pull", "x"),
        ("launch", "--image", "x"),
        ("launch", "--image", "x", "--dry-run"),
        ("probe", "--session", "x"),
        ("probe", "--image", "x"),
        ("bench", "--session", "x"),
    ],
)
def test_without_an_engine_every_command_says_so(program, words):
    lost = program("unix:///nowhere/docker.sock")
    answer = lost(*words)
    assert answer.code == 3
    assert answer.out == ""
    assert "engine" in answer.err
    assert "Traceback" not in answer.err
    if "--follow" not in words:
        assert json.loads(lost(*words, "--json").out)["id"].startswith("engine-")
