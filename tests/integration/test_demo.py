# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo is what a newcomer runs first: a small night of it, at the highest verbosity."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.demo import Bounds, Demo, Night, Size, report_lines, table


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def night(control_plane, reports):
    return Demo(control_plane, reports, Size(at_work=8, wave=8, stragglers=2), verbosity=4).run()


def test_everybody_finds_a_warm_instance(night: Night) -> None:
    assert (night.warm, night.cold, night.lazy) == (8, 0, 0)


def test_the_bounds_are_afterwards_what_they_were_before(night: Night) -> None:
    assert night.bounds.after == night.bounds.before < night.bounds.during
    assert night.orphans == []


@pytest.mark.usefixtures("night")
def test_the_session_that_failed_is_swept_away(reports: Path) -> None:
    swept = report_lines((reports / "sweep.log").read_text())
    assert any(line.split() == ["1", "stopped"] for line in swept), swept


def test_no_secret_is_in_what_was_printed_at_the_highest_verbosity(night: Night, reports: Path) -> None:
    printed = {report.name: report.read_text() for report in reports.glob("*.*")}
    assert len(printed) >= 7
    # Two tokens, a secret of each session, those of the collector's, and two values in the environment of one.
    assert len([secret for secret in night.secrets if secret]) == 2 + 16 + 3 + 2
    found = {name for name, text in printed.items() for secret in night.secrets if secret and secret in text}
    assert not found


def test_what_people_read_stands_out_of_what_ansible_prints() -> None:
    output = "TASK [x] ***\n\nlab · status\n  app definition   min\n  java   3\nok: [lab]\n  deeper\n"
    assert report_lines(output) == ["  lab · status", "    app definition   min", "    java   3"]


def test_the_table_names_orphans_if_there_are_any() -> None:
    bare = Night(1.0, 1, 2, 3, bounds=Bounds(3, 60, 3), orphans=["services/instance-4-x"], secrets=set())
    assert "services/instance-4-x" in table(bare)
    assert "3 -> 60 -> 3" in table(bare)
