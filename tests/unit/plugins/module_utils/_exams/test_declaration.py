# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations and calendars: what is read, and that everything that cannot be meant is refused by its field."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._exams import declaration
from ansible_collections.eduide.theia.plugins.module_utils._exams.calendar import read_calendar
from ansible_collections.eduide.theia.plugins.module_utils._exams.declaration import BadDeclaration, declare
from tools.checkout import ROOT
from unit.session_world import DECLARED_EXAM

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 2, 11, 6, 0, tzinfo=UTC)
SCHEMA = json.loads((ROOT / "roles/exam_warmup/schemas/theia_exams.jsonschema.json").read_text(encoding="utf-8"))
JAVA = {"name": "java-17-latest", "warm": 60}


def entry(**changes):
    return {**DECLARED_EXAM, **changes}


def refusal(**changes):
    with pytest.raises(BadDeclaration) as refused:
        declare(entry(**changes), now=NOW, zone=BERLIN)
    return str(refused.value)


def test_what_is_declared_is_kept_whole_and_in_utc():
    exam = declare(entry(app_definitions=[{**JAVA, "max_instances": 500, "timeout_minutes": 0}]), now=NOW, zone=None)
    assert exam.written() == {
        **DECLARED_EXAM,
        "start": "2027-02-11T08:00:00Z",
        "app_definitions": [{**JAVA, "max_instances": 500, "timeout_minutes": 0}],
    }
    assert declare(exam.written(), now=NOW, zone=BERLIN) == exam


def test_what_is_left_out_has_its_default():
    short = {name: DECLARED_EXAM[name] for name in ("name", "start", "end")}
    exam = declare({**short, "app_definitions": [{"name": "java"}], "users": None}, now=NOW, zone=None)
    assert (exam.lead_minutes, exam.extra_time_minutes, exam.grace_minutes) == (30, 0, 15)
    assert (exam.participants, exam.users, exam.app_definitions[0].warm) == (None, (), 0)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2027-03-27T23:00", "2027-03-28T05:00", 5),  # the clocks are put forward
        ("2027-10-30T23:00", "2027-10-31T05:00", 7),  # and back
        ("2027-02-11T22:00", "2027-02-11T24:00", 2),
        ("2027-02-11T22:00", "2027-02-12T02:00", 4),
        ("2027-02-11T09:00+05:30", "2027-02-11T09:00", 4.5),
    ],
)
def test_local_times_and_nights(start, end, hours):
    exam = declare(entry(start=start, end=end), now=NOW, zone=BERLIN)
    assert exam.end - exam.start == timedelta(hours=hours)


# Each with whether the schema says so, too: what it cannot say are times and names that have to differ.
WRONG = {
    "start-missing": ({"start": None}, "start is missing", True),
    "start-blank": ({"start": ""}, "start is missing", True),
    "start-no-time": ({"start": "soon"}, "start 'soon' is not a time", False),
    "start-number": ({"start": 10**5}, "start 100000 is not a time", True),
    "end-is-a-day": ({"end": date(2027, 2, 11)}, "end 2027-02-11 is not a time (it has no time of day", True),
    "end-is-a-day-in-quotes": ({"end": "2027-02-11"}, "end '2027-02-11' is not a time (it has no time of day", False),
    "end-before-start": ({"end": "2027-02-11T07:00:00Z"}, "end 2027-02-11 08:00 CET (07:00 UTC) is not after", False),
    "another-year": ({"end": "2028-02-11T10:00:00Z"}, "2028-02-11 11:00 CET (10:00 UTC) is more than 168 h", False),
    "gap": ({"start": "2027-03-28T02:30", "end": "2027-03-28T05:00"}, "start '2027-03-28T02:30' is not a time", False),
    "fold": ({"start": "2027-10-31T02:30", "end": "2027-10-31T05:00"}, "comes twice on 2027-10-31", False),
    "lead-absurd": ({"lead_minutes": 3000}, "lead_minutes 3000 is more than 1440", True),
    "lead-text": ({"lead_minutes": "30"}, "lead_minutes '30' is not a whole number", True),
    "grace-negative": ({"grace_minutes": -1}, "grace_minutes -1 is not a whole number from 0", True),
    "extra-switch": ({"extra_time_minutes": True}, "extra_time_minutes True is not a whole number", True),
    "participants-absurd": ({"participants": 10**6}, "participants 1000000 is more than 100000", True),
    "warm-absurd": ({"app_definitions": [{**JAVA, "warm": 60000}]}, "[java-17-latest].warm 60000 is more", True),
    "warm-negative": ({"app_definitions": [{**JAVA, "warm": -1}]}, "app_definitions[java-17-latest].warm -1", True),
    "max-absurd": ({"app_definitions": [{**JAVA, "max_instances": 2**31}]}, "max_instances 2147483648", True),
    "no-app-definitions": ({"app_definitions": []}, "app_definitions is empty", True),
    "app-definition-is-a-name": ({"app_definitions": ["java"]}, "app_definitions has 'java' instead of", True),
    "app-definitions-pasted": ({"app_definitions": [{"name": "a, b"}]}, "'a, b' cannot name an object", True),
    "app-definition-twice": ({"app_definitions": [JAVA, JAVA]}, "app_definitions names java-17-latest more", False),
    "app-definition-field": ({"app_definitions": [{**JAVA, "warn": 3}]}, "warn is no field, warm perhaps", True),
    "users-text": ({"users": "ada@tum.de"}, "users is not a list", True),
    "users-pasted": ({"users": ["ada@tum.de, bob@tum.de"]}, "looks like several, write a list", True),
    "user-blank": ({"users": [" "]}, "users ' ' is not a name", True),
    "unknown": ({"lead_minuts": 30}, "lead_minuts is no field, lead_minutes perhaps", True),
    "name-missing": ({"name": None}, "name None is not a name", True),
    "name-number": ({"name": 2027}, "name 2027 is not a name: it is not text as YAML reads it; put it in quotes", True),
    "user-number": ({"users": [83]}, "users 83 is not a name: it is not text as YAML reads it; put it in quotes", True),
    "app-definition-switch": ({"app_definitions": [{"name": True}]}, "app_definitions.name True is not a name:", True),
    "name-capitals": ({"name": "PGDP-Final"}, "name 'PGDP-Final' cannot name an exam", True),
    "name-long": ({"name": "x" * 51}, "cannot name an exam", True),
    "name-umlaut": ({"name": "prüfung"}, "name 'prüfung' cannot name an exam", True),
    "name-path": ({"name": "../secrets"}, "name '../secrets' cannot name an exam", True),
    "beyond-the-calendar": ({"lead_minutes": 10**12}, "lead beyond the calendar", True),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_refused_by_its_field(case):
    changes, told, _schema = WRONG[case]
    assert told in refusal(**changes)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("23:59", 'put it in quotes, "23:59"'),
        ("9:05", 'put it in quotes, "09:05"'),
        ("23:59:00", 'put it in quotes, "23:59"'),
        ("31:00", "put it in quotes, as 2027-02-11T11:00:00+01:00"),
    ],
)
def test_what_yaml_makes_of_a_time_without_quotes_is_told_with_its_field(written, meant):
    value = yaml.safe_load(written)
    told = f"end {value} is not a time (it is a number, as which YAML reads a time of day without quotes; {meant})"
    assert refusal(end=value) == told
    # Modules get it as text.
    assert meant in refusal(end=str(value))


def test_all_slips_are_told_at_once():
    told = refusal(lead_minutes=2000, participants=10**6, users=["a,b"], leed=1)
    assert all(field in told for field in ("lead_minutes", "participants", "users", "leed"))


def valid(content):
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(content)


@pytest.mark.parametrize("case", WRONG)
def test_the_schema_says_what_the_code_says(case):
    changes, _told, schema = WRONG[case]
    assert valid({"theia_exams": [entry(**changes)]}) is not schema


def test_the_schema_knows_the_fields_and_bounds_of_the_code():
    exam, app = SCHEMA["$defs"]["exam"]["properties"], SCHEMA["$defs"]["app_definition"]["properties"]
    assert (tuple(exam), tuple(app)) == (declaration.FIELDS, declaration.APP_DEFINITION_FIELDS)
    assert exam["name"]["pattern"] == f"^{declaration.EXAM_NAME.pattern}$"
    assert app["name"]["pattern"] == f"^{declaration.OBJECT_NAME.pattern}$"
    assert SCHEMA["$defs"]["minutes"]["maximum"] == declaration.MOST_MINUTES
    assert SCHEMA["$defs"]["field"]["maximum"] == declaration.MOST_OF_A_FIELD
    assert exam["participants"]["maximum"] == declaration.MOST_PARTICIPANTS
    assert app["warm"]["maximum"] == declaration.MOST_WARM
    for field, default in declaration.MINUTES.items():
        assert exam[field]["description"].endswith(f"{default} if not set.")


values = st.none() | st.integers(-5, 5000) | st.text(max_size=6) | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from([*DECLARED_EXAM, "other"]), values))
def test_what_the_code_takes_the_schema_takes(changes):
    declared = entry(**changes)
    calendar = read_calendar([declared], BERLIN)
    if calendar.exams:
        assert valid({"theia_exams": [declared]})


def term(number):
    first = datetime(2027, 2, 1, 8, tzinfo=UTC)
    start = first + timedelta(hours=7 * number)
    return entry(name=f"exam-{number}", start=start.isoformat(), end=(start + timedelta(hours=2)).isoformat())


def test_of_300_entries_one_is_broken_and_the_others_hold():
    entries = [term(number) for number in range(300)]
    entries[123]["lead_minuts"] = 15
    calendar = read_calendar({"theia_exams": entries, "theia_time_zone": "Europe/Berlin"}, None)
    assert len(calendar.exams) == 299
    [broken] = calendar.broken
    assert (broken.number, broken.name) == (124, "exam-123")
    assert broken.problem == "lead_minuts is no field, lead_minutes perhaps"
    assert [calendar.may_have(f"exam-{number}") for number in (122, 123, 300)] == [True, True, False]


def test_the_zone_of_the_file_counts_and_the_one_of_the_caller_before_it():
    content = {"theia_time_zone": "Europe/Berlin", "theia_exams": [entry(start="2027-02-11T09:00")]}
    assert read_calendar(content, None).exams[0].start.hour == 8
    assert read_calendar(content, ZoneInfo("UTC")).exams[0].start.hour == 9


def test_a_calendar_outlives_today_so_its_times_have_a_date():
    [broken] = read_calendar([entry(start="09:00")], BERLIN).broken
    assert "start '09:00' is not a time (it has no date" in broken.problem


@pytest.mark.parametrize("written", ["2027", "0123", "2027-02-11", "''", "~"])
def test_an_exam_whose_name_lost_its_quotes_may_still_be_in_the_calendar(written):
    """Else it would be withdrawn for a slip. What YAML made of the name need not tell it any more."""
    calendar = read_calendar([entry(name=yaml.safe_load(written)), entry(name="other")], BERLIN)
    assert ([exam.name for exam in calendar.exams], calendar.may_have(written)) == (["other"], True)


def test_of_two_entries_with_one_name_the_second_is_broken():
    calendar = read_calendar([entry(), entry(participants=1), entry(name="other")], BERLIN)
    assert [exam.participants for exam in calendar.exams] == [420, 420]
    assert calendar.broken[0].problem == "name pgdp-final is that of entry 1, too"


@pytest.mark.parametrize("content", [None, {}, "text", 5, {"exams": []}, {"theia_exams": {}}])
def test_what_is_no_calendar_is_refused(content):
    with pytest.raises(Misconfigured, match="it is no list of exams"):
        read_calendar(content, None)


def test_a_calendar_with_an_unknown_zone_is_refused():
    with pytest.raises(Misconfigured, match="theia_time_zone of the calendar: 'Europe/Berlyn' is not known"):
        read_calendar({"theia_time_zone": "Europe/Berlyn", "theia_exams": []}, None)


@given(st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=6))
def test_whatever_stands_in_a_list_is_an_exam_or_broken(content):
    calendar = read_calendar([content, entry()], BERLIN)
    assert (len(calendar.exams), len(calendar.broken)) == (1, 1)
