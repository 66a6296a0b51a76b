"""Each collector in turn hangs, crashes, or meets garbage: the diagnosis ends, is whole, and says what it lacks."""

import threading

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engines.sockets import Listener
from tests.support.snapshots import engine, gpu, host
from tests.support.world import TestWorld

from drydock.collect.assemble import Pieces, assemble
from drydock.collect.gpu import NvmlReading
from drydock.collect.side_by_side import Collector
from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known, NvmlState, Snapshot
from drydock.core.facts.engine_setup import EngineContents
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob, standard_collectors
from drydock.store import Store
from drydock.world import FileStatus, Outcome, Stop

PCI = "/sys/bus/pci/devices/0000:01:00.0"
NAMES = tuple(item.name for item in standard_collectors(Context(world=TestWorld(), store=None)))
QUICK_CHECKS = {check.id for check in CHECKS}
READY = NvmlReading(
    state=NvmlState(kind="ready"), version=Known("560.35.03"), cuda=Known((12, 6)), gpus=(gpu(),)
)  # fmt: skip


def machine():
    """A computer whose facts can all be read."""
    return TestWorld(
        files={
            "/etc/os-release": "ID=ubuntu\nPRETTY_NAME='Ubuntu 24.04'\n",
            "/proc/1/cgroup": "0::/init.scope",
            f"{PCI}/vendor": "0x10de",
            f"{PCI}/class": "0x030000",
            f"{PCI}/device": "0x2684",
            "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03  Sun\n",
            "/dev/nvidia0": "",
            "/dev/nvidiactl": "",
            "/dev/nvidia-uvm": "",
        },
        links={
            f"{PCI}/driver": "nvidia",
            "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1": "libnvidia-ml.so.560.35.03",
            "/usr/lib/x86_64-linux-gnu/libcuda.so.1": "libcuda.so.560.35.03",
        },
        variables={"HOME": "/home/ada"},
        rooms={"/home/ada": (10**12, 10**11), "/tmp": (10**12, 10**11)},
    )


CONTENTS = EngineContents(published=(), running=0, ended=(), ended_sessions=())
GIVEN = {"nvml": READY, "engine": engine(), "engine_contents": CONTENTS}
"""What is not read through a World."""


def collectors_of(world, store, **pieces):
    context = Context(world=world, store=store, engine="unix:///nowhere/docker.sock")
    given = {**GIVEN, **pieces}
    return {
        item.name: Collector(name=item.name, limit=60, collect=_bring(given[item.name]))
        if item.name in given
        else msgspec.structs.replace(item, limit=60)
        for item in standard_collectors(context)
    }


def _bring(piece):
    return lambda: piece


def readable(name, store):
    """Collectors of a machine on which the subject matters."""
    return collectors_of(machine(), store, **({"host": host(wsl=Known(value=True))} if name == "wsl" else {}))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = Store(tmp_path_factory.mktemp("store"))
    yield opened
    opened.close()


def diagnose(store, collectors):
    context = Context(world=machine(), store=store, engine="unix:///nowhere/docker.sock")
    return DiagnoseJob(context, collectors=list(collectors.values())).run(lambda _step: None, Stop())


def words_of(diagnosis, name):
    """Everything that the findings which read a subject say of it, that are not well."""
    reading = {check.id for check in CHECKS if name in check.reads}
    found = [item for item in diagnosis.findings if item.id in reading and item.state in ("not_tested", "broken")]
    pieces = [f"{item.values} {item.evidence} {finding_article(item).text}" for item in found]
    return " ".join(pieces)


def assert_whole(diagnosis, name, outcome):
    runs = {run.name: run for run in diagnosis.snapshot.collectors}
    assert set(runs) == set(NAMES)
    assert {other: run.outcome for other, run in runs.items() if other != name} == dict.fromkeys(
        set(NAMES) - {name}, "done"
    )
    assert runs[name].outcome == outcome
    assert runs[name].text
    assert {finding.id for finding in diagnosis.findings} == QUICK_CHECKS
    assert msgspec.json.decode(msgspec.json.encode(diagnosis.snapshot), type=Snapshot) == diagnosis.snapshot


@pytest.mark.parametrize("name", NAMES)
def test_one_that_hangs(store, name):
    gate = threading.Event()
    collectors = readable(name, store)
    collectors[name] = Collector(name=name, limit=0.2, collect=lambda: gate.wait(60))
    try:
        diagnosis = diagnose(store, collectors)
    finally:
        gate.set()
    assert_whole(diagnosis, name, "timeout")
    assert "no answer within 0.2 s" in words_of(diagnosis, name)


@pytest.mark.parametrize("name", NAMES)
def test_one_that_crashes(store, name):
    def crash():
        raise KeyError("a bug in it")

    collectors = readable(name, store)
    collectors[name] = Collector(name=name, limit=60, collect=crash)
    diagnosis = diagnose(store, collectors)
    assert_whole(diagnosis, name, "crashed")
    assert "a bug in it" in words_of(diagnosis, name)


def test_all_hang_at_once(store):
    gate = threading.Event()
    collectors = {name: Collector(name=name, limit=0.2, collect=lambda: gate.wait(60)) for name in NAMES}
    try:
        diagnosis = diagnose(store, collectors)
    finally:
        gate.set()
    assert {run.outcome for run in diagnosis.snapshot.collectors} == {"timeout"}
    # nothing is known to be broken but what does not answer at all
    broken = {finding.id for finding in diagnosis.findings if finding.state == "broken"}
    assert broken <= {"driver-ready", "engine-running"}
    assert not any(finding.state == "attention" for finding in diagnosis.findings)


FRAGMENTS = (
    *("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ", "560.35.03", "\n", "\t", "=", ":", " ", "/"),
    *("{", "}", "[", "]", '"', "'", "0x10de", "0x030200", "\x00", "\ufeff", "9" * 400, "-1", "1e999", "NaN", "true"),
    *("[gpu]\n", "enabled", "[   12.345678] NVRM: Xid (PCI:0000:01:00): ", "79, ", "Killed process ", "unlimited"),
    *("Package: nvidia-driver-580\n", "Status: install ok installed\n", "Version: 580.95.05-0ubuntu1\n", "docker:x:9:"),
    *("Max open files ", "nameserver ", "127.0.0.53", "kind: nvidia.com/gpu\n", "devices:\n", "- name: all\n", "../.."),
    *("/dev/nvidia0", "runtimes", '{"runtimes":{"nvidia":{"path":7}}}', "mode = ", "ü", "\U0001f4a5", "VERSION_ID="),
    *(
        "updates/nvidia.ko:",
        "00000000",
        "FFFFFFFF",
        "docker0",
        "ext4",
        "ro,relatime",
        "signer: ",
        "version: ",
        "Microsoft",
    ),
)
garbage = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=25).map("".join)


class GarbageWorld(TestWorld):
    """Everything that can be read is there, and is garbage."""

    __test__ = False

    def __init__(self, texts, code):
        super().__init__(variables={"HOME": texts[0], "LD_LIBRARY_PATH": texts[-1], "HTTPS_PROXY": texts[0]})
        self._texts = texts
        self._code = code
        self.kernel = Known(texts[0])

    def _text(self, key):
        # the same question gets the same answer, whichever thread asks first
        return self._texts[sum(key.encode()) % len(self._texts)]

    def run(self, argv, *, limit, stdin="", environment=None, keep_end=False):
        text = self._text(" ".join(argv))
        return Outcome(argv=tuple(argv), code=self._code, stdout=text, stderr=text)

    def read_text(self, path, size_limit=1 << 20):
        return Known(self._text(path)[:size_limit])

    def list_directory(self, path):
        names = {part for part in self._text(path).replace("/", " ").split() if part not in (".", "..")}
        return Known(tuple(sorted(names)))

    def file_status(self, path):
        return Known(
            FileStatus(mode=0o777, owner=self._text(path), group="", modified=-1.0, readable=True, writable=False)
        )

    def resolve_link(self, path):
        return Known(self._text(path))

    def find_program(self, name):
        return Known(f"/usr/bin/{name}")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("nvml", "engine", "engine_contents")])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(garbage, min_size=1, max_size=6), code=st.sampled_from([0, 1, None]))
def test_one_that_reads_garbage(name, texts, code):
    context = Context(world=GarbageWorld(texts, code), store=None)
    collect = next(item.collect for item in standard_collectors(context) if item.name == name)
    piece = collect()
    snapshot = assemble(
        Pieces(**{"host": host(), "nvml": READY, "engine": engine(), name: piece}), "2026-11-20T09:30:00Z"
    )
    findings = conclude(snapshot, load_catalogue())
    assert {finding.id for finding in findings} == {check.id for check in CHECKS}
    assert all(finding_article(finding).text for finding in findings)
    assert msgspec.json.decode(msgspec.json.encode(snapshot), type=Snapshot) == snapshot


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(garbage, min_size=1, max_size=6), code=st.sampled_from([0, 1, None]))
def test_a_whole_machine_of_garbage(tmp_path_factory, texts, code):
    world = GarbageWorld(texts, code)
    collectors = collectors_of(world, None)
    context = Context(world=world, store=Store(tmp_path_factory.getbasetemp() / "empty"))
    job = DiagnoseJob(context, only=QUICK_CHECKS, collectors=list(collectors.values()))
    diagnosis = job.run(lambda _step: None, Stop())
    assert {run.name: run.text for run in diagnosis.snapshot.collectors if run.outcome != "done"} == {}
    assert {finding.id for finding in diagnosis.findings} == QUICK_CHECKS
    assert msgspec.json.decode(msgspec.json.encode(diagnosis.snapshot), type=Snapshot) == diagnosis.snapshot


ANSWERS = {
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "half a line": b"HTTP/1.1 200",
    "another service": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a page": b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>",
    "half an object": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"Version',
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{}",
    "a list": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
    "wrong types": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n"
    b'{"ApiVersion":7,"Version":{}}',
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "an error": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_engine_that_answers_garbage(store, tmp_path, answer):
    def serve(connection):
        connection.recv(65536)
        connection.sendall(ANSWERS[answer])

    with Listener(tmp_path / "docker.sock", serve) as listener:
        context = Context(world=machine(), store=store, engine=listener.address)
        collectors = {**collectors_of(machine(), store)}
        for item in standard_collectors(context):
            if item.name in ("engine", "engine_contents"):
                collectors[item.name] = item
        diagnosis = DiagnoseJob(context, collectors=list(collectors.values())).run(lambda _step: None, Stop())
    assert {run.name for run in diagnosis.snapshot.collectors if run.outcome != "done"} == set()
    assert diagnosis.snapshot.engine.reach.kind not in ("ready", "not_installed")
    running = next(finding for finding in diagnosis.findings if finding.id == "engine-running")
    assert running.state == "broken"
    assert running.evidence
