"""Remedies for disk space, ports, shared memory and the owner of files."""

import shlex
from collections.abc import Sequence

from drydock.core.checks.engine_situation import mount_of
from drydock.core.facts import Known, Snapshot, known_or
from drydock.core.findings import Finding
from drydock.core.remedies.fit import on_linux
from drydock.core.remedies.remedy import Remedy, remedy
from drydock.core.remedies.steps import GID, UID, EngineStep, RunStep

_ROOM = ("engine-disk", "engine-leftovers", "engine-files", "work-ended")


def clean_disk(_finding: Finding | None, snapshot: Snapshot) -> Remedy | None:
    """Remove what nothing uses from the engine's disk: ended sessions, images without a name, the build cache."""
    contents = known_or(snapshot.engine_contents, None)
    sessions = contents.ended_sessions if contents else ()
    unnamed = [image for image in known_or(snapshot.engine.images, ()) if not image.references]
    cache = known_or(contents.build_cache, 0) if contents else 0
    emptied = EngineStep(title="Empty the build cache", act="clear_build_cache", size=cache, may_fail=True)
    steps = (
        # containers first: they hold on to images
        *(
            EngineStep(title=f"Remove the ended session {name}", act="remove_container", target=name, may_fail=True)
            for name in sessions
        ),
        *(
            EngineStep(
                title=f"Remove the image without a name {_short(image.id)}",
                act="remove_image",
                target=image.id,
                size=image.size,
                # another container may have been made from it
                may_fail=True,
            )
            for image in unnamed
        ),
        *((emptied,) if cache else ()),
    )
    if not steps:
        return None
    commands = (
        *(f"docker rm {name}" for name in sessions),
        *(("docker image prune --force",) if unnamed else ()),
        *(("docker builder prune --force",) if cache else ()),
    )
    return remedy(
        "clean-disk",
        "Remove what nothing uses from the engine's disk",
        *commands,
        note="Sizes of images count layers that others share too, so less may be freed. What was written inside an "
        "ended session, and not to a mounted directory or volume, goes with it.",
        steps=steps,
        recheck=_ROOM,
    )


def _short(image: str) -> str:
    return image.removeprefix("sha256:")[:12]


def free_ports(_finding: Finding, snapshot: Snapshot) -> tuple[Remedy, ...]:
    """Free the ports that a launch proposes."""
    taken = [port for port in snapshot.ports if known_or(port.taken, default=False)]
    contents = known_or(snapshot.engine_contents, None)
    holders = {item.port: item.container for item in (contents.published if contents else ())}
    return tuple(free_port(port.number, holders.get(port.number, ""), known_or(port.owner, "")) for port in taken)


def free_port(number: int, container: str, program: str) -> Remedy:
    """Free a port.

    Args:
        number: the port.
        container: the container that publishes it; empty where none does.
        program: the program that listens on it otherwise; empty where it is not visible.
    """
    if container:
        stop = EngineStep(title=f"Stop the container {container}", act="stop_container", target=container)
        return remedy(
            "free-port",
            f"Free port {number} by stopping the container {container}",
            f"docker stop {container}",
            note="What runs in it ends. The container is kept, and can be started again.",
            target=str(number),
            steps=(stop,),
            recheck=("work-ports",),
        )
    who = f"The program {program} listens on it" if program else "A program of another user listens on it"
    return remedy(
        "free-port",
        f"Free port {number}",
        f"sudo ss -ltnp 'sport = :{number}'",
        note=f"{who}; Drydock does not end programs that it did not start. The line shows which one it is. "
        "A launch can also use another port.",
        target=str(number),
        recheck=("work-ports",),
    )


def grow_host_shm(_finding: Finding, snapshot: Snapshot) -> Remedy | None:
    """Raise the shared memory of the host until its next start."""
    total = snapshot.host.shm_total
    memory = known_or(snapshot.host.memory, None)
    if not on_linux(snapshot) or not isinstance(total, Known):
        return None
    mount = mount_of(snapshot, "/dev/shm")  # noqa: S108 - the mount itself
    if mount is not None and mount.path != "/dev/shm":  # noqa: S108
        return None
    wanted = min(8 << 30, memory.total // 2) if memory else 8 << 30
    if wanted <= total.value:
        return None
    return remedy(
        "grow-host-shm",
        "Raise the shared memory of this computer until its next start",
        f"sudo mount -o remount,size={wanted} /dev/shm",
        target="/dev/shm",  # noqa: S108
        steps=(
            RunStep(
                title=f"Let /dev/shm hold up to {_words(wanted)}",
                argv=("mount", "-o", f"remount,size={wanted}", "/dev/shm"),  # noqa: S108
                privileged=True,
                undo=("mount", "-o", f"remount,size={total.value}", "/dev/shm"),  # noqa: S108
            ),
        ),
        recheck=("host-shm",),
    )


def _words(size: int) -> str:
    return f"{size / (1 << 30):.3g} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.3g} MiB"


def grow_session_shm(session: str, pid: int, present: int, wanted: int) -> Remedy:
    """Raise the shared memory of a running session.

    Args:
        session: its name.
        pid: of a process in it, on this computer.
        present: bytes that it may hold now.
        wanted: bytes that it shall hold.
    """

    def sized(size: int) -> tuple[str, ...]:
        # the program mount is that of the session's image; it looks itself up in the session's own /proc
        inside = ("nsenter", "--target", str(pid), "--mount", "--pid", "--")
        return (*inside, "mount", "-o", f"remount,size={size}", "/dev/shm")  # noqa: S108

    return remedy(
        "raise-shm",
        f"Raise the shared memory of the session {session}",
        "sudo " + " ".join(sized(wanted)),
        note="It counts as memory of the session, and holds until the session is stopped. "
        "A launch takes --shm-size for good.",
        target=session,
        steps=(
            RunStep(
                title=f"Let /dev/shm of {session} hold up to {_words(wanted)}",
                argv=sized(wanted),
                privileged=True,
                undo=sized(present),
            ),
        ),
    )


def own_files(directory: str, foreign: int, examples: Sequence[str]) -> Remedy:
    """Give the person the files of root in a directory, as containers leave them there.

    Args:
        directory: absolute path.
        foreign: how many belong to root.
        examples: some of them.
    """
    shown = "".join(f"\n  {path}" for path in examples)
    more = f"\n  and {foreign - len(examples)} more" if foreign > len(examples) else ""
    # from inside each directory, so that none can be exchanged for a link on the way; files with several names may
    # have one outside
    argv = (
        *("find", "-P", directory, "-xdev", "-uid", "0", "(", "-type", "d", "-o", "-links", "1", ")"),
        *("-execdir", "chown", "--no-dereference", f"{UID}:{GID}", "--", "{}", ";"),
    )
    return remedy(
        "own-files",
        f"Make the files of root in {directory} yours",
        f'sudo chown -R --from=root "$(id -u):$(id -g)" {shlex.quote(directory)}',
        note=f"Files that belong to root: {foreign}{shown}{more}",
        target=directory,
        steps=(RunStep(title=f"Give you {foreign} files", argv=argv, privileged=True, limit=600.0),),
    )
