# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions may be stopped: shield, protection, caps, what would be lost, and what is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._exams.record import read_records
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CANARY, PROTECTED
from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.protection import Protection
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import NOBODY, unlisted
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Request
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection
from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES
from ansible_collections.eduide.theia.plugins.module_utils._sessions.record import assess_sessions
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.plan import (
    RecordRef,
    ShieldExit,
    StopTerms,
    check_stop,
    data_lost,
    decide_stop,
    needed_lists,
    plan_stop,
    uses_exit,
)
from unit.session_world import NOW, World, around, exam_record, millis

EXAM = read_records([exam_record()])
NO_CAPS = Caps("max_stop", 10_000, 100)
ALL_LOSSES = frozenset({"named", "selected", "failed", "idle", "too_old", "high_memory", "orphaned", "not_ready"})
RELENTLESS = StopTerms(Safeguards(NO_CAPS), discard_data=ALL_LOSSES, without_operator=True, own_age=True)
ALL = Request(Selection(older_than_minutes=0))


def relentless(**safeguards):
    return RELENTLESS._replace(safeguards=RELENTLESS.safeguards._replace(**safeguards))


def stop(world, request, terms=RELENTLESS, **context):
    """Plan, and return outcome and text by session name."""
    around_it = around(**context)
    sessions = assess_sessions(world.sources(), around_it)
    planned = plan_stop(sessions, request, terms, around_it)
    return {item.name: item.decision for item in planned.items}, planned


def outcomes(world, request, terms=RELENTLESS, **context):
    return {name: decision.outcome for name, decision in stop(world, request, terms, **context)[0].items()}


def leaves_the_shield(world, terms, **context):
    return uses_exit(stop(world, names("s1"), terms, **context)[1], terms, around(**context))


def names(*given):
    return Request(Selection(names=frozenset(given)))


def finds(*codes):
    return Request(Selection(findings=frozenset(codes)))


def listed_in(world, **context):
    assessed = assess_sessions(world.sources(), around(**context))
    return [RecordRef(j.record["name"], j.record["uid"], j.codes) for j in assessed]


def by_refs(*refs):
    return Request(Selection(), records=refs)


def by_records(world, **context):
    return Request(Selection(), records=tuple(listed_in(world, **context)))


def one(**details):
    world = World()
    world.app_definition()
    world.running("s1", **details)
    return world


def one_eager(**details):
    world = World()
    world.eager("s1", world.app_definition(), 1, **details)
    return world


class TestTargets:
    def test_names_that_do_not_exist_are_gone(self):
        assert outcomes(one(), names("s1", "s2")) == {"s1": "stopped", "s2": "gone"}

    def test_a_session_made_anew_under_the_same_name_is_not_the_one_in_the_record(self):
        listed = RecordRef("s1", "the-uid-it-had", frozenset({"failed"}))
        assert outcomes(one(), by_refs(listed)) == {"s1": "gone"}

    def test_a_session_that_is_going_already_is_gone(self):
        world = one()
        world.objects["sessions"][0]["metadata"]["deletionTimestamp"] = "2027-02-11T08:59:59Z"
        assert outcomes(world, names("s1")) == {"s1": "gone"}

    def test_a_record_given_twice_is_one_target(self):
        world = one()
        [listed] = listed_in(world)
        _unused, planned = stop(world, by_refs(listed, listed))
        assert len(planned.items) == 1

    def test_a_limit_takes_the_first_of_the_sorted_ones(self):
        world = one(age=timedelta(hours=2))
        world.running("older", age=timedelta(hours=3))
        request = Request(Selection(older_than_minutes=1), sort_by="created", limit=1)
        assert outcomes(world, request) == {"older": "stopped"}

    @pytest.mark.parametrize(
        ("request_", "terms", "text"),
        [
            pytest.param(Request(Selection()), StopTerms(), "no session is selected", id="nothing-selected"),
            pytest.param(finds("not_reaped"), StopTerms(), "reported and never a reason", id="report-only"),
            pytest.param(finds("too_old"), StopTerms(), "figure of your own", id="too-old-without-a-figure"),
            pytest.param(
                ALL, StopTerms(shield_exit=ShieldExit("u", "e", "r")), "never for a selection", id="exit-by-filter"
            ),
            pytest.param(
                names("a"), StopTerms(shield_exit=ShieldExit("u", "e", " ")), "needs a reason", id="exit-unexplained"
            ),
        ],
    )
    def test_requests_that_could_not_be_meant_are_refused(self, request_, terms, text):
        with pytest.raises(Misconfigured, match=text):
            check_stop(request_, terms)

    @pytest.mark.parametrize(
        ("request_", "terms"),
        [
            pytest.param(finds("too_old"), StopTerms(own_age=True), id="own-age"),
            pytest.param(Request(Selection(), records=()), StopTerms(), id="no-records"),
            pytest.param(names("a"), StopTerms(shield_exit=ShieldExit("u", "e", "r")), id="exit-by-name"),
            pytest.param(
                by_refs(RecordRef("a", "u", frozenset())),
                StopTerms(shield_exit=ShieldExit("u", "e", "r")),
                id="exit-by-record",
            ),
        ],
    )
    def test_requests_that_can_be_meant(self, request_, terms):
        check_stop(request_, terms)


class TestReasons:
    def test_what_a_record_was_listed_for_has_to_be_true_still(self):
        listed = RecordRef("s1", one().objects["sessions"][0]["metadata"]["uid"], frozenset({"idle"}))
        assert outcomes(one(), by_refs(listed)) == {"s1": "kept_active"}

    def test_all_of_it_has_to_be_true_for_nobody_says_which_finding_mattered(self):
        world = one(lastActivity=millis(minutes=40), pod={"memory": "2900M"})
        uid = world.objects["sessions"][0]["metadata"]["uid"]
        for codes, outcome in (
            ({"idle"}, "stopped"),
            ({"high_memory", "idle"}, "stopped"),
            ({"crash_loop", "idle"}, "kept_active"),
        ):
            request = by_refs(RecordRef("s1", uid, frozenset(codes)))
            assert outcomes(world, request, idle_minutes=20) == {"s1": outcome}

    def test_a_listed_wreck_may_have_changed_into_another_wreck(self):
        world = World()
        session = world.session("s1", operatorStatus="ERROR")
        listed = RecordRef("s1", session["metadata"]["uid"], frozenset({"stuck_starting"}))
        assert outcomes(world, by_refs(listed)) == {"s1": "stopped"}

    def test_a_record_without_findings_names_its_session(self):
        world = one()
        decisions, _unused = stop(world, by_records(world))
        assert (decisions["s1"].outcome, decisions["s1"].reasons) == ("stopped", {"named"})

    def test_a_record_whose_findings_only_inform_is_refused(self):
        world = one(age=timedelta(hours=9))
        assert outcomes(world, by_records(world), RELENTLESS._replace(own_age=False)) == {"s1": "refused"}
        assert outcomes(world, by_records(world)) == {"s1": "stopped"}

    @pytest.mark.parametrize(
        ("request_", "reasons"),
        [
            pytest.param(names("s1"), {"named"}, id="name"),
            pytest.param(ALL, {"selected"}, id="filter"),
            pytest.param(finds("idle", "high_memory", "failed"), {"idle", "high_memory"}, id="findings"),
            pytest.param(
                Request(Selection(names=frozenset({"s1"}), findings=frozenset({"idle"}))),
                {"idle", "named"},
                id="name-and-finding",
            ),
        ],
    )
    def test_reasons(self, request_, reasons):
        world = one(lastActivity=millis(minutes=40), pod={"memory": "2900M"})
        decisions, _unused = stop(world, request_, idle_minutes=20)
        assert decisions["s1"].reasons == reasons
        assert all(reason in decisions["s1"].text for reason in reasons & {"idle", "high_memory"})

    @pytest.mark.parametrize(
        ("request_", "pod", "outcome"),
        [
            pytest.param(names("s1"), {}, "stopped", id="named"),
            pytest.param(finds("oom_killed"), {"killed": "2027-02-11T08:00:00Z"}, "kept_active", id="a-past-event"),
        ],
    )
    def test_what_no_read_can_disprove_stops_no_session_with_a_ready_pod(self, request_, pod, outcome):
        world = one_eager(operatorStatus="ERROR", pod=pod)
        assert outcomes(world, request_) == {"s1": outcome}

    @pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.stops])
    @pytest.mark.parametrize("pod", [{}, {"ready": False}, {"killed": "2027-02-11T08:00:00Z", "memory": "2900M"}])
    @pytest.mark.parametrize("without", [(), ("pods",), ("deployments",)])
    def test_no_policy_stops_a_session_that_works_although_the_operator_calls_it_failed(self, code, pod, without):
        terms = RELENTLESS._replace(own_age=True)
        for world in (one_eager(operatorStatus="ERROR", pod=pod), one(operatorStatus="ERROR", pod=pod)):
            context = around(idle_minutes=1, too_old_minutes=1, high_memory_percent=1)
            sessions = assess_sessions(world.sources(without=without), context)
            planned = plan_stop(sessions, finds(code), terms, context)
            assert {item.decision.outcome for item in planned.items} <= {"kept_active"}

    def test_a_dead_session_goes_whatever_its_pod_does(self):
        assert outcomes(one_eager(operatorStatus="ERROR", url=None), finds("failed"), StopTerms()) == {"s1": "stopped"}

    @pytest.mark.parametrize("own_age", [True, False])
    def test_findings_that_stop_do_so_without_a_figure_for_the_age(self, own_age):
        world = World()
        world.session("s1", operatorStatus="ERROR", age=timedelta(days=2))
        decisions, _unused = stop(world, by_records(world), RELENTLESS._replace(own_age=own_age))
        assert decisions["s1"].reasons >= {"failed"}
        assert ("too_old" in decisions["s1"].reasons) is own_age

    @pytest.mark.parametrize(
        ("request_", "text"),
        [(names("s1"), "named by this task"), (ALL, "selected by this task")],
        ids=["named", "selected"],
    )
    def test_who_asked_for_it_is_told_where_nothing_is_wrong(self, request_, text):
        assert stop(one(), request_)[0]["s1"].text == text

    def test_a_finding_that_was_not_read_stops_nobody(self):
        world = one(lastActivity=millis(minutes=40))
        sessions = assess_sessions(world.sources(without={"app_definitions"}), around(idle_minutes=20))
        assert plan_stop(sessions, finds("idle"), RELENTLESS, around(idle_minutes=20)).items == ()

    def test_judging_again_keeps_whoever_came_back(self):
        away, back = one(lastActivity=millis(minutes=40)), one(lastActivity=millis(seconds=1))
        (item,) = stop(away, finds("idle"), idle_minutes=20)[1].acts
        (assessed,) = assess_sessions(back.sources(), around(idle_minutes=20))
        again = decide_stop(assessed, item.criteria, RELENTLESS, around(idle_minutes=20))
        assert (again.outcome, again.text) == ("kept_active", "what it was chosen for is no longer so")

    def test_a_state_that_healed_keeps_the_session(self):
        request = Request(Selection(states=frozenset({"unready"})))
        (item,) = stop(one(pod={"ready": False}), request)[1].acts
        (healed,) = assess_sessions(one().sources(), around())
        assert decide_stop(healed, item.criteria, RELENTLESS, around()).outcome == "kept_active"

    @pytest.mark.parametrize(
        ("request_", "sources"),
        [
            (names("s1"), set()),
            (finds("failed", "too_old"), set()),
            (finds("not_ready"), {"objects"}),
            (finds("idle", "high_memory"), {"app_definitions", "operator", "lease", "objects", "usage"}),
            (Request(Selection(states=frozenset({"unready"}))), {"objects"}),
            (by_refs(RecordRef("s1", "u", frozenset({"image_pull"}))), {"objects"}),
            (by_refs(RecordRef("s1", "u", frozenset({"of_a_later_release"}))), set()),
        ],
    )
    def test_it_is_known_what_the_reasons_rest_on(self, request_, sources):
        assert needed_lists(request_) == sources


class TestProtection:
    @pytest.mark.parametrize(
        ("protection", "outcome"),
        [
            pytest.param(Protection(), "stopped", id="nobody"),
            pytest.param(Protection(names=frozenset({"s1"})), "kept_protected", id="session"),
            pytest.param(
                Protection(app_definitions=frozenset({"java-17-latest"})), "kept_protected", id="app-definition"
            ),
            pytest.param(Protection(users=frozenset({"ADA@tum.DE"})), "kept_protected", id="user-in-any-case"),
            pytest.param(Protection(users=frozenset({"ada"})), "stopped", id="part-of-a-name-is-another-user"),
        ],
    )
    def test_by_option(self, protection, outcome):
        assert outcomes(one(), names("s1"), relentless(protection=protection)) == {"s1": outcome}

    def test_by_annotation_with_its_reason(self):
        world = one(annotations={PROTECTED: "defence at noon"}, operatorStatus="ERROR", url=None)
        decisions, _unused = stop(world, names("s1"))
        assert decisions["s1"][:2] == ("kept_protected", "protected: defence at noon")


class TestOperator:
    @pytest.mark.parametrize(
        ("leading", "terms", "outcome"),
        [
            pytest.param(True, StopTerms(discard_data=ALL_LOSSES), "stopped", id="leads"),
            pytest.param(False, StopTerms(discard_data=ALL_LOSSES), "refused", id="nobody-leads"),
            pytest.param(None, StopTerms(discard_data=ALL_LOSSES), "refused", id="unknown"),
            pytest.param(False, StopTerms(discard_data=ALL_LOSSES, without_operator=True), "stopped", id="accepted"),
        ],
    )
    @pytest.mark.parametrize("status", [{}, {"operatorStatus": "ERROR", "url": None}], ids=["live", "dead"])
    def test_an_eager_session_is_not_stopped_without_an_operator(self, leading, terms, outcome, status):
        world = one_eager(**status)
        decisions, _unused = stop(world, names("s1"), terms, leading=leading)
        assert decisions["s1"].outcome == outcome
        told = {False: "no operator leads", None: "could not be read"}.get(leading, "")
        assert outcome == "stopped" or told in decisions["s1"].text

    def test_a_session_of_unknown_start_counts_as_eager(self):
        world = one(strategy="brand-new")
        assert outcomes(world, names("s1"), StopTerms(discard_data=ALL_LOSSES), leading=False) == {"s1": "refused"}

    @pytest.mark.parametrize("world", [one(), one(strategy="lazy-fallback")], ids=["lazy", "fallback"])
    def test_a_lazy_session_needs_no_operator(self, world):
        assert outcomes(world, names("s1"), StopTerms(discard_data=ALL_LOSSES), leading=False) == {"s1": "stopped"}


class TestOwner:
    @pytest.mark.parametrize(("user", "outcome"), [("ada@tum.de", "stopped"), ("ADA@tum.de", "refused")])
    def test_through_the_service_one_stops_ones_own(self, user, outcome):
        assert outcomes(one(), names("s1"), relentless(only_user=user)) == {"s1": outcome}


class TestData:
    @pytest.mark.parametrize(
        ("request_", "discard", "outcome"),
        [
            pytest.param(names("s1"), (), "refused", id="not-accepted"),
            pytest.param(names("s1"), ("idle", "selected"), "refused", id="accepted-for-another-reason"),
            pytest.param(names("s1"), ("named",), "stopped", id="named"),
            pytest.param(ALL, ("named",), "refused", id="selected-is-not-named"),
            pytest.param(ALL, ("selected",), "stopped", id="selected"),
            pytest.param(finds("idle", "high_memory"), ("idle",), "stopped", id="one-of-its-reasons"),
            pytest.param(finds("high_memory"), ("idle",), "refused", id="true-but-not-the-reason"),
        ],
    )
    def test_data_in_a_pod_are_lost_only_where_that_was_accepted(self, request_, discard, outcome):
        world = one(lastActivity=millis(minutes=40), pod={"memory": "2900M"})
        terms = StopTerms(Safeguards(NO_CAPS), discard_data=frozenset(discard))
        assert outcomes(world, request_, terms, idle_minutes=20) == {"s1": outcome}

    def test_data_on_a_volume_stay(self):
        world = one(workspace="ws-1", claim="claim-1")
        world.workspace()
        _unused, planned = stop(world, names("s1"), StopTerms())
        assert data_lost(planned) == {"volume": 1}

    def test_a_dead_session_has_nothing_to_lose(self):
        world = World()
        world.session("s1", operatorStatus="ERROR")
        assert outcomes(world, finds("failed"), StopTerms()) == {"s1": "stopped"}

    def test_data_in_an_unknown_place_count_as_in_the_pod(self):
        world = one(workspace="ws-1", claim="claim-1")
        sessions = assess_sessions(world.sources(without={"workspaces"}), around())
        refused = plan_stop(sessions, names("s1"), StopTerms(), around())
        assert refused.items[0].decision.outcome == "refused"
        accepted = plan_stop(sessions, names("s1"), StopTerms(discard_data=frozenset({"named"})), around())
        assert data_lost(accepted) == {"unknown": 1}


class TestShield:
    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(
                lambda world: names(*(s["metadata"]["name"] for s in world.objects["sessions"])), id="by-name"
            ),
            pytest.param(lambda _world: ALL, id="by-filter"),
            pytest.param(lambda world: by_records(world, shield=EXAM), id="by-record"),
            pytest.param(
                lambda world: Request(
                    selection=Selection(uids=frozenset(s["metadata"]["uid"] for s in world.objects["sessions"]))
                ),
                id="by-uid",
            ),
        ],
    )
    def test_of_300_sessions_exactly_those_outside_the_exam_and_the_dead_go(self, make):
        world = World()
        world.app_definition("java-17-latest")
        world.app_definition("c-latest")
        for number in range(80):
            world.running(f"other-{number}", app="c-latest", user=f"u{number}")
        for number in range(210):
            world.running(f"exam-{number}", user=f"e{number}")
        for number in range(10):
            world.session(f"dead-{number}", user=f"d{number}", operatorStatus="ERROR")
        decided = outcomes(world, make(world), shield=EXAM)
        assert {name for name, outcome in decided.items() if outcome == "stopped"} == {
            *(f"other-{n}" for n in range(80)),
            *(f"dead-{n}" for n in range(10)),
        }
        assert list(decided.values()).count("kept_shielded") == 210

    @pytest.mark.parametrize(
        "shield",
        [
            pytest.param(read_records([exam_record(version="2")]), id="unreadable"),
            pytest.param(unlisted("forbidden"), id="not-listed"),
        ],
    )
    def test_without_readable_records_only_the_dead_go(self, shield):
        world = one(app="c-latest")
        world.session("dead", operatorStatus="ERROR")
        decisions, _unused = stop(world, ALL, shield=shield)
        assert {name: d.outcome for name, d in decisions.items()} == {"s1": "kept_shielded", "dead": "stopped"}
        assert shield.unreadable[0].record in decisions["s1"].text

    def test_the_exit_takes_one_session_of_the_named_exam(self):
        world = one()
        uid = world.objects["sessions"][0]["metadata"]["uid"]
        for exam, outcome in (("pgdp-final", "stopped"), ("other-exam", "kept_shielded")):
            terms = RELENTLESS._replace(shield_exit=ShieldExit(uid, exam, "wrong room"))
            assert outcomes(world, names("s1"), terms, shield=EXAM) == {"s1": outcome}
            assert leaves_the_shield(world, terms, shield=EXAM) is (outcome == "stopped")
            assert not leaves_the_shield(world, terms)

    def test_the_exit_is_used_where_only_the_clock_of_this_machine_is_within_the_exam(self):
        world = one()
        terms = RELENTLESS._replace(
            shield_exit=ShieldExit(world.objects["sessions"][0]["metadata"]["uid"], "pgdp-final", "wrong room")
        )
        clocks = {"now": NOW + timedelta(days=1), "machine_now": NOW}
        assert not leaves_the_shield(world, terms, shield=EXAM, now=NOW + timedelta(days=1))
        assert leaves_the_shield(world, terms, shield=EXAM, **clocks)

    def test_a_dead_session_needs_no_exit(self):
        world = World()
        session = world.session("s1", operatorStatus="ERROR")
        terms = RELENTLESS._replace(shield_exit=ShieldExit(session["metadata"]["uid"], "pgdp-final", "wrong room"))
        assert not leaves_the_shield(world, terms, shield=EXAM)

    def test_the_exit_from_one_exam_is_none_from_another(self):
        world = one()
        uid = world.objects["sessions"][0]["metadata"]["uid"]
        terms = RELENTLESS._replace(shield_exit=ShieldExit(uid, "pgdp-final", "wrong room"))
        both = read_records([exam_record(), exam_record(exam="other-exam")])
        decisions, _unused = stop(world, names("s1"), terms, shield=both)
        assert decisions["s1"][:2] == ("kept_shielded", "a live session of the exam other-exam")

    def test_the_exit_does_not_work_while_records_are_unreadable(self):
        world = one()
        uid = world.objects["sessions"][0]["metadata"]["uid"]
        terms = RELENTLESS._replace(shield_exit=ShieldExit(uid, "pgdp-final", "wrong room"))
        shield = read_records([exam_record(), exam_record(exam="x", version="2")])
        assert outcomes(world, names("s1"), terms, shield=shield) == {"s1": "kept_shielded"}

    def test_a_record_of_one_session_can_carry_the_exit(self):
        world = one()
        [listed] = listed_in(world)
        terms = RELENTLESS._replace(shield_exit=ShieldExit(listed.uid, "pgdp-final", "wrong room"))
        assert outcomes(world, by_refs(listed), terms, shield=EXAM) == {"s1": "stopped"}

    @pytest.mark.parametrize("targets", [("s1", "s2"), ("s2",), ("s3",)], ids=["two", "another", "none"])
    def test_the_exit_is_for_a_task_about_that_session_alone(self, targets):
        world = one()
        world.running("s2")
        terms = RELENTLESS._replace(
            shield_exit=ShieldExit(world.objects["sessions"][0]["metadata"]["uid"], "pgdp-final", "wrong room")
        )
        with pytest.raises(Misconfigured, match="this task is about"):
            stop(world, names(*targets), terms, shield=EXAM)

    @pytest.mark.parametrize(
        ("canary", "request_", "outcome"),
        [
            pytest.param("pgdp-final", names("s1"), "stopped", id="the-canary-of-this-exam"),
            pytest.param("other-exam", names("s1"), "kept_shielded", id="of-another-exam"),
            pytest.param("pgdp-final", ALL, "kept_shielded", id="by-filter"),
            pytest.param("pgdp-final", names("s1", "s2"), "kept_shielded", id="among-others"),
        ],
    )
    def test_the_canary_of_an_exam_may_go_alone(self, canary, request_, outcome):
        world = one(annotations={CANARY: canary})
        world.running("s2")
        assert outcomes(world, request_, shield=EXAM)["s1"] == outcome

    def test_a_filter_that_finds_only_the_canary_is_a_filter_still(self):
        world = one(annotations={CANARY: "pgdp-final"})
        assert outcomes(world, ALL, shield=EXAM) == {"s1": "kept_shielded"}
        assert outcomes(world, by_records(world), shield=EXAM) == {"s1": "stopped"}


class TestCaps:
    @staticmethod
    def crowd(live, dead=0):
        world = World()
        world.app_definition()
        for number in range(live):
            world.running(f"live-{number}", age=timedelta(minutes=60 + number))
        for number in range(dead):
            world.session(f"dead-{number}", operatorStatus="ERROR")
        return world

    @pytest.mark.parametrize(
        ("live", "dead", "older", "caps", "stops"),
        [
            pytest.param(20, 0, 76, Caps("max_stop", 50, 20), 4, id="below-five-the-share-does-not-count"),
            pytest.param(20, 0, 75, Caps("max_stop", 50, 20), 0, id="five-of-twenty-is-too-many"),
            pytest.param(25, 0, 80, Caps("max_stop", 50, 20), 5, id="a-fifth"),
            pytest.param(24, 0, 79, Caps("max_stop", 50, 20), 0, id="more-than-a-fifth"),
            pytest.param(3, 0, 0, Caps("max_stop", 50, 20), 3, id="few-sessions-at-all"),
            pytest.param(5, 30, 60, Caps("max_stop", 50, 100), 35, id="dead-ones-count-for-max-stop"),
            pytest.param(5, 30, 60, Caps("max_stop", 34, 100), 0, id="one-beyond-max-stop"),
            pytest.param(4, 46, 60, Caps("max_stop", 50, 1), 50, id="dead-ones-do-not-count-for-the-share"),
            pytest.param(1, 0, 0, Caps("max_stop", 0, 100), 0, id="max-stop-of-zero"),
            pytest.param(10, 0, 0, Caps("max_stop", 50, 0), 0, id="share-of-zero"),
        ],
    )
    def test_beyond_the_caps_nothing_is_stopped(self, live, dead, older, caps, stops):
        _unused, planned = stop(
            self.crowd(live, dead),
            Request(Selection(older_than_minutes=older)),
            relentless(caps=caps),
        )
        assert len(planned.acts) == stops
        assert (planned.over_cap is None) is bool(stops)
        if not stops:
            assert {item.decision.outcome for item in planned.items} == {"skipped_cap"}

    def test_a_threshold_typed_wrongly_stops_nobody_and_shows_whom_it_hit(self):
        world = World()
        world.app_definition()
        for number in range(100):
            world.running(f"s{number}", lastActivity=millis(minutes=9 if number < 90 else 2))
        terms = StopTerms(Safeguards(Caps("max_stop", 500)), discard_data=frozenset({"idle"}))
        _unused, planned = stop(world, finds("idle"), terms, idle_minutes=6)
        assert planned.acts == []
        assert (
            planned.over_cap
            == "90 of 100 live sessions (90 %) would be stopped, and max_percent is 20: nothing was stopped"
        )
        assert [item.decision.outcome for item in planned.items] == ["skipped_cap"] * 90

    def test_what_is_kept_anyway_does_not_count(self):
        world = self.crowd(30)
        terms = relentless(caps=Caps("max_stop", 10, 100))
        assert set(outcomes(world, ALL, terms, shield=EXAM).values()) == {"kept_shielded"}


KINDS = ("running", "eager", "unready", "failed", "failed_live", "unseen", "stuck", "no_url", "gone", "idle", "full")


@st.composite
def worlds(draw):
    world = World()
    apps = [world.app_definition("java-17-latest"), world.app_definition("c-latest")]
    for number, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=12))):
        app = draw(st.sampled_from(apps))
        user = draw(st.sampled_from(["ada@tum.de", "Bob@tum.de", "eve"]))
        notes = draw(st.sampled_from([{}, {}, {PROTECTED: "x"}, {CANARY: "pgdp-final"}]))
        age = timedelta(seconds=draw(st.sampled_from([1, 119, 121, 299, 301, 601, 90_000])))
        common = {"user": user, "annotations": notes, "age": age}
        add_session(world, kind, f"s{number}", app, common)
    return world


def add_session(world, kind, name, app, common):
    number = len(world.objects["sessions"]) + 1
    common = {**common, "app": app["metadata"]["name"]}
    if kind in ("eager", "failed_live"):
        status = {"operatorStatus": "ERROR"} if kind == "failed_live" else {}
        world.eager(name, app, number, **{k: v for k, v in common.items() if k != "app"}, **status)
    elif kind in ("failed", "unseen", "stuck"):
        word = {"failed": "ERROR", "stuck": "HANDLING"}.get(kind)
        world.session(name, operatorStatus=word, **common)
    elif kind in ("no_url", "gone"):
        world.session(name, operatorStatus="HANDLED", url="x/" if kind == "gone" else None, **common)
    else:
        pod = {"unready": {"ready": False}, "full": {"memory": "2999M"}}.get(kind, {})
        idle = {"lastActivity": millis(minutes=40)} if kind == "idle" else {}
        world.running(name, pod=pod, **common, **idle)


FINDINGS = st.frozensets(
    st.sampled_from(["failed", "unseen", "stuck_starting", "no_url", "no_pod", "idle", "not_ready", "too_old"])
)
THRESHOLDS = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(0, 20)
        for name in (
            "unseen_minutes",
            "stuck_starting_minutes",
            "no_url_minutes",
            "no_pod_minutes",
            "high_memory_percent",
            "too_old_minutes",
            "idle_minutes",
        )
    },
)
TERMS = st.builds(
    StopTerms,
    safeguards=st.builds(
        Safeguards,
        st.builds(Caps, st.just("max_stop"), st.integers(0, 60), st.integers(0, 100)),
        st.builds(Protection, users=st.frozensets(st.sampled_from(["ADA@TUM.de", "bob@tum.de"]))),
        st.none(),
        st.just(False),
    ),
    discard_data=st.frozensets(st.sampled_from(sorted(ALL_LOSSES))),
    without_operator=st.booleans(),
    own_age=st.booleans(),
    shield_exit=st.none(),
)
SHIELDS = st.sampled_from(
    [
        NOBODY,
        EXAM,
        read_records([exam_record(users=["BOB@tum.de"])]),
        read_records([exam_record(), exam_record(exam="x", version="7")]),
        unlisted("forbidden"),
    ]
)
UNREAD = st.frozensets(
    st.sampled_from(["app_definitions", "workspaces", "deployments", "services", "pods", "usage"]), max_size=2
)


def requests(known):
    """What may be asked for, of sessions by name and uid."""
    return st.one_of(
        st.builds(names, *[st.sampled_from(sorted(known))] * 2),
        FINDINGS.map(lambda codes: finds(*codes)),
        st.just(ALL),
        st.lists(
            st.builds(RecordRef, st.just("s0"), st.sampled_from(sorted(known.values())), FINDINGS), max_size=4
        ).map(lambda records: Request(Selection(), records=tuple(records))),
    )


@settings(max_examples=3 * settings.default.max_examples)
@given(data=st.data(), world=worlds(), terms=TERMS, shield=SHIELDS, thresholds=THRESHOLDS, unread=UNREAD)
def test_whatever_is_asked_the_laws_hold(data, world, terms, shield, thresholds, unread):
    known = {s["metadata"]["name"]: s["metadata"]["uid"] for s in world.objects["sessions"]}
    context = around(shield=shield, leading=data.draw(st.sampled_from([True, False, None])), **thresholds)
    sessions = assess_sessions(world.sources(without=unread), context)
    request = data.draw(requests(known))
    planned = plan_stop(sessions, request, terms, context)
    live = [assessed for assessed in sessions if not assessed.dead]
    live_stops = [item for item in planned.acts if not item.assessed.dead]
    assert len(planned.acts) <= terms.safeguards.caps.most
    assert len(live_stops) < 5 or len(live_stops) * 100 <= terms.safeguards.caps.percent * len(live)
    for item in planned.acts:
        assessed = item.assessed
        record = assessed.record
        assert item.decision.reasons
        assert not record["protected"]
        assert record["user"].casefold() not in {user.casefold() for user in terms.safeguards.protection.users}
        assert assessed.dead or not shield.unreadable
        canary = assessed.row.canary if len(planned.items) == 1 and request.one_by_one else None
        assert assessed.dead or set(shield.exams_of(record["app_definition"], record["user"], NOW)) <= {canary}
        assert record["start"] != "eager" or context.leading or terms.without_operator
        assert assessed.dead or record["data_at"] in ("volume", "none") or item.decision.reasons & terms.discard_data
        assert item.decision.reasons - {"named", "selected"} <= assessed.codes
        if item.decision.reasons <= {"failed", "oom_killed"}:
            assert assessed.dead or assessed.ready is False
    again = plan_stop(list(reversed(sessions)), request, terms, context)
    assert {(i.uid, i.decision) for i in again.items} == {(i.uid, i.decision) for i in planned.items}


@given(data=st.data(), world=worlds(), shield=SHIELDS, thresholds=THRESHOLDS)
def test_of_two_clocks_that_are_apart_both_have_to_agree(data, world, shield, thresholds):
    """Whatever is chosen, a session goes only if it would by either clock alone; where they agree it does."""
    known = {s["metadata"]["name"]: s["metadata"]["uid"] for s in world.objects["sessions"]}
    request = data.draw(requests(known))
    minutes = data.draw(st.sampled_from([-1440, -300, -6, 6, 9, 300, 1440]))
    machine_now = NOW + timedelta(minutes=minutes)

    def decisions(**clocks):
        return stop(world, request, shield=shield, **clocks, **thresholds)[0]

    by_server, by_machine = decisions(now=NOW), decisions(now=machine_now)
    for name, decision in decisions(now=NOW, machine_now=machine_now).items():
        alone = [by_server[name], by_machine[name]] if name in by_machine else [by_server[name]]
        if decision.outcome == "stopped":
            assert [each.outcome for each in alone] == ["stopped", "stopped"]
            assert decision.reasons == alone[0].reasons & alone[1].reasons
        elif decision.outcome == "kept_active" and by_server[name].outcome == "stopped":
            assert f"the API server and of this machine are {abs(minutes)} min apart" in decision.text
        if shield == NOBODY and by_server[name].outcome == "stopped" and alone == [by_server[name]] * 2:
            assert decision == by_server[name]
