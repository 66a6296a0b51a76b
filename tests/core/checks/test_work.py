"""What sessions would meet: ports open to others, sessions that ended, the home directory."""

import pytest
from tests.support.setups import contents, network, setup, told
from tests.support.snapshots import healthy_snapshot, replaced

from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known, Missing, Port
from drydock.core.facts.engine_setup import Mount, Published
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article


def machine(*published, of=None, net=None, mounts=None, **inside):
    return healthy_snapshot(
        engine=of or told(),
        engine_setup=setup(**({"mounts": mounts} if mounts else {})),
        engine_contents=Known(contents(published=published, **inside)),
        network=net or network(),
    )


def port(address, *, session=False, name="web", number=8080):
    return Published(container=name, address=address, port=number, session=session)


def home_on(kind, *, read_only=False, of=None):
    mounts = (Mount(path="/", kind="ext4"), Mount(path="/home", kind=kind, read_only=read_only))
    return machine(of=of, mounts=Known(mounts))


EVERYWHERE = "0.0.0.0"
UNASKED = healthy_snapshot(engine=told())
UFW = network(firewalls=Known(("ufw",)))
ROOTLESS = told(rootless=Known(value=True), endpoint="unix:///run/user/1000/docker.sock")

CASES = {
    "nothing runs": (machine(), "work-exposed", "ok", "none"),
    "on loopback": (machine(port("127.0.0.1", session=True)), "work-exposed", "ok", "ok"),
    "others' ports": (machine(port(EVERYWHERE), port("::")), "work-exposed", "ok", "others"),
    "others' ports past the firewall": (machine(port(EVERYWHERE), net=UFW), "work-exposed", "attention", "firewall"),
    "a session for all": (machine(port("::", session=True)), "work-exposed", "attention", "session"),
    "ports unknown": (UNASKED, "work-exposed", "not_tested", "unknown"),
    "none ended": (machine(ended=("db",)), "work-ended", "ok", "ok"),
    "one ended": (machine(ended_sessions=("a",)), "work-ended", "ok", "some"),
    "five ended": (machine(ended_sessions=tuple("abcde")), "work-ended", "attention", "many"),
    "ended unknown": (UNASKED, "work-ended", "not_tested", "unknown"),
    "home": (machine(), "work-folder", "ok", "ok"),
    "home read-only": (home_on("ext4", read_only=True), "work-folder", "broken", "read_only"),
    "home on NFS": (home_on("nfs4"), "work-folder", "attention", "network"),
    "home on NFS, rootless": (home_on("nfs4", of=ROOTLESS), "work-folder", "attention", "network_rootless"),
    "home in Windows": (home_on("9p"), "work-folder", "attention", "windows"),
    "home elsewhere": (machine(of=told(remote=True)), "work-folder", "not_tested", "remote"),
    "home unknown": (machine(mounts=Missing("failed")), "work-folder", "not_tested", "unknown"),
}


@pytest.mark.parametrize("name", CASES)
def test_answers(name):
    snapshot, check, state, variant = CASES[name]
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == check)
    assert (finding.state, finding.variant) == (state, variant), finding
    article = finding_article(finding)
    assert "{" not in article.text + article.consequence + article.remedy


def test_every_variant_is_asserted():
    mine = {"work-exposed", "work-ended", "work-folder"}
    wanted = {(check.id, variant) for check in CHECKS if check.id in mine for variant in check.variants}
    assert {(case[1], case[3]) for case in CASES.values()} == wanted


def test_the_same_port_for_both_kinds_of_addresses_is_named_once():
    snapshot = machine(port(EVERYWHERE, session=True), port("::", session=True))
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == "work-exposed")
    assert finding.values["ports"] == "web (8080)"


def test_a_taken_port_names_the_container_that_has_it():
    taken = (Port(number=8888, taken=Known(value=True), owner=Known("docker-proxy")),)
    snapshot = replaced(machine(port("127.0.0.1", session=True, name="drydock-a", number=8888)), ports=taken)
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == "work-ports")
    assert finding.values["ports"] == "8888 (session drydock-a)"
