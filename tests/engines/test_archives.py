import contextlib
import gzip
import io
import itertools
import json
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engines.sockets import Listener, Relay, answering, http
from tests.support.engine.handle import Engine as PrivateEngine
from tests.support.engine.images import TestImage

from drydock.core.facts import Known
from drydock.core.trouble import Stopped, Trouble
from drydock.engines import Engine, LoadProgress, SaveProgress
from drydock.engines.docker_api import Api
from drydock.engines.docker_archives import Load, Save
from drydock.engines.endpoint import Endpoint
from drydock.engines.open import open_engine
from drydock.world import Stop
from drydock.world.live import LiveWorld

_seeds = itertools.count(int(time.time() * 1000) % 10**9)


@pytest.fixture
def fresh(engine: PrivateEngine) -> Iterator[str]:
    """An image of 12 MB in three layers that only the engine has."""
    seed = next(_seeds)
    pushed = engine.registry.push_layers(f"archive/{seed}", "1.0", (4_000_000, 8_000_000, 300), seed=seed)
    engine.client.images.pull(pushed.reference)
    yield pushed.reference
    engine.forget_image(pushed.reference)


@pytest.fixture
def file(fresh: str, docker: Engine, engine: PrivateEngine, tmp_path: Path) -> Path:
    """The file of an image that the engine no longer has."""
    path = tmp_path / "image.tar"
    docker.save((fresh,), str(path), lambda _progress: None, Stop())
    engine.forget_image(fresh)
    return path


def load(docker: Engine, path: Path) -> tuple[tuple[str, ...], list[LoadProgress]]:
    told: list[LoadProgress] = []
    return docker.load(str(path), told.append, Stop()), told


def trouble_of(action: Callable[[], object]) -> Trouble:
    with pytest.raises(Trouble) as caught:
        action()
    return caught.value


def quiet(_progress: object) -> None:
    """Tell nobody."""


def test_what_was_saved_is_there_again_after_a_load(
    docker: Engine, engine: PrivateEngine, fresh: str, tmp_path: Path
) -> None:
    before = docker.image_config(fresh)
    path, told = tmp_path / "image.tar", list[SaveProgress]()
    docker.save((fresh,), str(path), told.append, Stop())
    assert sorted(one.name for one in tmp_path.iterdir()) == ["image.tar"]
    assert [moment.done for moment in told] == sorted(moment.done for moment in told)
    assert (told[-1].phase, told[-1].done, told[-1].total) == ("done", path.stat().st_size, path.stat().st_size)
    engine.forget_image(fresh)
    assert docker.find_image(fresh) is None
    names, moments = load(docker, path)
    assert names == (fresh,)
    assert docker.image_config(fresh) == before
    phases = [moment.phase for moment in moments]
    assert sorted(set(phases), key=phases.index) == [
        phase for phase in ("sending", "unpacking", "done") if phase in phases
    ]
    assert moments[-1].done == moments[-1].total == path.stat().st_size


def test_several_images_travel_in_one_file(docker: Engine, tiny_image: TestImage, fresh: str, tmp_path: Path) -> None:
    path = tmp_path / "two.tar"
    docker.save((tiny_image.reference, fresh), str(path), quiet, Stop())
    names, _told = load(docker, path)
    assert set(names) == {tiny_image.reference, fresh}


def test_a_packed_file_is_loaded(docker: Engine, fresh: str, file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "image.tar.gz"
    packed.write_bytes(gzip.compress(file.read_bytes(), 1))
    names, _told = load(docker, packed)
    assert names == (fresh,)
    assert docker.find_image(fresh) is not None


def test_an_image_without_a_name_is_told_by_its_id(docker: Engine, tiny_image: TestImage, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    docker.save((tiny_image.id,), str(path), quiet, Stop())
    names, _told = load(docker, path)
    assert names == (tiny_image.id,)


def test_a_file_that_is_no_image_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "text.tar"
    path.write_text("nothing")
    api = Api(Endpoint(address=f"unix://{tmp_path}/no.sock", chosen_by="--engine", remote=False), "1.41")
    load_it = Load(api, str(path), quiet, room=lambda: Known(10**12))
    assert trouble_of(lambda: load_it.run(Stop())).id == "image-archive-not-an-image"
    api.close()


def test_what_the_engine_says_of_a_file_is_kept(docker: Engine, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("manifest.json")
        content = json.dumps([{"Config": "not-there.json", "RepoTags": None, "Layers": []}]).encode()
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    trouble = trouble_of(lambda: docker.load(str(path), quiet, Stop()))
    assert trouble.id == "image-archive-refused"
    assert "not-there.json" in str(trouble.values["text"])
    assert trouble.values["path"] == str(path)


def test_an_engine_that_hangs_up_on_a_file_is_heard(file: Path, tmp_path: Path) -> None:
    with Listener(tmp_path / "e.sock", answering(http('{"message":"enough of this"}', status="500 No"))) as listener:
        api = Api(Endpoint(address=listener.address, chosen_by="--engine", remote=False), "1.41")
        load_it = Load(api, str(file), quiet, room=lambda: Known(10**12))
        trouble = trouble_of(lambda: load_it.run(Stop()))
        api.close()
    assert (trouble.id, trouble.values["text"]) == ("image-archive-refused", "enough of this")


def test_a_stop_ends_a_load(docker: Engine, fresh: str, file: Path) -> None:
    stop = Stop()

    def tell(progress: LoadProgress) -> None:
        stop.request()

    with pytest.raises(Stopped):
        docker.load(str(file), tell, stop)
    assert "engine stream" not in {thread.name for thread in threading.enumerate()}
    assert docker.find_image(fresh) is None
    # nothing half is in the way of the next one
    assert load(docker, file)[0] == (fresh,)


def test_an_engine_that_dies_during_a_load_is_lost(engine: PrivateEngine, file: Path, tmp_path: Path) -> None:
    with Relay(tmp_path / "r.sock", engine.docker_host) as relay:
        docker = open_engine(LiveWorld(), relay.address)
        killer = threading.Thread(target=relay.die)

        def tell(_progress: LoadProgress) -> None:
            if not killer.ident:
                killer.start()
                killer.join()

        with contextlib.closing(docker):
            assert trouble_of(lambda: docker.load(str(file), tell, Stop())).id == "engine-lost"


class NearlyFull(LiveWorld):
    """This computer, with little room left on its disks."""

    def disk_room(self, path: str) -> Known[tuple[int, int]]:
        return Known((10**12, 5_000_000))


def test_what_will_not_fit_is_said_before(
    engine: PrivateEngine, file: Path, tiny_image: TestImage, python_image: TestImage, tmp_path: Path
) -> None:
    with contextlib.closing(open_engine(NearlyFull(), engine.docker_host)) as docker:
        told: list[LoadProgress] = []
        trouble = trouble_of(lambda: docker.load(str(file), told.append, Stop()))
        assert (trouble.id, trouble.values["reference"], told) == ("disk-full-ahead", str(file), [])
        target = tmp_path / "python.tar"
        trouble = trouble_of(lambda: docker.save((python_image.reference,), str(target), quiet, Stop()))
        assert (trouble.id, trouble.values["path"]) == ("image-archive-no-room", str(target))
        docker.save((tiny_image.reference,), str(tmp_path / "tiny.tar"), quiet, Stop())
    assert sorted(one.name for one in tmp_path.iterdir()) == ["image.tar", "tiny.tar"]


def test_a_file_that_is_there_is_kept_unless_asked(docker: Engine, tiny_image: TestImage, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_text("dear")
    save: Callable[..., None] = lambda **how: docker.save((tiny_image.reference,), str(path), quiet, Stop(), **how)  # noqa: E731
    assert trouble_of(save).id == "image-archive-exists"
    assert path.read_text() == "dear"
    save(replace=True)
    assert tarfile.is_tarfile(path)


def test_an_image_that_is_not_here_is_not_saved(docker: Engine, tmp_path: Path) -> None:
    trouble = trouble_of(lambda: docker.save(("no/such:1",), str(tmp_path / "i.tar"), quiet, Stop()))
    assert (trouble.id, list(tmp_path.iterdir())) == ("image-not-found", [])


def test_a_directory_that_is_not_there_is_said_so(docker: Engine, tiny_image: TestImage, tmp_path: Path) -> None:
    target = tmp_path / "no" / "i.tar"
    trouble = trouble_of(lambda: docker.save((tiny_image.reference,), str(target), quiet, Stop()))
    assert (trouble.id, trouble.values["path"]) == ("image-archive-not-written", str(target))


def test_a_stop_leaves_nothing_of_a_save(docker: Engine, python_image: TestImage, tmp_path: Path) -> None:
    stop = Stop()

    def tell(progress: SaveProgress) -> None:
        if progress.done:
            stop.request()

    with pytest.raises(Stopped):
        docker.save((python_image.reference,), str(tmp_path / "i.tar"), tell, stop)
    assert list(tmp_path.iterdir()) == []
    assert "engine stream" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(
    "rest", [b"", b'{"errorDetail":{"message":"disk on fire"},"error":"disk on fire"}\r\n'], ids=["cut", "error"]
)
def test_half_an_image_is_not_kept(tmp_path: Path, rest: bytes) -> None:
    whole = tmp_path / "whole.tar"
    with tarfile.open(whole, "w") as archive:
        member = tarfile.TarInfo("layer")
        member.size = 4000
        archive.addfile(member, io.BytesIO(b"x" * 4000))
    body = whole.read_bytes()[:3000] + rest
    whole.unlink()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with Listener(tmp_path / "e.sock", answering(answer)) as listener:
        api = Api(Endpoint(address=listener.address, chosen_by="--engine", remote=False), "1.41")
        save = Save(api, ("a/b:1",), str(tmp_path / "i.tar"), quiet, room=lambda _path: Known(10**12), expected=1)
        trouble = trouble_of(lambda: save.run(Stop(), replace=False))
        api.close()
    assert trouble.id == "image-archive-broken"
    assert not rest or "disk on fire" in str(trouble.values["text"])
    assert {one.name for one in tmp_path.iterdir()} <= {"e.sock"}
