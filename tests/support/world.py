"""A stand-in for the outside: a World that answers from dictionaries."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drydock.core.facts import Cpu, Known, Memory, Missing, User
from drydock.core.trouble import Trouble
from drydock.world import FileStatus, Outcome, Stop

ABSENT = Missing("absent")


class TestWorld:
    """Answers from what a test puts in; whatever is not put in is absent.

    Attributes:
        files: path → text, or a Missing.
        links: path → name of what the link leads to, or a Missing.
        statuses: path → FileStatus.
        programs: name → path.
        outputs: argv, or its first word → Outcome or standard output.
        rooms: path → (total, free).
        inodes: path → (total, free).
        taken: port → owner.
        ran: every argv that was run.
    """

    __test__ = False

    def __init__(self, **parts: Any) -> None:
        self.files: dict[str, Any] = parts.get("files", {})
        self.links: dict[str, Any] = parts.get("links", {})
        self.statuses: dict[str, FileStatus] = parts.get("statuses", {})
        self.programs: dict[str, str] = parts.get("programs", {})
        self.outputs: dict[Any, Any] = parts.get("outputs", {})
        self.rooms: dict[str, tuple[int, int]] = parts.get("rooms", {})
        self.inodes: dict[str, tuple[int, int]] = parts.get("inodes", {})
        self.taken: dict[int, Any] = parts.get("taken", {})
        self.variables: dict[str, str] = parts.get("variables", {})
        self.kind: Any = parts.get("system", "linux")
        self.machine: str = parts.get("architecture", "amd64")
        self.kernel: Any = parts.get("kernel", Known("6.14.0-29-generic"))
        self.who: Any = parts.get("user", Known(User(uid=1000, groups=("ada",), database_groups=("ada",))))
        self.processes: dict[int, str] = parts.get("processes", {})
        self.before: Callable[[str], None] = parts.get("before", lambda _question: None)
        self.ran: list[tuple[str, ...]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        keep_end: bool = False,
    ) -> Outcome:
        self.before("run")
        self.ran.append(tuple(argv))
        answer = self.outputs.get(tuple(argv), self.outputs.get(argv[0]))
        if isinstance(answer, Outcome):
            return answer
        if answer is None:
            return Outcome(argv=tuple(argv), code=None, problem="not_found", stderr=f"{argv[0]}: not found")
        return Outcome(argv=tuple(argv), code=0, stdout=answer)

    def start(
        self,
        argv: Sequence[str],
        *,
        stop: Stop,
        environment: Mapping[str, str] | None = None,
        directory: str = "",
    ) -> Any:
        raise Trouble("program-not-started", program=argv[0], text="this world starts nothing")

    def read_text(self, path: str, size_limit: int = 1 << 20) -> Any:
        self.before("read_text")
        content = self.files.get(path, ABSENT)
        return content if isinstance(content, Missing) else Known(content[:size_limit])

    def list_directory(self, path: str) -> Any:
        self.before("list_directory")
        given = self.files.get(path + "/", None)
        if isinstance(given, Missing):
            return given
        prefix = path.rstrip("/") + "/"
        inside = [name for name in (*self.files, *self.links) if name.startswith(prefix)]
        if not inside:
            return ABSENT
        names = {name.removeprefix(prefix).split("/")[0] for name in inside} - {""}
        return Known(tuple(sorted(names)))

    def file_status(self, path: str) -> Any:
        self.before("file_status")
        return Known(self.statuses[path]) if path in self.statuses else ABSENT

    def resolve_link(self, path: str) -> Any:
        target = self.links.get(path, ABSENT)
        return target if isinstance(target, Missing) else Known(target)

    def find_program(self, name: str) -> Any:
        return Known(self.programs[name]) if name in self.programs else ABSENT

    def environment(self) -> Mapping[str, str]:
        return self.variables

    def system(self) -> Any:
        return self.kind

    def architecture(self) -> str:
        return self.machine

    def kernel_release(self) -> Any:
        return self.kernel

    def cpu(self) -> Any:
        return Known(Cpu(model="Test CPU", cores=4, threads=8))

    def memory(self) -> Any:
        return Known(Memory(total=16 << 30, available=12 << 30, swap_total=0))

    def disk_room(self, path: str) -> Any:
        return Known(self.rooms[path]) if path in self.rooms else ABSENT

    def inode_room(self, path: str) -> Any:
        return Known(self.inodes[path]) if path in self.inodes else ABSENT

    def user(self) -> Any:
        return self.who

    def port_taken(self, number: int) -> Any:
        return Known(number in self.taken)

    def port_owner(self, number: int) -> Any:
        owner = self.taken.get(number, ABSENT)
        return owner if isinstance(owner, Missing) else Known(owner)

    def process_name(self, pid: int) -> Any:
        return Known(self.processes[pid]) if pid in self.processes else ABSENT

    def now(self) -> str:
        return "2026-11-20T09:30:00Z"
