"""Make the image catalogue from a file of compatibility facts.

Usage::

    python packaging/refresh_catalogue.py FACTS.json

The facts file holds releases with their builds, image tags, driver minima, architectures and NGC tags, each with
a confidence and the keys of its sources. What the app needs is taken from it, checked, and written to
``resources/drydock_resources/catalogue/*.json``: one entry a line, so that a refresh reads well as a diff.
Afterwards run ``pytest tests/data/test_catalogue.py tests/core/images``, which look for contradictions.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

SCHEMA = 1
CATALOGUE = Path(__file__).resolve().parents[1] / "resources" / "drydock_resources" / "catalogue"
Facts = dict[str, Any]

# The facts name GPUs in words; NVML names them like "NVIDIA GeForce RTX 5070 Ti Laptop GPU". The first entry whose
# pattern is found in the name counts, so the special ones stand first.
FIRST_DRIVER_PATTERNS = (
    ("GeForce RTX 5050", r"\bRTX 5050\b"),
    ("GeForce RTX 5060 Ti / 5060", r"\bRTX 5060\b"),
    ("GeForce RTX 50 Laptop (5090/5080/5070 Ti)", r"\bRTX 50\d0\b.*\bLaptop\b"),
    ("GeForce RTX 5090 / 5080", r"\bRTX 50[89]0\b"),
    ("GeForce RTX 5070 Ti / 5070", r"\bRTX 5070\b"),
    ("RTX PRO 6000 Blackwell Server", r"\bRTX PRO 6000 Blackwell Server\b"),
    ("RTX PRO 6000 Blackwell Workstation", r"\bRTX PRO 6000 Blackwell\b"),
    ("B300 / GB300", r"\bG?B300\b"),
    ("GB200", r"\bGB200\b"),
    ("B200", r"\bB200\b"),
    ("GB10 (DGX Spark)", r"\bGB10\b"),
    ("GH200", r"\bGH200\b"),
    ("H200 NVL", r"\bH200 NVL\b"),
    ("H100", r"\bH100\b"),
    ("L40S", r"\bL40S\b"),
    ("L4", r"\bL4\b"),
    ("GeForce RTX 4060", r"\bRTX 4060\b"),
    ("GeForce RTX 4090 / RTX 6000 Ada", r"\bRTX (4090|6000 Ada)\b"),
    ("A100", r"\bA100\b"),
    ("GeForce RTX 30", r"\bRTX 30\d0\b"),
)

# For a GPU whose name says nothing: the oldest driver that knows any GPU of its compute capability.
FIRST_DRIVER_FALLBACKS = (
    ("7.5", "Turing"),
    ("8.0", "A100"),
    ("8.6", "GeForce RTX 30"),
    ("8.9", "GeForce RTX 4090 / RTX 6000 Ada"),
    ("9.0", "H100"),
    ("10.0", "B200"),
    ("10.3", "B300 / GB300"),
    ("12.0", "GeForce RTX 5090 / 5080"),
    ("12.1", "GB10 (DGX Spark)"),
)
# A part that only exists since a CUDA family (CUDA 13.0, CUDA 13.4) needs that family's first branch.
FIRST_DRIVER_BY_BRANCH = (("10.7", "13.4"), ("11.0", "13.0"))

SOURCES = {
    "pypi": "torch wheels on the Python Package Index: dates, pins",
    "fatbin": "GPU code counted inside libtorch_cuda.so of the wheels",
    "torch_init": "torch/cuda/__init__.py of torch 2.15.0",
    "release_md": "github.com/pytorch/pytorch, RELEASE.md and its pull requests",
    "rfc": "github.com/pytorch/pytorch, release planning issues 134015, 172663, 178665, 190355, 190385",
    "devdiscuss3432": "PyTorch developer list, notice 3432",
    "builder": "github.com/pytorch/builder, release branches",
    "build_cuda_sh": "github.com/pytorch/pytorch, wheel build scripts",
    "moi90": "github.com/moi90/pytorch_compute_capabilities",
    "moi90_pr3": "github.com/moi90/pytorch_compute_capabilities, pull request 3",
    "cog": "github.com/replicate/cog, torch compatibility table",
    "issue182250": "github.com/pytorch/pytorch issue 182250",
    "issue172352": "github.com/pytorch/pytorch issue 172352",
    "whisperwebui653": "github.com/jhj0517/Whisper-WebUI issue 653",
    "testinfra": "github.com/pytorch/test-infra, build matrices",
    "docker_wf": "github.com/pytorch/pytorch, Dockerfile and its workflows",
    "ignite": "github.com/pytorch/ignite, docker.cfg",
    "digest": "a public file that pins the tag by digest",
    "dockerfile": "a public file that uses the tag",
    "rlan": "github.com/rlan/notebooks",
    "cuda_rn": "NVIDIA CUDA Toolkit release notes",
    "cuda_compat": "NVIDIA CUDA Compatibility guide",
    "ogkm": "github.com/NVIDIA/open-gpu-kernel-modules, table of GPUs",
    "nvct": "github.com/NVIDIA/nvidia-container-toolkit",
    "ngc_rn": "NVIDIA NGC PyTorch release notes",
    "jp_table": "public table of NGC tags and their torch versions",
}


def driver_number(text: str, confidence: str) -> str:
    """Return the lowest driver a fact names; where it is uncertain, a bare branch number counts too."""
    pattern = r"\d{3}(?:\.\d+){0,2}" if confidence == "low" else r"\d{3}(?:\.\d+){1,2}"
    numbers = re.findall(pattern, text)
    if not numbers:
        raise ValueError(f"no driver number in {text!r}")
    return min(numbers, key=lambda number: [int(part) for part in number.split(".")])


def plain_capabilities(capabilities: list[str] | None) -> list[str]:
    """Leave out code for one exact architecture (``9.0a``): it never stands alone."""
    return [item for item in capabilities or [] if not item.endswith(("a", "f"))]


def build_entry(build: Facts) -> Facts:
    """Return one build of a release. ``cubins`` of ``image`` are measured in the image, where they differ."""
    cubins = {
        "linux_amd64": plain_capabilities(build["linux_x86_64"]["sm"]),
        "linux_arm64": plain_capabilities((build["linux_aarch64"] or {}).get("sm")),
        "windows_amd64": plain_capabilities((build["windows"] or {}).get("sm")),
        "image": plain_capabilities(build.get("docker_image_sm")),
    }
    keep = ("cuda", "cuda_full", "status", "cudnn", "nccl", "triton")
    return {**{key: build[key] for key in keep}, "cubins": cubins, **provenance(build)}


def provenance(entry: Facts) -> Facts:
    """Return the confidence and the sources of an entry."""
    return {"confidence": entry["confidence"], "sources": entry.get("sources", entry.get("evidence", []))}


def releases(facts: Facts) -> list[Facts]:
    """Return the torch releases with their builds."""
    entries: list[Facts] = []
    for release in facts["pytorch_releases"]:
        python = re.search(r"Python (\d+\.\d+)|system Python (\d+\.\d+)", release.get("docker_python", ""))
        entries.append(
            {
                "version": release["version"],
                "released": release["released"],
                "wheel_python": release["python"],
                "image_python": next((part for part in python.groups() if part), None) if python else None,
                "image_python_is_system": "system Python" in release.get("docker_python", ""),
                "confidence": release["confidence"],
                "builds": [build_entry(build) for build in release["builds"]],
            }
        )
    return entries


def tags(facts: Facts) -> list[Facts]:
    """Return the tags of the official image. All are for amd64 only."""
    keep = ("tag", "torch", "cuda", "cudnn_major", "flavour", "status")
    return [
        {**{key: entry[key] for key in keep}, "sha256_prefix": entry.get("sha256_prefix"), **provenance(entry)}
        for entry in facts["docker_tags"]["tags"]
    ]


def ngc(facts: Facts) -> list[Facts]:
    """Return NVIDIA's own images."""
    keep = ("torch", "torch_confidence", "cuda", "cudnn", "nccl", "native_min_driver", "min_cc", "max_cc", "arch")
    return [
        {
            "tag": entry["tag"].rpartition(":")[2],
            **{key: entry[key] for key in keep},
            "confidence": entry["confidence"],
            "sources": facts["ngc"]["sources"],
        }
        for entry in facts["ngc"]["tags"]
    ]


def first_drivers(facts: Facts) -> tuple[list[Facts], list[Facts]]:
    """Return the first driver by GPU name, and by compute capability for names that are not listed."""
    table = {entry["gpu"]: entry for entry in facts["cuda_driver_minimums"]["gpu_min_driver"]}
    unused = set(table) - {key for key, _ in FIRST_DRIVER_PATTERNS} - {key for _, key in FIRST_DRIVER_FALLBACKS}
    if unused:
        raise ValueError(f"give these GPUs a pattern in FIRST_DRIVER_PATTERNS: {sorted(unused)}")

    def fact(key: str) -> Facts:
        entry = table[key]
        number = driver_number(entry["linux"], entry["confidence"])
        return {"driver": number, "confidence": entry["confidence"], "sources": ["ogkm", "cuda_rn"]}

    branches = {entry["cuda"]: entry for entry in facts["cuda_driver_minimums"]["branch_native_cuda"]}
    by_name = [{"pattern": pattern, **fact(key)} for key, pattern in FIRST_DRIVER_PATTERNS]
    by_capability = [{"compute_capability": cc, **fact(key)} for cc, key in FIRST_DRIVER_FALLBACKS] + [
        {
            "compute_capability": cc,
            "driver": branches[cuda]["linux_branch"],
            "confidence": "low",
            "sources": ["cuda_rn"],
        }
        for cc, cuda in FIRST_DRIVER_BY_BRANCH
    ]
    return by_name, by_capability


def drivers(facts: Facts) -> dict[str, list[Facts]]:
    """Return everything about driver numbers."""
    minima = facts["cuda_driver_minimums"]
    by_name, by_capability = first_drivers(facts)
    source = {"sources": ["cuda_rn"]}
    return {
        "toolkits": [
            {
                "cuda": entry["cuda"],
                "update": entry["update"],
                "linux": entry["linux_min_driver"],
                "windows": entry["windows_min_driver"],
                "confidence": entry["confidence"],
                **source,
            }
            for entry in minima["toolkits"]
        ],
        "families": [
            {
                "family": int(entry["family"].partition(".")[0]),
                "linux": entry["linux_min"],
                "windows": entry["windows_min"],
                "confidence": entry["confidence"],
                "sources": ["cuda_compat"],
            }
            for entry in minima["minor_version_compat"]
            if entry["family"].endswith(".x")
        ],
        "linux_native": [
            {"driver": entry["linux_branch"], "cuda": entry["cuda"], "confidence": entry["confidence"], **source}
            for entry in minima["branch_native_cuda"]
        ],
        "windows_native": [
            {"driver": entry["driver_at_least"], "cuda": entry["cuda"], "confidence": entry["confidence"], **source}
            for entry in minima["windows_native_cuda"]
        ],
        "first_by_name": by_name,
        "first_by_compute_capability": by_capability,
        "requirement_exemptions": [
            {
                "cuda": entry["base"],
                "branches": [int(branch) for branch in entry["branches"]],
                "confidence": entry["confidence"],
                "sources": minima["nvidia_require"]["sources"],
            }
            for entry in minima["nvidia_require"]["exemptions"]
            if "branches" in entry
        ],
    }


def architectures(facts: Facts) -> list[Facts]:
    """Return the compute capabilities that exist."""
    entries: list[Facts] = []
    for entry in facts["architectures"]["list"]:
        last_cuda = re.match(r"\d+\.\d+", entry["last_cuda"] or "")
        entries.append(
            {
                "compute_capability": entry["cc"],
                "name": entry["architecture"],
                "first_cuda": entry["first_cuda"],
                "last_cuda": last_cuda.group() if last_cuda else None,
                "last_branch": int(entry["last_driver_branch"]) if "last_driver_branch" in entry else None,
                "tegra": "Tegra" in entry["architecture"] or "Thor" in entry["architecture"],
                "confidence": entry["confidence"],
                "sources": facts["architectures"]["binary_rules"]["sources"],
            }
        )
    return entries


def write(name: str, content: dict[str, Any]) -> None:
    """Write one file of the catalogue, a line for each entry."""
    lines = ["{", f' "schema": {SCHEMA}']
    for key, value in content.items():
        lines[-1] += ","
        if isinstance(value, list):
            body = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f' "{key}": [\n  {body}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    CATALOGUE.mkdir(parents=True, exist_ok=True)
    (CATALOGUE / name).write_text("\n".join([*lines, "}"]) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Refresh the catalogue from the facts file named on the command line."""
    if len(arguments) != 1:
        sys.stderr.write("usage: refresh_catalogue.py FACTS.json\n")
        return 2
    facts: Facts = json.loads(Path(arguments[0]).read_text("utf-8"))
    made = facts["meta"]["generated"]
    write("releases.json", {"made": made, "releases": releases(facts)})
    write("images.json", {"made": made, "repository": "pytorch/pytorch", "arch": "amd64", "tags": tags(facts)})
    write("ngc.json", {"made": made, "repository": facts["ngc"]["repository"], "tags": ngc(facts)})
    write("drivers.json", {"made": made, **drivers(facts)})
    write("architectures.json", {"made": made, "architectures": architectures(facts)})
    write("sources.json", {"made": made, "sources": SOURCES})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
