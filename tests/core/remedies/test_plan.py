"""Plans say exactly what will be done, and what takes it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.snapshots import engine, healthy_snapshot, host

from drydock.core.facts import Distribution, Known, LocalImage
from drydock.core.facts.engine_setup import EngineContents
from drydock.core.findings import Finding
from drydock.core.remedies import remedies_for
from drydock.core.remedies.plan import Ground, WriteStep, backwards, inverse_of, plan_of, preview, unified
from drydock.core.remedies.remedy import remedy
from drydock.core.remedies.steps import EditStep, EngineStep, MergeObject, PutText, RunStep
from drydock.core.remedies.upkeep import clean_disk, free_port, own_files
from drydock.core.trouble import Trouble

CONFIG = "/r/etc/docker/daemon.json"


def ground(**changes):
    return Ground(**{"user": "ada", "uid": 1000, "gid": 1000, "home": "/home/ada", "root": "/r", **changes})


def offered(check, variant, snapshot=None, **values):
    item = Finding(id=check, rung="engine", state="broken", variant=variant, values=values)
    return remedies_for(item, snapshot or healthy_snapshot())


def test_registering_shows_the_difference_and_needs_root():
    (found,) = offered("toolkit-path", "none")
    plan = plan_of(found, ground(contents={CONFIG: '{\n    "debug": true\n}\n'}))
    write, reload = plan.steps
    assert (write.path, write.privileged) == (CONFIG, True)
    assert reload.argv == ("systemctl", "reload-or-restart", "docker")
    assert '-    "debug": true\n+    "debug": true,\n+    "runtimes": {' in write.diff
    text = preview(plan)
    assert write.diff.splitlines()[2] in text
    assert "$ sudo systemctl reload-or-restart docker" in text
    assert "All of it can be taken back." in text
    assert plan.lasting == ()


def test_a_file_that_has_it_already_leaves_nothing_to_do():
    (found,) = offered("toolkit-path", "none")
    there = '{"runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}}}'
    with pytest.raises(Trouble) as caught:
        plan_of(found, ground(contents={CONFIG: there}))
    assert caught.value.id == "mend-nothing-to-do"


def test_a_file_that_is_no_json_is_not_touched():
    (found,) = offered("toolkit-path", "none")
    with pytest.raises(Trouble) as caught:
        plan_of(found, ground(contents={CONFIG: "{,"}))
    assert (caught.value.id, caught.value.values["path"]) == ("mend-file-not-json", CONFIG)


def test_what_only_a_person_can_do_is_given_as_text():
    (found,) = offered("driver-versions", "mismatch")
    with pytest.raises(Trouble) as caught:
        plan_of(found, ground())
    assert (caught.value.id, caught.value.values["commands"]) == ("mend-by-hand", "sudo reboot")


def test_names_are_filled_in_and_satisfied_steps_left_out():
    (found,) = offered("engine-permission", "not_member")
    (join,) = plan_of(found, ground()).steps
    assert join.argv == ("usermod", "-aG", "docker", "ada")
    assert join.undo == ("gpasswd", "-d", "ada", "docker")
    (start,) = offered("engine-running", "not_running")
    enabled = frozenset({("systemctl", "is-enabled", "--quiet", "docker")})
    (only,) = plan_of(start, ground(satisfied=enabled)).steps
    assert only.argv == ("systemctl", "start", "docker")


@pytest.mark.parametrize(
    ("family", "program"), [("debian", "apt-get"), ("fedora", "dnf"), ("opensuse", "zypper"), ("arch", "pacman")]
)
def test_the_toolkit_is_installed_without_a_shell(family, program):
    snapshot = healthy_snapshot(
        host=host(distribution=Known(Distribution(id=family, version="", pretty=family, like=())))
    )
    (found,) = offered("toolkit-installed", "absent", snapshot)
    runs = [step for step in found.steps if isinstance(step, RunStep)]
    assert any(program in step.argv and "nvidia-container-toolkit" in step.argv for step in runs)
    assert all(step.privileged for step in runs)
    assert not any({"sh", "bash", "-c"} & set(step.argv) for step in runs)
    assert isinstance(found.steps[-2], EditStep)
    assert found.steps[-2].path == "/etc/docker/daemon.json"


contents = st.none() | st.text(max_size=30)


@given(contents, contents)
def test_the_inverse_of_the_inverse_is_the_step(before, after):
    step = WriteStep(title="t", path="/p", before=before, after=after)
    back = inverse_of(step)
    assert (back.before, back.after) == (after, before)
    again = inverse_of(back)
    assert (again.before, again.after, again.path) == (before, after, "/p")


def test_taking_back_goes_backwards_and_settles_once_at_the_end():
    write = WriteStep(title="w", path="/a", before=None, after="x")
    run = RunStep(title="r", argv=("on",), undo=("off",))
    settle = RunStep(title="s", argv=("restart",), settles=True)
    lasting = RunStep(title="l", argv=("gone",))
    back = backwards((settle, write, lasting, run, settle))
    assert [getattr(step, "argv", None) or step.path for step in back] == [("off",), "/a", ("restart",)]


def test_what_is_forgotten_only_with_a_restart_is_taken_back_with_one():
    (found,) = offered("toolkit-path", "none")
    plan = plan_of(found, ground(contents={}))
    back = backwards(plan.steps)
    assert [getattr(step, "argv", None) or step.path for step in back] == [CONFIG, ("systemctl", "restart", "docker")]
    # and doing it once more takes no restart
    assert backwards(back)[-1].argv == ("systemctl", "reload-or-restart", "docker")


def test_consent_is_for_exactly_this():
    def plan(text):
        made = remedy("x", "X", "true", steps=(EditStep(title="t", path="/a", edit=PutText(text)),))
        return plan_of(made, ground(contents={}))

    assert plan("one").fingerprint == plan("one").fingerprint
    assert plan("one").fingerprint != plan("two").fingerprint
    lone = WriteStep(title="t", path="/a", before="\udcff", after="x")
    assert "\\xff" in lone.diff


def test_a_diff_cannot_command_a_terminal():
    shown = unified("/a", "a\x1b[2Jb\r\n", "plain")
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "(no line end)" in shown


def test_cleaning_lists_what_goes_and_what_it_frees():
    images = (
        LocalImage(id="sha256:" + "a" * 64, references=(), digests=(), size=3 * 10**9, created="", labels={}),
        LocalImage(id="sha256:" + "b" * 64, references=("keep:1",), digests=(), size=10**9, created="", labels={}),
    )
    contents = EngineContents(
        published=(), running=0, ended=("lab", "other"), ended_sessions=("lab",), build_cache=Known(10**9)
    )
    snapshot = healthy_snapshot(engine=engine(images=Known(images)), engine_contents=Known(contents))
    plan = plan_of(clean_disk(None, snapshot), ground(sizes={"lab": 5 * 10**8}))
    assert [(step.act, step.target) for step in plan.steps] == [
        ("remove_container", "lab"),
        ("remove_image", images[0].id),
        ("clear_build_cache", ""),
    ]
    assert plan.frees == 4_500_000_000
    assert "(3.0 GB)" in preview(plan)
    assert "None of it can be taken back." in preview(plan)
    assert clean_disk(None, healthy_snapshot()) is None


def test_a_port_is_freed_by_stopping_its_container_and_no_other_program():
    stop = free_port(8888, "lab", "docker-proxy")
    assert inverse_of(stop.steps[0]) == EngineStep(title="Start the container lab", act="start_container", target="lab")
    told = free_port(8888, "", "jupyter-lab")
    assert told.steps == ()
    assert "jupyter-lab" in told.note


def test_files_are_given_without_following_links():
    (step,) = own_files("/home/ada/work", 3, ("/home/ada/work/a",)).steps
    assert step.argv[:4] == ("find", "-P", "/home/ada/work", "-xdev")
    assert {"-execdir", "--no-dereference"} <= set(step.argv)


def test_merging_is_data_that_can_be_printed():
    (found,) = offered("toolkit-cdi-engine", "off")
    assert found.steps[0].edit == MergeObject('{"features": {"cdi": true}}')
