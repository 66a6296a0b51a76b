"""Check the packaged app as a user would meet it: start it, ask it, and look at what its child processes inherit.

    python packaging/check_frozen.py [PROGRAM]

PROGRAM is ``packaging/out/drydock/drydock`` unless another is named (an installed ``/usr/bin/drydock``). Prints a line
for each check and ends with 1 when one failed. Only the standard library is used.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from frozen_app import LIMIT, OFFSCREEN, CheckError, Frozen, expect

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("home", "doctor", "images", "launch", "monitor", "benchmark", "settings")

SECRETS = re.compile(r"^(_PYI_|_MEI|LD_|QT_|QML|PYTHON|.*_ORIG$|SSL_CERT|GIO_|GTK_|FONTCONFIG_|TCL_|TK_)")
"""Variables that a child process must not have unless the user set them."""


def check_version(app: Frozen) -> None:
    """The version is the source's."""
    text = (ROOT / "app/drydock/__init__.py").read_text("utf-8")
    version = re.findall(r'__version__ = "(.+)"', text)[0]
    printed = app.run("--version").stdout
    expect(version in printed, f"printed {printed!r}, the source says {version}")


def check_help(app: Frozen) -> None:
    """Every command can be imported."""
    commands = re.findall(r"^  (\w+)  ", app.run("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    expect("doctor" in commands and "monitor" in commands, f"--help lists {commands}")
    for command in commands:
        app.run(command, "--help")


def check_files(app: Frozen) -> None:
    """All resources and the probes' sources are inside, byte for byte."""
    inside = app.package / "_internal"
    for top in (ROOT / "resources/drydock_resources", ROOT / "probes/drydock_probes"):
        for path in sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = inside / path.relative_to(top.parent)
                expect(copy.is_file(), f"{path.relative_to(ROOT)} is missing")
                expect(copy.read_bytes() == path.read_bytes(), f"{path.relative_to(ROOT)} is not the source's")


def check_search_paths(app: Frozen) -> None:
    """No library is looked for in a directory of the build machine."""
    objdump = shutil.which("objdump")
    expect(objdump, "this check needs objdump: install the package binutils")
    for path in sorted((app.package / "_internal").rglob("*.so*")):
        told = subprocess.run([str(objdump), "-p", str(path)], check=False, capture_output=True, text=True, timeout=60)
        for entries in re.findall(r"^\s+(?:RUNPATH|RPATH)\s+(\S+)$", told.stdout, re.MULTILINE):
            outside = [entry for entry in entries.split(":") if not entry.startswith("$ORIGIN")]
            expect(not outside, f"{path.name} looks for libraries in {outside}")


def check_doctor_on_sample(app: Frozen) -> None:
    """A recorded broken machine is diagnosed as broken, with its root cause."""
    diagnosis = app.json("doctor", "--machine", "broken-laptop", code=1)
    expect(diagnosis["worst"] == "broken" and diagnosis["root_cause"], f"root cause: {diagnosis['root_cause']!r}")


def check_doctor_here(app: Frozen) -> None:
    """This machine is looked at, whatever it is."""
    diagnosis = app.json("doctor", code=None)
    expect(len(diagnosis["findings"]) >= 10, f"only {len(diagnosis['findings'])} findings")


def check_recommendation(app: Frozen) -> None:
    """An image is chosen for a named GPU and driver."""
    answer = app.json("images", "recommend", "--gpu", "RTX 4090:8.9", "--driver", "580.95.05")
    expect(answer["choice"] and "pytorch" in answer["choice"]["reference"], f"choice: {answer['choice']}")


def check_window(app: Frozen) -> None:
    """The window opens on a sample machine and on this computer, and closes by itself."""
    app.window("--machine", "rtx4090-desktop")
    app.window()


def check_pages(app: Frozen) -> None:
    """Every page opens."""
    for page in PAGES:
        app.window("--machine", "rtx4090-desktop", "--page", page)
    answer = app.run("gui", "--page", "nowhere", code=None, also=OFFSCREEN)
    named = [page for page in PAGES if page in answer.stderr + answer.stdout]
    expect(answer.returncode and len(named) == len(PAGES), f"pages named when asked for a wrong one: {named}")


def check_foreign_qt(app: Frozen) -> None:
    """Plugins of another Qt, which the user's settings lead to, are not even looked at."""
    foreign = app.scratch / "foreign-qt"
    (foreign / "platforms").mkdir(parents=True)
    settings = {**OFFSCREEN, "QT_PLUGIN_PATH": str(foreign), "QT_DEBUG_PLUGINS": "1"}
    told = app.run("gui", "--machine", "rtx4090-desktop", "--quit-after", "0.2", also=settings).stderr
    expect(str(app.package) in told, "Qt does not tell where it looks for plugins")
    expect(str(foreign) not in told, "Qt looked into the user's QT_PLUGIN_PATH")


def check_host_probe(app: Frozen) -> None:
    """A probe runs with a Python of this computer; without torch it says so."""
    python = python_without_torch()
    result = app.json("probe", "--host", "--python", python, code=1)
    problems = " ".join(result["problems"])
    expect("torch-missing" in problems, f"problems: {problems!r}")
    expect(result["complete"], "the probe did not come to its end")


def python_without_torch() -> str:
    """Return a Python that is not the app's, and cannot import torch."""
    for name in ("/usr/bin/python3", "python3", sys.executable):
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import torch"], check=False, capture_output=True).returncode:
            return found
    raise CheckError("this check needs a Python without torch: install the package python3")


USERS = {"LD_LIBRARY_PATH": "/home/ada/lib:/srv/lib", "QT_PLUGIN_PATH": "/home/ada/qt", "QT_SCALE_FACTOR": "1",
         "PYTHONPATH": "/home/ada/python"}  # fmt: skip


def check_child_environment(app: Frozen) -> None:
    """A program started by the app has the user's variables as they were, and none of the package's."""
    for users in ({}, {"LD_LIBRARY_PATH": ""}, USERS):
        seen = child_environment(app, users)
        judge_environment(app, seen, users)


def check_probe_environment(app: Frozen) -> None:
    """The same for a program whose output is followed."""
    dump = app.scratch / "probe-environment"
    python = app.scratch / "python3"
    script(python, f'env -0 >"{dump}"\nexec "{python_without_torch()}" "$@"\n')
    for users in ({}, {**USERS, "PYTHONPATH": ""}):
        app.run("probe", "--host", "--python", str(python), code=1, also=users)
        judge_environment(app, read_environment(dump), users)


def child_environment(app: Frozen, users: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the toolkit's program, played by a script, when ``doctor`` starts it."""
    tools = app.scratch / "tools"
    tools.mkdir(exist_ok=True)
    dump = app.scratch / "environment"
    dump.unlink(missing_ok=True)
    script(tools / "nvidia-ctk", f'env -0 >"{dump}"\necho "NVIDIA Container Toolkit CLI version 1.17.4"\n')
    diagnosis = app.json("doctor", code=None, also={**users, "PATH": f"{tools}:/usr/bin:/bin"})
    expect("1.17.4" in json.dumps(diagnosis["snapshot"]), "the script that plays nvidia-ctk was not run")
    return read_environment(dump)


def judge_environment(app: Frozen, seen: Mapping[str, str], users: Mapping[str, str]) -> None:
    """Compare a child's environment with what the user set; an empty path list may as well be gone."""
    for name, value in users.items():
        expect(seen.get(name, "") == value, f"the user's {name}={value!r} became {seen.get(name)!r}")
    added = sorted(name for name in seen if SECRETS.match(name) and name not in users)
    expect(not added, f"the child also has {', '.join(added)}")
    for name, value in seen.items():
        leads_inside = str(app.package) in value and name not in ("_", "PWD", "OLDPWD")
        expect(not leads_inside, f"{name}={value} leads into the package")


def script(path: Path, body: str) -> None:
    """Write a shell script."""
    path.write_text(f"#!/bin/sh\n{body}", "utf-8")
    path.chmod(0o755)


def read_environment(path: Path) -> dict[str, str]:
    """Read what ``env -0`` wrote."""
    expect(path.is_file(), "the child process was not started")
    return dict(entry.split("=", 1) for entry in path.read_text("utf-8").split("\0") if "=" in entry)


def check_nvml(app: Frozen) -> None:
    """NVIDIA's library is found where the loader looks, where the user's path leads, and where a variable names it."""
    compiler = shutil.which("cc")
    expect(compiler, "this check needs a C compiler for the stand-in library: install the package gcc")
    folder = app.scratch / "nvml"
    folder.mkdir()
    library = folder / "libnvidia-ml.so.1"
    source = ROOT / "tests/support/fake_nvml"
    subprocess.run(
        [str(compiler), "-shared", "-fPIC", "-Wl,-soname,libnvidia-ml.so.1", "-o", str(library),
         str(source / "fake_nvml.c"), "-lpthread"], check=True, timeout=60,
    )  # fmt: skip
    scenario = {"FAKE_NVML_SCENARIO": str(source / "scenarios/rtx4090.ini")}
    for way in ({"LD_LIBRARY_PATH": str(folder)}, {"DRYDOCK_NVML_LIBRARY": str(library)}):
        snapshot = json.dumps(app.json("doctor", code=None, also={**scenario, **way})["snapshot"])
        expect("RTX 4090" in snapshot, f"with {next(iter(way))} the GPU was not seen")
        samples = app.run("monitor", "--count", "1", "--json", also={**scenario, **way}).stdout
        expect(samples.strip(), "monitor printed nothing")


def check_file_writer(app: Frozen) -> None:
    """The app itself writes a file byte for byte, as it does as root where there is no Python, and refuses the rest."""
    path = app.scratch / "root/etc/docker/daemon.json"
    path.parent.mkdir(parents=True)
    old, new = b'{"debug": true}\n', bytes(range(256)) * 300
    written = write_file(app, path, "absent", "640", old)
    expect(written.returncode == 0, f"a new file: {written.returncode}, {written.stderr!r}")
    expect(path.read_bytes() == old, "the new file has another content")
    expect(path.stat().st_mode & 0o777 == 0o640, "the new file has other rights")
    replaced = write_file(app, path, hashlib.sha256(old).hexdigest(), "600", new)
    expect(replaced.returncode == 0, f"replaced: {replaced.returncode}, {replaced.stderr!r}")
    expect(path.read_bytes() == new, "the replaced file has another content")
    expect(path.stat().st_mode & 0o777 == 0o640, "the replaced file lost its rights")
    link = app.scratch / "fifo"
    os.mkfifo(link)
    refused = (
        ("changed meanwhile", 10, write_file(app, path, hashlib.sha256(old).hexdigest(), "640", b"other")),
        ("no regular file", 12, write_file(app, link, "absent", "640", b"other")),
        ("cut off", 12, write_file(app, path, hashlib.sha256(new).hexdigest(), "640", b"other", cut=1)),
        ("wrong mode", 12, write_file(app, path, hashlib.sha256(new).hexdigest(), "rw", b"other")),
    )
    for what, code, answer in refused:
        expect(answer.returncode == code, f"{what}: ended with {answer.returncode}, not {code}")
        expect(answer.stderr.strip(), f"{what}: no error is told")
        expect("Traceback" not in answer.stderr, f"{what}: failed inside: {answer.stderr}")
    expect(path.read_bytes() == new, "a refused content was written")
    left = [entry.name for entry in path.parent.iterdir()]
    expect(left == [path.name], f"something was left: {left}")
    removed = write_file(app, path, hashlib.sha256(new).hexdigest(), "remove", b"")
    expect(removed.returncode == 0 and not path.exists(), f"not removed: {removed.stderr!r}")


def write_file(
    app: Frozen, path: Path, seen: str, mode: str, content: bytes, cut: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Let the app write a file as it lets itself; ``cut`` letters are missing at the end of what it is handed."""
    text = base64.b64encode(content).decode("ascii")
    return subprocess.run(
        [str(app.program), "--replace-file", str(path), seen, mode], check=False, capture_output=True, text=True,
        timeout=LIMIT, env=app.environment({}), input=text[: len(text) - cut], cwd=app.scratch,
    )  # fmt: skip


def check_remedies(app: Frozen) -> None:
    """The remedies are listed, and one that is asked for is shown and not applied."""
    listed = app.json("mend", "list")
    expect(listed["kind"] == "remedies", f"kind: {listed['kind']!r}")
    unknown = app.run("mend", "show", "no-such-remedy", code=None)
    expect(unknown.returncode in (1, 2) and unknown.stderr.strip(), f"an unknown remedy: {unknown.returncode}")
    expect(app.json("mend", "log")["entries"] == [], "a log that was never written has entries")


def check_explanation(app: Frozen) -> None:
    """A log is explained."""
    log = app.scratch / "job.log"
    log.write_text("step 3\nRuntimeError: CUDA error: out of memory\n", "utf-8")
    matches = app.json("explain", str(log), code=1)["matches"]
    expect([match["id"] for match in matches] == ["cuda-oom"], f"found: {matches}")
    expect(matches[0]["title"] and matches[0]["remedy"], "its article is missing")


def check_starter(app: Frozen) -> None:
    """The project to begin with is written as sources that a Python can read."""
    place = app.scratch / "project"
    written = app.json("starter", str(place))["written"]
    expect("train.py" in written, f"written: {written}")
    for name in written:
        if name.endswith(".py"):
            compile((place / name).read_text("utf-8"), name, "exec")


def check_bench_history(app: Frozen) -> None:
    """Earlier runs are listed: none."""
    expect(app.json("bench", "--history")["runs"] == [], "runs that nobody made are listed")


RENDERED = {"run": "docker run", "podman": "podman run", "compose": "services:", "devcontainer": '"image"',
            "kubernetes": "kind: Job", "kubernetes-pod": "kind: Pod", "slurm": "#SBATCH",
            "slurm-apptainer": "apptainer"}  # fmt: skip


def check_renderings(app: Frozen) -> None:
    """A launch is written for every other tool, without an engine."""
    image = "pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime"
    for target, words in RENDERED.items():
        text = app.json("launch", "--image", image, "--as", target)["text"]
        expect(words in text and image in text, f"--as {target}: {text[:300]}")


def check_missing_nvml(app: Frozen) -> None:
    """A library that is not there is reported in the loader's words."""
    missing = str(app.scratch / "nowhere.so")
    printed = app.run("doctor", "--json", code=None, also={"DRYDOCK_NVML_LIBRARY": missing}).stdout
    expect("cannot open shared object file" in printed, "the loader's own words are missing")
    expect("was frozen" not in printed, "the packager's words are shown")


CHECKS: tuple[Callable[[Frozen], None], ...] = (
    check_version,
    check_help,
    check_files,
    check_search_paths,
    check_doctor_on_sample,
    check_doctor_here,
    check_recommendation,
    check_window,
    check_pages,
    check_foreign_qt,
    check_host_probe,
    check_child_environment,
    check_probe_environment,
    check_nvml,
    check_missing_nvml,
    check_file_writer,
    check_remedies,
    check_explanation,
    check_starter,
    check_bench_history,
    check_renderings,
)


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", type=Path, default=ROOT / "packaging/out/drydock/drydock")
    options = parser.parse_args()
    program = Path(os.path.abspath(options.program))  # noqa: PTH100 (a link to the program must stay one)
    if not program.is_file():
        sys.exit(f"{program} is not there; run packaging/build_app.py first")
    failures = 0
    for check in CHECKS:
        with tempfile.TemporaryDirectory(prefix="drydock-check-") as scratch:
            started = time.monotonic()
            try:
                check(Frozen(program, Path(scratch)))
                word = "ok"
            except (CheckError, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
                failures += 1
                word = f"FAILED: {error}"
            name = check.__name__.removeprefix("check_").replace("_", " ")
            print(f"{name:22} {time.monotonic() - started:5.1f} s  {word}", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
