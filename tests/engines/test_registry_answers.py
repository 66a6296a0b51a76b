import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.facts import RegistryRules
from drydock.engines.registry_answers import rules_of

DOCKER = {
    "RegistryConfig": {
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
        "IndexConfigs": {
            "docker.io": {"Name": "docker.io", "Mirrors": ["https://mirror.example/"], "Secure": True},
            "10.0.0.9:5000": {"Name": "10.0.0.9:5000", "Mirrors": [], "Secure": False},
        },
        "Mirrors": ["https://mirror.example/"],
    },
    "HttpProxy": "http://proxy.example:3128",
    "HttpsProxy": "http://proxy.example:3129",
    "NoProxy": "localhost,.example",
}


def test_mirrors_insecure_registries_and_proxies_are_read() -> None:
    assert rules_of(DOCKER, remote=False) == RegistryRules(
        mirrors=("https://mirror.example/",),
        insecure=("10.0.0.9:5000", "127.0.0.0/8"),
        proxies={
            "http": "http://proxy.example:3128",
            "https": "http://proxy.example:3129",
            "no": "localhost,.example",
        },
    )


def test_mirrors_that_only_the_index_has_are_found() -> None:
    config = {"IndexConfigs": DOCKER["RegistryConfig"]["IndexConfigs"]}  # pyright: ignore[reportIndexIssue]
    assert rules_of({"RegistryConfig": config}, remote=False).mirrors == ("https://mirror.example/",)


def test_a_proxy_whose_login_is_not_told_is_left_out() -> None:
    rules = rules_of({"HttpsProxy": "http://xxxxx:xxxxx@proxy.example:1", "NoProxy": "a"}, remote=False)
    assert rules.proxies == {}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:3128", "localhost:3128", "http://[::1]:1", "127.5.0.1:80"], ids=str
)
def test_loopback_of_another_computer_leads_nowhere_here(address: str) -> None:
    answer = {"HttpProxy": address, "RegistryConfig": {"Mirrors": [address]}}
    assert rules_of(answer, remote=True) == RegistryRules()
    assert rules_of(answer, remote=False).proxies == {"http": address}
    assert rules_of(answer, remote=False).mirrors == (address,)


def test_names_inside_a_virtual_machine_lead_nowhere_here() -> None:
    assert rules_of({"HttpProxy": "http.docker.internal:3128"}, remote=False).proxies == {}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"RegistryConfig": None},
        {"RegistryConfig": {"IndexConfigs": None, "InsecureRegistryCIDRs": None, "Mirrors": None}},
        {"RegistryConfig": {"IndexConfigs": {"docker.io": None}}},
        {"RegistryConfig": "of another engine"},
        {"RegistryConfig": {"Mirrors": {"a": 1}}, "HttpProxy": 5},
    ],
    ids=str,
)
def test_other_shapes_are_no_rules(answer: object) -> None:
    assert rules_of(answer, remote=False) == RegistryRules()


def test_another_shape_of_one_part_does_not_hide_the_other() -> None:
    answer = {"RegistryConfig": {"search": ["a"], "Mirrors": 5}, "HttpProxy": "http://p.example:1"}
    assert rules_of(answer, remote=False).proxies == {"http": "http://p.example:1"}


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["RegistryConfig", "Mirrors", "IndexConfigs", "HttpProxy", "NoProxy", "Secure", "a"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(anything, st.booleans())
def test_nothing_an_engine_says_breaks_it(answer: object, remote: bool) -> None:
    assert isinstance(rules_of(answer, remote=remote), RegistryRules)
