"""Prints the Debian package with the headers of this Python, where its system made it and they are missing.

torch.compile compiles modules for Python, and needs Python.h. Pythons of conda or made from source bring their own.
Python 3.6, standard library only.
"""

import os
import sys
import sysconfig

SYSTEM_PREFIX = "/usr"

header = os.path.join(sysconfig.get_paths()["include"], "Python.h")
if sys.base_prefix == SYSTEM_PREFIX and not os.path.exists(header):
    print("python{}.{}-dev".format(*sys.version_info[:2]))
