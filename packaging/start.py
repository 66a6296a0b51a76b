"""The packaged app's entry: gives the process back the user's own environment, then starts Drydock.

The bootloader points ``LD_LIBRARY_PATH`` into the package. The loader has read it by now, so that nothing is lost by
taking it out again, and a program that Qt or a library starts by itself (a browser, a credential helper) gets what the
user had set.
"""

import ctypes
import os
import sys

from drydock.__main__ import main
from drydock.world.clean_environment import clean_environment
from drydock_resources.mending import replace_file


def give_back_environment() -> None:
    """Take out of this process's environment what the package put in."""
    package = str(getattr(sys, "_MEIPASS", ""))
    users = clean_environment(os.environ, package, os.pathsep)
    # Qt's plugins of another build must not be loaded here: the user's paths stay put aside for child processes
    for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
        if name in users:
            users[name + "_ORIG"] = users.pop(name)
    for name in set(os.environ) - set(users):
        del os.environ[name]
    os.environ.update(users)


def speak_plainly() -> None:
    """Let a library that cannot be loaded be reported in the system loader's own words, not in the packager's."""
    for name in ("CDLL", "PyDLL"):
        replaced = getattr(ctypes, name)
        if replaced.__module__ != "ctypes":
            setattr(ctypes, name, replaced.__base__)


if __name__ == "__main__":
    if sys.argv[1:2] == [replace_file.OPTION]:
        # started by itself as root, on a computer without a Python
        sys.exit(replace_file.main(sys.argv[2:]))
    give_back_environment()
    speak_plainly()
    main()
