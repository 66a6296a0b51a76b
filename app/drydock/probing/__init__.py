"""Carries probe programs into a container or the host's Python and reads their records."""

from drydock.probing.carry import Probe, probe_files
from drydock.probing.end import ProbeEnd
from drydock.probing.in_container import run_probe_in_container
from drydock.probing.on_host import run_probe_on_host

__all__ = ["Probe", "ProbeEnd", "probe_files", "run_probe_in_container", "run_probe_on_host"]
