"""What a session's card says: its state, its facts, and what is proved of it."""

from datetime import UTC, datetime

import msgspec

from drydock.core.findings import State
from drydock.core.launch.ending import Ending
from drydock.data.knowledge import ending_article
from drydock.jobs.probe import GpuProof, ProbeResult
from drydock.jobs.session import ending_of_session
from drydock.jobs.sessions import Session
from drydock.qt.models.launch import SERVICE_NAMES
from drydock.qt.models.pull import duration_text
from drydock.store import StoredRecord

_STATE_WORDS: dict[str, tuple[State, str]] = {
    "running": ("ok", "Running"),
    "exited": ("not_tested", "Ended"),
    "created": ("not_tested", "Never started"),
    "paused": ("attention", "Paused"),
    "restarting": ("attention", "Restarting"),
    "other": ("not_tested", "Unknown state"),
}


class ProofWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe proved of a session.

    Attributes:
        word: for the badge.
        lines: what ran, or what failed.
    """

    state: State
    word: str
    lines: tuple[str, ...] = ()


def state_words(session: Session) -> tuple[State, str]:
    """Return state and word for a session's badge."""
    ending = ending_of_session(session)
    if ending is None or ending.expected or _stopped_hard(ending):
        return _STATE_WORDS[session.state]
    return "broken", ending_article(ending.kind, ending.code, ending.signal).title


def ending_words(session: Session) -> str:
    """Return how a session ended, in words; empty where nothing is to be said of it."""
    ending = ending_of_session(session)
    return "" if ending is None or ending.expected else ending_article(ending.kind, ending.code, ending.signal).text


def _stopped_hard(ending: Ending) -> bool:
    # a stop that is not followed in time ends with a kill, which need not be a failure
    return ending.kind == "killed"


def facts_line(session: Session, now: datetime) -> str:
    """Return how long it runs or when it ended, its GPUs and its ports."""
    parts = [_time(session, now), _gpus(session.gpus)]
    where = "there" if session.remote else "127.0.0.1"
    parts += [
        f"{SERVICE_NAMES[service.service]} on {where}:{service.port}"
        for service in session.services
        if service.port and session.running
    ]
    return "  ·  ".join(part for part in parts if part)


def proof_words(session: Session, result: ProbeResult) -> ProofWords:
    """Return what a probe that ran just now proved."""
    torch = f"torch {result.torch.version}" if result.torch else "torch"
    when = _clock(result.at)
    if result.gpus:
        return _gpu_words(result, torch, when)
    problems = result.problems or (() if result.complete else ("A probe did not come to its end.",))
    if problems:
        return ProofWords(state="broken", word="The proof failed", lines=problems)
    if session.gpus not in ("", "none"):
        line = f"{torch} sees no GPU in this session, though GPUs were asked for."
        return ProofWords(state="broken", word="No GPU inside", lines=(line,))
    if result.cpu_works:
        line = f"Kernels ran right on the CPU with {torch}, {when}. The session has no GPU, so none is proved."
        return ProofWords(state="ok", word="CPU works", lines=(line,))
    return ProofWords(
        state="broken", word="The proof failed", lines=(f"Kernels on the CPU gave wrong results ({torch}).",)
    )


def kept_proof(session: Session, records: tuple[StoredRecord, ...]) -> ProofWords | None:
    """Return what an earlier probe proved of this very run of a session; one before its last start does not count."""
    for record in records:
        summary = record.summary
        if summary.get("where") != "session" or summary.get("name") != session.name:
            continue
        if not session.running or record.at[:19] < session.started_at[:19]:
            return None
        gpus, work = summary.get("gpus"), summary.get("gpus_work")
        if not isinstance(gpus, int) or not isinstance(work, int) or gpus < 1:
            return None
        when = _clock(record.at)
        if work == gpus and summary.get("complete") is True:
            return ProofWords(state="ok", word=_works(gpus), lines=(f"Kernels ran right, {when}.",))
        return ProofWords(
            state="broken", word="GPU does not work", lines=(f"{gpus - work} of {gpus} GPUs failed, {when}.",)
        )
    return None


def _gpu_words(result: ProbeResult, torch: str, when: str) -> ProofWords:
    failures = [
        f"{_device(proof)}: {failure}"
        for proof in result.gpus
        for failure in proof.failures or (() if proof.works else ("nothing was proved",))
    ]
    if result.gpu_works and result.complete:
        lines = [
            f"{proof.device.name or f'GPU {proof.device.index}'}: {', '.join(proof.types)} ran right"
            for proof in result.gpus
        ]
        return ProofWords(
            state="ok", word=_works(len(result.gpus)), lines=(*lines, f"With {torch}, {when}.", *result.problems)
        )
    return ProofWords(state="broken", word="GPU does not work", lines=(*failures, *result.problems))


def _device(proof: GpuProof) -> str:
    return proof.device.name or f"GPU {proof.device.index}"


def _works(gpus: int) -> str:
    return "GPU works" if gpus == 1 else f"{gpus} GPUs work"


def _gpus(wish: str) -> str:
    if wish == "all":
        return "All GPUs"
    count = len([uuid for uuid in wish.split(",") if uuid and uuid != "none"])
    return f"{count} GPU{'s' if count > 1 else ''}" if count else "No GPU"


def _time(session: Session, now: datetime) -> str:
    moment = _moment(session.started_at if session.running else session.finished_at)
    if moment is None:
        return ""
    span = duration_text((now - moment).total_seconds())
    return f"Running for {span}" if session.running else f"Ended {span} ago"


def _moment(text: str) -> datetime | None:
    # the engine writes nanoseconds, and year 1 for "never"
    if len(text) < 19 or text.startswith("0001"):
        return None
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _clock(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"
