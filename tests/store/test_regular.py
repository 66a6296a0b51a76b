import os
import sys

import pytest

from drydock.store import Store
from drydock.store.regular import read_regular


def test_reads_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"\x00kept")
    assert read_regular(tmp_path / "a") == b"\x00kept"


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "a")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes among its files")
@pytest.mark.parametrize("name", ["settings.json", "tag_lists.json", "machines.json"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / name)
    store = Store(tmp_path)
    assert store.settings.theme == "system"
    assert store.tag_lists == ()
    store.close()
