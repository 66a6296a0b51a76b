"""Name servers, routes, firewalls, proxies and certificates, read from recorded texts."""

from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.network import collect_network, parse_nameservers, parse_routes
from drydock.core.facts import Known, Missing
from drydock.core.facts.network import Route
from drydock.world import FileStatus
from drydock.world.live import LiveWorld

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
enp5s0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
tun0\t000010AC\t00000000\t0001\t0\t0\t0\t0000F0FF\t0\t0\t0
tun0\t05060708\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
broken
"""


def test_routes_are_read_in_the_kernels_order_of_bytes():
    assert parse_routes(ROUTES) == (
        Route(device="docker0", network="172.17.0.0/16"),
        Route(device="tun0", network="172.16.0.0/12"),
    )


@given(st.text())
def test_no_table_of_routes_raises(text):
    parse_routes(text)
    parse_routes(f"head\n{text} {text} {text} 1 2 3 4 {text}")


def test_name_servers():
    assert parse_nameservers(
        "# nameserver 1.1.1.1\nsearch x\nnameserver 127.0.0.53\nnameserver\n nameserver ::1 x\n"
    ) == (
        "127.0.0.53",
        "::1",
    )


def test_a_company_network():
    bundle = FileStatus(mode=0o644, owner="root", group="root", modified=77.0, readable=True, writable=False)
    world = TestWorld(
        variables={"HOME": "/home/ada", "SSL_CERT_FILE": "/home/ada/ca.pem"},
        files={
            "/etc/resolv.conf": "nameserver 127.0.0.53\n",
            "/run/systemd/resolve/resolv.conf": "nameserver 10.0.0.53\n",
            "/proc/sys/net/ipv4/ip_forward": "0\n",
            "/proc/net/route": ROUTES,
            "/proc/net/dev": "Inter-|   Receive\n face |bytes\n    lo: 1 2 3\ndocker0:0 0 0\n",
            "/etc/ufw/ufw.conf": "# x\nENABLED=yes\nLOGLEVEL=low\n",
            "/sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs": "1",
            "/usr/local/share/ca-certificates/company.crt": "",
            "/usr/local/share/ca-certificates/README": "",
            "/etc/docker/certs.d/registry.example.com/ca.crt": "",
            "/home/ada/.docker/config.json": '{"proxies": {"default": '
            '{"httpProxy": "http://ada:secret@proxy:3128", "noProxy": "localhost", "x": 5}}}',
        },
        statuses={"/etc/ssl/certs/ca-certificates.crt": bundle},
    )
    network = collect_network(world)
    assert (network.nameservers, network.upstream_nameservers) == (Known(("127.0.0.53",)), Known(("10.0.0.53",)))
    assert network.forwarding == Known(value=False)
    assert network.devices == Known(("docker0", "lo"))
    assert len(network.routes.value) == 2
    assert network.firewalls == Known(("ufw", "firewalld"))
    # a password must not get into a snapshot at all
    assert network.container_proxies == Known({"httpProxy": "http://proxy:3128", "noProxy": "localhost"})
    assert network.certificate_variables == {"SSL_CERT_FILE": "/home/ada/ca.pem"}
    assert network.added_certificates == Known(("/usr/local/share/ca-certificates/company.crt",))
    assert network.certificates_modified == Known(77.0)
    assert network.registry_certificates == Known({"registry.example.com": ("ca.crt",)})


def test_nothing_is_made_up():
    network = collect_network(TestWorld())
    assert (network.firewalls, network.container_proxies, network.registry_certificates) == (
        Known(()),
        Known({}),
        Known({}),
    )
    assert isinstance(network.nameservers, Missing)
    assert isinstance(network.certificates_modified, Missing)


def test_what_cannot_be_read_is_said():
    denied = Missing("no_permission", "denied")
    world = TestWorld(
        variables={"HOME": "/h"},
        files={"/etc/ufw/ufw.conf": denied, "/h/.docker/config.json": "{", "/proc/sys/net/ipv4/ip_forward": denied},
    )
    network = collect_network(world)
    assert network.firewalls == denied
    assert network.forwarding == denied
    assert network.container_proxies.why == "failed"


def test_odd_shapes_of_the_docker_configuration_are_no_proxies():
    for text in ("[]", '{"proxies": []}', '{"proxies": {"default": "x"}}', "5"):
        world = TestWorld(variables={"HOME": "/h"}, files={"/h/.docker/config.json": text})
        assert collect_network(world).container_proxies == Known({})


def test_other_systems_are_asked_only_for_the_docker_configuration():
    network = collect_network(TestWorld(system="macos"))
    assert network.container_proxies == Known({})
    assert network.routes.why == "not_applicable"


def test_this_computer():
    assert "lo" in collect_network(LiveWorld()).devices.value
