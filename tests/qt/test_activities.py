"""Activities: the queue, pause and resume, how they end and what is remembered; with plain jobs and the real engine."""

import itertools
import time

import pytest
from tests.qt.activity_states import Scripted, moment
from tests.support.engine.faulty_registry import Fault

from drydock.core.trouble import Trouble
from drydock.jobs.context import Context
from drydock.qt.activities import Activity
from drydock.qt.app import App
from drydock.qt.models.pull import pull_words
from drydock.store import Store
from drydock.world.live import LiveWorld

_seeds = itertools.count(int(time.time() * 1000) % 10**9)
NOWHERE = "unix:///nowhere/docker.sock"


def opened(tmp_path, engine):
    return App(Context(world=LiveWorld(), store=Store(tmp_path), engine=engine))


@pytest.fixture
def app(qapp, tmp_path):
    """An app whose engine is not there."""
    made = opened(tmp_path, NOWHERE)
    yield made
    made.bridge.close(5.0)
    made.close()


@pytest.fixture
def live(qapp, tmp_path, engine):
    """An app with the tests' engine."""
    made = opened(tmp_path, engine.docker_host)
    yield made
    made.bridge.close(10.0)
    made.close()


@pytest.fixture
def pushed(engine):
    """Makes images that no engine has; afterwards none has them."""
    made = []

    def push(sizes, proxy):
        seed = next(_seeds)
        image = engine.registry.push_layers(f"activities/{seed}", "1.0", sizes, seed=seed)
        made.append(image.reference.replace(str(engine.registry), str(proxy)))
        return made[-1]

    yield push
    for name in made:
        engine.forget_image(name)


def states(app):
    return [activity.state for activity in app.activities.items]


def reach(qtbot, app, activity, state, timeout=30_000):
    qtbot.waitUntil(lambda: app.activities.find(activity).state == state, timeout=timeout)
    return app.activities.find(activity)


# plain jobs


def test_nothing_goes_on_at_first(app):
    assert app.activities.items == ()
    assert app.activities.share is None


def test_a_job_tells_how_far_it_is_and_what_came_of_it(app, qtbot):
    notes, ended, results, images = [], [], [], []
    app.noted.connect(lambda *note: notes.append(note))
    app.activities.ended.connect(ended.append)
    app.images_changed.connect(lambda: images.append(1))
    job = Scripted(moment(0.25), result=("team/train:42",))
    activity = app.activities.start(
        "import",
        "Importing train.tar",
        lambda: job,
        words=pull_words,
        done=results.append,
        done_words=lambda references: f"{references[0]} was imported.",
        changes_images=True,
    )
    assert activity.state == "running"
    qtbot.waitUntil(lambda: app.activities.find(activity).share == 0.25)
    assert app.activities.share == 0.25
    assert app.activities.find(activity).done == "810 MB of 3.2 GB"
    assert "62 MB/s" in app.activities.find(activity).left
    job.go.set()
    after = reach(qtbot, app, activity, "done")
    assert (after.share, after.detail, after.left) == (1.0, "team/train:42 was imported.", "")
    assert notes == [("team/train:42 was imported.", "ok")]
    assert ended == [after]
    assert results == [("team/train:42",)]
    assert images == [1]


def test_what_has_no_words_shows_no_share(app, qtbot):
    job = Scripted("a line", "another line")
    activity = app.activities.start("build", "Building", lambda: job)
    qtbot.waitUntil(lambda: job.tell is not None)
    qtbot.wait(100)
    assert app.activities.find(activity).share is None
    assert app.activities.share is None
    app.activities.cancel(activity)
    reach(qtbot, app, activity, "stopped")


def test_a_failure_is_kept_until_it_is_tried_again_or_dismissed(app, qtbot):
    notes = []
    app.noted.connect(lambda *note: notes.append(note))
    jobs = [Scripted(trouble=Trouble("disk-full", path="/x", text="no space left"), ends=True), Scripted(ends=True)]
    activity = app.activities.start("export", "Saving a/b:1", lambda: jobs.pop(0), reference="a/b:1")
    failed = reach(qtbot, app, activity, "failed")
    assert failed.trouble.id == "disk-full"
    assert notes[0][1] == "broken"
    assert notes[0][0].startswith("a/b:1: ")
    app.activities.clear_ended()
    assert app.activities.items == (failed,)  # not read yet, perhaps
    app.activities.resume(activity)
    done = reach(qtbot, app, activity, "done")
    assert done.trouble is None
    app.activities.dismiss(activity)
    assert app.activities.find(activity) is None
    assert app.activities.items == ()


def test_a_cancelled_job_is_stopped_and_can_be_started_again(app, qtbot):
    jobs = [Scripted(), Scripted(ends=True)]
    activity = app.activities.start("export", "Saving", lambda: jobs.pop(0))
    app.activities.cancel(activity)
    assert app.activities.find(activity).ending == "cancel"
    stopped = reach(qtbot, app, activity, "stopped")
    assert stopped.ending == ""
    app.activities.resume(activity)
    reach(qtbot, app, activity, "done")


def test_what_is_on_its_way_is_not_dismissed(app, qtbot):
    job = Scripted()
    activity = app.activities.start("export", "Saving", lambda: job)
    app.activities.dismiss(activity)
    app.activities.pause(activity)  # only pulls can be paused
    assert states(app) == ["running"]
    assert app.activities.find(activity).ending == ""
    job.go.set()
    reach(qtbot, app, activity, "done")


def test_several_that_run_have_one_share(app, qtbot):
    jobs = [Scripted(moment(0.2)), Scripted(moment(0.6)), Scripted()]
    for job in jobs:
        app.activities.start("export", "Saving", lambda job=job: job, words=pull_words)
    qtbot.waitUntil(lambda: all(one.share is not None for one in app.activities.items[:2]))
    assert app.activities.share is None  # nobody knows how far the third is
    app.activities.cancel(app.activities.items[2])
    qtbot.waitUntil(lambda: app.activities.share is not None)
    assert app.activities.share == pytest.approx(0.4)
    for job in jobs:
        job.go.set()
    qtbot.waitUntil(lambda: not app.bridge.busy)


def test_a_flood_of_steps_ends_in_the_right_place(app, qtbot):
    told = []

    class Flood(Scripted):
        def run(self, tell, stop):
            for number in range(1, 50_001):
                tell(moment(number / 50_000))

    activity = app.activities.start("import", "Importing", Flood, words=pull_words)
    app.activities.changed.connect(lambda _id: told.append(app.activities.find(activity).share))
    reach(qtbot, app, activity, "done")
    shares = [share for share in told if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) < 5000  # not each of them


# without an engine


def test_a_pull_without_an_engine_fails_with_its_reason(app, qtbot):
    activity = app.activities.pull("a/b:1")
    failed = reach(qtbot, app, activity, "failed")
    assert failed.trouble.id.startswith("engine-")
    assert failed.detail
    assert app.activities.pull_of("a/b:1") == failed


def test_the_same_image_is_pulled_once(app, qtbot):
    first = app.activities.pull("a/b")
    assert app.activities.pull("a/b:latest").id == first.id
    assert app.activities.pull(" a/b ").id == first.id
    assert app.activities.pull("docker.io/a/b").id == first.id
    assert app.activities.pull("localhost:5000/a/b").id != first.id
    qtbot.waitUntil(lambda: states(app) == ["failed", "failed"])
    again = app.activities.pull("a/b")  # what ended is replaced
    assert again.id != first.id
    assert [one.reference for one in app.activities.items] == ["localhost:5000/a/b", "a/b"]
    reach(qtbot, app, again, "failed")


def test_a_waiting_pull_is_paused_and_cancelled_at_once(app, qtbot):
    app.activities.pull("a/first")
    second, third = app.activities.pull("a/second"), app.activities.pull("a/third")
    assert states(app) == ["running", "waiting", "waiting"]
    assert "Waits" in app.activities.find(second).detail
    app.activities.pause(second)
    app.activities.cancel(third)
    assert states(app)[1:] == ["paused", "stopped"]
    assert app.activities.find(third).detail == ""  # nothing was fetched, so nothing is kept or lost
    app.activities.cancel(second)
    assert states(app)[1:] == ["stopped", "stopped"]
    qtbot.waitUntil(lambda: states(app)[0] == "failed")


def test_pulls_follow_one_another(app, qtbot):
    ended = []
    app.activities.ended.connect(lambda activity: ended.append(activity.reference))
    for name in ("a/one", "a/two", "a/three"):
        app.activities.pull(name)
    qtbot.waitUntil(lambda: states(app) == ["failed"] * 3)
    assert ended == ["a/one", "a/two", "a/three"]


# the real engine


def test_a_pull_goes_on_and_says_that_the_image_is_here(live, qtbot, engine, pushed, faulty_registry):
    notes, changes = [], []
    live.noted.connect(lambda *note: notes.append(note))
    live.images_changed.connect(lambda: changes.append(1))
    name = pushed((2_000_000, 500), faulty_registry())
    activity = live.activities.pull(name, expected=2_000_500)
    done = reach(qtbot, live, activity, "done", 60_000)
    assert isinstance(done, Activity)
    assert done.share == 1.0
    assert notes == [(f"{name} is here now.", "ok")]
    assert changes == [1]
    assert engine.client.images.list(name=name)


def test_a_second_pull_waits_for_the_first(live, qtbot, engine, pushed, faulty_registry):
    first = live.activities.pull(pushed((3_000_000,), faulty_registry(bytes_per_second=2_000_000)))
    second = live.activities.pull(pushed((500,), faulty_registry()))
    order = []
    live.activities.ended.connect(lambda activity: order.append(activity.id))
    assert states(live) == ["running", "waiting"]
    reach(qtbot, live, second, "done", 60_000)
    assert order == [first.id, second.id]


def test_pause_ends_the_download_and_going_on_brings_the_image(live, qtbot, engine, pushed, faulty_registry):
    proxy = faulty_registry(bytes_per_second=1_500_000)
    name = pushed((1_000_000, 5_000_000), proxy)
    moments = []
    activity = live.activities.pull(name, expected=6_000_000)
    live.activities.changed.connect(lambda _id: moments.append(live.activities.find(activity)))
    qtbot.waitUntil(lambda: (live.activities.find(activity).share or 0) > 0.3, timeout=60_000)
    live.activities.pause(activity)
    assert live.activities.find(activity).ending == "pause"
    paused = reach(qtbot, live, activity, "paused", 60_000)
    assert paused.share > 0.3
    assert "engine" in paused.detail
    assert not engine.client.images.list(name=name)
    asked = len(proxy.requests)
    qtbot.wait(700)
    assert len(proxy.requests) == asked  # the engine has given it up
    begun = len(moments)
    live.activities.resume(activity)
    assert live.activities.find(activity).state == "running"
    reach(qtbot, live, activity, "done", 60_000)
    assert engine.client.images.list(name=name)
    for run in (moments[:begun], moments[begun:]):
        shares = [one.share for one in run if one.share is not None]
        assert shares == sorted(shares)


def test_cancel_leaves_no_image_and_lets_the_next_one_run(live, qtbot, engine, pushed, faulty_registry):
    name = pushed((6_000_000,), faulty_registry(bytes_per_second=400_000))
    activity = live.activities.pull(name, expected=6_000_000)
    second = live.activities.pull(pushed((500,), faulty_registry()))
    qtbot.waitUntil(lambda: (live.activities.find(activity).share or 0) > 0, timeout=60_000)
    live.activities.cancel(activity)
    reach(qtbot, live, activity, "stopped", 60_000)
    assert not engine.client.images.list(name=name)
    reach(qtbot, live, second, "done", 60_000)


def test_a_failed_pull_is_tried_again(live, qtbot, engine, pushed, faulty_registry):
    proxy = faulty_registry()
    name = pushed((500,), proxy)
    proxy.fail(Fault.MISSING)
    activity = live.activities.pull(name)
    failed = reach(qtbot, live, activity, "failed", 60_000)
    assert failed.trouble.id == "image-not-found"
    proxy.heal()
    live.activities.resume(activity)
    reach(qtbot, live, activity, "done", 60_000)
