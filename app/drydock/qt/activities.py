"""Everything long that goes on beside the pages: pulls one after the other, all else at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

import msgspec
from PySide6.QtCore import QObject, Signal

from drydock.core.trouble import Trouble
from drydock.qt.models.listed_name import listed_name

if TYPE_CHECKING:
    from drydock.engines import PullProgress
    from drydock.jobs import Job
    from drydock.jobs.context import Context
    from drydock.qt.app import App
    from drydock.qt.bridge import Running
    from drydock.qt.models.pull import PullBar

R = TypeVar("R")

Kind: TypeAlias = Literal["pull", "import", "export", "build", "mend"]
ActivityState: TypeAlias = Literal["waiting", "running", "paused", "done", "failed", "stopped"]

ON_ITS_WAY: frozenset[ActivityState] = frozenset(("waiting", "running"))
ENDED: frozenset[ActivityState] = frozenset(("done", "failed", "stopped"))


class Words(Protocol):
    """One moment of an activity for the eyes (see :class:`drydock.qt.models.pull.PullWords`)."""

    @property
    def share(self) -> float | None:
        """0 to 1; None while it is not known."""
        ...

    @property
    def done(self) -> str:
        """What is done."""
        ...

    @property
    def left(self) -> str:
        """Speed and time left."""
        ...

    @property
    def detail(self) -> str:
        """What goes on now."""
        ...


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of an activity.

    Attributes:
        id: stays the same over all moments.
        title: what is done, as a short sentence (``Pulling pytorch/pytorch:2.9.0``).
        reference: the image it is about; may be empty.
        ending: what was asked for and is not obeyed yet.
        share: 0 to 1, never less than a moment ago while it runs; None while it is not known.
        done: bytes done, as text.
        left: speed and time left, as text.
        detail: what goes on now, or what became of it.
        can_pause: whether pausing means anything (pulls).
        keeps: whether the engine keeps finished layers of an unfinished pull; None while that is not known.
        trouble: why it failed.
        page: the page to go to for more, and what it is shown there.
    """

    id: int
    kind: Kind
    title: str
    reference: str = ""
    state: ActivityState = "waiting"
    ending: Literal["", "pause", "cancel"] = ""
    share: float | None = None
    done: str = ""
    left: str = ""
    detail: str = ""
    can_pause: bool = False
    keeps: bool | None = None
    trouble: Trouble | None = None
    page: str = "images"
    argument: object = None

    @property
    def on_its_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ON_ITS_WAY

    @property
    def ended(self) -> bool:
        """Whether it is done, failed or stopped."""
        return self.state in ENDED

    @property
    def can_repeat(self) -> bool:
        """Whether it may be tried again from the list; a remedy is looked at anew first."""
        return self.state in ("failed", "stopped") and self.kind != "mend"


class _Entry:
    """What is kept of an activity beside what is shown."""

    def __init__(self, activity: Activity, make: Callable[[], Job[Any]]) -> None:
        self.activity = activity
        self.make = make
        self.words: Callable[[Any], Words | None] | None = None
        self.steps: Callable[[Any], None] | None = None
        self.done: Callable[[Any], None] | None = None
        self.done_words: Callable[[Any], str] | None = None
        self.changes_images = False
        self.context: Context | None = None
        self.bar: PullBar | None = None
        self.running: Running | None = None
        self.wish: Literal["", "pause", "cancel"] = ""


class Activities(QObject):
    """Starts, queues, pauses and ends activities, and remembers how they ended until they are dismissed.

    Signals:
        changed: an activity (its id) is another now, came, or was dismissed.
        ended: an activity is done, failed or stopped; carries the :class:`Activity`.
    """

    changed = Signal(int)
    ended = Signal(object)

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self._app = app
        self._entries: dict[int, _Entry] = {}
        self._last_id = 0

    # what there is

    @property
    def items(self) -> tuple[Activity, ...]:
        """All activities, the oldest first."""
        return tuple(entry.activity for entry in self._entries.values())

    @property
    def on_their_way(self) -> tuple[Activity, ...]:
        """Those that wait or run."""
        return tuple(activity for activity in self.items if activity.on_its_way)

    @property
    def share(self) -> float | None:
        """How far the running ones are together (0 to 1); None while that is not known, or none runs."""
        shares = [activity.share for activity in self.items if activity.state == "running"]
        known = [share for share in shares if share is not None]
        return sum(known) / len(known) if known and len(known) == len(shares) else None

    def find(self, activity: Activity | int) -> Activity | None:
        """Return the present moment of an activity; None when it was dismissed."""
        entry = self._entries.get(_id(activity))
        return entry.activity if entry else None

    def pull_of(self, reference: str) -> Activity | None:
        """Return the newest pull of an image; None when there is none."""
        wanted = listed_name(reference)
        pulls = (one for one in reversed(self.items) if one.kind == "pull")
        return next((one for one in pulls if listed_name(one.reference) == wanted), None)

    # what can be asked for

    def pull(
        self, reference: str, *, expected: int | None = None, platform: str = "", keeps: bool | None = None
    ) -> Activity:
        """Pull an image, after those that were asked for before.

        A pull of the same image that is on its way is returned as it is; one that is paused goes on; one that ended
        is replaced.

        Args:
            reference: the image's name.
            expected: compressed bytes that are to be fetched, where they are known.
            platform: e.g. ``linux/amd64``; empty leaves it to the engine.
            keeps: whether the engine keeps finished layers of an unfinished pull, where that is known already.
        """
        reference = reference.strip()
        before = self.pull_of(reference)
        if before and before.on_its_way:
            return before
        if before and before.state == "paused":
            self.resume(before)
            return self._entries[before.id].activity
        if before:
            self.dismiss(before)
        context = self._app.context
        title = self.tr("Pulling {image}").format(image=reference)
        activity = Activity(
            id=self._next_id(), kind="pull", title=title, reference=reference, can_pause=True, keeps=keeps
        )

        def make() -> Job[Any]:
            from drydock.jobs.pull import PullJob

            # of a pull that goes on, nobody knows how much is still to come
            left = None if entry.bar and entry.bar.kept else expected
            return PullJob(context, reference, platform=platform, expected=left)

        entry = _Entry(activity, make)
        entry.context = context
        entry.changes_images = True
        entry.done_words = lambda _pulled: self.tr("{image} is here now.").format(image=reference)
        self._entries[activity.id] = entry
        self.changed.emit(activity.id)
        if keeps is None:
            self._ask_what_is_kept(entry)
        self._start_next_pull()
        return self._entries[activity.id].activity

    def start(
        self,
        kind: Kind,
        title: str,
        make: Callable[[], Job[R]],
        *,
        reference: str = "",
        words: Callable[[Any], Words | None] | None = None,
        steps: Callable[[Any], None] | None = None,
        done: Callable[[R], None] | None = None,
        done_words: Callable[[R], str] | None = None,
        changes_images: bool = False,
        page: str = "images",
        argument: object = None,
    ) -> Activity:
        """Start anything but a pull at once.

        Args:
            kind: what it is.
            title: a short sentence (``Importing torch.tar``).
            make: makes the job; again when it is tried again.
            reference: the image it is about.
            words: makes the words of a step (None: the step says nothing new); of the steps only the newest
                counts, unless there are ``steps``.
            steps: takes every step, in order.
            done: takes the result.
            done_words: makes the sentence that tells the person of the result.
            changes_images: whether the engine's images are others afterwards.
            page: the page to go to for more.
            argument: what is shown there.
        """
        activity = Activity(
            id=self._next_id(), kind=kind, title=title, reference=reference, page=page, argument=argument
        )
        entry = _Entry(activity, make)
        entry.words, entry.steps, entry.done, entry.done_words = words, steps, done, done_words
        entry.changes_images = changes_images
        self._entries[activity.id] = entry
        self._run(entry)
        return entry.activity

    def pause(self, activity: Activity | int) -> None:
        """End a pull in the engine, and remember it; :meth:`resume` pulls again what the engine did not keep."""
        self._end(activity, "pause")

    def cancel(self, activity: Activity | int) -> None:
        """End an activity, in the engine too."""
        self._end(activity, "cancel")

    def resume(self, activity: Activity | int) -> None:
        """Go on with what was paused, or try again what failed or was stopped."""
        entry = self._entries.get(_id(activity))
        if entry is None or not (entry.activity.state == "paused" or entry.activity.can_repeat):
            return
        if entry.bar:
            entry.bar.begin(kept=bool(entry.activity.keeps))
        share = entry.bar.share if entry.bar else None
        self._change(entry, state="waiting", share=share, done="", left="", detail="", trouble=None)
        if entry.activity.kind == "pull":
            self._start_next_pull()
        else:
            self._run(entry)

    def dismiss(self, activity: Activity | int) -> None:
        """Forget an activity that ended or is paused."""
        entry = self._entries.get(_id(activity))
        if entry is not None and not entry.activity.on_its_way:
            del self._entries[entry.activity.id]
            self.changed.emit(entry.activity.id)

    def clear_ended(self) -> None:
        """Forget all that ended, but not what failed: that is dismissed one by one."""
        for activity in self.items:
            if activity.state in ("done", "stopped"):
                self.dismiss(activity)

    # how it goes

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _start_next_pull(self) -> None:
        pulls = [entry for entry in self._entries.values() if entry.activity.kind == "pull"]
        if any(entry.running for entry in pulls):
            self._say_why_they_wait(pulls)
            return
        waiting = next((entry for entry in pulls if entry.activity.state == "waiting"), None)
        if waiting:
            self._run(waiting)
            self._say_why_they_wait(pulls)

    def _say_why_they_wait(self, pulls: list[_Entry]) -> None:
        for entry in pulls:
            if entry.activity.state == "waiting" and not entry.activity.detail:
                self._change(entry, detail=self.tr("Waits until the pull before it has ended"))

    def _run(self, entry: _Entry) -> None:
        from functools import partial

        is_pull = entry.activity.kind == "pull"
        if is_pull and entry.bar is None:
            from drydock.qt.models.pull import PullBar

            entry.bar = PullBar()
        entry.wish = ""
        entry.running = self._app.bridge.start(
            entry.make(),
            done=partial(self._done, entry),
            failed=partial(self._failed, entry),
            progress=partial(self._pull_step if is_pull else self._step, entry),
            stopped=partial(self._stopped, entry),
            newest=entry.steps is None,
        )
        detail = self.tr("Asking the registry…") if is_pull else ""
        self._change(entry, state="running", detail=detail)

    def _pull_step(self, entry: _Entry, step: PullProgress) -> None:
        from drydock.qt.models.pull import pull_words

        words = pull_words(step)
        assert entry.bar is not None
        share = entry.bar.take(step)
        self._change(entry, share=share, done=words.done, left=words.left, detail=words.detail)

    def _step(self, entry: _Entry, step: object) -> None:
        if entry.steps:
            entry.steps(step)
        words = entry.words(step) if entry.words else None
        if words:
            self._change(entry, share=words.share, done=words.done, left=words.left, detail=words.detail)

    def _done(self, entry: _Entry, result: Any) -> None:
        words = entry.done_words(result) if entry.done_words else ""
        self._finish(entry, state="done", share=1.0, left="", detail=words)
        if words:
            self._app.noted.emit(words, "ok")
        if entry.changes_images:
            self._app.images_changed.emit()
        if entry.done:
            entry.done(result)

    def _failed(self, entry: _Entry, trouble: Trouble) -> None:
        from drydock.data.knowledge import trouble_article

        title = trouble_article(trouble).title
        self._finish(entry, state="failed", left="", detail=title, trouble=trouble)
        name = entry.activity.reference or entry.activity.title
        self._app.noted.emit(self.tr("{image}: {reason}").format(image=name, reason=title), "broken")

    def _stopped(self, entry: _Entry) -> None:
        if entry.wish == "pause":
            self._finish(entry, state="paused", left="", detail=self._what_is_kept(entry, paused=True))
            return
        kept = self._what_is_kept(entry, paused=False)
        self._finish(entry, state="stopped", left="", detail=kept)
        words = self.tr("{title}: stopped. {kept}").format(title=entry.activity.title, kept=kept).strip()
        self._app.noted.emit(words, "attention")

    def _finish(self, entry: _Entry, **changes: Any) -> None:
        entry.running = None
        self._change(entry, ending="", **changes)
        if entry.activity.ended:
            self.ended.emit(entry.activity)
        if entry.activity.kind == "pull":
            self._start_next_pull()

    def _end(self, activity: Activity | int, wish: Literal["pause", "cancel"]) -> None:
        entry = self._entries.get(_id(activity))
        if entry is None or (wish == "pause" and not entry.activity.can_pause):
            return
        if entry.running:
            # a cancelled pull cannot be paused any more, but a paused one may still be cancelled
            if entry.wish != "cancel":
                entry.wish = wish
            entry.running.stop()
            self._change(entry, ending=entry.wish)
        elif entry.activity.state == "waiting" or (entry.activity.state == "paused" and wish == "cancel"):
            self._stop_what_waits(entry, wish)

    def _stop_what_waits(self, entry: _Entry, wish: Literal["pause", "cancel"]) -> None:
        entry.wish = wish
        self._stopped(entry)

    # what the engine keeps

    def _ask_what_is_kept(self, entry: _Entry) -> None:
        from drydock.jobs.keeping import LayerKeepingJob

        assert entry.context is not None

        def told(keeps: bool | None) -> None:
            if entry.activity.id in self._entries:
                self._change(entry, keeps=keeps)

        def not_told(_trouble: Trouble) -> None:
            """The pull itself meets the same trouble and tells it."""

        self._app.bridge.start(LayerKeepingJob(entry.context), done=told, failed=not_told)

    def _what_is_kept(self, entry: _Entry, *, paused: bool) -> str:
        if entry.bar is None:
            return ""  # nothing was fetched yet
        keeps = entry.activity.keeps
        if keeps is None:
            return self.tr("Layers that the engine did not keep are fetched again.")
        if keeps and paused:
            return self.tr("The engine keeps the finished layers: going on fetches only the others.")
        if keeps:
            return self.tr("The engine keeps the finished layers for a while.")
        if paused:
            return self.tr("This engine keeps nothing of an unfinished pull: going on begins anew.")
        return self.tr("This engine keeps nothing of an unfinished pull.")

    def _change(self, entry: _Entry, **changes: Any) -> None:
        entry.activity = msgspec.structs.replace(entry.activity, **changes)
        self.changed.emit(entry.activity.id)


def _id(activity: Activity | int) -> int:
    return activity if isinstance(activity, int) else activity.id
