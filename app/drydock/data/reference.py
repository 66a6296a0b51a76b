"""Reference figures of known GPUs: what their ceiling is computed from, and what others reached."""

import functools
import re
import tomllib
from importlib import resources
from typing import Any

import msgspec

from drydock.core.bench.ceilings import GpuClass
from drydock.core.bench.judgement import Expected

SCHEMA = 1


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known GPU.

    Attributes:
        name: regular expression for the whole name NVML gives.
        rated_mhz: boost clock.
        half_tflops: published dense half precision figure, TFLOP/s.
        source: the publication.
    """

    id: str
    name: str
    compute_capability: tuple[int, int]
    multiprocessors: int
    rated_mhz: float
    kind: GpuClass
    half_tflops: float
    source: str


class Expectations(msgspec.Struct, frozen=True, kw_only=True):
    """Expected shares: ``gemm`` by part (or ``geforce``), ``work`` by rung and class of part."""

    gemm: dict[str, Expected]
    work: dict[str, Expected]


def _read(name: str) -> dict[str, Any]:
    text = (resources.files("drydock_resources") / "reference" / name).read_text("utf-8")
    table = tomllib.loads(text)
    schema = table.pop("schema", None)
    if schema != SCHEMA:
        raise ValueError(f"{name} has schema {schema!r}; this version reads {SCHEMA}")
    return table


@functools.cache
def parts() -> tuple[Part, ...]:
    """Return every known part."""
    table = _read("parts.toml")["parts"]
    return msgspec.convert([{"id": key, **value} for key, value in table.items()], tuple[Part, ...])


@functools.cache
def expectations() -> Expectations:
    """Return what others reached."""
    return msgspec.convert(_read("expectations.toml"), Expectations)


def part_for(name: str, multiprocessors: int) -> Part | None:
    """Return the part with this NVML name and as many multiprocessors; None for an unknown, cut-down or sliced one."""
    for part in parts():
        if part.multiprocessors == multiprocessors and re.fullmatch(part.name, name):
            return part
    return None


def expected_gemm(part: Part) -> Expected | None:
    """Return the expected share of the datasheet ceiling for a large product on a part."""
    known = expectations().gemm
    return known.get(part.id) or (known.get("geforce") if part.kind == "geforce" else None)


def expected_work(part: Part) -> dict[str, Expected]:
    """Return the expected shares of the measured product for training GPT-2 124M on a part, by rung."""
    known = expectations().work
    found = {"sdpa": known["sdpa"], "compile": known[f"compile-{part.kind}"]}
    # the published figure without compilation is of a data centre part
    return found if part.kind == "datacentre" else {"compile": found["compile"]}
