"""Activities in every state, made with plain jobs, for pictures and tests."""

import threading

from drydock.core.trouble import Stopped, Trouble
from drydock.engines import PullProgress
from drydock.jobs import Job
from drydock.qt.models.pull import pull_words


class Scripted(Job):
    """Tells what it is given; ends when it is let go, and then fails when it has a reason."""

    def __init__(self, *steps, result=None, trouble=None, ends=False):
        self.go = threading.Event()
        self.tell = None
        self._steps, self._result, self._trouble = steps, result, trouble
        if ends:
            self.go.set()

    def run(self, tell, stop):
        self.tell = tell
        for step in self._steps:
            tell(step)
        forget = stop.on_request(self.go.set)
        assert self.go.wait(60)
        forget()
        if stop.requested:
            raise Stopped
        if self._trouble:
            raise self._trouble
        return self._result


def moment(share=0.37, total=3_240_000_000, speed=62e6, **changes):
    """Return a moment of a download."""
    done = round(share * total)
    fields = {
        "phase": "downloading",
        "done": done,
        "total": total,
        "layers": 9,
        "layers_done": 4,
        "layers_present": 2,
        "speed": speed,
        "seconds_left": (total - done) / speed,
    }
    return PullProgress(**{**fields, **changes})


def fill(activities):
    """Put an activity of every kind and state that needs no engine into the list; return the jobs that run."""
    long = "nvcr.io/nvidia/pytorch:25.10-py3"
    jobs = []

    def start(kind, title, job, **more):
        jobs.append(job)
        return activities.start(kind, title, lambda: job, words=pull_words, **more)

    def look_like(activity, **changes):
        activities._change(activities._entries[activity.id], **changes)

    name = "pytorch/pytorch:2.9.0-cuda13.0-cudnn9-runtime"
    pull = start("pull", f"Pulling {name}", Scripted(moment()), reference=name)
    look_like(pull, can_pause=True, keeps=True)
    look_like(activities.pull("pytorch/pytorch:2.7.1-cuda12.8-cudnn9-devel", keeps=True))
    paused = activities.pull("ghcr.io/my-team/train:42", keeps=True)
    activities.pause(paused)
    look_like(paused, share=0.62, detail="The engine keeps the finished layers: going on fetches only the others.")
    start("import", "Importing torch-2.9.0-cuda13.0.tar", Scripted(moment(0.81, speed=420e6, layers=0)))
    start("build", "Adding Jupyter and SSH to pytorch/pytorch:2.9.0-cuda13.0-cudnn9-runtime", Scripted())
    start(
        "pull",
        "",
        Scripted(trouble=Trouble("registry-rate-limit", endpoint="", reference=long), ends=True),
        reference=long,
    )
    start(
        "export",
        "Saving my-team/train:42",
        Scripted(ends=True),
        done_words=lambda _none: "Saved to /media/usb/train-42.tar, 8.4 GB.",
    )
    return jobs
