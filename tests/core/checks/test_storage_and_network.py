"""The disk that images lie on, what nothing uses, and the network between containers, registries and this computer."""

import pytest
from tests.support.setups import config, contents, network, setup, told
from tests.support.snapshots import ABSENT, healthy_snapshot, host

from drydock.core.checks.run import conclude
from drydock.core.checks.table import CHECKS
from drydock.core.facts import Known, LocalImage, Missing
from drydock.core.facts.engine_setup import Mount
from drydock.core.facts.network import Route
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article

GB = 10**9
PROXY = "http://proxy.example.com:3128"


def image(size, *references):
    return LocalImage(id="sha256:1", references=references, digests=(), size=size, created="", labels={})


def machine(*configs, of=None, environment=None, net=None, inside=None, **changes):
    return healthy_snapshot(
        engine=of or told(),
        engine_setup=setup(*configs, **changes),
        engine_contents=Known(inside or contents()),
        network=net or network(),
        host=host(environment=environment or {}),
    )


def on(kind, *, read_only=False, **changes):
    mounts = (Mount(path="/", kind="ext4"), Mount(path="/var/lib/docker", kind=kind, read_only=read_only))
    return machine(mounts=Known(mounts), **changes)


def routes(*pairs):
    return network(routes=Known(tuple(Route(device=device, network=target) for device, target in pairs)))


DESKTOP = told(operating_system=Known("Docker Desktop"))
ADDED = Known(("/usr/local/share/ca-certificates/company.crt",))

CASES = {
    "ext4": (machine(), "engine-filesystem", "ok", "ok"),
    "read-only": (on("ext4", read_only=True), "engine-filesystem", "broken", "read_only"),
    "NFS": (on("nfs4"), "engine-filesystem", "attention", "network"),
    "disk of Windows": (on("9p"), "engine-filesystem", "attention", "foreign"),
    "in memory": (on("tmpfs"), "engine-filesystem", "attention", "memory"),
    "xfs without ftype": (
        on("xfs", of=told(file_types=Known(value=False))),
        "engine-filesystem",
        "attention",
        "no_types",
    ),
    "virtual machine": (machine(of=DESKTOP), "engine-filesystem", "not_tested", "elsewhere"),
    "mounts unknown": (machine(mounts=Missing("failed")), "engine-filesystem", "not_tested", "unknown"),
    "many files": (machine(), "engine-files", "ok", "ok"),
    "btrfs": (
        machine(of=told(data_root_inodes=Missing("not_supported"))),
        "engine-files",
        "ok",
        "as_they_come",
    ),
    "few files": (machine(of=told(data_root_inodes=Known((10**6, 50_000)))), "engine-files", "attention", "few"),
    "no files": (machine(of=told(data_root_inodes=Known((10**6, 12)))), "engine-files", "broken", "full"),
    "files unknown": (machine(of=told(data_root_inodes=ABSENT)), "engine-files", "not_tested", "unknown"),
    "clean": (machine(), "engine-leftovers", "ok", "none"),
    "much": (
        machine(of=told(images=Known((image(15 * GB), image(GB, "a:1")))), inside=contents(build_cache=Known(9 * GB))),
        "engine-leftovers",
        "attention",
        "much",
    ),
    "some, and room is short": (
        machine(of=told(images=Known((image(3 * GB),)), data_root_free=Known(20 * GB))),
        "engine-leftovers",
        "attention",
        "much",
    ),
    "some, and room is there": (machine(of=told(images=Known((image(3 * GB),)))), "engine-leftovers", "ok", "ok"),
    "images unknown": (machine(of=told(images=Missing("failed"))), "engine-leftovers", "not_tested", "unknown"),
    "no proxy": (machine(), "engine-proxy", "ok", "ok"),
    "proxy only in the shell": (
        machine(environment={"https_proxy": PROXY}),
        "engine-proxy",
        "attention",
        "session_only",
    ),
    "proxy only in the engine": (
        machine(of=told(proxies=Known({"https": PROXY}))),
        "engine-proxy",
        "ok",
        "engine_only",
    ),
    "proxy in both": (
        machine(of=told(proxies=Known({"http": PROXY})), environment={"HTTPS_PROXY": PROXY}),
        "engine-proxy",
        "ok",
        "both",
    ),
    "proxy of a virtual machine": (machine(of=DESKTOP), "engine-proxy", "not_tested", "elsewhere"),
    "proxy unknown": (machine(of=told(proxies=Missing("failed"))), "engine-proxy", "not_tested", "unknown"),
    "no proxy for containers": (machine(), "engine-container-proxy", "ok", "none"),
    "proxy for containers": (
        machine(net=network(container_proxies=Known({"httpProxy": PROXY}))),
        "engine-container-proxy",
        "ok",
        "ok",
    ),
    "proxy at localhost": (
        machine(net=network(container_proxies=Known({"httpsProxy": "http://localhost:3128"}))),
        "engine-container-proxy",
        "attention",
        "loopback",
    ),
    "containers not told": (
        machine(environment={"http_proxy": PROXY}),
        "engine-container-proxy",
        "attention",
        "absent",
    ),
    "containers' proxy unknown": (
        machine(net=network(container_proxies=Missing("failed"))),
        "engine-container-proxy",
        "not_tested",
        "unknown",
    ),
    "no certificates": (machine(), "engine-certificates", "ok", "ok"),
    "company": (machine(net=network(added_certificates=ADDED)), "engine-certificates", "ok", "added"),
    "company, engine not restarted": (
        machine(net=network(added_certificates=ADDED, certificates_modified=Known(2000.0))),
        "engine-certificates",
        "attention",
        "restart",
    ),
    "only this session": (
        machine(net=network(certificate_variables={"SSL_CERT_FILE": "/home/ada/company.pem"})),
        "engine-certificates",
        "attention",
        "session_only",
    ),
    "the system's own bundle": (
        machine(net=network(certificate_variables={"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"})),
        "engine-certificates",
        "ok",
        "ok",
    ),
    "no key": (
        machine(net=network(registry_certificates=Known({"registry.example.com": ("ca.cert",)}))),
        "engine-certificates",
        "attention",
        "half",
    ),
    "certificates elsewhere": (machine(of=DESKTOP), "engine-certificates", "not_tested", "elsewhere"),
    "certificates unknown": (
        machine(net=network(added_certificates=Missing("failed"))),
        "engine-certificates",
        "not_tested",
        "unknown",
    ),
    "resolved": (machine(), "engine-names", "ok", "resolved"),
    "servers": (machine(net=network(nameservers=Known(("192.168.1.1",)))), "engine-names", "ok", "ok"),
    "set in the file": (machine(config(dns=("10.0.0.53",))), "engine-names", "ok", "set"),
    "only itself": (
        machine(net=network(nameservers=Known(("127.0.0.1",)), upstream_nameservers=ABSENT)),
        "engine-names",
        "attention",
        "fallback",
    ),
    "none": (machine(net=network(nameservers=Known(()))), "engine-names", "attention", "none"),
    "names elsewhere": (machine(of=DESKTOP), "engine-names", "not_tested", "elsewhere"),
    "names unknown": (machine(net=network(nameservers=Missing("failed"))), "engine-names", "not_tested", "unknown"),
    "forwarding": (machine(), "engine-forwarding", "ok", "ok"),
    "no forwarding": (
        machine(net=network(forwarding=Known(value=False))),
        "engine-forwarding",
        "attention",
        "off",
    ),
    "forwarding elsewhere": (machine(of=DESKTOP), "engine-forwarding", "not_tested", "elsewhere"),
    "forwarding unknown": (
        machine(net=network(forwarding=Missing("failed"))),
        "engine-forwarding",
        "not_tested",
        "unknown",
    ),
    "bridge": (machine(), "engine-bridge", "ok", "ok"),
    "no bridge": (machine(net=network(devices=Known(("lo",)))), "engine-bridge", "attention", "absent"),
    "bridge of one's own": (
        machine(config(keys=("bridge",)), net=network(devices=Known(("lo",)))),
        "engine-bridge",
        "ok",
        "ok",
    ),
    "VPN": (
        machine(net=routes(("docker0", "172.17.0.0/16"), ("tun0", "172.16.0.0/12"))),
        "engine-bridge",
        "attention",
        "overlap",
    ),
    "two bridges of Docker": (
        machine(net=routes(("docker0", "172.17.0.0/16"), ("br-1", "172.17.0.0/24"))),
        "engine-bridge",
        "ok",
        "ok",
    ),
    "addresses taken out": (
        machine(net=routes(("docker0", "<network address 1>/16"), ("tun0", "172.16.0.0/12"))),
        "engine-bridge",
        "ok",
        "ok",
    ),
    "bridge elsewhere": (machine(of=DESKTOP), "engine-bridge", "not_tested", "elsewhere"),
    "devices unknown": (machine(net=network(devices=Missing("failed"))), "engine-bridge", "not_tested", "unknown"),
}

MINE = {"engine-filesystem", "engine-files", "engine-leftovers", "engine-proxy", "engine-container-proxy"} | {
    "engine-certificates",
    "engine-names",
    "engine-forwarding",
    "engine-bridge",
}


@pytest.mark.parametrize("name", CASES)
def test_answers(name):
    snapshot, check, state, variant = CASES[name]
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == check)
    assert (finding.state, finding.variant) == (state, variant), finding
    article = finding_article(finding)
    assert "{" not in article.text + article.consequence + article.remedy


def test_every_variant_is_asserted():
    wanted = {(check.id, variant) for check in CHECKS if check.id in MINE for variant in check.variants}
    assert {(case[1], case[3]) for case in CASES.values()} == wanted


def test_a_healthy_machine_has_nothing_to_look_at():
    findings = conclude(machine(config()), load_catalogue())
    assert [item for item in findings if item.state in ("broken", "attention")] == []
