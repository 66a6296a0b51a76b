"""Carries out what a person agreed to, one plan at a time, whatever window is open; the log of it changes with it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from drydock.core.remedies.plan import Plan
from drydock.core.remedies.steps import EngineStep
from drydock.core.trouble import Trouble
from drydock.jobs import Job
from drydock.jobs.mend import Mended, MendJob, StepSaid, Stopping, UndoJob
from drydock.qt.activities import Activity
from drydock.qt.models.mend import now_words
from drydock.qt.models.mend_progress import Progress, after, begun, ended
from drydock.qt.models.mend_verdict import verdict

if TYPE_CHECKING:
    from drydock.qt.app import App


class MendWords(msgspec.Struct, frozen=True, kw_only=True):
    """One moment for the list of activities."""

    share: float | None
    detail: str
    done: str = ""
    left: str = ""


class Mending(QObject):
    """Starts a plan as an activity and keeps its newest moment.

    Attributes:
        progress: the plan on its way, or the one that ended last; None before the first.
        watched: whether a window shows it, so that nobody needs to be told of its end elsewhere.

    Signals:
        changed: ``progress`` is another.
        ended: a plan came to its end, well or not; ``progress`` tells how.
    """

    changed = Signal()
    ended = Signal()

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self._app = app
        self._activity: Activity | None = None
        self.watched = False
        self._began = time.monotonic()
        self.progress: Progress | None = None
        app.activities.ended.connect(self._activity_ended)

    @property
    def running(self) -> bool:
        """Whether a plan is on its way; another one has to wait for its end."""
        return self.progress is not None and self.progress.running

    @property
    def elapsed(self) -> float:
        """Seconds since the step that runs, or the look afterwards, began."""
        return time.monotonic() - self._began

    def concerns(self, remedy: str, target: str) -> bool:
        """Return whether the plan on its way is that of a remedy, or takes it back."""
        plan = self.progress.plan if self.progress and self.running else None
        return plan is not None and (plan.remedy, plan.target) == (remedy, target)

    def start(self, plan: Plan, consent: str, finding: str = "") -> bool:
        """Carry a plan out; return False where another one is on its way.

        Args:
            plan: what the person saw.
            consent: the fingerprint of what the person saw, taken when they agreed.
            finding: id of the check that it is for.
        """
        if self.running:
            return False
        self._began = time.monotonic()
        self.progress = begun(plan, finding)
        self._activity = self._app.activities.start(
            "mend",
            plan.title,
            partial(self._job, plan, consent, finding),
            words=self._words,
            steps=self._take,
            done=self._end,
            page="doctor",
            argument=finding or None,
        )
        self.changed.emit()
        return True

    def stop(self) -> None:
        """Ask for the end: what was done is taken back after the step that runs."""
        if self.progress and self.running and self._activity:
            self.progress = msgspec.structs.replace(self.progress, stopping=True)
            self._app.activities.cancel(self._activity)
            self.changed.emit()

    def _job(self, plan: Plan, consent: str, finding: str) -> Job[Mended]:
        context = self._app.context
        if plan.undoes:
            return UndoJob(context, plan.undoes, consent, root=context.root)
        return MendJob(context, plan, consent, finding=finding, root=context.root)

    def _take(self, step: object) -> None:
        if self.progress:
            if not isinstance(step, (StepSaid, Stopping)):
                # those come while a step goes on
                self._began = time.monotonic()
            self.progress = after(self.progress, step)
            self.changed.emit()

    def _words(self, _step: object) -> MendWords | None:
        progress = self.progress
        if progress is None:
            return None
        done = sum(line.state not in ("waiting", "running") for line in progress.lines)
        # the look afterwards counts as a step
        return MendWords(share=done / (len(progress.lines) + 1), detail=now_words(progress))

    def _activity_ended(self, activity: Activity) -> None:
        """Take an end that is not a result: those come with their result a moment later."""
        if self._activity and activity.id == self._activity.id and activity.state != "done":
            self._end(activity.trouble)

    def _end(self, how: Mended | Trouble | None) -> None:
        if self.progress is None or not self.running:
            return
        self.progress = ended(self.progress, how)
        progress = self.progress
        if self.watched and self._activity:
            self._app.activities.dismiss(self._activity)
        elif progress.phase == "done":
            found = verdict(progress)
            self._app.noted.emit(f"{progress.plan.title}: {found.title}.", found.tone)
        self.changed.emit()
        self.ended.emit()
        if progress.touched:
            self._tell_pages(progress.plan)

    def _tell_pages(self, plan: Plan) -> None:
        acts = {step.act for step in plan.steps if isinstance(step, EngineStep)}
        if acts & {"stop_container", "start_container", "remove_container"}:
            self._app.sessions_changed.emit()
        if "remove_image" in acts:
            self._app.images_changed.emit()
        if self._app.busy:
            # what is being looked at now was begun before
            self._app.diagnosed.connect(self._diagnose_anew)
        else:
            self._app.diagnose()

    def _diagnose_anew(self) -> None:
        self._app.diagnosed.disconnect(self._diagnose_anew)
        self._app.diagnose()
