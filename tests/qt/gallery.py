# ruff: noqa: E501
"""Renders every widget with sample content in both themes: ``python tests/qt/gallery.py --out DIR``."""

import argparse
import math
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from drydock.qt.theme import STYLE_ARGUMENTS, theme
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.bar_chart import Bar, BarChart
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label, number_field
from drydock.qt.widgets.log_panel import LogPanel
from drydock.qt.widgets.meter import Meter
from drydock.qt.widgets.nav_rail import NavRail
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader
from drydock.qt.widgets.progress_panel import ProgressPanel
from drydock.qt.widgets.rolling_chart import RollingChart
from drydock.qt.widgets.stack_view import Layer, StackView
from drydock.qt.widgets.state_badge import StateBadge  # fmt: skip

SIZES = ((1280, 800), (1000, 640))
READY = (
    Layer(id="gpu", title="GPU", line="NVIDIA GeForce RTX 4090 · 24 GB · compute capability 8.9", state="ok"),
    Layer(id="driver", title="Driver", line="580.65.06 · CUDA up to 13.0", state="ok"),
    Layer(id="engine", title="Engine and toolkit", line="Docker 28.3.2 · NVIDIA runtime through CDI", state="ok"),
    Layer(
        id="image",
        title="Image",
        line="pytorch/pytorch:2.9.0-cuda13.0-cudnn9-runtime",
        state="attention",
        state_word="Not pulled yet",
    ),
    Layer(id="work", title="Your work", line="No session is running", state="not_tested"),
)
BROKEN = (
    READY[0],
    Layer(id="driver", title="Driver", line="Library 580.65.06 does not match kernel module 575.57.08", state="broken"),
    Layer(id="engine", title="Engine and toolkit", line="Docker 28.3.2 · no NVIDIA runtime", state="attention"),
    Layer(id="image", title="Image", line="Chosen when the driver answers", state="not_tested"),
    Layer(id="work", title="Your work", line="Nothing can start on the GPU yet", state="not_tested"),
)
COMMAND = (
    "docker run --rm -it --gpus device=GPU-5f2a9c1e-77d0-4c3b-9a51-0c4f6b1e2d38 -p 127.0.0.1:8888:8888 "
    "-v /home/ada/work:/workspace --shm-size 16g --security-opt no-new-privileges pytorch/pytorch:2.9.0-cuda13.0-cudnn9-runtime"
)


def home(layers: tuple[Layer, ...], title: str, sentence: str, action: str) -> Page:
    page = Page()
    page.body.addWidget(PageHeader(title, sentence, action, "launch", "display"))
    page.body.addWidget(StackView(layers), 1)
    return page


def doctor() -> Page:
    page = Page()
    header = PageHeader("Doctor", "11 checks, one thing to mend.", "Check again", "refresh")
    header.add_beside(button("Save a report", "plain", "file"))
    page.body.addWidget(header)
    page.body.addWidget(
        Banner("The driver was updated while its old module is still loaded.", "broken", action="How to mend it")
    )
    row = FoldRow(
        "broken",
        "The driver's library and kernel module differ",
        "Library 580.65.06, kernel module 575.57.08: restart the computer.",
    )
    row.set_open(True)
    row.body.addWidget(
        label(
            "Programs get version 580.65.06 of the library, but the running kernel still holds 575.57.08. Until the next start no program can use the GPU."
        )
    )
    row.body.addWidget(CommandBox("sudo systemctl reboot"))
    facts = KeyValueList(
        (
            Row(label="Library", value="580.65.06"),
            Row(label="Kernel module", value="575.57.08"),
            Row(
                label="Persistence",
                value="no permission",
                missing=True,
                why="nvidia-smi -q answered: insufficient permissions",
            ),
            Row(label="UUID", value="GPU-5f2a9c1e-77d0-4c3b-9a51-0c4f6b1e2d38", mono=True),
        )
    )
    row.body.addWidget(facts)
    page.body.addWidget(row)
    for state, title, summary in (
        (
            "attention",
            "/dev/shm is small in new containers",
            "64 MB: data loaders with several workers will fail. Drydock asks for 16 GB.",
        ),
        ("not_tested", "GPU inside a container", "Not tried yet, because the driver does not answer."),
        ("ok", "Docker answers", "28.3.2, cgroup v2, overlay2, 212 GB free in its folder."),
    ):
        page.body.addWidget(FoldRow(state, title, summary))
    page.body.addStretch(1)
    return page


def monitor() -> Page:
    page = Page(wide=True)
    page.body.addWidget(PageHeader("Monitor", "Two GPUs, five samples a second."))
    holder = QWidget()
    flow = FlowLayout(holder, least=330, most=3)
    for gpu in range(2):
        card = Card(f"GPU {gpu} · NVIDIA H100 80GB")
        card.add_corner(StateBadge("ok", "Busy") if gpu == 0 else StateBadge("attention", "Hot"))
        chart = RollingChart("Utilisation", "%")
        chart.set_range(0, 100)
        chart.add_series("util", "Utilisation", "series.0")
        multi = RollingChart("Power", " W".strip())
        for index, name in enumerate(("Board", "Limit", "Memory")):
            multi.add_series(name, name, f"series.{index}")
        for step in range(300):
            t = step / 5
            gap = 120 < step < 140
            chart.append("util", t, None if gap else 62 + 30 * math.sin(t / 4 + gpu) + 6 * math.sin(t * 3))
            multi.append("Board", t, 420 + 160 * math.sin(t / 5 + gpu))
            multi.append("Limit", t, 700)
            multi.append("Memory", t, 140 + 30 * math.sin(t / 2))
        chart.setMinimumHeight(130)
        multi.setMinimumHeight(130)
        card.body.addWidget(chart)
        card.body.addWidget(multi)
        memory = Meter("Memory")
        memory.set_value(
            0.61 if gpu == 0 else 0.94,
            "48.9 of 80 GB" if gpu == 0 else "75.1 of 80 GB",
            "accent" if gpu == 0 else "attention",
        )
        card.body.addWidget(memory)
        flow.addWidget(card)
    waiting = Card("GPU 2 · NVIDIA H100 80GB")
    empty_chart = RollingChart("Utilisation", "%")
    empty_chart.add_series("u", "Utilisation")
    empty_chart.set_range(0, 100)
    empty_chart.setMinimumHeight(120)
    waiting.body.addWidget(empty_chart)
    waiting.body.addWidget(Meter("Memory"))
    flow.addWidget(waiting)
    page.body.addWidget(holder)
    page.body.addStretch(1)
    chart_hover = multi
    chart_hover._pointed = 40.0
    return page


def bench() -> Page:
    page = Page()
    page.body.addWidget(
        PageHeader("Benchmark", "A GPT-2-sized model, trained in four ways on GPU 0.", "Run again", "play")
    )
    card = Card("Tokens per second")
    chart = BarChart("Nothing measured yet")
    chart.set_bars(
        (
            Bar(
                key="a",
                label="Eager, fp32",
                value=41_200,
                low=40_700,
                high=41_900,
                value_text="41.2 k",
                ratio_text="1×",
            ),
            Bar(
                key="b",
                label="Mixed precision",
                value=98_400,
                low=97_000,
                high=99_100,
                value_text="98.4 k",
                ratio_text="2.4×",
            ),
            Bar(
                key="c",
                label="Fused attention",
                value=131_000,
                low=126_000,
                high=134_500,
                value_text="131 k",
                ratio_text="3.2×",
                best=True,
            ),
            Bar(key="d", label="Compiled", note="compiling, 34 s so far"),
        )
    )
    card.body.addWidget(chart)
    card.add_action(button("Copy as table", "quiet", "copy"))
    page.body.addWidget(card)
    empty = Card()
    empty.body.addWidget(
        EmptyState(
            "benchmark", "No earlier runs", "Results are kept here and can be compared.", "Run the quick benchmark"
        )
    )
    page.body.addWidget(empty)
    page.body.addStretch(1)
    return page


def launch() -> Page:
    page = Page()
    page.body.addWidget(
        PageHeader("Launch", "Everything below is what the command does, nothing more.", "Start", "launch")
    )
    panel = ProgressPanel()
    panel.start("Pulling pytorch/pytorch:2.9.0-cuda13.0-cudnn9-runtime")
    panel.set_progress(0.37, "3.1 of 8.4 GB", "62 MB/s · about 1 min 25 s left")
    panel.set_detail("4 of 9 layers were already here")
    page.body.addWidget(panel)
    waiting = ProgressPanel()
    waiting.start("Waiting for Jupyter to answer")
    page.body.addWidget(waiting)
    card = Card("The same by hand")
    card.body.addWidget(CommandBox(COMMAND))
    fields = FlowLayout(least=118, most=5)
    memory = number_field(1, 512, " GB")
    combo = QComboBox()
    combo.addItems(["All GPUs", "GPU 0"])
    fields.addWidget(combo)
    fields.addWidget(memory)
    fields.addWidget(QLineEdit("drydock-work"))
    for kind in ("main", "plain", "quiet", "danger"):
        fields.addWidget(button(kind.title(), kind, "play"))
    off = button("Disabled", "main", "play")
    off.setEnabled(False)
    fields.addWidget(off)
    card.body.addLayout(fields)
    page.body.addWidget(card)
    log = LogPanel("Log")
    log.setMinimumHeight(190)
    log.view.post(f"step {n:5d}  loss {3.2 - n / 900:.4f}  131 k tokens/s" for n in range(400))
    log.view.post(
        [
            "UserWarning: lr_scheduler.step() was called before optimizer.step()",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
            "saved checkpoint 400",
        ]
    )
    log.view.drain()
    log.view.highlight("loss")
    page.body.addWidget(log)
    return page


def window(page: Page, current: str, sample: bool) -> QWidget:
    whole = QWidget()
    whole.setObjectName("page")
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    if sample:
        column.addWidget(
            Banner(
                "Sample machine: RTX 4090 desktop. Nothing shown here is this computer.",
                "accent",
                action="Close the sample",
                permanent=True,
                icon="sample",
            )
        )
    row = QHBoxLayout()
    row.setSpacing(0)
    rail = NavRail()
    for key in ("home", "doctor", "images", "launch", "monitor", "benchmark"):
        rail.add_item(key, key.title(), key)
    rail.add_item("settings", "Settings", "settings", bottom=True)
    rail.set_badge("doctor", 2, "attention")
    rail.set_current(current)
    row.addWidget(rail)
    stack = QStackedWidget()
    stack.addWidget(page)
    row.addWidget(stack, 1)
    column.addLayout(row, 1)
    return whole


PAGES = {
    "home": lambda: window(
        home(
            READY, "Ready to launch", "The GPU works up to the engine; the image is one pull away.", "Pull and launch"
        ),
        "home",
        False,
    ),
    "broken": lambda: window(
        home(BROKEN, "One thing to mend", "The driver was updated; restart the computer to load it.", "Show how"),
        "home",
        True,
    ),
    "doctor": lambda: window(doctor(), "doctor", False),
    "monitor": lambda: window(monitor(), "monitor", False),
    "benchmark": lambda: window(bench(), "benchmark", False),
    "launch": lambda: window(launch(), "launch", True),
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    app = QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    theme().install(app)
    for choice in ("light", "dark"):
        theme().choose(choice)
        for name, build in PAGES.items():
            if arguments.only and name not in arguments.only.split(","):
                continue
            for width, height in SIZES:
                shown = build()
                shown.resize(width, height)
                shown.show()
                for _ in range(4):
                    app.processEvents()
                shown.grab().save(str(arguments.out / f"{name}-{choice}-{width}.png"))
                shown.close()
                shown.deleteLater()
    return 0


if __name__ == "__main__":
    sys.exit(main())
