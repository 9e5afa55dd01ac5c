# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo is what a newcomer runs first: a small night of it, at the highest verbosity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.demo import PAGE, Bounds, Demo, Night, Size, broken_promises, report_lines, table

SIZE = Size(at_work=8, wave=8, stragglers=2)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def night(control_plane, reports):
    return Demo(control_plane, reports, SIZE, verbosity=4).run()


def test_every_promise_is_kept(night: Night) -> None:
    assert broken_promises(night, SIZE) == []
    assert (night.cold, night.lazy) == (0, 0)
    assert night.bounds.before < night.bounds.during


@pytest.mark.usefixtures("night")
def test_the_page_shows_the_exam_from_its_declaration_to_the_end(reports: Path) -> None:
    told = json.loads((reports / PAGE).with_suffix(".json").read_text())
    assert told["headline"] == "pgdp-final: promise kept", told["checks"]
    assert sum(minute["logins"] for minute in told["logins"]) == SIZE.wave
    events = [event["what"] for event in told["timeline"]]
    course = [
        "exam declared",
        "bounds raised",
        "everything warm",
        "first login",
        "last login",
        "draining",
        "bounds lowered",
    ]
    assert [events.index(what) for what in course] == sorted(events.index(what) for what in course)
    # Looks of the wait for warm instances and of each run: before the wave, and when it was in.
    claimed = [look["claimed"] for look in told["pools"]]
    assert min(claimed) < SIZE.wave <= max(claimed)


@pytest.mark.usefixtures("night")
def test_the_session_that_failed_is_swept_away(reports: Path) -> None:
    swept = report_lines((reports / "sweep.log").read_text())
    assert any(line.split() == ["1", "stopped"] for line in swept), swept


def test_no_secret_is_in_what_was_printed_at_the_highest_verbosity(night: Night, reports: Path) -> None:
    printed = {report.name: report.read_text() for report in reports.glob("*.*")}
    assert len(printed) >= 7
    # Two tokens, the client's secret at the login, a secret of each session, three of the collector's,
    # and two values in the environment of one.
    assert len([secret for secret in night.secrets if secret]) == 3 + 16 + 3 + 2
    found = {name for name, text in printed.items() for secret in night.secrets if secret and secret in text}
    assert not found


def test_what_people_read_stands_out_of_what_ansible_prints() -> None:
    output = "TASK [x] ***\n\nlab · status\n  app definition   min\n  java   3\nok: [lab]\n  deeper\n"
    assert report_lines(output) == ["  lab · status", "    app definition   min", "    java   3"]


BAD = Night(1.0, 7, 2, 3, Bounds(3, 60, 5), ["services/instance-4-x"], changed_again=True, named=False, secrets=set())


def test_a_night_that_went_wrong_says_so() -> None:
    assert len(broken_promises(BAD, SIZE)) == 5


def test_the_table_names_orphans_if_there_are_any() -> None:
    assert "services/instance-4-x" in table(BAD)
    assert "3 -> 60 -> 5" in table(BAD)
