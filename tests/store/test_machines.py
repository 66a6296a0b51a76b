"""Kept states of this computer: they survive a restart, and no damage stops a diagnosis."""

import json
import threading

import pytest
from tests.support.snapshots import healthy_snapshot

from drydock.core.changes import kept_of
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.store import Store

KEPT = kept_of(diagnose_snapshot(healthy_snapshot()))


def test_states_survive_a_restart_and_only_their_owner_may_read_them(tmp_path):
    Store(tmp_path).save_machines((KEPT, KEPT))
    assert Store(tmp_path).machines == (KEPT, KEPT)
    assert (tmp_path / "machines.json").stat().st_mode & 0o077 == 0


def test_without_any_there_are_none_and_no_file_is_made(tmp_path):
    store = Store(tmp_path)
    assert store.machines == ()
    assert store.problems == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff", b"[]", b'{"schema":1}', b'{"schema":1,"machines":[{"first":', b'{"machines":' + b"[" * 9000],
)
def test_a_ruined_file_is_said_once_and_begun_anew(tmp_path, content):
    (tmp_path / "machines.json").write_bytes(content)
    store = Store(tmp_path)
    assert store.machines == ()
    assert store.machines == ()
    (problem,) = store.problems
    assert "machines.json" in problem
    store.save_machines((KEPT,))
    assert Store(tmp_path).machines == (KEPT,)


def test_a_file_of_a_huge_size_is_not_read(tmp_path):
    with (tmp_path / "machines.json").open("wb") as file:
        file.truncate(1 << 30)
    store = Store(tmp_path)
    assert store.machines == ()
    assert "larger" in store.problems[0]


def test_one_damaged_state_takes_no_other_along(tmp_path):
    Store(tmp_path).save_machines((KEPT, KEPT, KEPT))
    path = tmp_path / "machines.json"
    tree = json.loads(path.read_bytes())
    tree["machines"][1]["snapshot"]["host"] = 7
    del tree["machines"][2]["states"]
    path.write_text(json.dumps(tree))
    assert Store(tmp_path).machines == (KEPT,)


def test_a_file_of_another_version_is_no_error(tmp_path):
    (tmp_path / "machines.json").write_bytes(b'{"schema":2,"machines":[]}')
    store = Store(tmp_path)
    assert store.machines == ()
    assert store.problems == []


def test_a_place_that_cannot_be_written_is_a_line(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    store.save_machines((KEPT,))
    assert any("could not be kept" in problem for problem in store.problems)


def test_several_may_write_at_once(tmp_path):
    stores = [Store(tmp_path) for _ in range(8)]
    threads = [threading.Thread(target=store.save_machines, args=((KEPT,),)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.problems for store in stores] == [[]] * 8
    assert Store(tmp_path).machines == (KEPT,)
    assert [path.name for path in tmp_path.iterdir()] == ["machines.json"]


def test_forgetting_everything_forgets_the_states(tmp_path):
    store = Store(tmp_path)
    store.save_machines((KEPT,))
    store.clear_records()
    assert store.machines == ()
    assert not (tmp_path / "machines.json").exists()
