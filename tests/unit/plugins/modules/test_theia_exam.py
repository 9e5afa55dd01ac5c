# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(theia_exam) on a gateway that is a dictionary: what is asked, sent and returned."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Forbidden
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.fakes import FakeGateway, app_definition, lose_answer
from unit.session_world import exam_record

RECORD = "theia-exam-pgdp-final"
EXAM = {
    "name": "pgdp-final",
    "start": "2027-02-11T09:00",
    "end": "2027-02-11T11:00",
    "time_zone": "Europe/Berlin",
    "app_definitions": [{"name": "java-17-latest", "warm": 60}],
    "run": "r1",
}


@pytest.fixture
def gateway():
    gateway = FakeGateway()
    for name in ("java-17-latest", "c-latest"):
        gateway.put(kinds.APP_DEFINITION, app_definition(name))
    return gateway


@pytest.fixture
def run(cluster, gateway):
    def run(of="theia_exam", *, check=False, diff=False, **options):
        cluster(gateway)
        return module(of, {"namespace": "theia-prod", **options}, check=check, diff=diff)

    return run


def good(result):
    assert not result.get("failed"), result["msg"]
    return result


def history(gateway):
    return json.loads(gateway.get(kinds.CONFIG_MAP, RECORD)["data"]["history"])


def test_check_mode_fails_where_the_run_would_not_be_allowed(cluster):
    gateway = FakeGateway(forbidden={("create", kinds.CONFIG_MAP)})
    gateway.put(kinds.APP_DEFINITION, app_definition("java-17-latest"))
    cluster(gateway)
    foretold = module("theia_exam", {"namespace": "theia-prod", **EXAM}, check=True)
    assert "cannot create ConfigMap 'theia-exam-pgdp-final'" in foretold["msg"]
    assert '{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}' in foretold["msg"]
    assert "setup_access -e persona=exam_manager" in foretold["msg"]
    assert ("review", "configmaps", None) in gateway.requests


def test_one_who_has_nothing_to_write_is_not_asked_for_rights(run, gateway):
    good(run(**EXAM))
    gateway.requests.clear()
    good(run(check=True, **EXAM))
    assert not [request for request in gateway.requests if request[0] == "review"]


def test_what_a_server_does_not_tell_about_rights_is_left_to_the_run(run, gateway, monkeypatch):
    def silent(*_unused, **_named):
        raise Forbidden("no reviews here")

    monkeypatch.setattr(gateway, "may", silent)
    assert good(run(check=True, **EXAM))["changed"]


def test_a_declaration_is_written_once(run, gateway):
    foretold = good(run(check=True, diff=True, **EXAM))
    assert gateway.writes == []
    done = good(run(diff=True, **EXAM))
    assert [write[:3] for write in gateway.writes] == [("create", "configmaps", RECORD)]
    assert (done["exam"], done["diff"], done["action"]) == (foretold["exam"], foretold["diff"], "declared")
    assert done["exam"]["shield_until"] == "2027-02-11T10:15:00Z"
    assert "from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC)" in done["sentence"]
    assert history(gateway) == [
        {"at": "2027-02-11T08:30:00Z", "action": "declared", "run": "r1", "outcome": "recorded"}
    ]
    again = good(run(**EXAM))
    assert (again["changed"], again["action"], len(gateway.writes)) == (False, None, 1)


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("verb", ["create", "replace"])
def test_after_an_answer_that_got_lost_the_next_look_decides(run, gateway, verb, arrives):
    if verb == "replace":
        good(run(**{**EXAM, "end": "2027-02-11T10:30"}))
    lose_answer(gateway, verb, kinds.CONFIG_MAP, arrives=arrives)
    done = good(run(diff=True, **EXAM))
    action = {"create": "declared", "replace": "extended"}[verb]
    assert (done["changed"], done["action"], len(done["diff"])) == (True, action, 1)
    assert done["diff"][0]["before"] != done["diff"][0]["after"]
    assert history(gateway)[-1]["action"] == action
    assert good(run(**EXAM))["changed"] is False


def test_an_exam_is_extended_by_its_end_alone(run, gateway):
    run(**EXAM)
    done = good(run(name="pgdp-final", end="11:30", time_zone="Europe/Berlin", diff=True))
    assert (done["action"], done["exam"]["end"]) == ("extended", "2027-02-11T10:30:00Z")
    assert done["diff"][0]["before"]["end"] == "2027-02-11T10:00:00Z"
    verb, _kind, _name, body = gateway.writes[-1]
    assert (verb, body["metadata"]["resourceVersion"]) == ("update", "103")
    assert [entry["action"] for entry in history(gateway)] == ["declared", "extended"]


def test_a_record_that_changes_in_between_is_read_and_judged_again(run, gateway):
    run(**EXAM)
    others = iter([{"app_definitions": [{"name": "c-latest"}]}])

    def meanwhile(verb, kind, _name):
        if (verb, kind) == ("update", kinds.CONFIG_MAP) and (more := next(others, None)):
            gateway.change(kinds.CONFIG_MAP, RECORD, {"data": exam_record(**more)["data"]})

    gateway.interceptors.append(meanwhile)
    done = good(run(**{**EXAM, "end": "2027-02-11T12:00"}))
    # What the other run declared in between is shielded, too.
    assert [each["name"] for each in done["exam"]["app_definitions"]] == ["c-latest", "java-17-latest"]
    assert done["exam"]["shield_until"] == "2027-02-11T11:15:00Z"


def test_two_that_declare_at_once_end_as_one_after_the_other(run, gateway):
    def meanwhile(verb, kind, _name):
        if (verb, kind) == ("create", kinds.CONFIG_MAP):
            gateway.interceptors.clear()
            gateway.put(kinds.CONFIG_MAP, exam_record(users=["ada@tum.de"]))

    gateway.interceptors.append(meanwhile)
    done = good(run(**EXAM, users=["bob@tum.de"]))
    assert done["exam"]["users"] == ["ada@tum.de", "bob@tum.de"]


def test_a_time_of_day_without_a_zone_is_read_in_that_of_the_machine_and_told(run):
    line = {"name": "adhoc", "end": "23:59", "app_definitions": EXAM["app_definitions"]}
    [told] = good(run(check=True, **line))["warnings"]
    assert told.startswith("23:59: no time zone is stated, so it was read in that of this machine, ")
    assert "state time_zone" in told
    assert good(run(check=True, **line, time_zone="Europe/Berlin"))["warnings"] == []


def test_one_that_is_closed_before_its_shield_begins_is_withdrawn_in_every_word(run, gateway):
    good(run(**{**EXAM, "start": "2027-02-12T09:00", "end": "2027-02-12T11:00"}))
    done = good(run(name="pgdp-final", state="closed", time_zone="Europe/Berlin"))
    assert (done["action"], history(gateway)[-1]["action"]) == ("withdrawn", "withdrawn")
    assert done["sentence"] == "pgdp-final was withdrawn on 2027-02-11 09:30 CET (08:30 UTC)"


def test_closing_takes_its_time_or_a_reason(run, gateway):
    run(**EXAM)
    early = run(name="pgdp-final", state="closed", time_zone="Europe/Berlin")
    assert "until 2027-02-11 11:15 CET (10:15 UTC)" in early["msg"]
    assert len(gateway.writes) == 1
    done = good(run(name="pgdp-final", state="closed", end_early_reason="fire alarm"))
    assert (done["action"], done["exam"]["closed_at"]) == ("closed_early", "2027-02-11T08:30:00Z")
    assert history(gateway)[-1]["reason"] == "fire alarm"
    again = good(run(name="pgdp-final", state="closed"))
    assert (again["changed"], again["sentence"]) == (False, "pgdp-final ended on 2027-02-11 08:30 UTC")


def test_who_loses_the_shield_of_an_exam_that_is_closed_early_is_named(run, gateway):
    for number, (user, app) in enumerate([("zoe", "java-17-latest"), ("Ada", "java-17-latest"), ("ben", "c-latest")]):
        gateway.put(kinds.SESSION, {"metadata": {"name": f"s{number}"}, "spec": {"user": user, "appDefinition": app}})
    run(**EXAM)
    line = {"name": "pgdp-final", "state": "closed", "end_early_reason": "fire alarm"}
    foretold = good(run(check=True, **line))
    assert foretold["warnings"] == ["exam pgdp-final: 2 sessions lose their shield before its time, of Ada; zoe"]
    assert foretold["sentence"] == "pgdp-final would end on 2027-02-11 08:30 UTC"
    done = good(run(**line))
    assert (done["warnings"], done["sentence"]) == (foretold["warnings"], "pgdp-final ended on 2027-02-11 08:30 UTC")
    assert good(run(**line))["warnings"] == []


def test_the_clock_of_the_api_server_counts(run, gateway):
    run(**EXAM)
    gateway.advance(timedelta(hours=1, minutes=45, seconds=1).total_seconds())
    assert good(run(name="pgdp-final", state="closed"))["action"] == "closed"
    gateway.ahead = timedelta(minutes=6)
    assert any("6 min apart" in warning for warning in good(run(name="pgdp-final", state="closed"))["warnings"])


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(hours=-2)])
def test_a_clock_that_nobody_can_believe_closes_no_exam(run, gateway, ahead):
    run(**EXAM)
    gateway.advance(ahead.total_seconds())
    gateway.ahead = ahead
    refused = run(name="pgdp-final", state="closed")
    assert f"{abs(int(ahead.total_seconds())) // 60} min apart; set right the one that is wrong" in refused["msg"]
    assert len(gateway.writes) == 1
    done = good(run(name="pgdp-final", state="closed", end_early_reason="the exam is over, I was there"))
    assert (done["action"], history(gateway)[-1]["reason"]) == ("closed_early", "the exam is over, I was there")


def test_the_history_keeps_the_last_fifty_changes_and_nothing_else(run, gateway):
    run(**EXAM)
    for minute in range(1, 56):
        good(run(name="pgdp-final", end=f"2027-02-11T12:{minute:02}:00Z", run=f"run-{minute}"))
        good(run(name="pgdp-final", end=f"2027-02-11T12:{minute:02}:00Z", run="again"))
    assert [entry["run"] for entry in history(gateway)] == [f"run-{number}" for number in range(6, 56)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "PGDP"}, "name 'PGDP' cannot name an exam"),
        ({"name": "a,b"}, "name 'a,b' cannot name an exam"),
        ({"time_zone": "Europe/Berlyn"}, "time_zone='Europe/Berlyn' is not known here"),
        ({"end": "08:00"}, "end 2027-02-11 08:00 CET (07:00 UTC) is not after start 2027-02-11 09:00 CET (08:00 UTC)"),
        ({"end": 1439}, "exam pgdp-final: end '1439' is not a time (it is a number, as which YAML reads"),
        ({"end": None}, "exam pgdp-final: end is missing; correct its declaration"),
        ({"time_zone": None}, "start '2027-02-11T09:00' is not a time (it has no offset"),
        ({"app_definitions": [{"name": "java-18-latest"}]}, "has c-latest, java-17-latest; java-17-latest is the near"),
        ({"app_definitions": None}, "it has no record here, no exam is on record; state app_definitions and end"),
        ({"lead_minutes": 9999}, "lead_minutes 9999 is more than 1440"),
        ({"start": "2027-02-14T09:00", "end": "2027-02-14T11:00", "must_be_due": True}, "run this from 2027-02-13"),
        ({"start": "2027-02-10T09:00", "end": "2027-02-10T11:00"}, "it ended on 2027-02-10 11:15 CET (10:15 UTC)"),
    ],
)
def test_what_is_refused_is_refused_before_anything_is_written(run, gateway, options, told):
    result = run(**{**EXAM, **options})
    assert result["failed"]
    assert told in result["msg"]
    assert gateway.writes == []


def test_a_mistyped_name_is_told_with_the_nearest_one(run, gateway):
    run(**EXAM)
    for options in ({"state": "closed"}, {"end": "12:00"}):
        result = run(name="pgdp-finl", **options)
        assert "pgdp-final is the nearest name" in result["msg"]
        assert result["known"] == ["pgdp-final"]
    assert len(gateway.writes) == 1


def test_in_a_namespace_without_an_installation_nothing_is_declared(run, gateway):
    for name in ("java-17-latest", "c-latest"):
        gateway.remove(kinds.APP_DEFINITION, name)
    assert "has no app definitions" in run(**EXAM)["msg"]
    assert gateway.writes == []


def test_users_of_whom_nothing_is_there_are_counted(run, gateway):
    gateway.put(kinds.SESSION, {"metadata": {"name": "s"}, "spec": {"user": "Ada@tum.de"}})
    gateway.put(kinds.WORKSPACE, {"metadata": {"name": "w"}, "spec": {"user": "eve@tum.de"}})
    [warning] = good(run(**EXAM, users=["ada@tum.de", "eve@tum.de", "bob@tum.de"]))["warnings"]
    assert "1 of 3 users have neither session nor workspace here" in warning
    assert warning.endswith(": bob@tum.de")


def test_a_record_that_cannot_be_read_is_not_written_over(run, gateway):
    gateway.put(kinds.CONFIG_MAP, exam_record(version="2"))
    assert f"ConfigMap {RECORD}: format version '2'" in run(**EXAM)["msg"]
    assert gateway.writes == []
