"""Writes a support bundle: one zip file that another computer's Drydock opens as a recorded machine."""

import contextlib
import datetime
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from drydock import __version__
from drydock.core.facts import Known, known_or
from drydock.core.findings import Diagnosis
from drydock.core.redact import Redactor, Removed
from drydock.core.trouble import Trouble
from drydock.data.knowledge import finding_article
from drydock.data.machine import MachineCard
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.job import Job, Tell
from drydock.world import Stop

RECENT = 20


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A written bundle: where it lies, its size in bytes, the files in it, and what was taken out."""

    path: str
    size: int
    files: tuple[str, ...]
    removed: tuple[Removed, ...]


class ReportJob(Job[Report]):
    """Diagnose this machine and write what was found, with recent results, redacted.

    Args:
        path: the file to write; an existing one is replaced.
    """

    def __init__(self, context: Context, path: Path) -> None:
        self._context = context
        self._path = path

    def run(self, tell: Tell, stop: Stop) -> Report:
        """Write the bundle.

        Raises:
            Trouble: ``report-not-written``.
        """
        diagnosis = DiagnoseJob(self._context).run(tell, stop)
        records = {
            kind: [record.payload for record in self._context.store.records(kind, RECENT)]
            for kind in ("probe", "bench")
        }
        redactor = make_redactor(self._context)
        files = bundle_files(diagnosis, records, redactor)
        stop.check()
        size = _write(self._path, files)
        return Report(path=str(self._path), size=size, files=tuple(files), removed=redactor.removed)


def make_redactor(context: Context) -> Redactor:
    """Return a redactor that knows this person's and this computer's names."""
    environment = context.world.environment()
    user = environment.get("USER") or environment.get("USERNAME") or environment.get("LOGNAME") or ""
    homes = [environment.get("HOME", ""), environment.get("USERPROFILE", "")]
    host = known_or(context.world.read_text("/proc/sys/kernel/hostname"), environment.get("COMPUTERNAME", "")).strip()
    return Redactor(user=user, host=host, homes=homes)


def bundle_files(diagnosis: Diagnosis, records: Mapping[str, list[bytes]], redactor: Redactor) -> dict[str, bytes]:
    """Return the bundle's files by name. ``records`` holds JSON Lines by kind."""
    snapshot = diagnosis.snapshot
    card = MachineCard(
        kind="bundle",
        title=_title(diagnosis),
        description=f"Read by Drydock {__version__} on {snapshot.taken_at}.",
        made_at=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        app_version=__version__,
    )
    findings = [
        {**msgspec.to_builtins(finding), "title": article.title, "text": article.text}
        for finding in diagnosis.findings
        for article in [finding_article(finding)]
    ]
    files = {
        "machine.json": _json(redactor.tree(msgspec.to_builtins(card))),
        "snapshot.json": _json(redactor.tree(msgspec.to_builtins(snapshot))),
        "findings.json": _json(redactor.tree(findings)),
    }
    if diagnosis.past:
        files["past.json"] = _json(redactor.tree(msgspec.to_builtins(diagnosis.past)))
    for kind, payloads in records.items():
        if payloads:
            lines = [line for payload in payloads for line in payload.splitlines() if line.strip()]
            files[f"records/{kind}.jsonl"] = b"".join(_redacted(line, redactor) + b"\n" for line in lines)
    files["removed.json"] = _json(msgspec.to_builtins(redactor.removed))
    return files


def _redacted(line: bytes, redactor: Redactor) -> bytes:
    """Redact a JSON line by its texts: in its escaped form a name behind a line end would not be found."""
    try:
        return msgspec.json.encode(redactor.tree(msgspec.json.decode(line)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return redactor.text(line.decode("utf-8", "replace")).encode()


def _title(diagnosis: Diagnosis) -> str:
    snapshot = diagnosis.snapshot
    names = [known_or(gpu.name, "GPU") for gpu in snapshot.gpus]
    distribution = snapshot.host.distribution
    system = distribution.value.pretty if isinstance(distribution, Known) else snapshot.host.system
    if not names:
        return f"No GPU, {system}"
    first = names[0].removeprefix("NVIDIA ")
    return f"{len(names)}x {first}, {system}" if len(names) > 1 else f"{first}, {system}"


def _json(tree: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(tree)) + b"\n"


def _write(path: Path, files: Mapping[str, bytes]) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    if not path.name:
        raise Trouble("report-not-written", path=str(path), text="this names no file")
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(buffer.getvalue())
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise Trouble("report-not-written", path=str(path), text=error.strerror or str(error)) from error
    return len(buffer.getvalue())
