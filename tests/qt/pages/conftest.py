"""The Benchmark page in a real window, for the tests of its parts."""

import pytest
from tests.support.window import opened_window


@pytest.fixture
def bench_page(qtbot, tmp_path):
    """Open the window on a machine, at the Benchmark page; closed at the end."""
    opened = []

    def open_page(machine="", engine="unix:///nowhere/docker.sock"):
        manager = opened_window(qtbot, tmp_path / "home", machine=machine, engine=engine)
        window = manager.__enter__()
        opened.append(manager)
        window.show_page("benchmark")
        return window, window.page("benchmark")

    yield open_page
    for manager in opened:
        manager.__exit__(None, None, None)
