# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workspaces may be deleted: use, shield, protection, caps, and what becomes of the volume."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import parse_time
from ansible_collections.eduide.theia.plugins.module_utils._exams.record import read_records
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN, PROTECTED, WORKSPACE_NOTE
from ansible_collections.eduide.theia.plugins.module_utils._platform.rows import session_row
from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, write_note
from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.protection import Protection
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import NOBODY, unlisted
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Request, check_request
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.delete.plan import (
    DeletionTerms,
    WorkspaceRef,
    decide_deletion,
    deletion_of,
    in_use,
    key_of,
    owner_of,
    plan_deletion,
)
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.filter import WorkspaceSelection
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.record import (
    NO_VOLUME,
    VOLUME_DELETED,
    VOLUME_RELEASED,
    orphans,
)
from unit.session_world import NOW, ago, around, exam_record
from unit.workspace_world import WorkspaceWorld, looked

ADA = "ada@tum.de"
UNCAPPED = DeletionTerms(Safeguards(Caps("max_delete", 10_000, 100)))
ALL = Request(WorkspaceSelection(older_than_days=0))


@pytest.fixture
def world():
    made = WorkspaceWorld()
    made.app_definition()
    return made


def uncapped(**safeguards):
    return UNCAPPED._replace(safeguards=UNCAPPED.safeguards._replace(**safeguards))


def planned(world, request=ALL, terms=UNCAPPED, *, staying=None, without=(), **context):
    workspaces = world.assess_workspaces(without=without, **context)
    released = orphans(world.workspace_sources(without=without)).volumes or []
    if staying is None:
        staying = {name: "live" for assessed in workspaces for name in assessed.record["live_sessions"]}
    return plan_deletion(workspaces, released, request, terms, around(**context), staying=staying)


def outcomes(*args, **options):
    return {item.name: item.decision.outcome for item in planned(*args, **options).items}


def names(*given_names, **filters):
    return Request(WorkspaceSelection(names=frozenset(given_names), **filters))


def by_records(*records):
    return Request(WorkspaceSelection(), records=records)


def listed(assessed):
    record = assessed.record
    kept = FilesOwner(record["name"], record["uid"], record["user"], record["app_definition"], record["label"])
    claim, volume = record["claim"] or {}, record["volume"] or {}
    return WorkspaceRef(kept, parse_time(record["last_seen"]), claim.get("name"), volume.get("name"))


def test_an_empty_selection_deletes_nothing():
    with pytest.raises(Misconfigured, match="an empty selection deletes nothing"):
        check_request(Request(WorkspaceSelection()), "workspace", "deletes nothing")


class TestUse:
    def test_a_live_session_keeps_its_workspace_and_a_dead_one_does_not(self, world):
        for name in ("free", "live", "dead"):
            world.stored(name)
        world.running("live-session", workspace="live")
        world.session("dead-session", workspace="dead", operatorStatus="ERROR")
        assert outcomes(world) == {"free": "deleted", "live": "kept_in_use", "dead": "deleted"}

    def test_a_session_that_is_on_it_by_name_alone_counts(self, world):
        world.stored("ws-1")
        world.running("ws-1-session")
        assert outcomes(world) == {"ws-1": "kept_in_use"}

    def test_one_that_will_have_been_stopped_does_not(self, world):
        for name in ("goes", "stays"):
            world.stored(name)
            world.running(f"{name}-session", workspace=name)
        found = planned(world, staying={"stays-session": "a live session of the exam pgdp-final"})
        assert {item.name: item.decision.outcome for item in found.items} == {"goes": "deleted", "stays": "kept_in_use"}
        assert "stays-session (a live session of the exam pgdp-final)" in found.items[1].decision.text

    def test_at_the_last_look_a_dead_session_counts_if_it_was_written_to(self, world):
        world.stored("ws-1")
        dead = world.session("ws-1-session", workspace="ws-1", operatorStatus="ERROR")
        (assessed,) = world.assess_workspaces()
        assert in_use(assessed, [session_row(dead)]) == {}
        written = {**dead, "metadata": {**dead["metadata"], "resourceVersion": "newer"}}
        assert in_use(assessed, [session_row(written)]) == {"ws-1-session": "live"}

    def test_at_the_last_look_a_session_that_is_new_counts_and_those_of_others_do_not(self, world):
        world.stored("ws-1")
        (assessed,) = world.assess_workspaces()
        new = session_row(world.session("s", workspace="ws-1"))
        other = session_row(world.session("t", workspace="ws-2"))
        found = in_use(assessed, [new, other])
        assert found == {"s": "it came since the workspace was assessed"}
        assert (
            decide_deletion(assessed, planned(world).items[0].criteria, UNCAPPED, around(), found).outcome
            == "kept_in_use"
        )


class TestShieldAndProtection:
    @pytest.mark.parametrize(
        ("shield", "outcome"),
        [
            pytest.param(NOBODY, "deleted", id="no-exam"),
            pytest.param(read_records([exam_record()]), "kept_shielded", id="exam"),
            pytest.param(read_records([exam_record(users=["Ada@tum.de"])]), "kept_shielded", id="user"),
            pytest.param(read_records([exam_record(users=["eve@tum.de"])]), "deleted", id="others"),
            pytest.param(
                read_records([exam_record(app_definitions=[{"name": "c-latest", "warm": 1}])]),
                "deleted",
                id="other-ide",
            ),
            pytest.param(read_records([exam_record(closed_at=ago(minutes=1))]), "deleted", id="closed"),
            pytest.param(read_records([exam_record(version="2")]), "kept_shielded", id="unreadable"),
            pytest.param(unlisted("forbidden"), "kept_shielded", id="unlisted"),
        ],
    )
    def test_nobody_of_an_open_exam_loses_files_whatever_way_it_is_stated(self, world, shield, outcome):
        world.stored("ws-1")
        (assessed,) = world.assess_workspaces()
        for request in (ALL, names("ws-1"), by_records(listed(assessed))):
            assert outcomes(world, request, shield=shield) == {"ws-1": outcome}

    @pytest.mark.parametrize(
        "protection",
        [
            Protection(names=frozenset({"ws-1"})),
            Protection(app_definitions=frozenset({"java-17-latest"})),
            Protection(users=frozenset({"ADA@tum.de"})),
        ],
    )
    def test_what_the_caller_protects_stays(self, world, protection):
        world.stored("ws-1")
        assert outcomes(world, terms=uncapped(protection=protection)) == {"ws-1": "kept_protected"}

    def test_what_an_annotation_protects_stays(self, world):
        world.stored("ws-1", annotations={PROTECTED: "thesis"})
        (item,) = planned(world, names("ws-1")).items
        assert (item.decision.outcome, item.decision.text) == ("kept_protected", "protected: thesis")

    def test_through_the_service_only_its_user_loses_anything(self, world):
        world.stored("hers", user=ADA)
        world.stored("his", user="bob@tum.de")
        assert outcomes(world, terms=uncapped(only_user=ADA)) == {"hers": "deleted", "his": "refused"}


class TestRecords:
    def test_a_record_means_the_workspace_of_that_uid(self, world):
        world.stored("ws-1")
        (assessed,) = world.assess_workspaces()
        other = listed(assessed)._replace(files_owner=listed(assessed).files_owner._replace(uid="earlier"))
        assert outcomes(world, by_records(listed(assessed))) == {"ws-1": "deleted"}
        assert outcomes(world, by_records(other)) == {"ws-1": "gone"}

    @pytest.mark.parametrize(
        ("before", "now", "outcome"),
        [
            (None, None, "deleted"),
            (ago(days=9), ago(days=9), "deleted"),
            (None, ago(minutes=1), "kept_active"),
            (ago(days=9), ago(minutes=1), "kept_active"),
        ],
    )
    def test_one_that_was_used_since_it_was_listed_stays(self, world, before, now, outcome):
        world.stored("ws-1", annotations={LAST_SEEN: now} if now else None)
        (assessed,) = world.assess_workspaces()
        record = listed(assessed)._replace(last_seen=parse_time(before))
        assert outcomes(world, by_records(record)) == {"ws-1": outcome}


class TestVolume:
    @pytest.mark.parametrize("policy", ["Delete", "Retain"])
    @pytest.mark.parametrize("option", ["follow", "retain", "reclaim"])
    def test_what_becomes_of_it_is_said_before(self, world, policy, option):
        world.stored("ws-1", policy=policy)
        world.workspace("bare", claim=None)
        found = {item.name: item.decision for item in planned(world, terms=UNCAPPED._replace(volume=option)).items}
        goes = {"follow": policy == "Delete", "retain": False, "reclaim": True}[option]
        assert found["ws-1"].consequence == (VOLUME_DELETED if goes else VOLUME_RELEASED)
        assert (found["bare"].outcome, found["bare"].consequence) == ("deleted", NO_VOLUME)

    @pytest.mark.parametrize(
        ("option", "outcome"), [("follow", "deleted"), ("retain", "refused"), ("reclaim", "refused")]
    )
    def test_where_volumes_cannot_be_read_nothing_is_promised(self, world, option, outcome):
        world.stored("ws-1")
        (item,) = planned(world, terms=UNCAPPED._replace(volume=option), without=("volumes",)).items
        assert (item.decision.outcome, item.decision.consequence) == (outcome, None)

    def test_the_words_follow_from_policy_and_option_alone(self):
        for follows in (VOLUME_DELETED, VOLUME_RELEASED):
            assert deletion_of(follows, "follow") == follows
        assert deletion_of(None, "retain") is None


class TestLeftVolumes:
    """Volumes of workspaces that are gone."""

    def left(self, world, *, note=True, phase="Released", name="ws-old", user=ADA, uid="old", namespace="theia-prod"):
        volume = world.volume(f"pvc-{uid}", policy="Retain", phase=phase, namespace=namespace)
        if note:
            kept = FilesOwner(name, uid, user, "java-17-latest", None)
            volume["metadata"]["annotations"] = {WORKSPACE_NOTE: write_note(kept, "gone")}
        return volume

    def reclaim(self, world, request, **safeguards):
        return planned(world, request, uncapped(**safeguards)._replace(volume="reclaim"))

    def test_it_is_found_by_the_note_on_it(self, world):
        self.left(world)
        for request in (names("ws-old"), Request(WorkspaceSelection(uids=frozenset({"old"})))):
            (item,) = self.reclaim(world, request).items
            assert (item.name, item.uid, key_of(item)) == ("ws-old", "old", "pvc-old")
            assert (item.decision.outcome, item.decision.consequence) == ("reclaimed", VOLUME_DELETED)

    def test_without_a_note_by_the_record_alone(self, world):
        self.left(world, note=False)
        record = WorkspaceRef(FilesOwner("ws-old", "old", ADA, "java-17-latest", None), None, "claim-gone", "pvc-old")
        assert [i.decision.outcome for i in self.reclaim(world, names("ws-old")).items] == ["gone"]
        assert [i.decision.outcome for i in self.reclaim(world, by_records(record)).items] == ["reclaimed"]
        other = record._replace(claim="claim-of-somebody-else")
        assert [i.decision.outcome for i in self.reclaim(world, by_records(other)).items] == ["gone"]

    @pytest.mark.parametrize("details", [{"phase": "Bound"}, {"phase": "Available"}, {"namespace": "another"}])
    def test_one_that_is_not_released_here_is_not_touched(self, world, details):
        self.left(world, **details)
        assert [i.decision.outcome for i in self.reclaim(world, names("ws-old")).items] == ["gone"]

    @pytest.mark.parametrize("option", ["follow", "retain"])
    def test_it_stays_unless_it_is_to_be_reclaimed(self, world, option):
        self.left(world)
        assert outcomes(world, names("ws-old"), UNCAPPED._replace(volume=option)) == {"ws-old": "gone"}

    def test_it_stays_while_a_workspace_has_that_name_again(self, world):
        self.left(world, name="ws-1")
        world.stored("ws-1")
        (item,) = self.reclaim(world, names("ws-1")).items
        assert (key_of(item), item.decision.outcome) == ("ws-1", "deleted")

    def test_protection_and_shield_hold_for_it(self, world):
        self.left(world)
        protected = self.reclaim(world, names("ws-old"), protection=Protection(users=frozenset({"Ada@TUM.de"})))
        assert [item.decision.outcome for item in protected.items] == ["kept_protected"]
        shield = read_records([exam_record()])
        shielded = planned(world, names("ws-old"), UNCAPPED._replace(volume="reclaim"), shield=shield)
        assert [item.decision.outcome for item in shielded.items] == ["kept_shielded"]

    @pytest.mark.parametrize(
        ("filters", "outcome"),
        [
            ({"users": frozenset({ADA})}, "reclaimed"),
            ({"users": frozenset({"eve@tum.de"})}, "gone"),
            ({"app_definitions": frozenset({"java-17-latest"})}, "reclaimed"),
            ({"app_definitions": frozenset({"c-latest"})}, "gone"),
            ({"older_than_days": 0}, "gone"),
            ({"unused_days": 0}, "gone"),
        ],
    )
    def test_filters_beside_the_name_hold_and_those_that_nobody_can_judge_keep_it(self, world, filters, outcome):
        self.left(world)
        assert [i.decision.outcome for i in self.reclaim(world, names("ws-old", **filters)).items] == [outcome]

    @pytest.mark.parametrize("field", ["users", "app_definitions"])
    def test_a_filter_alone_never_reaches_what_was_kept_on_purpose(self, world, field):
        self.left(world)
        choice = {"users": ADA, "app_definitions": "java-17-latest"}[field]
        request = Request(WorkspaceSelection(**{field: frozenset({choice})}))
        assert self.reclaim(world, request).items == ()

    def test_the_note_of_an_earlier_workspace_says_nothing_of_the_next_one(self, world):
        """Its volume was given to another claim since: other people's files are on it."""
        volume = self.left(world)
        volume["spec"]["claimRef"]["uid"] = "another"
        assert [i.decision.outcome for i in self.reclaim(world, names("ws-old")).items] == ["gone"]
        record = WorkspaceRef(
            FilesOwner("ws-new", "new", "bob@tum.de", "java-17-latest", None), None, "claim-gone", "pvc-old"
        )
        (item,) = self.reclaim(world, by_records(record)).items
        assert (item.decision.outcome, owner_of(item).user) == ("reclaimed", "bob@tum.de")

    def test_name_and_uid_together_mean_one_that_has_both(self, world):
        self.left(world)
        for uid, found in (("old", ["reclaimed"]), ("other", ["gone", "gone"])):
            items = self.reclaim(world, names("ws-old", uids=frozenset({uid}))).items
            assert [item.decision.outcome for item in items] == found

    def test_a_note_counts_more_than_the_names_of_claim_and_volume(self, world):
        self.left(world, uid="other")
        record = WorkspaceRef(FilesOwner("ws-old", "old", ADA, "java-17-latest", None), None, "claim-gone", "pvc-other")
        assert [i.decision.outcome for i in self.reclaim(world, by_records(record)).items] == ["gone"]

    def test_several_of_one_name_are_told_apart(self, world):
        self.left(world, uid="a")
        self.left(world, uid="b")
        assert [key_of(item) for item in self.reclaim(world, names("ws-old")).items] == ["pvc-a", "pvc-b"]

    def test_they_count_for_the_cap(self, world):
        for uid in "abc":
            self.left(world, uid=uid)
        assert self.reclaim(world, names("ws-old"), caps=Caps("max_delete", 2)).over_cap


class TestCaps:
    def many(self, world, count):
        for number in range(count):
            world.stored(f"ws-{number}")

    @pytest.mark.parametrize(("cap", "goes"), [(7, True), (6, False)])
    def test_beyond_max_delete_nothing_goes(self, world, cap, goes):
        self.many(world, 7)
        found = planned(world, terms=DeletionTerms(Safeguards(Caps("max_delete", cap, 100))))
        assert len(found.acts) == (7 if goes else 0)
        assert bool(found.over_cap) != goes
        if not goes:
            assert {item.decision.outcome for item in found.items} == {"skipped_cap"}

    @pytest.mark.parametrize(
        ("wanted", "total", "goes"), [(4, 4, True), (5, 25, True), (5, 24, False), (6, 30, True), (6, 29, False)]
    )
    def test_beyond_max_percent_nothing_goes_but_less_than_five_always_do(self, world, wanted, total, goes):
        self.many(world, total)
        found = planned(world, names(*(f"ws-{number}" for number in range(wanted))), DeletionTerms())
        assert bool(found.acts) == goes

    def test_what_stays_for_another_reason_keeps_it(self, world):
        self.many(world, 7)
        world.running("s", workspace="ws-0")
        found = planned(world, terms=DeletionTerms(Safeguards(Caps("max_delete", 5))))
        told = {item.name: item.decision.outcome for item in found.items}
        assert told.pop("ws-0") == "kept_in_use"
        assert set(told.values()) == {"skipped_cap"}


@given(
    live=st.sets(st.sampled_from(string.ascii_lowercase[:6])),
    stopped=st.sets(st.sampled_from(string.ascii_lowercase[:6])),
    protected=st.sets(st.sampled_from(string.ascii_lowercase[:6])),
    wanted=st.sets(st.sampled_from(string.ascii_lowercase[:6]), min_size=1),
    option=st.sampled_from(["follow", "retain", "reclaim"]),
    cap=st.integers(0, 6),
)
def test_whatever_is_asked_for_only_unused_unprotected_ones_go(live, stopped, protected, wanted, option, cap):
    world = WorkspaceWorld()
    world.app_definition()
    for name in string.ascii_lowercase[:6]:
        world.stored(name)
    for name in live:
        world.running(f"{name}-session", workspace=name)
    staying = {f"{name}-session": "live" for name in live - stopped}
    protection = Protection(names=frozenset(protected))
    terms = DeletionTerms(Safeguards(Caps("max_delete", cap, 100), protection), volume=option)
    found = planned(world, names(*wanted), terms, staying=staying)
    may_go = wanted - protected - (live - stopped)
    assert {item.name for item in found.acts} == (may_go if len(may_go) <= cap else set())
    assert {item.name for item in found.items} == wanted
    assert (found.over_cap is not None) == (len(may_go) > cap)


@given(
    days=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    hours=st.sampled_from([-200, -25, -1, 1, 25, 200]),
    filters=st.fixed_dictionaries(
        {}, optional={"unused_days": st.integers(0, 30), "older_than_days": st.integers(0, 30)}
    ).filter(bool),
)
def test_of_two_clocks_that_are_apart_both_have_to_agree(days, hours, filters):
    """What goes is what would go by either clock alone."""
    world = WorkspaceWorld()
    world.app_definition()
    for number, age in enumerate(days):
        world.stored(f"ws-{number}", age=timedelta(days=age, minutes=1))
    request, machine_now = Request(WorkspaceSelection(**filters)), NOW + timedelta(hours=hours)
    observation = looked(since=timedelta(days=60))

    def plan(**clocks):
        workspaces = world.assess_workspaces(observation=observation, **clocks)
        return plan_deletion(workspaces, [], request, UNCAPPED, around(**clocks), staying={})

    by_server, by_machine, both = plan(now=NOW), plan(now=machine_now), plan(now=NOW, machine_now=machine_now)
    going, going_otherwise = ({item.name for item in found.acts} for found in (by_server, by_machine))
    assert {item.name for item in both.acts} == going & going_otherwise
    for item in both.items:
        if item.name in going - going_otherwise:
            assert item.decision.outcome == "kept_active"
            assert f"the API server and of this machine are {abs(hours) * 60} min apart" in item.decision.text
