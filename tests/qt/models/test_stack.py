import msgspec
import pytest

from drydock.core.facts import Known, Missing
from drydock.core.images import Wish
from drydock.data.catalogue import load_catalogue
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.jobs.recommend import recommend_for
from drydock.qt.models.proof import newest_proof
from drydock.qt.models.stack import Proof, gpu_names, headline, layers
from drydock.store import Store


def told(snapshot, sessions=None, proof=None):
    diagnosis = diagnose_snapshot(snapshot)
    answer = recommend_for(snapshot, Wish(), load_catalogue())
    found = {layer.id: layer for layer in layers(diagnosis, answer, sessions, proof)}
    return found, headline(diagnosis, answer, proof)


@pytest.fixture
def desktop():
    return open_machine("rtx4090-desktop").snapshot


def test_a_healthy_machine_is_ready_but_not_proven(desktop):
    found, head = told(desktop)
    assert [found[name].state for name in ("gpu", "driver", "engine", "image", "work")] == ["ok"] * 4 + ["not_tested"]
    assert head.title == "Ready to launch."
    assert "not proven" in head.sentence
    assert found["image"].line.endswith("here")


def test_only_a_proof_says_that_the_gpu_works(desktop):
    proof = Proof(where="pytorch/pytorch:x", at="2026-11-25 09:00:00 UTC", gpus=1, works=True)
    found, head = told(desktop, sessions=2, proof=proof)
    assert head.title == "Your GPU works."
    assert "pytorch/pytorch:x" in head.sentence
    assert found["work"].state == "ok"
    assert found["work"].line.startswith("2 sessions running")
    failed = msgspec.structs.replace(proof, works=False)
    found, head = told(desktop, proof=failed)
    assert found["work"].state == "broken"
    assert "works" not in head.title


def test_a_broken_driver_is_the_headline_and_claims_nothing_of_the_gpu():
    found, head = told(open_machine("broken-laptop").snapshot)
    assert head.act == "doctor"
    assert head.title == "The driver comes first."
    assert "580.95.05" in head.sentence
    assert found["gpu"].state == "not_tested"
    assert found["gpu"].line == "1 on the PCI bus; nothing more can be read"
    assert found["image"].state == "not_tested"


def test_a_machine_without_gpu_still_has_something_to_do(desktop):
    driver = msgspec.structs.replace(
        desktop.driver,
        nvml=msgspec.structs.replace(desktop.driver.nvml, kind="library_not_found"),
        version=Missing("absent"),
        cuda=Missing("absent"),
        module_version=Missing("absent"),
        device_nodes=Known(()),
        pci_gpus=Known(()),
    )
    found, head = told(msgspec.structs.replace(desktop, gpus=(), driver=driver))
    assert head.act == "benchmark"
    assert found["gpu"].line == "None was found"
    assert found["driver"].line == "Version: not there"


def test_gpu_names_are_counted():
    assert gpu_names(open_machine("h100x8-server").snapshot) == "8x H100 80GB HBM3"


def test_the_newest_proof_with_a_gpu_counts(tmp_path):
    store = Store(tmp_path)
    assert newest_proof(store) is None
    seen = {"where": "image", "name": "x", "image": "img", "gpus": 2, "gpus_work": 1, "complete": True}
    store.add_record("probe", b"", seen)
    store.add_record("probe", b"", {"where": "host", "name": "python3", "gpus": 0, "gpus_work": 0, "complete": True})
    proof = newest_proof(store)
    assert (proof.where, proof.gpus, proof.works) == ("img", 2, False)
    store.add_record("probe", b"", {**seen, "gpus_work": 2})
    assert newest_proof(store).works
    store.add_record("probe", b"", {**seen, "gpus_work": 2, "complete": False})
    assert not newest_proof(store).works
    store.close()
