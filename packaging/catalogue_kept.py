"""The part of the image catalogue that is kept by hand in ``catalogue_facts.toml``."""

import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("catalogue_facts.toml")
Facts = dict[str, Any]

# The facts name sizes in words: what each is about, as (repository, flavour, "download" or "unpacked").
SIZE_FACTS = {
    "runtime, compressed": ("pytorch/pytorch", "runtime", "download"),
    "devel, compressed": ("pytorch/pytorch", "devel", "download"),
    "2.9.0-cuda12.6-cudnn9-runtime, unpacked": ("pytorch/pytorch", "runtime", "unpacked"),
    "a derived image on 2.12.0-cuda13.0-cudnn9-runtime, total": ("pytorch/pytorch", "runtime", "unpacked"),
    "nvcr.io/nvidia/pytorch:25.09-py3, compressed": ("nvcr.io/nvidia/pytorch", "devel", "download"),
    "nvcr.io/nvidia/pytorch:23.03-py3, unpacked": ("nvcr.io/nvidia/pytorch", "devel", "unpacked"),
    "nvcr.io/nvidia/pytorch, unpacked": ("nvcr.io/nvidia/pytorch", "devel", "unpacked"),
}


def read() -> Facts:
    """Return the facts that are kept by hand."""
    return tomllib.loads(FILE.read_text("utf-8"))


def lifecycles(kept: Facts) -> Facts:
    """Return the content of ``lifecycles.json``."""
    branches = [
        {
            "branch": entry["branch"],
            "kind": entry.get("kind"),
            "until": entry.get("until"),
            "over": entry.get("over", False),
            "confidence": entry["confidence"],
            "sources": entry["sources"],
        }
        for entry in kept["driver_branches"]
    ]
    return {
        "made": kept["made"],
        "torch": kept["rules"]["torch"],
        "nvidia_image": kept["rules"]["nvidia_image"],
        "driver_branches": branches,
        "gpus": kept["gpus"],
        "systems": kept["systems"],
        "image_systems": kept["image_systems"],
        "sources": kept["sources"],
    }


def sizes(kept: Facts, facts: Facts) -> Facts:
    """Return the content of ``sizes.json``: rough ranges, and the published sizes they are taken from, in GB.

    Raises:
        ValueError: a published size is not among those known here, or lies outside its range.
    """
    ranges = {(entry["repository"], entry["flavour"]): entry for entry in kept["sizes"]}
    published = []
    for entry in [*facts["docker_tags"]["sizes"]["facts"], *kept["size_facts"]]:
        if entry["what"] not in SIZE_FACTS:
            raise ValueError(f"say in SIZE_FACTS what this size is of: {entry['what']!r}")
        repository, flavour, kind = SIZE_FACTS[entry["what"]]
        low, high = ranges[repository, flavour][kind]
        if not low <= entry["gb"] <= high:
            raise ValueError(
                f"{entry['gb']} GB ({entry['what']}) is outside the {kind} range {low} to {high}: widen it"
            )
        published.append({"repository": repository, "flavour": flavour, "of": kind, **entry})
    return {"made": facts["meta"]["generated"], "ranges": kept["sizes"], "published": published}
