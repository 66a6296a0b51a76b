"""Write docs/checks.md: every check of the doctor, from its table and its articles.

python packaging/write_check_docs.py
"""

import ast
import inspect
import re
import string
import textwrap
from collections.abc import Callable
from pathlib import Path

from drydock.core.checks.check import BLOCKED, INNER_SUBJECTS, Check
from drydock.core.checks.table import CHECKS
from drydock.core.findings import RUNGS
from drydock.data.knowledge import CheckArticle, check_articles

TARGET = Path(__file__).parent.parent / "docs" / "checks.md"

_RUNGS = {
    "host": ("Host", "The computer itself: its system, memory, disk, clock and limits."),
    "gpu": ("GPU", "The cards, and whether they are well."),
    "driver": ("Driver", "The kernel module, its libraries and its device nodes."),
    "engine": ("Engine", "What runs the containers: Docker, or Podman through its compatible socket."),
    "toolkit": ("Container toolkit", "What brings the GPUs into a container: NVIDIA's runtime, or CDI."),
    "image": ("Image", "Which PyTorch-CUDA images this driver and these GPUs can run."),
    "container": ("Container", "A container of the image you would work in, started and asked."),
    "torch": ("PyTorch", "PyTorch inside that container, with real kernels."),
    "load": ("Load", "The GPUs at work for some minutes."),
    "work": ("Your work", "Ports, folders and what earlier work left behind."),
}

_SUBJECTS = {
    "host": "the system",
    "disks": "free disk space",
    "driver": "the driver's files and modules",
    "setup": "how the driver is set up",
    "kernel_log": "the kernel's log",
    "wsl": "what Windows hands into WSL",
    "nvml": "NVIDIA's management library (NVML)",
    "engine": "the container engine",
    "engine_setup": "the engine's configuration",
    "engine_contents": "the engine's containers",
    "network": "network settings",
    "toolkit": "the container toolkit",
    "ports": "the ports of this computer",
    "host_torch": "the Python installations here",
    "container": "the start of a container",
    "inside": "the driver seen from inside",
    "inside_network": "the network from inside",
    "torch": "PyTorch inside",
    "kernels": "kernels run inside",
    "load": "the GPUs under load",
}

_INTRODUCTION = """# What the doctor checks

`drydock doctor` walks up the ladder from the computer to your work, and names first what has to be mended first. This
page lists its {count} checks, rung by rung, and everything that each of them may say.

* **Depth** says how far you have to let it go: *quick* looks at the host alone, *standard* also starts a container
  (`drydock doctor --depth standard`), *deep* also puts the GPUs under load.
* **Asked only if fine** names the checks that must not be broken first; otherwise this one is *not tested*, so that a
  consequence never looks like a cause.
* A word in ⟨brackets⟩ stands for what was found on your computer.
* Ask a single check by its name: `drydock doctor --only host-disk`.

A check ends in one of four states: **ok**, **attention** (it works, but deserves a look), **broken**, or **not tested**,
with the reason. Each answer below begins with its state, and where something is wrong, says what happens if it is left
and what to do.
"""


def page() -> str:
    """Return the whole page."""
    articles = check_articles()
    parts = [_INTRODUCTION.format(count=len(CHECKS)), "## Contents\n", _contents(articles)]
    for rung in RUNGS:
        title, words = _RUNGS[rung]
        parts.append(f"## {title}\n\n{words}\n")
        parts += [_check(check, articles) for check in CHECKS if check.rung == rung]
    return "\n".join(parts).rstrip() + "\n"


def _contents(articles: dict[str, CheckArticle]) -> str:
    lines: list[str] = []
    for rung in RUNGS:
        title = _RUNGS[rung][0]
        lines.append(f"* [{title}](#{_anchor(title)})")
        lines += [f"  * {_reference(check.id, articles)}" for check in CHECKS if check.rung == rung]
    return "\n".join(lines) + "\n"


def _reference(name: str, articles: dict[str, CheckArticle]) -> str:
    return f"[{articles[name].title}](#{name})"


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _check(check: Check, articles: dict[str, CheckArticle]) -> str:
    article = articles[check.id]
    facts = [
        f"**Name:** `{check.id}`",
        f"**Depth:** {_depth(check)}",
        f"**Reads:** {', '.join(_SUBJECTS[subject] for subject in check.reads)}",
    ]
    if check.needs:
        facts.append(f"**Asked only if fine:** {', '.join(_reference(name, articles) for name in check.needs)}")
    lines = [f'<a id="{check.id}"></a>', "", f"### {article.title}", "", "  \n".join(facts), ""]
    # that a check waits for others is said above; its text adds nothing
    states = states_of(check)
    for variant in (name for name in check.variants if name != BLOCKED):
        lines += _answer(article, variant, states[variant])
    if article.links:
        lines += ["", "Read more: " + ", ".join(_link(link) for link in article.links)]
    return "\n".join(lines) + "\n"


def states_of(check: Check) -> dict[str, str]:
    """Return the state of every answer of a check, as its code gives it.

    An answer whose state depends on what was found, or that comes from a list of refusals, has the two that it may be:
    only what is attention or broken has a consequence or a remedy in its article.
    """
    given = _given_states(check)
    texts = check_articles()[check.id].variants
    found: dict[str, str] = {}
    for variant in check.variants:
        words = given.get(variant, set())
        if len(words) == 1:
            found[variant] = next(iter(words)).replace("_", " ")
        else:
            wrong = texts[variant].consequence or texts[variant].remedy
            found[variant] = "attention or broken" if wrong else "ok or not tested"
    return found


_STATES = ("ok", "attention", "broken", "not_tested")


def _given_states(check: Check) -> dict[str, set[str]]:
    """Read the calls ``broken("variant", …)`` and their like in a check and in the functions that it calls."""
    found: dict[str, set[str]] = {"unknown": {"not_tested"}}
    seen: set[Callable[..., object]] = set()
    waiting: list[Callable[..., object]] = [function for function in (check.ask, check.ask_images) if function]
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        names = {**inspect.getmodule(function).__dict__}
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _STATES:
                for variant in _variants_of(node):
                    found.setdefault(variant, set()).add(node.func.id)
            elif isinstance(node, ast.Name) and node.id not in _STATES:
                called = names.get(node.id)
                if inspect.isfunction(called) and called.__module__.startswith("drydock.core.checks"):
                    waiting.append(called)
    return found


def _variants_of(call: ast.Call) -> list[str]:
    assert isinstance(call.func, ast.Name)
    if call.func.id == "ok":
        places = [word.value for word in call.keywords if word.arg == "variant"] or [ast.Constant("ok")]
    else:
        places = call.args[:1]
    inside = (node for place in places for node in ast.walk(place) if isinstance(node, ast.Constant))
    return [node.value for node in inside if isinstance(node.value, str)]


def _depth(check: Check) -> str:
    steps = [INNER_SUBJECTS.index(subject) for subject in check.reads if subject in INNER_SUBJECTS]
    if not steps:
        return "quick"
    return "deep" if INNER_SUBJECTS[max(steps)] == "load" else "standard"


def _answer(article: CheckArticle, variant: str, state: str) -> list[str]:
    words = article.variants[variant]
    lines = [f"* **{state}** · {_plain(words.text.removeprefix('Not tested: '))}"]
    if words.consequence:
        lines.append(f"  * *If left:* {_plain(words.consequence)}")
    if words.remedy:
        lines.append(f"  * *What to do:* {_plain(words.remedy)}")
    if words.commands:
        lines += ["", "        " + "\n        ".join(_bracketed(line) for line in words.commands), ""]
    return lines


def _bracketed(text: str) -> str:
    """Return a text with its placeholders in brackets."""
    pieces = string.Formatter().parse(text)
    return "".join(before + (f"⟨{name.replace('_', ' ')}⟩" if name else "") for before, name, _form, _how in pieces)


def _plain(text: str) -> str:
    """Return a text on one line, with nothing in it that Markdown takes for its own."""
    return re.sub(r"([\\*`<>|]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(_bracketed(text).split()))


def _link(address: str) -> str:
    host = address.partition("://")[2].partition("/")[0].removeprefix("www.")
    last = address.rstrip("/").rpartition("/")[2].partition("#")[0].partition("?")[0].removesuffix(".html")
    kind = "issue" if re.search(r"/(issues|pull)/\d+", address) else ""
    words = f"{host}, {kind} {last}" if kind else f"{host}: {last}" if last and last != host else host
    return f"[{words}]({address})"


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
