# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters by which roles choose sessions and show them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.filter.session_table import FilterModule as Tables
from ansible_collections.eduide.theia.plugins.filter.session_table import session_table
from ansible_collections.eduide.theia.plugins.filter.with_findings import FilterModule as Choices
from ansible_collections.eduide.theia.plugins.filter.with_findings import with_findings
from unit.session_world import World


@pytest.fixture
def records():
    world = World()
    world.app_definition()
    world.session("old", user="ada@tum.de", operatorStatus="ERROR", age=timedelta(hours=9))
    world.session("young", user="bob@tum.de", operatorStatus="ERROR", age=timedelta(hours=1))
    world.running("fine")
    return [assessed.record for assessed in world.judge()]


def outcome(record, word, **fields):
    return {"uid": record["uid"], "name": record["name"], "outcome": word, "would": False, "ending": None, **fields}


def codes(records):
    return {record["name"]: [finding["code"] for finding in record["findings"]] for record in records}


def test_the_filters_are_registered_under_their_names():
    assert (list(Tables().filters()), list(Choices().filters())) == (["session_table"], ["with_findings"])


def test_what_was_done_comes_first_and_tells_its_reason(records):
    young = next(record for record in records if record["name"] == "young")
    done = outcome(young, "kept_shielded", reason="a live session of the exam pgdp-final", data_at="pod")
    head, first, why, second, _found, third, *_rest = session_table(records, outcomes=[done])
    assert " ".join(head.split()) == "SESSION USER APP DEFINITION STATE START AGE IDLE MEMORY FILES DONE"
    assert first.split()[0] == "young"
    assert first.endswith("pod    kept_shielded")
    assert why == "    a live session of the exam pgdp-final"
    assert (second.split()[0], third.split()[0]) == ("old", "fine")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"word": "stopped"}, "stopped"),
        ({"word": "stopped", "ending": "fresh"}, "stopped, fresh"),
        ({"word": "stopped", "would": True}, "would be stopped"),
        ({"word": "kept_active", "would": True}, "kept_active"),
    ],
)
def test_what_was_done_is_told_in_the_words_of_the_result(records, fields, text):
    assert text in session_table(records[:1], outcomes=[outcome(records[0], **fields)])[1]


def test_columns_in_which_nothing_is_known_are_left_out():
    gone = {"name": "ghost", "uid": None, "outcome": "gone", "would": False, "reason": "there is no such session"}
    assert session_table([], outcomes=[gone]) == [
        "SESSION  DONE",
        "ghost    gone",
        "    there is no such session",
    ]


def test_a_long_list_is_cut_with_a_count(records):
    assert session_table(records, limit=1)[3:] == ["… and 2 more"]


def test_sessions_are_chosen_by_findings_and_keep_only_those(records):
    assert codes(records)["old"] == ["failed", "too_old"]
    assert codes(with_findings(records, ["failed"])) == {"old": ["failed"], "young": ["failed"]}
    assert codes(with_findings(records, ["too_old", "idle"])) == {"old": ["too_old"]}
    assert with_findings(records, []) == []
    assert codes(records)["old"] == ["failed", "too_old"]


@pytest.mark.parametrize("broken", [[{}], ["x"], [None], None])
def test_other_input_is_refused_with_what_is_wanted(broken):
    with pytest.raises(AnsibleFilterError, match="records as theia_session_info returns them"):
        session_table(broken)
    with pytest.raises(AnsibleFilterError, match="records as theia_session_info returns them"):
        with_findings(broken, ["failed"])


def test_a_finding_that_does_not_exist_is_refused(records):
    with pytest.raises(AnsibleFilterError, match="oom_kiled: there is no such finding; there are failed, no_pod"):
        with_findings(records, ["failed", "oom_kiled"])


def test_a_code_that_is_no_list_is_refused(records):
    with pytest.raises(AnsibleFilterError, match="a list of codes, not 'failed'"):
        with_findings(records, "failed")
