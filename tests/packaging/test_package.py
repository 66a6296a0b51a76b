"""The packaged app, built and installed for real. Slow: runs when ``DRYDOCK_TEST_PACKAGE=1``."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.packaging.conftest import ROOT
from tests.packaging.roots import Root, make_root, suites

pytestmark = [
    pytest.mark.package,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(
        os.environ.get("DRYDOCK_TEST_PACKAGE") != "1", reason="building packages is slow: set DRYDOCK_TEST_PACKAGE=1"
    ),
]

APP_ID = "io.github.torch_drydock.Drydock"


def run_script(tree: Path, *command: str) -> str:
    """Run a script of a tree's ``packaging``; times are fixed, so that what comes out depends on the tree alone."""
    done = subprocess.run(
        [sys.executable, str(tree / "packaging" / command[0]), *command[1:]],
        check=False, capture_output=True, text=True, timeout=900, cwd=tree,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(tree: Path) -> Path:
    """Build the app and the package in a tree; return the package."""
    print(run_script(tree, "build_app.py"))
    printed = run_script(tree, "build_deb.py")
    print(printed)
    return tree / printed.partition(":")[0]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory):
    """A copy of the sources, which stays as it is while the tests run."""
    copy = tmp_path_factory.mktemp("sources") / "drydock"
    ignored = shutil.ignore_patterns("__pycache__", "out")
    for name in ("app", "probes", "resources", "packaging", "tests/support"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    shutil.copy(ROOT / "CHANGELOG.md", copy)
    yield copy
    shutil.rmtree(copy)


@pytest.fixture(scope="module")
def package(tree: Path) -> Path:
    return build(tree)


@pytest.fixture(scope="module", params=suites())
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("roots") / request.param
    yield make_root(path, request.param)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def display():
    """A virtual screen that a root reaches too: its abstract socket belongs to the network, not to the files."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("a virtual screen needs Xvfb")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [server, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-ac", "-nolisten", "tcp"],
        pass_fds=(writing,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait(10)


def test_the_frozen_app_works_and_leaks_nothing(tree, package):
    print(run_script(tree, "check_frozen.py"))


def test_the_same_sources_give_the_same_package_anywhere(tree, package, tmp_path):
    other = tmp_path / "another-place"
    shutil.copytree(tree, other, ignore=shutil.ignore_patterns("out"))
    assert build(other).read_bytes() == package.read_bytes()
    shutil.rmtree(other)


def test_desktop_and_appstream_data_are_valid(package, tmp_path):
    subprocess.run(["dpkg-deb", "--extract", str(package), str(tmp_path)], check=True, timeout=120)
    share = tmp_path / "usr/share"
    commands = {
        "desktop-file-validate": ["desktop-file-validate", str(share / f"applications/{APP_ID}.desktop")],
        "appstreamcli": ["appstreamcli", "validate", "--no-net", str(share / f"metainfo/{APP_ID}.metainfo.xml")],
    }
    for tool, command in commands.items():
        if shutil.which(tool):
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
        else:
            print(f"{tool} is not installed; not validated with it")
    for edge in (16, 32, 48, 64, 128, 256, 512):
        image = (share / f"icons/hicolor/{edge}x{edge}/apps/{APP_ID}.png").read_bytes()
        assert (int.from_bytes(image[16:20]), int.from_bytes(image[20:24])) == (edge, edge)


def test_a_clean_debian_installs_runs_and_removes_it(root: Root, package, display, script):
    check = script("check_frozen")
    apt = {"DEBIAN_FRONTEND": "noninteractive"}
    root.run("apt-get", "update", "-qq", environment=apt)
    shutil.copyfile(package, root.path / "drydock.deb")
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
    root.run(*install, "/drydock.deb", environment=apt, limit=600)
    installed = root.files()
    assert root.run("readlink", "/usr/bin/drydock").stdout.strip() == "/opt/drydock/drydock"
    assert root.run("sh", "-c", "find /opt/drydock ! -user root -o -perm /022 ! -type l").stdout == ""

    offscreen = {"QT_QPA_PLATFORM": "offscreen"}
    root.run("drydock", "--version")
    doctor = json.loads(root.run("drydock", "doctor", "--json", code=1).stdout)
    assert doctor["root_cause"] is not None
    sample = json.loads(root.run("drydock", "doctor", "--machine", "broken-laptop", "--json", code=1).stdout)
    assert sample["root_cause"] == "driver-versions"
    root.run("drydock", "gui", "--machine", "rtx4090-desktop", "--quit-after", "0.5", environment=offscreen)
    root.run("drydock", "gui", "--quit-after", "0.5", environment=offscreen)
    shown = root.run(
        "drydock", "gui", "--machine", "h100x8-server", "--quit-after", "1", environment={"DISPLAY": display}
    )
    assert "could not" not in shown.stderr.lower()

    users = {"LD_LIBRARY_PATH": "/home/ada/lib", "QT_PLUGIN_PATH": "/home/ada/qt"}
    seen = child_environment(root, check, users)
    for name, value in users.items():
        assert seen[name] == value
    assert not [name for name in seen if check.SECRETS.match(name) and name not in users]
    assert not [name for name, value in seen.items() if "/opt/drydock" in value]
    writes_as_root_without_a_python(root)

    root.run("apt-get", "purge", "-y", "-qq", "drydock", environment=apt)
    left = [name for name in root.files() if "drydock" in name.lower() and name != "drydock.deb"]
    assert not left
    gone = installed - root.files()
    assert len(gone) > 200
    assert all(name.startswith(("opt", "usr/")) for name in gone)
    assert not (root.path / "opt/drydock").exists()


def writes_as_root_without_a_python(root: Root):
    """Let the installed program replace a file of root's, the way in which it does a step that needs root."""
    assert root.run("sh", "-c", "command -v python3", code=None).returncode != 0
    content = bytes(range(256)) + b"\n"
    # what follows is written by the shell, as the root has no standard input
    given = f"printf %s {base64.b64encode(content).decode('ascii')} | /opt/drydock/drydock --replace-file"
    path = root.path / "etc/docker/daemon.json"
    root.run("sh", "-c", f"{given} /etc/docker/daemon.json absent 640")
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o640
    refused = root.run("sh", "-c", f"{given} /etc/docker/daemon.json absent 640", code=10)
    assert "/etc/docker/daemon.json" in refused.stderr
    path.parent.chmod(0o777)
    unsafe = root.run("sh", "-c", f"{given} /etc/docker/other.json absent 640", code=11)
    assert "can be changed by others than root" in unsafe.stderr
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    shutil.rmtree(path.parent)


def child_environment(root: Root, check, users):
    """Return what ``doctor`` hands to a program that it starts."""
    check.script(root.path / "usr/local/bin/nvidia-ctk", "env -0 >/environment\necho version 1.17.4\n")
    root.run("drydock", "doctor", code=None, environment=users)
    seen = check.read_environment(root.path / "environment")
    (root.path / "usr/local/bin/nvidia-ctk").unlink()
    (root.path / "environment").unlink()
    return seen
