"""Images with added parts: really built, listed, made anew when their parent changes, and removed."""

import secrets

import pytest
from tests.support.launch_fixtures import container_names, context, inspected, new_context, run

from drydock.core.launch import Choice
from drydock.core.trouble import Trouble
from drydock.jobs.derived import BuildDerivedJob, ListDerivedJob, RemoveDerivedJob
from drydock.jobs.launch import LaunchJob
from drydock.jobs.launch_steps import BuildLine, Stage, Superseded
from drydock.jobs.sessions import RemoveSessionJob
from drydock.world import Stop

__all__ = ["context", "new_context"]

REPOSITORY = "drydock-test/parent"
PARENT = f"{REPOSITORY}:1"

pytestmark = pytest.mark.timeout(900)

COMPILE = """
cat > /tmp/launcher.c <<'END'
#include <Python.h>
#include <stdio.h>
int main(void) { printf("%d\\n", PY_MAJOR_VERSION); return 0; }
END
gcc $(python3 -c 'import sysconfig; print("-I" + sysconfig.get_paths()["include"])') /tmp/launcher.c -o /tmp/launcher
/tmp/launcher
printf '#include <omp.h>\\n#include <vector>\\nint f() { return std::vector<int>(omp_get_max_threads()).size(); }' \\
    > /tmp/kernel.cpp
g++ -O2 -fopenmp -shared -fPIC /tmp/kernel.cpp -o /tmp/kernel.so && echo kernel
"""


@pytest.fixture
def parent(context, engine, torch_image):
    """An image of its own contents, which a test may move to others."""
    renew(engine, torch_image.reference)
    yield PARENT
    mine = [one.key for one in run(ListDerivedJob(context))[0] if one.parent.startswith(REPOSITORY)]
    run(RemoveDerivedJob(context, tuple(mine)))
    for image in engine.client.images.list(REPOSITORY):
        for tag in image.tags:
            engine.client.api.remove_image(tag)


def renew(engine, base):
    """Let the parent's name stand for new contents, made from ``base``."""
    container = engine.client.containers.create(base, ["true"])
    container.commit(REPOSITORY, "1", conf={"Labels": {"moment": secrets.token_hex(8)}})
    container.remove()


def inside(engine, name, command):
    code, output = engine.client.containers.get(name).exec_run(["sh", "-c", command])
    assert code == 0, output.decode()
    return output.decode().split("\n")[:-1]


def listed(context, tag):
    return next((one for one in run(ListDerivedJob(context))[0] if one.reference == tag), None)


def test_compiler_and_init(context, engine, torch_image):
    choice = Choice(image=torch_image.reference, gpus="none", compiler=True, tini=True, name="tools")
    session, steps = run(LaunchJob(context, choice))
    assert session.running
    assert session.services == ()
    made = [step.text for step in steps if isinstance(step, Stage) and step.name == "building"]
    seen = inspected(engine, "tools")
    assert made in ([], [seen["Config"]["Image"]])
    assert not seen["HostConfig"]["Init"]

    # torch.compile's two ways: Triton's launchers and Inductor's kernels for the CPU
    assert inside(engine, "tools", COMPILE) == ["3", "kernel"]

    first = inside(engine, "tools", "cat /proc/1/comm")
    assert first == ["tini"]
    orphan = 'sh -c "sleep 0.2 & exec sleep 0.1" & sleep 1; grep -l "^State:.Z" /proc/[0-9]*/status || echo none'
    assert inside(engine, "tools", orphan)[-1] == "none"

    image = listed(context, seen["Config"]["Image"])
    assert (image.parent, image.parts, image.state) == (torch_image.reference, ("compiler", "tini"), "current")
    assert image.containers == ("tools",)
    assert 0 < image.added_size < image.size

    with pytest.raises(Trouble) as caught:
        run(RemoveDerivedJob(context, (image.reference,)))
    assert (caught.value.id, caught.value.values["containers"]) == ("derived-in-use", "tools")
    run(RemoveSessionJob(context, "tools", force=True))


def test_two_inits_are_one(engine, context, torch_image):
    made, _ = run(BuildDerivedJob(context, torch_image.reference, ("tini",)))
    container = engine.client.containers.run(
        made.image.reference, ["sleep", "60"], init=True, detach=True, name="two-inits"
    )
    for _ in range(100):
        names = inside(engine, "two-inits", "cat /proc/[0-9]*/comm")
        if "sleep" in names:
            break
        Stop().wait(0.1)
    assert "tini" not in names
    assert "sleep" in names
    container.remove(force=True)


def test_other_contents_of_the_parent_make_another_image(context, engine, parent):
    first, _ = run(BuildDerivedJob(context, parent, ("tini",)))
    assert first.built
    assert (first.image.parent, first.image.state) == (parent, "current")
    again, steps = run(BuildDerivedJob(context, parent, ("tini",)))
    assert not again.built
    assert again.image == first.image
    assert steps == []
    # the same contents under another name are no other parent
    engine.client.api.tag(parent, REPOSITORY, "twin")
    twin, _ = run(BuildDerivedJob(context, f"{REPOSITORY}:twin", ("tini",)))
    assert (twin.built, twin.image) == (False, first.image)
    engine.client.api.remove_image(f"{REPOSITORY}:twin")

    renew(engine, parent)
    assert listed(context, first.image.reference).state == "parent_changed"
    second, steps = run(BuildDerivedJob(context, parent, ("tini",)))
    assert second.built
    assert second.image.key != first.image.key
    assert [step.reference for step in steps if isinstance(step, Superseded)] == [first.image.reference]
    removed, _ = run(RemoveDerivedJob(context, (first.image.key,)))
    assert [one.reference for one in removed] == [first.image.reference]
    assert listed(context, first.image.reference) is None
    assert listed(context, second.image.reference).state == "current"


def test_what_cannot_be_removed_or_built(context, engine, tiny_image):
    with pytest.raises(Trouble) as caught:
        run(RemoveDerivedJob(context, (tiny_image.reference,)))
    assert caught.value.id == "derived-not-found"
    with pytest.raises(Trouble) as caught:
        run(BuildDerivedJob(context, tiny_image.reference, ()))
    assert caught.value.id == "launch-parts-empty"
    before = container_names(engine)
    with pytest.raises(Trouble) as caught:
        run(BuildDerivedJob(context, tiny_image.reference, ("tini",)))
    assert caught.value.id == "launch-build-no-apt"
    assert container_names(engine) <= before


def test_the_build_streams(context, engine, python_image):
    del engine
    steps = []
    with pytest.raises(Trouble):
        BuildDerivedJob(context, python_image.reference, ("compiler",)).run(steps.append, Stop())
    lines = [step.text for step in steps if isinstance(step, BuildLine)]
    assert any("apt-get" in line for line in lines)
