"""Sessions are found, followed, stopped, started and removed by name."""

import threading

import pytest
from tests.support.launch_fixtures import container_names, context, new_context, run

from drydock.core.launch import Choice
from drydock.core.trouble import Stopped, Trouble
from drydock.jobs.launch import LaunchJob
from drydock.jobs.sessions import (
    ConnectJob,
    FollowLogsJob,
    ListSessionsJob,
    RemoveSessionJob,
    SessionLine,
    StartSessionJob,
    StopSessionJob,
)
from drydock.world import Stop

__all__ = ["context", "new_context"]


@pytest.fixture
def session(context, tiny_image):
    script = "echo begin; while true; do echo tick; sleep 0.2; done"
    choice = Choice(image=tiny_image.reference, gpus="none", name="ticker", command=("sh", "-c", script))
    return run(LaunchJob(context, choice))[0]


def mine(context):
    return [one for one in run(ListSessionsJob(context))[0] if one.name == "ticker"]


def test_found_by_a_fresh_start(session, new_context):
    (found,) = mine(new_context())
    assert found == session
    assert found.running
    assert found.gpus == "none"


def test_other_containers_are_no_sessions(context, engine, tiny_image):
    engine.client.containers.run(tiny_image.reference, ["tail", "-f", "/dev/null"], detach=True, name="stranger")
    assert "stranger" not in [one.name for one in run(ListSessionsJob(context))[0]]
    for job in (StopSessionJob(context, "stranger"), RemoveSessionJob(context, "stranger", force=True)):
        with pytest.raises(Trouble, match="session-not-found"):
            run(job)
    assert "stranger" in container_names(engine)


def test_logs_follow_until_the_stop(session, context):
    stop = Stop()
    lines = []
    enough = threading.Event()

    def tell(step):
        lines.append(step)
        if lines.count(SessionLine("tick")) >= 5:
            enough.set()
            stop.request()

    with pytest.raises(Stopped):
        FollowLogsJob(context, "ticker").run(tell, stop)
    assert enough.is_set()
    assert lines[0] == SessionLine("begin")


def test_the_last_lines_without_following(session, context):
    _, lines = run(FollowLogsJob(context, "ticker", tail=1, follow=False))
    assert lines == [SessionLine("tick")]


def test_stop_start_remove(session, context, engine):
    stopped, _ = run(StopSessionJob(context, "ticker", grace=1))
    assert stopped.state == "exited"
    assert stopped.exit_code is not None
    assert mine(context) == [stopped]
    with pytest.raises(Trouble, match="session-not-running"):
        run(ConnectJob(context, "ticker"))
    started, _ = run(StartSessionJob(context, "ticker"))
    assert started.running
    with pytest.raises(Trouble, match="session-running"):
        run(RemoveSessionJob(context, "ticker"))
    run(RemoveSessionJob(context, session.id[:12], force=True))
    assert "ticker" not in container_names(engine)


def test_an_unknown_name_names_the_known(session, context):
    with pytest.raises(Trouble) as caught:
        run(StopSessionJob(context, "tick"))
    assert caught.value.id == "session-not-found"
    assert "ticker" in str(caught.value.values["known"])
