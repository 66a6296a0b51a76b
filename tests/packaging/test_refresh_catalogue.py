"""The command that makes the shipped catalogue."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "resources" / "drydock_resources" / "catalogue"
Script = Callable[[str], ModuleType]

SURE = {"confidence": "high", "sources": ["pypi"]}


def build(**changes: Any) -> dict[str, Any]:
    entry = {
        "cuda": "12.8",
        "cuda_full": "12.8.1",
        "status": "stable",
        "cudnn": "9.7.1.26",
        "nccl": "2.26.2",
        "triton": "3.3.0",
        "pypi_default": True,
        "docker": True,
        "linux_x86_64": {"sm": ["7.5", "9.0", "9.0a", "12.0"], "ptx": ["12.0"]},
        "linux_aarch64": None,
        "windows": {"sm": ["7.5"], "ptx": []},
        **SURE,
    }
    return {**entry, **changes}


@pytest.fixture
def facts(script: Script) -> dict[str, Any]:
    """A small facts file with one of everything, in the shape that is read."""
    refresh = script("refresh_catalogue")
    gpus = {key for key, _ in refresh.FIRST_DRIVER_PATTERNS} | {key for _, key in refresh.FIRST_DRIVER_FALLBACKS}
    branches = [
        {"linux_branch": "580", "cuda": "13.0", "confidence": "high"},
        {"linux_branch": "615", "cuda": "13.4", "confidence": "medium"},
    ]
    return {
        "meta": {"generated": "2026-01-02"},
        "pytorch_releases": [
            {
                "version": "2.10.0",
                "released": "2026-01-21",
                "python": ["3.12"],
                "docker_python": "Ubuntu 24.04 system Python 3.12; pip needs a venv (medium)",
                "builds": [build(), build(cuda="12.9", docker=False), build(cuda="13.4", docker="unverified")],
                **SURE,
            }
        ],
        "docker_tags": {
            "tags": [
                {
                    "tag": "2.10.0-cuda12.8-cudnn9-runtime",
                    "torch": "2.10.0",
                    "cuda": "12.8",
                    "cudnn_major": 9,
                    "flavour": "runtime",
                    "status": "seen",
                    "confidence": "high",
                    "evidence": ["digest"],
                }
            ],
            "never_existed": [{"tag": "2.8.0-cuda11.8-*", "confidence": "high", "reason": "in other words"}],
            "sizes": {"facts": [{"what": "runtime, compressed", "gb": 3.24, "when": "2024", "source": "an issue"}]},
        },
        "ngc": {
            "repository": "nvcr.io/nvidia/pytorch",
            "sources": ["ngc_rn"],
            "tags": [
                {
                    "tag": "nvcr.io/nvidia/pytorch:26.01-py3",
                    "torch": "2.10.0a0+abc",
                    "torch_confidence": "high",
                    "cuda": "13.1",
                    "cudnn": None,
                    "nccl": None,
                    "native_min_driver": "590",
                    "min_cc": "7.5",
                    "max_cc": "12.1",
                    "arch": ["amd64", "arm64"],
                    "confidence": "medium",
                }
            ],
        },
        "cuda_driver_minimums": {
            "toolkits": [
                {
                    "cuda": "13.0",
                    "update": "GA",
                    "linux_min_driver": "580.65.06",
                    "windows_min_driver": None,
                    "confidence": "high",
                }
            ],
            "minor_version_compat": [
                {"family": "13.x", "linux_min": "580", "windows_min": "580", "confidence": "high"},
                {"family": "10.2", "linux_min": "440.33", "windows_min": "441.22", "confidence": "high"},
            ],
            "branch_native_cuda": branches,
            "windows_native_cuda": [{"driver_at_least": "580.00", "cuda": "13.0", "confidence": "medium"}],
            "gpu_min_driver": [{"gpu": gpu, "linux": "580.65.06", "confidence": "high"} for gpu in sorted(gpus)],
            "nvidia_require": {
                "sources": ["nvct"],
                "exemptions": [{"base": "13.0", "branches": ["535"], "confidence": "high"}],
            },
            "forward_compat": {"branch_pairs": [{"compat": "13.0", "works_on_branches": ["535"], "confidence": "low"}]},
        },
        "architectures": {
            "binary_rules": {"sources": ["torch_init"]},
            "list": [
                {
                    "cc": "5.0",
                    "architecture": "Maxwell",
                    "first_cuda": "6.0",
                    "last_cuda": "12.x (and no more)",
                    "last_driver_branch": "580",
                    "confidence": "high",
                },
                {
                    "cc": "8.7",
                    "architecture": "Ampere (Tegra)",
                    "first_cuda": "11.4",
                    "last_cuda": None,
                    "confidence": "medium",
                },
            ],
        },
    }


def run(script: Script, facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write the catalogue and return what its files hold."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder.with_name(f"{folder.name}.facts.json")
    source.write_text(json.dumps(facts), "utf-8")
    assert script("refresh_catalogue").main([str(source), "--into", str(folder)]) == 0
    return {file.name: json.loads(file.read_text("utf-8")) for file in folder.iterdir()}


def test_what_is_kept_by_hand_is_what_is_shipped(script: Script, tmp_path: Path) -> None:
    assert script("refresh_catalogue").main(["--kept", "--into", str(tmp_path)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["lifecycles.json"]
    assert (tmp_path / "lifecycles.json").read_bytes() == (SHIPPED / "lifecycles.json").read_bytes()


def test_a_refresh_writes_the_files_that_are_shipped(script: Script, tmp_path: Path, facts: dict[str, Any]) -> None:
    written = run(script, facts, tmp_path / "new")
    assert set(written) == {file.name for file in SHIPPED.glob("*.json")}
    for name, content in written.items():
        assert set(content) == set(json.loads((SHIPPED / name).read_text("utf-8"))), name


def test_the_same_facts_give_the_same_bytes(script: Script, tmp_path: Path, facts: dict[str, Any]) -> None:
    run(script, facts, tmp_path / "one")
    run(script, copy.deepcopy(facts), tmp_path / "two")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_builds_keep_their_code_by_platform(script: Script, tmp_path: Path, facts: dict[str, Any]) -> None:
    (release,) = run(script, facts, tmp_path / "new")["releases.json"]["releases"]
    assert (release["image_python"], release["image_python_is_system"]) == ("3.12", True)
    assert release["image_system"] == "Ubuntu 24.04"
    assert [entry["image"] for entry in release["builds"]] == [True, False, None]
    first = release["builds"][0]
    # code for one exact architecture never stands alone
    assert first["cubins"] == {
        "linux_amd64": ["7.5", "9.0", "12.0"],
        "linux_arm64": [],
        "windows_amd64": ["7.5"],
        "image": [],
    }
    assert first["ptx"]["linux_amd64"] == ["12.0"]


def test_names_that_never_existed_become_patterns(script: Script, tmp_path: Path, facts: dict[str, Any]) -> None:
    (entry,) = run(script, facts, tmp_path / "new")["images.json"]["never_existed"]
    assert (entry["repository"], entry["tag"], entry["cause"]) == ("pytorch/pytorch", "2.8*-cuda11.8-*", "cuda")
    assert "reason" not in entry


def test_families_without_minor_version_compatibility_are_left_out(
    script: Script, tmp_path: Path, facts: dict[str, Any]
) -> None:
    drivers = run(script, facts, tmp_path / "new")["drivers.json"]
    assert [entry["family"] for entry in drivers["families"]] == [13]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda facts: facts["cuda_driver_minimums"]["gpu_min_driver"].append(
                {"gpu": "GeForce RTX 6090", "linux": "700.10", "confidence": "high"}
            ),
            "GeForce RTX 6090",
        ),
        (
            lambda facts: facts["docker_tags"]["never_existed"].append({"tag": "9.9-what", "confidence": "low"}),
            "9.9-what",
        ),
        (
            lambda facts: facts["docker_tags"]["sizes"]["facts"].append({"what": "a new one", "gb": 3.0}),
            "a new one",
        ),
        (lambda facts: facts["docker_tags"]["sizes"]["facts"][0].update(gb=6.5), "widen"),
        (
            lambda facts: facts["cuda_driver_minimums"]["gpu_min_driver"][0].update(linux="soon"),
            "no driver number",
        ),
    ],
)
def test_facts_that_are_not_understood_stop_the_refresh(
    script: Script, tmp_path: Path, facts: dict[str, Any], spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    spoil(facts)
    with pytest.raises(ValueError, match=said):
        run(script, facts, tmp_path / "new")


@pytest.mark.parametrize("arguments", [[], ["facts.json", "--kept"]])
def test_the_command_wants_one_input(script: Script, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        script("refresh_catalogue").main(arguments)
    assert ending.value.code == 2
    assert "name a facts file, or --kept" in capsys.readouterr().err
