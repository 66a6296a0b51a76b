import re

import pytest

from drydock.data.knowledge import trouble_article, trouble_articles
from drydock.engines.docker_errors import Act, trouble_of_answer
from drydock.engines.docker_wording import WORDING, Doing


def cases() -> list[tuple[Doing, str]]:
    return [(doing, trouble_id) for doing, wording in WORDING.items() for trouble_id, _pattern in wording]


@pytest.mark.parametrize(("doing", "trouble_id"), sorted(set(cases())))
def test_what_engines_say_has_an_article_with_all_its_values(doing: Doing, trouble_id: str) -> None:
    article = trouble_articles()[trouble_id]
    trouble = trouble_of_answer(Act(doing=doing, endpoint="unix:///e", subject="thing"), 0, "nothing that is known")
    wanted = set(re.findall(r"{(\w+)}", article.title + article.text + article.remedy))
    # told by the caller that knows them
    wanted -= {"last", "port"}
    assert wanted <= set(trouble.values)
    assert trouble_article(trouble).title
