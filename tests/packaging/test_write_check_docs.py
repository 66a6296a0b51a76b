import importlib.util
import re
from pathlib import Path

from drydock.core.checks.table import CHECKS
from drydock.data.knowledge import check_articles
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot

ROOT = Path(__file__).parent.parent.parent
MACHINES = ROOT / "tests" / "machines"
PAGE = ROOT / "docs" / "checks.md"


def script():
    spec = importlib.util.spec_from_file_location("write_check_docs", ROOT / "packaging" / "write_check_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current():
    same = PAGE.read_text("utf-8") == script().page()
    assert same, "docs/checks.md is out of date: run `python packaging/write_check_docs.py`"


def test_every_check_is_found_from_the_contents():
    text = script().page()
    places = set(re.findall(r'<a id="([^"]+)"></a>', text))
    assert places == {check.id for check in CHECKS}
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= places | headings


def test_every_answer_is_told_once():
    text = script().page()
    answers = sum(len(check.variants) for check in CHECKS)
    # an answer is an item of the first level; so are the rungs of the contents and the words before them
    body = text.partition("\n## Host\n")[2]
    assert len(re.findall(r"^\* ", body, re.MULTILINE)) == answers
    links = {link for check in CHECKS for link in check_articles()[check.id].links}
    assert all(f"]({link})" in text for link in links)


def test_no_placeholder_is_left():
    assert not re.search(r"{\w+}", script().page())


def test_the_states_are_those_that_the_checks_give():
    states = {check.id: script().states_of(check) for check in CHECKS}
    met = 0
    for sample in sorted(MACHINES.iterdir()):
        if not (sample / "snapshot.json").exists():
            continue
        for finding in diagnose_snapshot(open_machine(str(sample)).snapshot).findings:
            if finding.variant != "blocked":
                met += 1
                assert finding.state.replace("_", " ") in states[finding.id][finding.variant], finding
    assert met > 1000
