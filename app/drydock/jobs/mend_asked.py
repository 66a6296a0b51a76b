"""Remedies that are asked for by name, with or without a finding: a port, a session, a directory, a context."""

import os
import re
from collections.abc import Callable

from drydock.collect.engine_contents import contents_of
from drydock.core.facts import Known, Missing, known_or, missing_text
from drydock.core.launch.sizes import parse_size
from drydock.core.remedies import Remedy
from drydock.core.remedies.engine import switch_context
from drydock.core.remedies.upkeep import clean_disk, free_port, grow_session_shm, own_files
from drydock.core.trouble import Trouble
from drydock.engines import Engine
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.job import Job, Tell
from drydock.jobs.mend_plan import Offer, offers
from drydock.jobs.session import find_session, opened
from drydock.world import Stop
from drydock.world.changes import files_of_root, person

_LEAST_SHM = 8 << 30
_DF_LIMIT = 15.0


class ListOffersJob(Job[tuple[Offer, ...]]):
    """Look at this computer quickly, and return what would help; the root cause's remedies come first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, tell: Tell, stop: Stop) -> tuple[Offer, ...]:
        """Diagnose; tells what :class:`~drydock.jobs.diagnose.DiagnoseJob` tells."""
        return offers(DiagnoseJob(self._context).run(tell, stop))


class FindRemedyJob(Job[Offer]):
    """Find a remedy by its id.

    Args:
        context: the doors.
        remedy: its id.
        target: what it is to be applied to, where there are several.
    """

    def __init__(self, context: Context, remedy: str, target: str = "") -> None:
        self._context = context
        self._remedy = remedy
        self._target = target

    def run(self, tell: Tell, stop: Stop) -> Offer:
        """Ask for exactly what the remedy needs, else diagnose.

        Raises:
            Trouble: ``mend-not-offered``, ``mend-target-missing``, or why it cannot be made.
        """
        asked = ASKED.get(self._remedy)
        if asked and (self._target or self._remedy == "clean-disk"):
            return Offer(finding="", remedy=asked(self._context, self._target, stop))
        found = ListOffersJob(self._context).run(tell, stop)
        fitting = [offer for offer in found if offer.remedy.id == self._remedy]
        exact = [offer for offer in fitting if not self._target or offer.remedy.target == self._target]
        if len(exact) == 1 or (exact and len({offer.remedy.target for offer in exact}) == 1):
            return exact[0]
        targets = ", ".join(offer.remedy.target for offer in fitting)
        if fitting or asked:
            known = targets or TARGETS.get(self._remedy, "a name")
            raise Trouble("mend-target-missing", remedy=self._remedy, known=known)
        names = ", ".join(dict.fromkeys(offer.remedy.id for offer in found)) or "none"
        raise Trouble("mend-not-offered", remedy=self._remedy, offered=names, asked=", ".join(ASKED))


def _free_port(context: Context, target: str, _stop: Stop) -> Remedy:
    if not re.fullmatch(r"\d{1,5}", target) or not 0 < int(target) < 65536:
        raise Trouble("mend-target-wrong", target=target, wanted="a port from 1 to 65535")
    number = int(target)
    if known_or(context.world.port_taken(number), default=True) is False:
        raise Trouble("mend-nothing-to-do", title=f"Free port {number}")
    holder = ""
    try:
        with opened(context) as engine:
            holder = next((item.container for item in contents_of(engine).published if item.port == number), "")
    except Trouble:
        # without an engine no container holds it
        pass
    return free_port(number, holder, known_or(context.world.port_owner(number), ""))


def _raise_shm(context: Context, target: str, stop: Stop) -> Remedy:
    name, _, words = target.partition(":")
    with opened(context) as engine:
        session = find_session(engine, name)
        if session.status != "running":
            raise Trouble("session-not-running", name=session.name, state=session.status)
        pids = engine.container_of_pids()
        owners = pids.value.items() if isinstance(pids, Known) else ()
        pid = min((number for number, owner in owners if owner == session.name), default=0)
        if not pid:
            raise Trouble("mend-elsewhere", name=session.name)
        present = _shm_size(engine, session.id, stop)
    memory = context.world.memory()
    half = memory.value.total // 2 if isinstance(memory, Known) else _LEAST_SHM
    wanted = parse_size(words, "shm") if words else min(max(_LEAST_SHM, 2 * present), half)
    if wanted <= present:
        raise Trouble("mend-nothing-to-do", title=f"Raise the shared memory of the session {session.name}")
    return grow_session_shm(session.name, pid, present, wanted)


def _shm_size(engine: Engine, container: str, stop: Stop) -> int:
    lines: list[str] = []
    engine.exec(container, ("df", "-kP", "/dev/shm"), lines.append, stop, limit=_DF_LIMIT)  # noqa: S108
    fields = lines[-1].split() if lines else []
    if len(fields) < 6 or not fields[1].isdecimal():
        raise Trouble("mend-source-failed", program="df -kP /dev/shm", text="\n".join(lines) or "nothing was printed")
    return int(fields[1]) * 1024


def _own_files(_context: Context, target: str, _stop: Stop) -> Remedy:
    who = person()
    path = os.path.realpath(os.path.expanduser(target))  # noqa: PTH111 - what is wanted is a text
    if isinstance(who, Missing):
        raise Trouble("mend-target-wrong", target=target, wanted="a system with owners of files")
    if not os.path.isdir(path):  # noqa: PTH112
        raise Trouble("mend-target-wrong", target=target, wanted="a directory that is there")
    if not _below_own(path, who.value.uid):
        raise Trouble("mend-target-wrong", target=target, wanted="a directory of yours, or one below such a directory")
    found = files_of_root(path)
    if isinstance(found, Missing):
        raise Trouble(
            "mend-source-failed", program=f"counting the files in {path}", text=found.detail or missing_text(found)
        )
    count, examples = found.value
    if not count or who.value.uid == 0:
        raise Trouble("mend-nothing-to-do", title=f"no file in {path} belongs to root (files of others are left alone)")
    return own_files(path, count, examples)


def _below_own(path: str, uid: int) -> bool:
    """Return whether a directory, or one above it, belongs to this person; then nothing of the system lies there."""
    while path != os.path.dirname(path):  # noqa: PTH120
        if os.stat(path).st_uid == uid:  # noqa: PTH116
            return True
        path = os.path.dirname(path)  # noqa: PTH120
    return False


def _clean_disk(context: Context, _target: str, stop: Stop) -> Remedy:
    checks = ("engine-leftovers", "work-ended")
    snapshot = DiagnoseJob(context, only=checks).run(lambda _step: None, stop).snapshot
    if snapshot.engine.reach.kind != "ready":
        # raises, and so says why
        context.open_engine().close()
    remedy = clean_disk(None, snapshot)
    if remedy is None:
        raise Trouble("mend-nothing-to-do", title="Remove what nothing uses from the engine's disk")
    return remedy


def _switch_context(context: Context, target: str, _stop: Stop) -> Remedy:
    from drydock.collect.engine_setup import collect_engine_setup

    # raises where there is no such context
    from drydock.engines.endpoint import choose_endpoint

    choose_endpoint(context.world, target)
    present = known_or(collect_engine_setup(context.world).context, "") or "default"
    if present == target:
        raise Trouble("mend-nothing-to-do", title=f"Use the engine of the docker context {target}")
    return switch_context(target, present)


ASKED: dict[str, Callable[[Context, str, Stop], Remedy]] = {
    "clean-disk": _clean_disk,
    "free-port": _free_port,
    "own-files": _own_files,
    "raise-shm": _raise_shm,
    "switch-context": _switch_context,
}
"""Remedies that can be asked for at any time, by id."""

TARGETS: dict[str, str] = {
    "free-port": "a port number",
    "own-files": "a directory",
    "raise-shm": "a session, or SESSION:SIZE",
    "switch-context": "the name of a docker context",
}
"""What each of them is applied to."""
