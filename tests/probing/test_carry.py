"""The probes as files."""

import subprocess
import sys

from drydock.probing.carry import content_key, probe_files


def test_the_files_are_all_there():
    files = probe_files()
    wanted = ("__init__", "channel", "environment", "kernels", "bench")
    assert {f"drydock_probes/{name}.py" for name in wanted} <= set(files)
    assert all(files[f"drydock_probes/{name}.py"] for name in wanted[1:])
    assert len(content_key()) == 16


def test_they_are_found_without_being_imported():
    program = (
        "import sys; from drydock.probing.carry import probe_files; assert probe_files(); "
        "print([name for name in sys.modules if name.startswith('drydock_probes') or name == 'torch'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
