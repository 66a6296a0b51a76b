import pytest
from tests.support.snapshots import gpu, healthy_snapshot

from drydock.core.facts import Known, LocalImage, TagList
from drydock.core.images import Gpu, Machine, Wish, recommend
from drydock.core.images.live import with_tags
from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.image_reasons import reason_lines
from drydock.qt.models.image_rows import catalogue_rows, filter_choices
from drydock.qt.models.image_tables import CatalogueTable, Filter
from drydock.qt.models.images import (
    contents,
    find_local,
    gpu_code,
    nearest_wish,
    plan_title,
    reasons,
    refusal_text,
)


@pytest.fixture(scope="module")
def desktop():
    return open_machine("rtx4090-desktop").snapshot


def local(*references, labels=None, size=5_000_000_000):
    return LocalImage(
        id="sha256:" + "a" * 64,
        references=references,
        digests=(),
        size=size,
        created="2026-11-01T10:00:00Z",
        labels=labels or {},
    )


def test_without_a_gpu_images_still_run_on_the_cpu():
    catalogue = load_catalogue()
    answer = recommend(Machine(gpus=(), driver=None), Wish(), catalogue)
    verdicts = {row.reference: row.verdict for row in catalogue_rows(answer, catalogue, ())}
    assert verdicts["pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"] == "cpu_only"
    assert set(verdicts.values()) <= {"cpu_only", "not_proven", "not_judged", "cannot_run"}
    # with a driver that is too old for the GPU that is there, the same reason is a real obstacle
    old = Machine(gpus=(Gpu("RTX 3080", (8, 6)),), driver="470.256.02")
    verdicts = {row.reference: row.verdict for row in catalogue_rows(recommend(old, Wish(), catalogue), catalogue, ())}
    assert verdicts["pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"] == "cannot_run"


def test_the_chosen_image_is_explained_once(desktop):
    choice = recommend_for(desktop, Wish(), load_catalogue()).choice
    told = " ".join(reasons(choice))
    assert choice.torch in told
    assert "code for" not in told  # the row of the GPU says that
    assert gpu_code(choice) == (("GeForce RTX 4090", "Compute capability 8.9, runs the code for 8.6"),)
    assert dict(contents(choice))["CUDA"] == choice.cuda


def test_equal_gpus_share_a_row():
    choice = recommend_for(open_machine("h100x8-server").snapshot, Wish(), load_catalogue()).choice
    assert [name for name, _ in gpu_code(choice)] == ["8x H100 80GB HBM3"]


def test_every_image_is_listed_with_its_verdict(desktop):
    answer, catalogue = recommend_for(desktop, Wish(), load_catalogue()), load_catalogue()
    rows = catalogue_rows(answer, catalogue, (local(answer.choice.reference),))
    assert len(rows) == len(catalogue.images)
    assert (rows[0].reference, rows[0].verdict, rows[0].here) == (answer.choice.reference, "recommended", True)
    works = [row.reference for row in rows if row.verdict == "works"]
    assert works == list(answer.alternatives)
    assert all(row.why for row in rows[1:])
    verdicts = {row.name: row.verdict for row in rows}
    assert verdicts["2.14.1-cuda13.0-cudnn9-devel"] == "not_wished"
    assert not any(row.here for row in rows[1:])


def test_where_no_gpu_answers_no_image_is_said_to_work():
    snapshot = open_machine("broken-laptop").snapshot
    rows = catalogue_rows(recommend_for(snapshot, Wish(), load_catalogue()), load_catalogue(), ())
    assert {row.verdict for row in rows} == {"cpu_only", "not_proven"}
    assert all(row.why for row in rows)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(torch="2.15"),
        Wish(torch="2.9", cuda="11.8"),
        Wish(torch="9.9", cuda="13.4", flavour="devel"),
        Wish(cuda="13.4", task="extensions"),
        Wish(torch="2.15", cuda="11.8", task="compile"),
    ],
)
def test_each_way_out_of_a_refusal_leads_to_its_image(desktop, wish):
    answer = recommend_for(desktop, wish, load_catalogue())
    assert refusal_text(answer.refusal)
    for choice in (answer.refusal.nearest, *answer.refusal.others):
        relaxed = nearest_wish(desktop, wish, choice, load_catalogue())
        assert relaxed.task == wish.task
        assert recommend_for(desktop, relaxed, load_catalogue()).choice.reference == choice.reference


def test_mixed_gpus_have_a_plan_each():
    old = gpu(1, name=Known("NVIDIA GeForce GTX 1080"), compute_capability=Known((6, 1)))
    snapshot = healthy_snapshot(gpus=(gpu(0), old))
    plans = recommend_for(snapshot, Wish(), load_catalogue()).per_gpu
    assert [plan_title(plan) for plan in plans] == ["GeForce RTX 4090", "GeForce GTX 1080"]


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("a/b:1", True),
        ("docker.io/a/b:1", True),
        ("a/b:2", False),
        ("a/b", True),
        ("docker.io/library/c", True),
        ("a/b:1@sha256:d", True),
        ("a/b@sha256:d", True),
        ("a/b@sha256:e", False),
        ("a.example:5000/a/b:1", False),
    ],
)
def test_a_local_image_is_found_however_its_name_is_written(reference, found):
    image = LocalImage(
        id="sha256:i",
        references=("a/b:1", "a/b:latest", "c:latest"),
        digests=("a/b@sha256:d",),
        size=1,
        created="",
        labels={},
    )
    assert (find_local(reference, (image,)) is image) is found


def test_the_filter_keeps_rows_with_every_word(qapp, desktop):
    table = CatalogueTable()
    table.set_rows(catalogue_rows(recommend_for(desktop, Wish(), load_catalogue()), load_catalogue(), ()))
    table.narrow(Filter(text="2.9 devel"))
    assert table.rows
    assert all(row.torch.startswith("2.9") and row.flavour == "devel" for row in table.rows)
    table.narrow(Filter(text="2.9 devel", verdicts=frozenset(("recommended",))))
    assert table.rowCount() == 0
    table.narrow(Filter(verdicts=frozenset(("recommended",))))
    assert table.rowCount() == 1
    assert len(table.every) > 100


def test_the_filters_narrow_to_a_series_a_cuda_and_a_flavour(qapp, desktop):
    rows = catalogue_rows(recommend_for(desktop, Wish(), load_catalogue()), load_catalogue(), ())
    offered = filter_choices(rows)
    assert offered.series.index("2.10") < offered.series.index("2.9") < offered.series.index("1.13")
    assert "12.6" in offered.cuda
    table = CatalogueTable()
    table.set_rows(rows)
    table.narrow(Filter(series="2.9", cuda="12.8", flavour="runtime"))
    assert {row.name for row in table.rows} == {"2.9.0-cuda12.8-cudnn9-runtime", "2.9.1-cuda12.8-cudnn9-runtime"}


def test_a_listed_tag_that_the_catalogue_does_not_know_is_newer_and_never_recommended(desktop):
    tags = [image.tag for image in load_catalogue().images if image.repository == "pytorch/pytorch"]
    gone, newer = tags.pop(), "2.99.0-cuda13.0-cudnn9-runtime"
    listed = TagList(repository="pytorch/pytorch", tags=(*tags, newer), read_at="2026-11-25T12:00:00Z")
    catalogue = with_tags(load_catalogue(), (listed,))
    answer = recommend_for(desktop, Wish(), catalogue)
    rows = {row.name: row for row in catalogue_rows(answer, catalogue, ())}
    assert rows[newer].verdict == "newer"
    assert "newer than the catalogue" in rows[newer].first
    assert rows[gone].verdict == "not_listed"
    assert newer not in answer.choice.reference


def test_every_reason_is_told_with_what_would_help(desktop):
    rows = {
        row.name: row for row in catalogue_rows(recommend_for(desktop, Wish(), load_catalogue()), load_catalogue(), ())
    }
    lines = reason_lines(rows["2.14.1-cuda13.2-cudnn9-devel"])
    assert [line.state for line in lines] == ["broken", "attention"]
    assert "Install driver" in lines[0].text
