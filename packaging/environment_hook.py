"""Runs first of all in the packaged app: remembers what the user set before Qt's own hook overwrites it."""

import os

for _name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
    if _name in os.environ:
        os.environ[_name + "_ORIG"] = os.environ[_name]
