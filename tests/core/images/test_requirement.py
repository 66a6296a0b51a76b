"""The condition an image sets for its start, by the grammar and the order of libnvidia-container."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.images.requirement import brand_of, brands_of, parse_requirement
from drydock.core.images.version import Version

# what the image nvidia/cuda:12.8.1 asks, shortened to three branches
CUDA_12_8 = (
    "cuda>=12.8 brand=unknown,driver>=470,driver<471 brand=grid,driver>=470,driver<471 "
    "brand=tesla,driver>=535,driver<536 brand=nvidia,driver>=535,driver<536 brand=nvidiartx,driver>=550,driver<551"
)


def version(text: str | None) -> Version | None:
    return Version.parse(text) if text else None


@pytest.mark.parametrize(
    ("cuda", "driver", "brand", "met"),
    [
        ("13.0", "580.95.05", "geforce", True),
        ("12.8", "570.86.16", "geforce", True),
        ("12.2", "535.104.05", "geforce", False),
        ("12.2", "535.104.05", "tesla", True),
        ("12.2", "535.104.05", "Tesla", True),
        ("12.2", "535.104.05", "NVIDIA", True),
        ("12.4", "550.54", "nvidiartx", True),
        ("12.4", "551.0", "nvidiartx", False),
        ("12.2", "535.104.05", None, None),
        (None, "535.104.05", "geforce", None),
        (None, "535.104.05", "tesla", True),
        (None, None, None, None),
        ("13.0", None, None, True),
    ],
)
def test_a_space_is_or_and_a_comma_is_and(
    cuda: str | None, driver: str | None, brand: str | None, met: bool | None
) -> None:
    demand = parse_requirement(CUDA_12_8)
    assert demand.met_by(version(cuda), version(driver), (brand,)) is met
    assert demand.unreadable == ()


@pytest.mark.parametrize(
    ("condition", "driver", "met"),
    [
        ("driver>=470", "470", True),
        ("driver>=470", "470.00", True),
        ("driver<=470", "470.00", True),
        ("driver=470", "470.0.0", True),
        ("driver!=470", "470.0", False),
        ("driver>470", "470.00.01", True),
        ("driver<471", "470.99.99", True),
        ("driver>=450.80.02", "450.80.2", True),
        ("driver>=450.80.10", "450.80.9", False),
        ("driver<470", "470", False),
        ("driver>470", "470", False),
        ("driver>=12.6...", "12.6", True),
    ],
)
def test_numbers_compare_part_by_part_and_missing_parts_are_zero(condition: str, driver: str, met: bool) -> None:
    assert parse_requirement(condition).met_by(None, version(driver)) is met


@pytest.mark.parametrize(
    "text",
    [
        "cuda>=",
        ">=12",
        "cuda==12.8",
        "cuda=>12.8",
        "cuda>=twelve",
        "cuda>=.5",
        "brand>tesla",
        "memory>=8",
        "cuda",
        "cuda≥12.8",
    ],
)
def test_what_cannot_be_read_is_kept_and_never_met_for_certain(text: str) -> None:
    demand = parse_requirement(text)
    assert demand.unreadable == (text,)
    assert demand.met_by(Version((99, 0)), Version((999,)), ("tesla",), (Version((9, 0)),)) is None


def test_nothing_is_told_behind_a_condition_that_cannot_be_read() -> None:
    newest = Version((99, 0))
    assert parse_requirement("cuda>=12.8 nonsense").met_by(newest, None) is True
    assert parse_requirement("nonsense cuda>=12.8").met_by(newest, None) is None
    assert parse_requirement("cuda<1,nonsense cuda>=12.8").met_by(newest, None) is True


def test_every_variable_must_be_met_for_every_gpu() -> None:
    demand = parse_requirement("cuda>=9.0", "arch>=8.0")
    eight, seven = Version((8, 6)), Version((7, 5))
    cuda = Version((12, 8))
    assert demand.met_by(cuda, None, ("geforce",), (eight,)) is True
    assert demand.met_by(cuda, None, ("geforce", "geforce"), (eight, seven)) is False
    assert demand.met_by(cuda, None, ("geforce",), (None,)) is None
    assert demand.met_by(Version((8, 0)), None, (), ()) is False
    assert parse_requirement("brand!=geforce").met_by(None, None, ("tesla", "geforce")) is False


def test_an_empty_demand_is_met() -> None:
    for text in ("", "   ", ",", " , ,"):
        assert parse_requirement(text).met_by(None, None) is True


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("NVIDIA GeForce RTX 4090", "geforce"),
        ("GeForce GTX 1080 Ti", "geforce"),
        ("NVIDIA TITAN V", "titan"),
        ("Quadro P4000", "quadro"),
        ("NVIDIA RTX A6000", "nvidiartx"),
        ("NVIDIA RTX 6000 Ada Generation", "nvidiartx"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "nvidiartx"),
        ("Tesla T4", None),
        ("NVIDIA A100-SXM4-40GB", None),
        ("GRID V100DX-16Q", None),
        ("NVIDIA A100-10C", None),
        ("NVIDIA Graphics Device", None),
        ("", None),
    ],
)
def test_the_brand_follows_from_the_name_or_is_left_open(name: str, brand: str | None) -> None:
    assert brand_of(name) == brand


def test_a_data_centre_gpu_is_of_one_of_two_brands() -> None:
    for name in (
        "Tesla T4",
        "NVIDIA H100 80GB HBM3",
        "NVIDIA L40S",
        "NVIDIA A10",
        "NVIDIA GB200",
        "NVIDIA GH200 480GB",
    ):
        assert set(brands_of(name)) == {"tesla", "nvidia"}
    assert brands_of("NVIDIA A100-10C") == ()


_VERSIONS = st.lists(st.integers(min_value=0, max_value=999), min_size=1, max_size=4).map(Version)
_CONDITIONS = st.one_of(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(("cuda", "driver", "arch")),
        st.sampled_from((">=", "<=", "<", ">", "=", "!=")),
        _VERSIONS,
    ),
    st.builds("brand{}{}".format, st.sampled_from(("=", "!=")), st.sampled_from(("tesla", "geforce", "grid"))),
    st.text(alphabet="cudabrn><=!.,0 9ü", max_size=12),
)
_DEMANDS = st.lists(st.lists(_CONDITIONS, min_size=1, max_size=3).map(",".join), max_size=5).map(" ".join)
_MAYBE = st.one_of(st.none(), _VERSIONS)


@given(st.text(), _MAYBE, _MAYBE, st.one_of(st.none(), st.text()), _MAYBE)
def test_no_text_is_ever_an_error(
    text: str, cuda: Version | None, driver: Version | None, brand: str | None, arch: Version | None
) -> None:
    assert parse_requirement(text, text).met_by(cuda, driver, (brand,), (arch,)) in (True, False, None)
    brands_of(text)


@given(_DEMANDS)
def test_what_is_read_is_written_the_same(text: str) -> None:
    demand = parse_requirement(text)
    assert parse_requirement(str(demand)) == demand


@given(_VERSIONS, _VERSIONS, _VERSIONS)
def test_a_newer_driver_meets_whatever_an_older_one_meets(floor: Version, one: Version, other: Version) -> None:
    demand = parse_requirement(f"driver>={floor}")
    older, newer = sorted((one, other))
    assert not (demand.met_by(None, older) and not demand.met_by(None, newer))


@given(_DEMANDS, _MAYBE, _MAYBE, st.sampled_from(("tesla", "geforce")), _VERSIONS)
def test_what_is_told_without_a_fact_stays_so_when_the_fact_is_known(
    text: str, cuda: Version | None, driver: Version | None, brand: str, arch: Version
) -> None:
    demand = parse_requirement(text)
    before = demand.met_by(cuda, driver, (None,), (None,))
    if before is not None:
        assert demand.met_by(cuda or Version((12, 8)), driver or Version((570,)), (brand,), (arch,)) is before
