"""Probe: the way from the container's device nodes to the CUDA driver, and what the container allows. Needs no torch.

``python -m drydock_probes.container [--parts NAME,…] [--volume DIR] [--call PURPOSE=HOST:PORT]…``

Every part is a ``result`` record with the slot ``container/NAME``; nothing is judged here. Questions to the driver run
in processes of their own with a time limit.
"""

from __future__ import annotations

import os
import sys

if not __package__:  # run as a file: the package is the folder around it
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(_here), *(path for path in sys.path if os.path.abspath(path or ".") != _here)]

import argparse
import contextlib
import glob
import importlib
import json
import queue
import shutil
import signal
import socket
import ssl
import subprocess
import sysconfig
import tempfile
import threading
import time
from typing import Any, Callable, Dict, List, Tuple
from urllib.parse import urlsplit

from drydock_probes import driver_calls, machine
from drydock_probes.channel import Channel, Record

_DRIVER_SECONDS = {"nodes": 8.0, "libraries": 8.0, "nvml": 15.0, "cuda": 25.0}
_NETWORK_SECONDS = 4.0
_TOOL_SECONDS = 10.0
_CONTENT = b"written by a test of the container's rights; may be deleted\n" * 64
_COMPAT = ("/usr/local/cuda*/compat/libcuda.so.*", "/usr/local/cuda*/compat/*/libcuda.so.*")


def _run(command: List[str], seconds: float) -> Tuple[Any, str, str]:
    """Run a program. Returns its status (None: no answer in time), standard output and error; leaves a stuck one."""
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True)
    try:
        out, errors = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        for stream in filter(None, (child.stdout, child.stderr)):
            stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(2.0)  # one that is stuck in a driver call never ends
        return None, "", ""
    return child.returncode, out.decode("utf-8", "replace"), errors.decode("utf-8", "replace")


def _ask_driver(question: str) -> Record:
    seconds = _DRIVER_SECONDS[question]
    status, out, errors = _run([sys.executable, "-B", os.path.abspath(driver_calls.__file__), question], seconds)
    if status is None:
        return {"failed": "timeout", "text": "no answer within {:.0f} s".format(seconds)}
    try:
        return dict(json.loads(out))
    except ValueError:
        words = errors.strip()[-500:]
        return {"failed": "crash", "text": "ended with status {} {}".format(status, words).strip()}


def _search() -> Record:
    found = sorted({os.path.realpath(path) for pattern in _COMPAT for path in glob.glob(pattern)})
    return {"variable": os.environ.get("LD_LIBRARY_PATH", ""), "compat": found}


def _limits() -> Record:
    around = machine.around()
    limits, shared = around["limits"], around["shm"]
    return {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "shm": shared["total"] if shared else None,
        "memlock": limits.get("memlock"),
        "stack": limits.get("stack"),
        "nofile": limits.get("nofile"),
        "memory": around["memory_limit"],
        "cpus": machine.cpu_limit(),
        "threads": machine.usable_threads(),
    }


def _volume(directory: str) -> Record:
    """Write a file and read it back. It is left there, so that the host can see whose it is, and delete it."""
    answer: Record = {"path": directory, "uid": os.getuid(), "step": "", "number": 0, "error": ""}
    step, path = "open", ""
    try:
        handle, path = tempfile.mkstemp(prefix="drydock-", dir=directory)
        try:
            step = "write"
            os.write(handle, _CONTENT)
            os.fsync(handle)
        finally:
            os.close(handle)
        step = "read"
        with open(path, "rb") as file:
            same = file.read() == _CONTENT
        answer.update(step="" if same else "read", error="" if same else "what was read is not what was written")
    except OSError as error:
        answer.update(step=step, number=error.errno or 0, error=error.strerror or str(error))
    return answer


def _tools() -> Record:
    compiler = os.environ.get("CC") or next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), "")
    headers = os.path.join(sysconfig.get_paths().get("include", ""), "Python.h")
    nvcc = shutil.which("nvcc") or next(iter(glob.glob("/usr/local/cuda/bin/nvcc")), "")
    return {
        "compiler": compiler,
        "compiler_error": _compile(compiler) if compiler else "",
        "headers": os.path.isfile(headers),
        "nvcc": nvcc,
        "triton": _version_of("triton") or _version_of("pytorch-triton"),
    }


def _compile(compiler: str) -> str:
    """Compile an empty program; returns what the compiler said against it."""
    folder = tempfile.mkdtemp(prefix="drydock-")
    try:
        source = os.path.join(folder, "empty.c")
        with open(source, "w", encoding="ascii") as file:
            file.write("#include <stdlib.h>\nint answer(void) { return EXIT_SUCCESS; }\n")
        target = os.path.join(folder, "empty.so")
        status, _, errors = _run([*compiler.split(), "-shared", "-fPIC", "-o", target, source], _TOOL_SECONDS)
    except OSError as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if status is None:
        return "no end within {:.0f} s".format(_TOOL_SECONDS)
    return "" if status == 0 else (errors.strip()[:500] or "ended with status {}".format(status))


def _version_of(package: str) -> str:
    try:
        metadata: Any = importlib.import_module("importlib.metadata")
        return str(metadata.version(package))
    except Exception:
        return ""


def _package_index() -> str:
    """Return the address of the package index that pip here would ask; empty without pip."""
    configured = os.environ.get("PIP_INDEX_URL", "")
    if configured:
        return configured
    try:
        models: Any = importlib.import_module("pip._internal.models.index")
        return str(models.PyPI.simple_url)
    except Exception:
        return ""


def _network(calls: List[str]) -> Record:
    wanted: List[Tuple[str, str, int]] = []
    for call in calls:
        purpose, _, place = call.partition("=")
        host, _, port = place.rpartition(":")
        wanted.append((purpose, host, int(port)))
    index = urlsplit(_package_index())
    if index.hostname:
        wanted.append(("package index", index.hostname, index.port or (80 if index.scheme == "http" else 443)))
    done: "queue.Queue[Record]" = queue.Queue()
    for purpose, host, port in wanted:
        # resolving a name cannot be cut short, so each is left to a thread that is not waited for
        threading.Thread(target=_put_call, args=(done, purpose, host, port), daemon=True).start()
    answers: Dict[str, Record] = {}
    end = time.monotonic() + 2 * _NETWORK_SECONDS
    while len(answers) < len(wanted):
        try:
            answer = done.get(timeout=max(0.01, end - time.monotonic()))
        except queue.Empty:
            break
        answers[answer["purpose"]] = answer
    silent = [
        {"purpose": p, "host": h, "port": n, "step": "name", "error": "no answer in time"}
        for p, h, n in wanted
        if p not in answers
    ]
    proxy = next((os.environ[name] for name in ("HTTPS_PROXY", "https_proxy") if os.environ.get(name)), "")
    return {"reached": [*answers.values(), *silent], "proxy": bool(proxy)}


def _put_call(done: "queue.Queue[Record]", purpose: str, host: str, port: int) -> None:
    done.put(_call(purpose, host, port))


def _call(purpose: str, host: str, port: int) -> Record:
    answer: Record = {"purpose": purpose, "host": host, "port": port, "step": "name", "error": ""}
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answer["step"] = "connect"
        with socket.create_connection((host, port), timeout=_NETWORK_SECONDS) as connection:
            if port == 443:
                answer["step"] = "tls"
                context = ssl.create_default_context()
                with context.wrap_socket(connection, server_hostname=host):
                    pass
        answer["step"] = ""
    except (OSError, ValueError) as error:
        answer["error"] = str(error)[:300]
    return answer


def main() -> int:
    """Run the probe; returns its exit status."""
    parser = argparse.ArgumentParser(prog="container", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--parts", default="nodes,libraries,search,nvml,cuda,limits,clock,tools")
    parser.add_argument("--volume", default="", help="a directory of the host to write to")
    parser.add_argument("--call", action="append", default=[], metavar="PURPOSE=HOST:PORT", help="what to call")
    options = parser.parse_args()
    parts: Dict[str, Callable[[], Record]] = {
        "limits": _limits,
        "clock": lambda: {"time": time.time()},
        "search": _search,
        "nodes": lambda: _ask_driver("nodes"),
        "libraries": lambda: _ask_driver("libraries"),
        "nvml": lambda: _ask_driver("nvml"),
        "cuda": lambda: _ask_driver("cuda"),
        "volume": lambda: _volume(options.volume),
        "tools": _tools,
        "network": lambda: _network(options.call),
    }
    wanted = [name for name in options.parts.split(",") if name]
    if set(wanted) - set(parts):
        parser.error("parts are {}".format(", ".join(parts)))
    start = time.monotonic()
    channel = Channel()
    channel.emit("hello", probe="container", **machine.around(), torch=None, devices=[])
    for name in wanted:
        try:
            values = parts[name]()
        except Exception as error:  # one part must not take the others along
            values = {"failed": "crash", "text": "{}: {}".format(type(error).__name__, error)}
        channel.emit("result", slot="container/" + name, passed=None, values=values, metrics={}, flags=[])
    wall = round(time.monotonic() - start, 3)
    channel.emit("final", ok=True, stopped=False, invalid_reasons=[], wall_s=wall)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # a thread that resolves a name may be left
