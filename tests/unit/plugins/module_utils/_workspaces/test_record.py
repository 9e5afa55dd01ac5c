# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a workspace is, what holds its files, who is on it, and what deleting it would do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._exams.record import read_records
from ansible_collections.eduide.theia.plugins.module_utils._platform import storage as rows
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import LAST_SEEN, PROTECTED
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.record import (
    NO_VOLUME,
    VOLUME_DELETED,
    VOLUME_RELEASED,
    Claims,
    is_on,
    orphans,
    would_be_collected,
)
from unit.session_world import ago, exam_record, millis
from unit.workspace_world import WorkspaceWorld, looked


@pytest.fixture
def world():
    made = WorkspaceWorld()
    made.app_definition()
    return made


def only(world, **options):
    (assessed,) = world.assess_workspaces(**options)
    return assessed


def test_a_record_has_everything_that_is_known(world):
    world.stored("ws-1", operatorStatus="HANDLED", age=timedelta(days=3))
    record = only(world).record
    assert record["user"] == "ada@tum.de"
    assert (record["app_definition"], record["label"]) == ("java-17-latest", "java-17-latest of ada@tum.de")
    assert (record["created"], record["age_seconds"]) == (ago(days=3), 3 * 86400)
    assert (record["operator_status"], record["error"], record["namespace"]) == ("HANDLED", None, "theia-prod")
    assert record["claim"] == {
        "name": "claim-ws-1",
        "phase": "Bound",
        "found_by": "storage",
        "requested_bytes": 250 * 2**20,
        "capacity_bytes": 250 * 2**20,
        "storage_class": "csi-rbd-sc",
    }
    assert record["volume"] == {"name": "pvc-claim-ws-1", "phase": "Bound", "reclaim_policy": "Delete"}


def test_a_status_that_is_missing_or_empty_is_no_status(world):
    world.workspace("bare")
    world.workspace("fresh", operatorStatus="NEW", error="")
    assert {r["operator_status"] for r in world.workspace_records().values()} == {None}


class TestClaim:
    def test_the_one_that_the_workspace_names_counts_whatever_its_label_says(self, world):
        world.workspace("ws-1", claim="claim-b")
        world.claim("claim-a", label="ws-1")
        world.claim("claim-b", label="another")
        assert only(world).record["claim"]["name"] == "claim-b"

    @pytest.mark.parametrize("named", [None, "claim-that-is-gone"])
    def test_else_the_one_with_its_label_else_the_one_it_owns(self, world, named):
        labelled = world.workspace("labelled", claim=named)
        world.claim("claim-labelled", labelled)
        owner = world.workspace("owner", claim=named)
        world.claim("claim-owned", owner, label="cut-short")
        found = {name: (r["claim"]["name"], r["claim"]["found_by"]) for name, r in world.workspace_records().items()}
        assert found == {"labelled": ("claim-labelled", "label"), "owner": ("claim-owned", "owner")}

    def test_what_an_earlier_workspace_of_the_name_left_is_an_orphan(self, world):
        before = world.workspace("ws-1", claim=None)
        world.objects["workspaces"].clear()
        world.claim("claim-before", before)
        world.workspace("ws-1", claim=None)
        assert only(world).record["claim"] is None
        assert [row.name for row in orphans(world.workspace_sources()).claims] == ["claim-before"]

    def test_claims_are_told_apart(self, world):
        world.stored("ws-1")
        # A person may call a workspace so; it is found by name, and is no member of a pool.
        world.stored("lab-instance-3")
        app = world.objects["app_definitions"][0]["metadata"]
        owner = {"kind": "AppDefinition", "name": app["name"], "uid": app["uid"]}
        world.claim("instance-2-java-pvc", owner=owner, label="java-17-latest-instance-2")
        gone = world.workspace("gone-instance-4")
        world.objects["workspaces"].remove(gone)
        world.claim("claim-gone", gone)
        world.claim("keycloak-data")
        found = Claims(world.workspace_sources())
        kinds = (found.workspaces, found.pool, found.orphans, found.others)
        assert [[row.name for row in claims] for claims in kinds] == [
            ["claim-ws-1", "claim-lab-instance-3"],
            ["instance-2-java-pvc"],
            ["claim-gone"],
            ["keycloak-data"],
        ]

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["a", "b", "x-instance-1", None]),  # label
                st.sampled_from(["a", "b", None]),  # owner
                st.sampled_from(["a", "b", None]),  # named by
            ),
            max_size=6,
        )
    )
    def test_every_claim_is_of_exactly_one_kind(self, drawn):
        world = WorkspaceWorld()
        storage = {}
        for number, (_label, _owner, named) in enumerate(drawn):
            storage.setdefault(named, f"claim-{number}")
        workspaces = {name: world.workspace(name, claim=storage.get(name)) for name in ("a", "b")}
        for number, (label, owner, _named) in enumerate(drawn):
            world.claim(f"claim-{number}", workspaces.get(owner), label=label)
        sources = world.workspace_sources()
        found = Claims(sources)
        kinds = [*found.workspaces, *found.pool, *found.orphans, *found.others]
        assert sorted(row.name for row in kinds) == sorted(row.name for row in sources.claims)
        assert {claim.name for claim, _by in map(found.of, sources.workspaces) if claim} == {
            row.name for row in found.workspaces
        }


@pytest.mark.parametrize(
    ("policy", "without", "deletion"),
    [
        pytest.param("Delete", (), VOLUME_DELETED, id="delete"),
        pytest.param("Retain", (), VOLUME_RELEASED, id="retain"),
        pytest.param("Recycle", (), None, id="unheard-of"),
        pytest.param("Delete", ("volumes",), None, id="volumes-unread"),
        pytest.param("Delete", ("claims",), None, id="claims-unread"),
    ],
)
def test_a_deletion_does_what_the_policy_of_the_volume_itself_says(world, policy, without, deletion):
    world.stored(policy=policy)
    assert only(world, without=without).record["deletion"] == deletion


def test_without_a_volume_there_is_nothing_to_lose(world):
    world.workspace("no-claim", claim=None)
    world.claim("claim-pending", world.workspace("pending", claim="claim-pending"))
    lost = world.claim("claim-lost", world.workspace("lost", claim="claim-lost"), volume="pvc-lost")
    lost["status"]["phase"] = "Lost"
    assert {r["deletion"] for r in world.workspace_records().values()} == {NO_VOLUME}
    world.claim("claim-bound", world.workspace("bound", claim="claim-bound"), volume="pvc-bound")
    found = world.workspace_records(without=["volumes"])
    assert {name: r["deletion"] for name, r in found.items() if r["deletion"]} == {
        "no-claim": NO_VOLUME,
        "pending": NO_VOLUME,
    }


def test_a_volume_that_was_not_listed_yet_is_unknown(world):
    world.claim("claim", world.workspace("ws", claim="claim"), volume="pvc-new")
    assert world.workspace_records()["ws"]["deletion"] is None


def test_released_volumes_of_this_namespace_are_orphans(world):
    world.stored()
    world.volume("kept", policy="Retain", phase="Released")
    world.volume("of-others", policy="Retain", phase="Released", namespace="theia-test")
    assert [row.name for row in orphans(world.workspace_sources()).volumes] == ["kept"]
    assert orphans(world.workspace_sources(without=["volumes", "claims"])) == (None, None)


class TestSessions:
    def test_they_are_on_what_they_name_and_on_what_takes_them_along(self, world):
        for name in ("ws-1", "ws-2", "ws-3"):
            world.stored(name)
        world.running("any", workspace="ws-1")
        world.running("ws-2-session")
        world.running("ws-9-session", workspace="ws-1")
        found = {name: r["sessions"] for name, r in world.workspace_records().items()}
        assert found == {"ws-1": ["any", "ws-9-session"], "ws-2": ["ws-2-session"], "ws-3": []}
        session = next(row for row in world.sources().sessions if row.name == "ws-9-session")
        assert [is_on(name, session) for name in ("ws-1", "ws-9", "ws-2")] == [True, True, False]

    def test_one_may_be_called_like_its_workspace(self, world):
        world.stored("ws-1")
        world.running("ws-1", workspace="ws-1")
        assert world.workspace_records()["ws-1"]["live_sessions"] == ["ws-1"]

    def test_a_dead_one_is_listed_and_keeps_nothing_in_use(self, world):
        world.stored()
        world.session("dead", workspace="ws-1", operatorStatus="ERROR")
        assessed = only(world)
        assert (assessed.record["sessions"], assessed.record["live_sessions"], assessed.in_use) == (["dead"], [], False)
        assert (assessed.record["last_used"], assessed.record["unused_since"]) == (None, None)

    def test_one_that_nobody_can_tell_is_live(self, world):
        world.stored()
        world.session("lost", workspace="ws-1", operatorStatus="HANDLED", lastActivity=millis(days=1))
        assert not only(world).in_use
        assert only(world, without=["deployments", "pods", "services"]).in_use

    def test_with_a_live_one_it_is_used_now(self, world):
        world.stored(annotations={LAST_SEEN: ago(days=3)})
        assert only(world).record["last_used"] == ago(days=3)
        world.running("live", workspace="ws-1")
        record = only(world, observation=looked(since=timedelta(days=90))).record
        assert (record["last_used"], record["last_seen"]) == (ago(), ago(days=3))
        assert (record["unused_since"], record["unused_seconds"]) == (None, None)


@pytest.mark.parametrize(
    ("since", "age", "seen", "expected"),
    [
        pytest.param(40, 90, None, 40, id="nobody-looked-before"),
        pytest.param(40, 30, None, 30, id="it-is-younger-than-the-looks"),
        pytest.param(40, 90, 10, 9, id="the-stamp-may-be-a-day-early"),
        pytest.param(40, 90, 60, 40, id="a-stamp-from-before-the-chain"),
        pytest.param(None, 90, 60, None, id="nobody-looks"),
    ],
)
def test_it_is_unused_since_the_last_of_all_that_speaks_for_use(world, since, age, seen, expected):
    notes = {LAST_SEEN: ago(days=seen)} if seen is not None else None
    world.stored(age=timedelta(days=age), annotations=notes)
    chain = looked(since=timedelta(days=since)) if since is not None else None
    record = only(world, observation=chain).record
    assert record["unused_since"] == (ago(days=expected) if expected is not None else None)
    assert record["unused_seconds"] == (expected * 86400 if expected is not None else None)


@pytest.mark.parametrize(
    ("status", "days", "expected"),
    [
        pytest.param("True", 5, 5, id="a-pod-left-it-between-two-looks"),
        pytest.param("True", 60, 40, id="before-anybody-looked"),
        pytest.param("False", 60, None, id="a-pod-has-it"),
        pytest.param("Unknown", 5, 40, id="the-cluster-does-not-know"),
    ],
)
def test_what_the_cluster_notes_of_pods_counts_as_use_too(world, status, days, expected):
    noted = [{"type": "Resizing", "status": "True"}, {"type": "Unused", "status": status}]
    noted[1]["lastTransitionTime"] = ago(days=days)
    world.claim("claim-1", world.workspace(age=timedelta(days=90)), conditions=noted)
    record = only(world, observation=looked(since=timedelta(days=40))).record
    assert record["unused_since"] == (ago(days=expected) if expected is not None else None)
    assert only(world).record["unused_since"] is None


def test_a_stamp_that_nobody_can_read_says_nothing(world):
    world.stored(annotations={LAST_SEEN: "yesterday"})
    assert only(world).record["last_seen"] is None


def test_protection_and_exam(world):
    world.stored("own", annotations={PROTECTED: "demo"})
    world.app_definition("exam-app", note=1)
    world.objects["app_definitions"][-1]["metadata"]["annotations"] = {PROTECTED: ""}
    world.stored("by-app", app="exam-app")
    records = world.workspace_records(shield=read_records([exam_record()]))
    assert {name: (r["protected"], r["exam"]) for name, r in records.items()} == {
        "own": ("demo", "pgdp-final"),
        "by-app": ("app definition: no reason given", None),
    }


@pytest.mark.parametrize(
    ("ttl", "seconds"),
    [
        ("1209600s", 1209600),
        ("336h", 1209600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("250ms", 0),
        ("1209600", 1209600),
        ("14d", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_the_collectors_time_is_read_as_it_reads_it(world, ttl, seconds):
    assert rows.read_collector(world.collector(ttl)) == rows.Collector(seconds)


def test_a_collector_without_replicas_collects_nothing(world):
    assert rows.read_collector(world.collector("1h", replicas=0)) is None


@pytest.mark.parametrize(
    ("age", "ttl", "goes"),
    [(59, 60, False), (60, 60, False), (61, 60, True)],
)
def test_the_collector_goes_by_age_alone(world, age, ttl, goes):
    world.stored(age=timedelta(seconds=age))
    world.running(workspace="ws-1")
    assert would_be_collected(only(world), ttl) is goes
