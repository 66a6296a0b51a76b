"""Live tag lists: read from the registry, kept, and told in the next choice."""

from pathlib import Path

import pytest

from drydock.core.facts import TagList
from drydock.core.images import Gpu, Machine, Wish
from drydock.data.catalogue import load_catalogue
from drydock.jobs.context import Context
from drydock.jobs.recommend import RecommendJob
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

MACHINE = Machine(gpus=(Gpu("NVIDIA GeForce RTX 4090", (8, 9)),), driver="580.95.05")


def ignore(_step: object) -> None:
    pass


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(world=LiveWorld(), store=Store(tmp_path), engine=f"unix://{tmp_path}/none.sock")


def official_tags() -> tuple[str, ...]:
    return tuple(image.tag for image in load_catalogue().images if image.repository == "pytorch/pytorch")


def keep(context: Context, *tags: str) -> None:
    context.store.save_tag_list(TagList(repository="pytorch/pytorch", tags=tags, read_at="2026-11-25T00:00:00Z"))


def test_a_tag_that_the_registry_lacks_is_not_recommended(context: Context) -> None:
    first = RecommendJob(context, Wish(), MACHINE).run(ignore, Stop()).choice
    assert first is not None
    keep(context, *(tag for tag in official_tags() if tag != first.tag))
    second = RecommendJob(context, Wish(), MACHINE).run(ignore, Stop())
    assert second.choice is not None
    assert second.choice.reference != first.reference
    why = next(item.why for item in second.rejected if item.reference == first.reference)
    assert "TAG_NOT_IN_REGISTRY" in {reason.code for reason in why}


def test_a_release_newer_than_the_catalogue_is_named_but_not_recommended(context: Context) -> None:
    newer = "9.9.0-cuda13.0-cudnn9-runtime"
    keep(context, *official_tags(), newer)
    answer = RecommendJob(context, Wish(), MACHINE).run(ignore, Stop())
    assert answer.choice is not None
    assert answer.choice.tag != newer
    why = next(item.why for item in answer.rejected if item.reference == f"pytorch/pytorch:{newer}")
    assert [reason.code for reason in why] == ["CODE_ASSUMED"]


def test_lists_survive_a_restart(context: Context, tmp_path: Path) -> None:
    keep(context, *official_tags())
    again = restarted(context, tmp_path)
    assert all(image.listed for image in again.catalogue().images if image.repository == "pytorch/pytorch")


def restarted(context: Context, tmp_path: Path) -> Context:
    return Context(world=context.world, store=Store(tmp_path), engine=context.engine)
