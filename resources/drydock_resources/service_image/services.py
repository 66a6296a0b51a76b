"""First program of a Drydock session: starts the wanted services, ends when one of them does.

``python3 services.py jupyter ssh tensorboard [-- COMMAND …]`` with any of the three. With a command, the container
ends when the command does. Python 3.8, standard library only.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time

HOME = "/opt/drydock"
PRIVATE = "/run/drydock"
WORKSPACE = "/workspace"
VENV = HOME + "/venv/bin/python"
GRACE_SECONDS = 5.0
# a login shell starts with nothing of the container's environment; these decide whether CUDA works in it
SHELL_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CUDA_", "NVIDIA_", "NV_", "PYTORCH", "TORCH", "TRITON_")


def private_file(name, make):
    """Return the path of a file for root alone, making it where the launch did not put it."""
    os.makedirs(PRIVATE, mode=0o700, exist_ok=True)
    os.chmod(PRIVATE, 0o700)
    path = os.path.join(PRIVATE, name)
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(make())
    os.chmod(path, 0o600)
    return path


def folder():
    """Return where the work lies."""
    return WORKSPACE if os.path.isdir(WORKSPACE) else os.path.expanduser("~")


def jupyter():
    """Return the arguments of JupyterLab."""
    private_file("jupyter_token", lambda: secrets.token_urlsafe(32))
    return [VENV, "-m", "jupyterlab", "--config", HOME + "/jupyter_config.py", "--ServerApp.root_dir=" + folder()]


def tensorboard():
    """Return the arguments of TensorBoard."""
    logs = os.path.join(folder(), "runs")
    return [VENV, "-m", "tensorboard.main", "--logdir", logs, "--host", "0.0.0.0", "--port", "6006"]


def ssh():
    """Make host keys and settings of this container alone; return the arguments of the SSH server."""
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    keys = private_file("authorized_keys", str)
    host_key = "/etc/ssh/ssh_host_ed25519_key"
    if not os.path.exists(host_key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
    # a value with a line end would go on as settings of the server
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(SHELL_VARIABLES) and value.isprintable() and name.isidentifier()
    }
    words = " ".join('"{}={}"'.format(name, value.replace('"', "")) for name, value in sorted(kept.items()))
    lines = [
        "Port 22",
        "HostKey " + host_key,
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "AuthorizedKeysFile " + keys,
        "PidFile none",
        "Subsystem sftp internal-sftp",
    ]
    if words:
        lines.append("SetEnv " + words)
    settings = private_file("sshd_config", str)
    with open(settings, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", settings]


SERVICES = {"jupyter": jupyter, "ssh": ssh, "tensorboard": tensorboard}


def end(processes):
    """Ask the processes to end, and kill those that do not."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def watch(processes, command):
    """Return the exit status of the command, or of the first service that ends."""
    while True:
        watched = [command] if command is not None else list(processes)
        for process in watched:
            if process.poll() is not None:
                code = process.returncode
                print(f"drydock: {process.args[0]} ended with status {code}", file=sys.stderr, flush=True)
                return code if code >= 0 else 128 - code
        time.sleep(0.2)


def main():
    """Start what the arguments name; return the exit status."""
    names, command = sys.argv[1:], []
    if "--" in names:
        cut = names.index("--")
        names, command = names[:cut], names[cut + 1 :]
    unknown = [name for name in names if name not in SERVICES]
    if unknown or not names:
        print("services.py: name services out of {}".format(", ".join(sorted(SERVICES))), file=sys.stderr)
        return 2

    def leave(number, _frame):
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    processes = []
    try:
        for name in names:
            processes.append(subprocess.Popen(SERVICES[name](), cwd=folder()))
        last = subprocess.Popen(command, cwd=folder()) if command else None
        if last is not None:
            processes.append(last)
        return watch(processes, last)
    finally:
        end(processes)


if __name__ == "__main__":
    sys.exit(main())
