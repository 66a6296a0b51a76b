import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import RegistryRules
from drydock.registry.routes import BadProxy, Proxy, is_insecure, proxy_for

NO_RULES = RegistryRules()


def nothing(name):
    raise AssertionError(f"{name} was resolved")


@pytest.mark.parametrize(
    ("host", "insecure", "expected"),
    [
        ("127.0.0.1:5000", (), True),
        ("127.9.9.9", (), True),
        ("localhost:5000", (), True),
        ("[::1]:5000", (), True),
        ("reg.example.org", (), False),
        ("reg.example.org:5000", ("reg.example.org:5000",), True),
        ("reg.example.org:5000", ("reg.example.org",), False),
        ("reg.example.org", ("REG.example.org",), True),
        ("10.1.2.3:5000", ("10.0.0.0/8",), True),
        ("11.1.2.3:5000", ("10.0.0.0/8",), False),
        ("[fd00::1]:5000", ("fd00::/8", "10.0.0.0/8"), True),
        ("10.1.2.3", ("not/anetwork",), False),
    ],
)
def test_which_registries_are_insecure(host, insecure, expected):
    assert is_insecure(host, insecure, nothing) is expected


def test_a_name_is_resolved_to_compare_it_with_networks():
    assert is_insecure("reg.example.org:5000", ("10.0.0.0/8",), lambda name: ("192.0.2.1", "10.1.1.1"))
    assert not is_insecure("reg.example.org:5000", ("10.0.0.0/8",), lambda name: ())


USER = {"HTTPS_PROXY": "http://proxy.example.org:3128", "NO_PROXY": "internal.example.org,.corp,192.0.2.0/24,h:444"}


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        ("https://registry.example.org/v2/", False),
        ("https://internal.example.org/v2/", True),
        ("https://a.internal.example.org/v2/", True),
        ("https://notinternal.example.org/v2/", False),
        ("https://a.b.corp/v2/", True),
        ("https://corp/v2/", False),
        ("https://192.0.2.7/v2/", True),
        ("https://192.0.3.7/v2/", False),
        ("https://h:444/v2/", True),
        ("https://h:445/v2/", False),
        ("https://127.0.0.1:5000/v2/", True),
        ("https://localhost/v2/", True),
        ("https://[::1]:5000/v2/", True),
        ("http://registry.example.org/v2/", True),
    ],
)
def test_which_addresses_go_through_the_users_proxy(url, direct):
    found = proxy_for(url, NO_RULES, USER)
    assert found == (None if direct else Proxy("http://proxy.example.org:3128"))


def test_the_engines_proxy_counts_before_the_users_and_brings_its_own_exceptions():
    rules = RegistryRules(proxies={"https": "http://engine:1", "no": "other.org"})
    assert proxy_for("https://internal.example.org/", rules, USER) == Proxy("http://engine:1")
    assert proxy_for("https://other.org/", rules, USER) is None
    # exceptions alone are no proxy settings
    assert proxy_for("https://x.org/", RegistryRules(proxies={"no": "x.org"}), USER) is not None


@pytest.mark.parametrize("variables", [{"NO_PROXY": "*"}, {"no_proxy": "*", "NO_PROXY": "x"}])
def test_a_star_exempts_everything(variables):
    assert proxy_for("https://x.org/", NO_RULES, {"https_proxy": "p:1", **variables}) is None


def test_the_login_of_a_proxy_is_never_in_its_address():
    found = proxy_for("https://x.org/", NO_RULES, {"all_proxy": "http://me:se%40cret@proxy"})
    assert found == Proxy("http://proxy:80", "me", "se@cret")
    assert "cret" not in repr(found)


@pytest.mark.parametrize("setting", ["socks5://p:1080", "http://", "http://[x", "http://p:99999", "ftp://me:secret@p"])
def test_a_proxy_that_cannot_be_used_is_said(setting):
    with pytest.raises(BadProxy) as caught:
        proxy_for("https://x.org/", NO_RULES, {"https_proxy": setting})
    assert "secret" not in str(caught.value)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["https://x.org/", "http://10.0.0.1:5000/"]))
def test_any_settings_give_a_proxy_or_a_reason(setting, exceptions, url):
    try:
        found = proxy_for(url, NO_RULES, {"all_proxy": setting, "no_proxy": exceptions})
    except BadProxy:
        return
    assert found is None or found.address.startswith(("http://", "https://"))
