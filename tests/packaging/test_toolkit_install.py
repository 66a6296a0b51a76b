"""The remedy that installs the toolkit, carried out by apt in a clean Debian. Slow: ``DRYDOCK_TEST_PACKAGE=1``.

A repository made here stands in for NVIDIA's: signed, at the same address, of four small packages of the same names.
"""

import hashlib
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.packaging.roots import Root, make_root
from tests.support.snapshots import healthy_snapshot, no_toolkit, replaced

from drydock.core.findings import Finding
from drydock.core.remedies import Remedy, remedies_for
from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.jobs.mend import Mended, MendJob, UndoJob
from drydock.jobs.mend_plan import PlanJob, PlanUndoJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

TOOLS = ("gpg", "openssl", "dpkg-deb", "dpkg-scanpackages")

pytestmark = [
    pytest.mark.package,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        os.environ.get("DRYDOCK_TEST_PACKAGE") != "1",
        reason="a clean Debian is slow to make: set DRYDOCK_TEST_PACKAGE=1",
    ),
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}"),
]

HOST = "nvidia.github.io"
PACKAGES = {
    "libnvidia-container1": "",
    "libnvidia-container-tools": "libnvidia-container1",
    "nvidia-container-toolkit-base": "",
    "nvidia-container-toolkit": "nvidia-container-toolkit-base, libnvidia-container-tools",
}
KEY = "usr/share/keyrings/nvidia-container-toolkit-keyring.asc"
LIST = "etc/apt/sources.list.d/nvidia-container-toolkit.list"


def run(*command: object, cwd: Path | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120, cwd=cwd)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def make_package(folder: Path, into: Path, name: str, depends: str) -> None:
    tree = folder / name
    (tree / "DEBIAN").mkdir(parents=True)
    needs = f"Depends: {depends}\n" if depends else ""
    (tree / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: 1.18.1-1\nArchitecture: amd64\n{needs}"
        "Maintainer: A <a@example.org>\nDescription: x\n"
    )
    program = tree / "usr" / "bin" / f"of-{name}"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    run("dpkg-deb", "--build", "--root-owner-group", tree, into / f"{name}_1.18.1-1_amd64.deb")


def make_key(folder: Path) -> str:
    """Make a key in a directory of its own; return it as text."""
    folder.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", folder, "--batch", "--passphrase", "")
    run(*gpg, "--quick-generate-key", "stand-in@example.org", "rsa2048", "sign", "never")
    return run(*gpg, "--armor", "--export")


def make_repository(folder: Path, keys: Path) -> None:
    """Make the signed repository below a directory, at the path that NVIDIA's has."""
    place = folder / "libnvidia-container" / "stable" / "deb" / "amd64"
    place.mkdir(parents=True)
    for name, depends in PACKAGES.items():
        make_package(folder / "trees", place, name, depends)
    listing = run("dpkg-scanpackages", "--multiversion", ".", cwd=place)
    (place / "Packages").write_text(listing)
    digest = hashlib.sha256(listing.encode()).hexdigest()
    sums = f"SHA256:\n {digest} {len(listing.encode())} Packages\n"
    (place / "Release").write_text(f"Origin: stand-in\nDate: Wed, 01 Jan 2025 00:00:00 UTC\n{sums}")
    gpg = ("gpg", "--homedir", keys, "--batch", "--passphrase", "")
    run(*gpg, "--clearsign", "--output", place / "InRelease", place / "Release")


class Gate(SimpleHTTPRequestHandler):
    """A proxy that leads every encrypted connection to the files of one directory."""

    context: ssl.SSLContext
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        with self.context.wrap_socket(self.connection, server_side=True) as inside:
            self.rfile, self.wfile = inside.makefile("rb"), inside.makefile("wb", buffering=0)
            self.close_connection = False
            while not self.close_connection:
                self.handle_one_request()
            self.rfile.close()
            self.wfile.close()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[int]:
    """Serve ``tmp_path/site`` as NVIDIA's host; the number is the proxy's port."""
    (tmp_path / "site").mkdir()
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"),
        *("-addext", f"subjectAltName=DNS:{HOST}", "-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.pem"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem", tmp_path / "tls.key")

    class Served(Gate):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=str(tmp_path / "site"))  # type: ignore[arg-type]

    Served.context = context
    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_root(tmp_path_factory.mktemp("clean") / "root", "bookworm").path


@pytest.fixture
def debian(clean: Path, tmp_path: Path, gate: int) -> Root:
    """A clean Debian whose apt reaches the stand-in, and whose programs are run inside it."""
    path = tmp_path / "root"
    run("cp", "-a", "--reflink=auto", clean, path)
    for listing in (path / "etc" / "apt").glob("sources.list*"):
        # what this tests needs nothing of Debian's own archive
        shutil.rmtree(listing) if listing.is_dir() else listing.unlink()
    (path / "etc" / "apt" / "sources.list.d").mkdir()
    shutil.copyfile(tmp_path / "tls.pem", path / "etc" / "stand-in.pem")
    # the engine is installed
    (path / "etc" / "docker").mkdir()
    (path / "etc" / "apt" / "apt.conf.d" / "99stand-in").write_text(
        f'Acquire::https::Proxy "http://127.0.0.1:{gate}";\nAcquire::https::CaInfo "/etc/stand-in.pem";\n'
        'APT::Sandbox::User "root";\n'
    )
    stand_in(path, "env", f'exec chroot {path} /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"')
    stand_in(path, "systemctl", f'echo "$*" >> {tmp_path / "systemctl"}')
    return Root(path)


def stand_in(root: Path, name: str, script: str) -> None:
    program = root / "usr" / "sbin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    store = Store(tmp_path / "store")
    yield Context(world=LiveWorld(), store=store)
    store.close()


def install() -> Remedy:
    finding = Finding(id="toolkit-installed", rung="toolkit", state="broken", variant="absent")
    (remedy,) = remedies_for(finding, healthy_snapshot(toolkit=no_toolkit()))
    return remedy


def apply(context: Context, root: Root) -> Mended:
    plan = PlanJob(context, install(), root=str(root.path)).run(lambda _: None, Stop())
    plan = replaced(plan, recheck=())
    return MendJob(context, plan, plan.fingerprint, root=str(root.path)).run(lambda _: None, Stop())


def installed(root: Root) -> set[str]:
    listing = root.run("dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Package}\n").stdout
    names = {line.split()[1] for line in listing.splitlines() if line.startswith("ii")}
    return names & set(PACKAGES)


def test_the_toolkit_is_installed_and_removed_by_apt(debian: Root, context: Context, tmp_path: Path) -> None:
    key = make_key(tmp_path / "keys")
    make_repository(tmp_path / "site", tmp_path / "keys")
    (tmp_path / "key").write_text(key)
    stand_in(debian.path, "curl", f"cat {tmp_path / 'key'}")
    before = debian.files()
    mended = apply(context, debian)
    assert installed(debian) == set(PACKAGES)
    assert (debian.path / KEY).read_text() == key
    assert (debian.path / "usr/bin/of-nvidia-container-toolkit").is_file()
    assert (tmp_path / "systemctl").read_text() == "reload-or-restart docker\n"
    undo = PlanUndoJob(context, mended.entry).run(lambda _: None, Stop())
    UndoJob(context, mended.entry, undo.fingerprint, root=str(debian.path)).run(lambda _: None, Stop())
    assert installed(debian) == set()
    assert debian.files() - before == set()


def test_packages_that_another_key_signed_are_refused_and_nothing_stays(
    debian: Root, context: Context, tmp_path: Path
) -> None:
    make_key(tmp_path / "keys")
    make_repository(tmp_path / "site", tmp_path / "keys")
    (tmp_path / "key").write_text(make_key(tmp_path / "other"))
    stand_in(debian.path, "curl", f"cat {tmp_path / 'key'}")
    with pytest.raises(Trouble) as caught:
        apply(context, debian)
    assert caught.value.id == "mend-step-failed"
    assert "is not signed" in str(caught.value.values["text"])
    assert installed(debian) == set()
    assert not (debian.path / KEY).exists()
    assert not (debian.path / LIST).exists()
