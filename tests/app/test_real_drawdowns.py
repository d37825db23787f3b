"""The Drawdowns page on real prices, imported by the product's own path."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import drawdowns as page
from app.pages.drawdowns import tables
from app.questions.drawdowns import sentences
from app.render.html.markup import markup
from tests.app.situations import cells

# The rows of the page's first drawing, made from these prices by other code: last, day, now, peak,
# first down, trough, at trough, sessions, percentile of its own history.
PICTURE = """
CoreWeave|71.77|−2.9|−60.9|20 Jun 2025|23 Jun 2025|29 Jul 2026|−66.9|279|96
Oracle|130.32|+1.8|−60.3|10 Sep 2025|11 Sep 2025|24 Jul 2026|−64.9|223|>99
Kioxia|15,500|+17.7|−57.2|22 Jun 2026|23 Jun 2026|29 Jul 2026|−64.7|28|99
SK Hynix|1,718,000|+30.0|−41.1|22 Jun 2026|23 Jun 2026|30 Jul 2026|−54.7|28|93
SoftBank Group|5,260|+13.8|−39.1|2 Jun 2026|3 Jun 2026|30 Jul 2026|−46.5|42|77
Micron|823.03|−5.9|−32.2|25 Jun 2026|26 Jun 2026|29 Jul 2026|−39.1|25|64
Samsung Elec.|262,500|+26.8|−27.6|18 Jun 2026|19 Jun 2026|30 Jul 2026|−42.9|30|83
Nvidia|200.75|+2.9|−14.8|14 May 2026|15 May 2026|29 Jul 2026|−19.4|53|70
TSMC|2,425|+10.0|−3.4|22 Jun 2026|23 Jun 2026|29 Jul 2026|−12.4|29|34
"""
COLUMNS = (0, 3, 4, 6, 8, 9, 10, 11, 12, 15)


def real_rows(real: Market) -> dict[str, list[str]]:
    names = "MU,NVDA,2330.TW,9984.T,000660.KS,285A.T,ORCL,CRWV,005930.KS"
    found, _ = page.facts(real, PageRequest(page.PATH, f"?asof=2026-07-31&names={names}"))
    return {row[0]: row for row in cells(markup(tables.standings(found, "dark")))}


@pytest.mark.parametrize("line", PICTURE.strip().splitlines(), ids=lambda line: line.split("|")[0].strip())
def test_the_page_of_31_july_2026(real: Market, line: str) -> None:
    wanted = [part.strip() for part in line.split("|")]
    row = real_rows(real)[wanted[0]]
    assert [row[column] for column in COLUMNS] == wanted


def test_the_sentences_of_31_july_2026(real: Market) -> None:
    found, notices = page.facts(real, PageRequest(page.PATH, "?asof=2026-07-31"))
    assert notices == []
    assert re.match(
        r"The AI basket lost 2[789]\.\d% in 2[5678] sessions and has regained ", sentences.headline(found)
    )
    assert found.whole.peak == date(2026, 6, 22)
    assert found.whole.trough in (date(2026, 7, 29), date(2026, 7, 30))
    assert found.view.last_session == date(2026, 7, 31)
    assert re.search(r"TSMC is 3\.4% from its record\.$", sentences.deck(found))
