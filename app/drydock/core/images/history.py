"""What the commands that made an image tell: which torch was put in, for which CUDA, and which tools.

A command may name variables that were set before it, and it may be cut off; what is not certain is left open. Builders
write an entry as ``RUN |1 ARGUMENT=value /bin/sh -c command``, older ones write ``#(nop)`` before ENV and ARG.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from drydock.core.images.version import Version

_LONGEST_ENTRY = 20_000
_MOST_ENTRIES = 1_000

_NOTHING = re.compile(r"^(?:/bin/sh -c )?#\(nop\)\s*")
_SETTING = re.compile(r"(ENV|ARG)\s+(.+)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(\S*)")
_ARGUMENTS = re.compile(r"(?:RUN\s+)?\|[0-9]+\s+(.*?)(?=/bin/|/usr/bin/|$)", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_COMMAND_END = re.compile(r"&&|\|\||[;\n]")
_PYTHON_INSTALL = re.compile(r"\bpip[0-9.]*\s+install\b|\buv\s+(?:add|sync)\b")
_CONDA_INSTALL = re.compile(r"\b(?:conda|mamba|micromamba)\s+(?:env\s+)?(?:install|create)\b")
_SYSTEM_INSTALL = re.compile(r"\b(?:apt-get|apt|apk|yum|dnf|microdnf|zypper|pacman)\b.*?\b(?:install|add|-S\w*)\b")
_SYSTEM_REMOVE = re.compile(
    r"\b(?:apt|apt-get|apk|yum|dnf|microdnf|zypper)\b.*?\b(?:remove|purge|autoremove|del|erase)\b"
)
_COMPILERS = re.compile(r"(?:gcc|g\+\+|clang)(?:-[0-9]+)?|gcc-c\+\+|build-essential|build-base|base-devel", re.ASCII)
_PERHAPS = re.compile(r"\s*(?:then|else|elif|if|do)\b")
_SSH_SERVERS = frozenset({"openssh-server", "openssh", "dropbear"})
_WHEEL = re.compile(r"\btorch-([0-9][A-Za-z0-9.]*(?:(?:\+|%2B|%2b)[A-Za-z0-9.]+)?)-(?:[0-9]+-)?cp[0-9]")
_TORCH = re.compile(r"torch(?:\[[^\]]*\])?(?:(===?|>=|<=|~=|!=|<|>)\s*([0-9][A-Za-z0-9.+*]*))?(?:[,;@].*)?")
_CONDA_TORCH = re.compile(r"(?:[\w-]+::)?pytorch(?:(==?|>=|<=|<|>)([0-9][0-9.]*)(?:=.*)?)?")
_CHANNEL = re.compile(r"\s(?:-c|--channel)[ =]\S+")
_CONDA_CUDA = re.compile(r"(?:[\w-]+::)?(?:pytorch-cuda|cuda-version|cudatoolkit)==?([0-9]+\.[0-9]+).*")
_INDEX = re.compile(r"/whl/(?:nightly/|test/)?(cu[0-9]{2,3}|cpu|rocm|xpu)")
_BACKEND = re.compile(r"--torch-backend[= ](cu[0-9]{2,3}|cpu|rocm|xpu)")
_UPGRADE = re.compile(r"(?:^|\s)(?:-U|--upgrade|--force-reinstall|--pre)(?:\s|$)")
# packages that demand a torch of their own choice, and lists whose content the history does not show
_MAY_REPLACE = re.compile(
    r"(?:^|\s)(?:-r\s|--requirement|(?:vllm|sglang|xformers|torchvision|torchaudio)\b(?!\s*\.))", re.IGNORECASE
)
_OTHERS = ("tensorflow", "jax", "paddlepaddle", "mxnet")
_OTHER = re.compile(rf"(?:^|\s)[\"']?({'|'.join(_OTHERS)})(?:-gpu|\[[^\]]*\])?(?:[=<>~!\"'\s]|$)", re.IGNORECASE)
TORCH_VARIABLES = ("PYTORCH_BUILD_VERSION", "PYTORCH_VERSION", "TORCH_VERSION")

Target = Literal["cuda", "cpu", "rocm", "xpu", ""]


class PutIn(msgspec.Struct, frozen=True, kw_only=True):
    """A torch that was put in.

    Attributes:
        text: its version as written; empty when it was left open.
        wheel: it came as a package of its publisher, and not out of a build of its own.
        target: what it was asked to be built for; empty when that was left open.
        cuda: the CUDA it was built for, where that was named.
        doubtful: something later may have put another one in its place.
    """

    text: str
    wheel: bool
    target: Target = ""
    cuda: Version | None = None
    doubtful: bool = False


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What the history tells.

    Attributes:
        torch: None when no torch is named.
        framework: another framework that was installed; empty when there is none.
        compiler: True when a C compiler was installed; None when nothing is said of one.
        variables: all that were set, arguments of the build included.
    """

    torch: PutIn | None = None
    framework: str = ""
    compiler: bool | None = None
    ssh_server: bool = False
    variables: Mapping[str, str] = {}


def read_history(entries: tuple[str, ...]) -> History:
    """Read the commands, lowest first. Never raises."""
    reader = _Reader()
    for entry in entries[:_MOST_ENTRIES]:
        reader.read(entry[:_LONGEST_ENTRY])
    return History(
        torch=reader.torch,
        framework=reader.framework,
        compiler=reader.compiler,
        ssh_server=reader.ssh_server,
        variables=reader.variables,
    )


def cuda_version(text: str | None) -> Version | None:
    """Read major and minor of ``12.8.1``, ``12.2.2.009``, ``12.8.90-1`` or ``cu128``; None when there are none."""
    short = re.fullmatch(r"\s*cu(?:da)?([0-9]{2})([0-9])\s*", text or "", re.ASCII)
    if short:
        return Version((int(short[1]), int(short[2])))
    match = re.match(r"\s*(?:cuda)?([0-9]{1,3})\.([0-9]{1,3})(?![0-9])", text or "", re.ASCII)
    return Version((int(match[1]), int(match[2]))) if match else None


def target_of(local: str) -> tuple[Target, Version | None]:
    """Read what a build is for from ``cu128``, ``cpu``, ``rocm6.2``: a local version or the end of an index."""
    for target in ("cpu", "rocm", "xpu"):
        if local.startswith(target):
            return target, None
    cuda = cuda_version(local) if local.startswith("cu") else None
    return ("cuda", cuda) if cuda else ("", None)


class _Reader:
    def __init__(self) -> None:
        self.torch: PutIn | None = None
        self.framework = ""
        self.compiler: bool | None = None
        self.ssh_server = False
        self.variables: dict[str, str] = {}

    def read(self, entry: str) -> None:
        entry = _NOTHING.sub("", entry.strip()).removesuffix("# buildkit")
        setting = _SETTING.match(entry)
        if setting:
            self._set(setting[1], setting[2])
            return
        arguments = _ARGUMENTS.match(entry)
        if arguments:
            self.variables |= dict(_PAIR.findall(arguments[1]))
        for command in _COMMAND_END.split(entry[arguments.end() if arguments else 0 :]):
            self._run(self._expand(command.replace("\\", " ")))

    def _set(self, kind: str, text: str) -> None:
        pairs = dict(_PAIR.findall(text)) or dict([text.split(None, 1)] if len(text.split(None, 1)) == 2 else [])
        self.variables |= pairs
        named = next((pairs[name] for name in TORCH_VARIABLES if pairs.get(name)), "") if kind == "ENV" else ""
        if not named or (self.torch and self.torch.wheel and self.torch.text):
            return  # what was installed is surer than what a variable says
        self.torch = PutIn(text=named, wheel=False, cuda=cuda_version(self.variables.get("CUDA_VERSION")))

    def _expand(self, command: str) -> str:
        return _VARIABLE.sub(lambda match: self.variables.get(match[1] or match[2], match[0]), command)

    def _run(self, command: str) -> None:
        if _PYTHON_INSTALL.search(command):
            self._install_python(command)
        elif _CONDA_INSTALL.search(command):
            self._install_conda(command)
        elif _PERHAPS.match(command):
            return  # whether this was run does not show
        elif _SYSTEM_REMOVE.search(command):
            if any(map(_COMPILERS.fullmatch, command.split())):
                self.compiler = None
        elif _SYSTEM_INSTALL.search(command):
            packages = [word.partition("=")[0] for word in command.split()]
            self.compiler = True if any(map(_COMPILERS.fullmatch, packages)) else self.compiler
            self.ssh_server = self.ssh_server or not _SSH_SERVERS.isdisjoint(packages)

    def _install_python(self, command: str) -> None:
        other = _OTHER.search(command)
        self.framework = other[1].lower() if other else self.framework
        found = _torch_of_pip(command)
        if found is None:
            if self.torch and _MAY_REPLACE.search(command):
                self.torch = msgspec.structs.replace(self.torch, doubtful=True)
            return
        self._put_in(found, forced=bool(_UPGRADE.search(command)))

    def _install_conda(self, command: str) -> None:
        words = _CHANNEL.sub(" ", command).split()
        matches = [match for word in words if (match := _CONDA_TORCH.fullmatch(word.strip("\"'")))]
        if not matches:
            return
        cuda = next((match[1] for word in words if (match := _CONDA_CUDA.fullmatch(word.strip("\"'")))), None)
        target: Target = "cpu" if "cpuonly" in words else "cuda" if cuda else ""
        exact = matches[-1][1] in ("=", "==")
        text = matches[-1][2] if exact else ""
        self._put_in(PutIn(text=text, wheel=True, target=target, cuda=cuda_version(cuda)), forced=True)

    def _put_in(self, found: PutIn, *, forced: bool) -> None:
        # an installer leaves a torch alone that is there already, unless a version or a newer one is asked for
        if self.torch and not found.text and not forced:
            self.torch = msgspec.structs.replace(self.torch, doubtful=self.torch.doubtful or found.doubtful)
            return
        self.torch = msgspec.structs.replace(found, doubtful=False)


def _torch_of_pip(command: str) -> PutIn | None:
    wheel = _WHEEL.search(command)
    specifier = next(_specifiers(command), None)
    if wheel is None and specifier is None:
        return None
    text = re.sub("%2b", "+", wheel[1], flags=re.IGNORECASE) if wheel else ""
    if specifier is not None:
        exact = specifier[1] in ("==", "===") and "*" not in specifier[2]
        text = specifier[2] if exact else text
    named = _INDEX.search(command) or _BACKEND.search(command)
    target, cuda = target_of(text.partition("+")[2])
    if not target and named:
        target, cuda = target_of(named[1])
    return PutIn(text=text, wheel=True, target=target, cuda=cuda, doubtful=bool(specifier and specifier[1]))


def _specifiers(command: str) -> Iterator[re.Match[str]]:
    for word in command.split():
        match = _TORCH.fullmatch(word.strip("\"'"))
        if match:
            yield match
