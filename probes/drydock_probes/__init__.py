"""Programs that run inside the container: standard library and torch only, Python 3.8.

Each probe runs alone, as ``python -m drydock_probes.NAME`` or ``python …/drydock_probes/NAME.py``, and writes
records to its standard output: JSON Lines, see :mod:`drydock_probes.channel`. Exit status: 0 it completed,
1 something it proves is broken, 2 wrong usage, 3 torch cannot be imported.
"""
