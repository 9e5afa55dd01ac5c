# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page itself: readable, safe, in one file, and the same in Markdown."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._status.page import html, style
from ansible_collections.eduide.theia.plugins.module_utils._status.page.charts import Charts
from ansible_collections.eduide.theia.plugins.module_utils._status.page.markdown import markdown
from ansible_collections.eduide.theia.plugins.module_utils._status.page.privacy import (
    found_without_names,
    result_without_names,
)
from unit import page_world as world

BERLIN = ZoneInfo("Europe/Berlin")


class Elements(HTMLParser):
    """The elements of a page with their attributes, and an error for one that is not closed."""

    VOID = ("meta", "br")

    def __init__(self, text):
        super().__init__()
        self.found, self._open = [], []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def test_the_first_line_says_whether_the_promise_is_kept_and_how_many_more_may_come():
    page = html.page(world.report(), None, BERLIN)
    heading = re.search(r"<h1>.*?</span> (.*?)</h1>", page)[1]
    verdict = f"{world.JAVA}: 60 more students, 60 on a warm instance; quota theia pods"
    assert heading == f"{world.EXAM}: promise kept so far. {verdict}"
    assert markdown(world.report(), None).startswith(f"# {world.EXAM}: promise kept so far. ")
    slow = html.page(world.report(slow=3), None, BERLIN)
    assert "promise not kept" in re.search(r"<h1>.*</h1>", slow)[0]
    assert '<header class="bad">' in slow
    assert "promise kept</h1>" in html.page(world.report(over=True), None, BERLIN)


def test_who_watched_finds_the_projection_at_the_top():
    report = {**world.report(), "watch": {"sentence": "empty at about 12:20: 2 of 9 sessions ended"}}
    for text in (html.page(report, None, None), markdown(report, None)):
        assert "Watched: empty at about 12:20: 2 of 9 sessions ended" in text.replace("\\", "")


def test_the_timeline_goes_from_the_declaration_to_the_day_after():
    events = [event["what"] for event in world.report(over=True)["timeline"]]
    assert events == [
        "exam declared",
        "bounds raised",
        "everything warm",
        "first login",
        "the exam starts",
        "busiest minute",
        "last login",
        "the exam ends",
        "the last minute to submit",
        "bounds lowered",
    ]
    assert "the last minute to submit (planned)" in html.page(world.report(), None, None)


def test_a_page_without_charts_says_so_and_has_the_tables():
    page = html.page(world.report(), None, BERLIN)
    assert "pygal" in page
    assert "<svg" not in page
    assert page.count("as a table</summary>") == 3


@pytest.fixture(scope="module")
def drawn():
    pytest.importorskip("pygal", reason="the environment was made before pygal was pinned")
    return html.page(world.report(lines=["<b>java</b>   3"]), Charts(BERLIN), BERLIN)


def test_a_page_needs_no_script_and_nothing_from_elsewhere(drawn):
    found = Elements(drawn).found
    assert not [tag for tag, _attrs in found if tag in ("script", "link", "img", "iframe", "object")]
    addresses = [attrs[name] for _tag, attrs in found for name in ("src", "href", "xlink:href") if name in attrs]
    assert not addresses
    assert not re.search(r"url\(|@import|onload|onclick", drawn)


def test_charts_have_names_and_each_has_its_numbers_in_a_table(drawn):
    found = Elements(drawn).found
    charts = [attrs for tag, attrs in found if tag == "svg"]
    assert [attrs["aria-label"] for attrs in charts] == [
        "Instances that are warm, claimed and cold",
        "Logins by minute",
        "Seconds to a URL, the slowest by minute",
        "Quota use in percent",
    ]
    assert all(attrs["role"] == "img" for attrs in charts)
    # A line for each series and a bar for each minute: what is drawn is what was observed.
    assert drawn.count('class="bar"') == 2 * len(world.report()["logins"])
    assert "420 logins seen" in drawn


def test_tables_have_captions_and_heads(drawn):
    found = Elements(drawn).found
    tags = [tag for tag, _attrs in found]
    assert tags.count("caption") == tags.count("table") > 3
    assert all(attrs.get("scope") == "col" for tag, attrs in found if tag == "th")
    assert all(attrs.get("data-head") for tag, attrs in found if tag == "td")


@pytest.mark.parametrize("nasty", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b"])
def test_what_users_wrote_is_text(nasty):
    session = {**world.TROUBLED, "name": nasty, "user": nasty}
    report = world.report(host=nasty, lines=[nasty], sessions=[session])
    page = html.page(report, None, None)
    assert nasty not in page
    assert not [tag for tag, _attrs in Elements(page).found if tag in ("script", "img")]
    assert f"\n    {nasty}\n" in markdown(report, None)


def test_who_works_although_the_operator_says_error_is_not_in_trouble():
    """Of a change of the operator the lines tell, once."""
    working = {**world.TROUBLED, "name": "s1", "findings": [{"code": "error_but_working", "evidence": "ERROR"}]}
    stopped = {"name": "s2", "outcome": "stopped"}
    assert [each["name"] for each in world.report(sessions=(working, stopped))["sessions"]] == ["s2"]


def test_a_page_can_name_nobody():
    told = {"reason": f"{world.TROUBLED['user']} asked", "at": world.at(1), "action": "closed_early"}
    record = {**dict.fromkeys(("workspace", "pod")), **world.TROUBLED}
    found = world.found(1, world.app(), exams=[world.exam(history=[told], users=[record["user"]])], sessions=[record])
    hidden = found_without_names(found, "key")
    done = result_without_names(
        {"msg": f"{record['user']} stays", "sessions": [{**record, "outcome": "failed", "reason": record["user"]}]},
        "key",
    )
    assert record["user"] not in str(hidden) + str(done)
    assert record["name"] not in str(hidden) + str(done)
    # The same person has the same pseudonym in both, and another one under another key.
    user = done["sessions"][0]["user"]
    assert hidden["sessions"]["sessions"][0]["user"] == user
    assert found_without_names(found, "other")["sessions"]["sessions"][0]["user"] != user


def colours(text):
    """The variables of one block of the style sheet."""
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text))


def contrast(one, other):
    """The ratio of WCAG 2.2 between two colours."""

    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def themes():
    light, rest = style.STYLE.split("@media (prefers-color-scheme: dark)")
    dark, rest = rest.split("* {", 1)
    paper = rest[rest.index("@media print") :]
    return {"light": colours(light), "dark": colours(dark), "print": {**colours(light), **colours(paper)}}


@pytest.mark.parametrize("theme", themes())
def test_no_text_is_below_the_contrast_of_wcag_aa(theme):
    found = themes()[theme]
    texts = ("text", "quiet", "good", "bad", "open")
    low = {
        (text, ground): ratio
        for text in texts
        for ground in ("ground", "panel")
        if (ratio := contrast(found[text], found[ground])) < 4.5
    }
    # Lines and bars of charts are graphics, of which AA wants 3.
    low |= {
        name: ratio
        for name, colour in found.items()
        if name.startswith("series-") and (ratio := contrast(colour, found["ground"])) < 3
    }
    assert not low
    # No colour of a text comes from elsewhere than these variables.
    assert not re.findall(r"(?<![-\w])(?:color|fill): #", style.STYLE)


def test_the_ratio_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
