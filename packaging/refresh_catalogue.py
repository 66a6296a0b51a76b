"""Make the image catalogue from a file of compatibility facts.

Usage::

    python packaging/refresh_catalogue.py FACTS.json [--into FOLDER]
    python packaging/refresh_catalogue.py --kept [--into FOLDER]

The facts file holds releases with their builds, image tags, driver minima, architectures and NGC tags, each with
a confidence and the keys of its sources. What the app needs is taken from it, checked, and written to
``resources/drydock_resources/catalogue/*.json``: one entry a line, so that a refresh reads well as a diff.
What no facts file has (ends of support, rough sizes) is kept by hand in ``catalogue_facts.toml`` beside this script;
with ``--kept`` only the file made from that alone is written. The same input gives the same bytes.
Afterwards run ``pytest tests/data/test_catalogue.py tests/core/images``, which look for contradictions.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import catalogue_kept

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

# The facts tell in words which names never existed; these are the shell patterns for them and the cause to be told.
OFFICIAL = "pytorch/pytorch"
NEVER_EXISTED = {
    "2.9-cuda11.8-devel": (OFFICIAL, "2.9-cuda11.8-*", "cuda"),
    "2.9.0-cuda11.8-cudnn9-*": (OFFICIAL, "2.9.[0-9]*-cuda11.8-*", "cuda"),
    "2.9.x-cuda12.1-cudnn9-*": (OFFICIAL, "2.9*-cuda12.1-*", "cuda"),
    "2.8.0-cuda11.8-*": (OFFICIAL, "2.8*-cuda11.8-*", "cuda"),
    "2.13.0-cuda12.9-cudnn9-*": (OFFICIAL, "2.13*-cuda12.9-*", "no_image"),
    "2.12+ with cuda12.8": (OFFICIAL, "2.1[2-9]*-cuda12.8-*", "cuda"),
    "2.0.x-cuda11.8-cudnn8-*": (OFFICIAL, "2.0*-cuda11.8-*", "no_image"),
    "2.1.1-cuda11.8-cudnn8-*": (OFFICIAL, "2.1.1-cuda11.8-*", "unproven"),
    "pytorch-cuda:v2.9 and similar": ("*pytorch-cuda", "*", "repository"),
}

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
    "derived": "computed from other entries",
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
    """Return one build of a release. ``cubins`` of ``image`` are measured in the image, where they differ.

    ``ptx`` is what the build matrix announces beside the cubins; where it was measured, nothing was found.
    ``image``: whether an official image was made of the build; null where that is not known.
    """
    cubins = {
        "linux_amd64": plain_capabilities(build["linux_x86_64"]["sm"]),
        "linux_arm64": plain_capabilities((build["linux_aarch64"] or {}).get("sm")),
        "windows_amd64": plain_capabilities((build["windows"] or {}).get("sm")),
        "image": plain_capabilities(build.get("docker_image_sm")),
    }
    ptx = {
        "linux_amd64": build["linux_x86_64"]["ptx"],
        "linux_arm64": (build["linux_aarch64"] or {}).get("ptx", []),
        "windows_amd64": (build["windows"] or {}).get("ptx", []),
    }
    keep = ("cuda", "cuda_full", "status", "cudnn", "nccl", "triton", "pypi_default")
    image = build["docker"] if isinstance(build["docker"], bool) else None
    return {**{key: build[key] for key in keep}, "image": image, "cubins": cubins, "ptx": ptx, **provenance(build)}


def provenance(entry: Facts) -> Facts:
    """Return the confidence and the sources of an entry."""
    return {"confidence": entry["confidence"], "sources": entry.get("sources", entry.get("evidence", []))}


def releases(facts: Facts) -> list[Facts]:
    """Return the torch releases with their builds."""
    entries: list[Facts] = []
    for release in facts["pytorch_releases"]:
        python = re.search(r"Python (\d+\.\d+)|system Python (\d+\.\d+)", release.get("docker_python", ""))
        system = re.search(r"Ubuntu \d+\.\d+", release.get("docker_python", ""))
        entries.append(
            {
                "version": release["version"],
                "released": release["released"],
                "wheel_python": release["python"],
                "image_python": next((part for part in python.groups() if part), None) if python else None,
                "image_python_is_system": "system Python" in release.get("docker_python", ""),
                "image_system": system.group() if system else None,
                "confidence": release["confidence"],
                "sources": ["pypi"],
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


def never_existed(facts: Facts) -> list[Facts]:
    """Return names that are met in texts and were never published."""
    entries: list[Facts] = []
    for entry in facts["docker_tags"]["never_existed"]:
        if entry["tag"] not in NEVER_EXISTED:
            raise ValueError(f"give this name a pattern in NEVER_EXISTED: {entry['tag']!r}")
        repository, tag, cause = NEVER_EXISTED[entry["tag"]]
        where = {"repository": repository, "tag": tag, "cause": cause}
        entries.append({**where, "confidence": entry["confidence"], "sources": ["release_md", "testinfra", "cog"]})
    return entries


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
        "forward_compatibility": [
            {
                "cuda": entry["compat"],
                "branches": [int(branch) for branch in entry["works_on_branches"]],
                "confidence": entry["confidence"],
                "sources": ["cuda_compat", "nvct"],
            }
            for entry in minima["forward_compat"]["branch_pairs"]
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


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write one file of the catalogue, a line for each entry."""
    lines = ["{", f' "schema": {SCHEMA}']
    for key, value in content.items():
        lines[-1] += ","
        if isinstance(value, list) and value and isinstance(value[0], dict):
            body = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f' "{key}": [\n  {body}\n ]')
        elif key == "sources":
            body = ",\n  ".join(f"{json.dumps(one)}: {json.dumps(text)}" for one, text in value.items())
            lines.append(f' "{key}": {{\n  {body}\n }}')
        else:
            lines.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([*lines, "}"]) + "\n", encoding="utf-8")


def refresh(facts: Facts, kept: Facts, folder: Path) -> None:
    """Write every file of the catalogue but the one made from the kept facts alone."""
    made = facts["meta"]["generated"]
    write(folder, "releases.json", {"made": made, "releases": releases(facts)})
    official = {"made": made, "repository": OFFICIAL, "arch": "amd64", "floating": ["latest"], "tags": tags(facts)}
    write(folder, "images.json", {**official, "never_existed": never_existed(facts)})
    repository = facts["ngc"]["repository"]
    write(
        folder,
        "ngc.json",
        {"made": made, "repository": repository, "integrated": kept["integrated"], "tags": ngc(facts)},
    )
    write(folder, "drivers.json", {"made": made, **drivers(facts)})
    write(folder, "architectures.json", {"made": made, "architectures": architectures(facts)})
    write(folder, "sizes.json", catalogue_kept.sizes(kept, facts))
    write(folder, "sources.json", {"made": made, "sources": SOURCES})


def main(arguments: list[str]) -> int:
    """Refresh the catalogue from the facts file named on the command line."""
    parser = argparse.ArgumentParser(prog="refresh_catalogue.py", description="Make the image catalogue.")
    parser.add_argument("facts", nargs="?", type=Path, help="file of compatibility facts")
    parser.add_argument("--kept", action="store_true", help="only what is kept by hand in catalogue_facts.toml")
    parser.add_argument("--into", type=Path, default=CATALOGUE, metavar="FOLDER", help="instead of the resources")
    options = parser.parse_args(arguments)
    if (options.facts is None) != options.kept:
        parser.error("name a facts file, or --kept")
    kept = catalogue_kept.read()
    if not options.kept:
        refresh(json.loads(options.facts.read_text("utf-8")), kept, options.into)
    write(options.into, "lifecycles.json", catalogue_kept.lifecycles(kept))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
