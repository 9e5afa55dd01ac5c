# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace_info) reads, returns and leaves out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import (
    LAST_SEEN,
    RETENTION_RECORD,
    WORKSPACE_NOTE,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.storage import FilesOwner, write_note
from ansible_collections.eduide.theia.plugins.module_utils._service.client import ListedSession, ListedWorkspace
from integration.module_run import module
from unit.session_world import SECRET, ago, exam_record
from unit.workspace_world import WorkspaceWorld


@pytest.fixture
def world():
    made = WorkspaceWorld()
    java = made.app_definition("java-17-latest")
    made.stored("ws-ada", user="ada@tum.de", annotations={LAST_SEEN: ago(days=40)})
    made.stored("ws-bob", user="bob@tum.de", policy="Retain", age=timedelta(days=90))
    made.workspace("ws-eve", user="eve@tum.de", app="c-latest", claim=None)
    made.running("ws-ada-session", user="ada@tum.de", workspace="ws-ada")
    made.bound("claim-ws-gone", label="ws-gone-max")
    owner = {"kind": "AppDefinition", **java["metadata"]}
    made.bound("instance-1-pvc", owner=owner, label="java-17-latest-instance-1")
    note = write_note(FilesOwner("ws-max", "u", "max@tum.de", "c-latest", None), "gone")
    kept = made.volume("pvc-kept", policy="Retain", phase="Released")
    kept["metadata"]["annotations"] = {WORKSPACE_NOTE: note}
    made.quota(persistentvolumeclaims=("4", "500"), pods=("9", "10"), requests_storage=("1000Mi", "200Gi"))
    made.collector("336h")
    made.observed(days=50)
    return made


@pytest.fixture
def see(cluster):
    """Run the module on a gateway."""

    def run(gateway, **options):
        cluster(gateway)
        return module("theia_workspace_info", {"namespace": "theia-prod", **options})

    return run


def names(result):
    return [workspace["name"] for workspace in result["workspaces"]]


GARBLED = ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "yesterday"]


def test_a_stamp_that_no_look_wrote_makes_one_warning_and_nobody_unused(see):
    world = WorkspaceWorld()
    world.app_definition()
    for number, stamp in enumerate(GARBLED):
        world.stored(f"ws-{number}", age=timedelta(days=90), annotations={LAST_SEEN: stamp})
    world.stored("ws-fine", age=timedelta(days=90))
    world.observed(days=50)
    result = see(world.gateway())
    found = {w["name"]: (w["last_used"], w["last_seen"], w["unused_since"]) for w in result["workspaces"]}
    assert found.pop("ws-fine") == (None, None, ago(days=50))
    assert set(found.values()) == {(None, None, None)}
    (warning,) = result["warnings"]
    assert "ws-0, ws-1, ws-2, ws-3: when they were last used is not known" in warning
    assert names(see(world.gateway(), unused_days=1)) == ["ws-fine"]
    (warning,) = see(world.gateway(), pseudonym_key="k" * 16)["warnings"]
    assert "ws-" not in warning


def test_it_lists_all_workspaces_and_changes_nothing(world, see):
    gateway = world.gateway(records=[exam_record()])
    result = see(gateway)
    assert names(result) == ["ws-ada", "ws-bob", "ws-eve"]
    found = {w["name"]: w for w in result["workspaces"]}
    assert found["ws-ada"]["live_sessions"] == ["ws-ada-session"]
    assert (found["ws-ada"]["last_used"], found["ws-ada"]["exam"]) == (ago(), "pgdp-final")
    assert found["ws-bob"]["deletion"] == "volume_released"
    assert found["ws-bob"]["unused_since"] == ago(days=50)
    assert found["ws-eve"]["deletion"] == "no_volume"
    assert (result["changed"], result["warnings"], result["missing"]) == (False, [], {})
    assert (result["seen_at"], gateway.writes) == (ago(), [])
    assert SECRET not in json.dumps(result)


def test_what_is_left_behind_stands_apart_from_pool_claims(world, see):
    result = see(world.gateway())
    assert [claim["name"] for claim in result["orphans"]["claims"]] == ["claim-ws-gone"]
    (volume,) = result["orphans"]["volumes"]
    assert (volume["name"], volume["workspace"], volume["user"]) == ("pvc-kept", "ws-max", "max@tum.de")
    assert [claim["name"] for claim in result["pool_claims"]] == ["instance-1-pvc"]


def test_a_volume_whose_deletion_failed_is_left_behind_too(world, see):
    told = {"phase": "Failed", "reason": "VolumeFailedDelete", "message": "the disk is still attached"}
    kept = next(v for v in world.objects["volumes"] if v["metadata"]["name"] == "pvc-kept")
    kept["status"] = told
    (left,) = see(world.gateway())["orphans"]["volumes"]
    assert (left["name"], left["phase"]) == ("pvc-kept", "Failed")
    assert "the disk is still attached" in left["message"]


def test_totals_are_of_the_selected_before_the_limit_and_claims_of_all(world, see):
    summary = see(world.gateway(), in_use=False, limit=0)["summary"]
    assert (summary["total"], summary["in_use"], summary["never_seen"]) == (2, 0, 2)
    assert summary["by_app_definition"] == {"c-latest": 1, "java-17-latest": 1}
    assert sum(summary["by_deletion"].values()) == 2
    size = 250 * 2**20
    assert summary["by_storage_class"] == {
        "csi-rbd-sc": {"claims": 4, "requested_bytes": 4 * size, "capacity_bytes": 4 * size}
    }
    assert {kind: found["claims"] for kind, found in summary["claims"].items()} == {
        "workspaces": 2,
        "pools": 1,
        "orphans": 1,
        "others": 0,
    }
    assert [(row["resource"], row["percent"]) for row in summary["quotas"]] == [
        ("persistentvolumeclaims", 0.8),
        ("requests.storage", 0.5),
    ]


def test_the_collectors_rule_is_shown_with_who_would_lose_something_in_use(world, see):
    found = see(world.gateway(), names=["ws-eve"])["garbage_collector"]
    assert found == {"ttl_seconds": 1209600, "would_delete": 3, "would_delete_in_use": ["ws-ada"]}
    world.objects["collectors"].clear()
    assert see(world.gateway())["garbage_collector"] is None
    world.collector(None)
    assert set(see(world.gateway())["garbage_collector"].values()) == {None}


def test_fields_are_chosen_and_a_query_replaces_the_list(world, see):
    assert see(world.gateway(), names=["ws-ada"], fields=["user"])["workspaces"] == [{"user": "ada@tum.de"}]
    found = see(world.gateway(), query="workspaces[?claim==null].user | [0]")
    assert (found["query_result"], "workspaces" in found) == ("eve@tum.de", False)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"query": "workspaces[?"}, "the query 'workspaces[?' cannot be used"),
        ({"fields": ["name", "password"]}, "a workspace has no field password; its fields are name, uid"),
        ({"limit": -1}, "the option limit is -1"),
        ({"unused_days": -1}, "the option unused_days is -1"),
        ({"max_gap_hours": 0}, "the option max_gap_hours is 0; it has to be between 1 and"),
        ({"gather": ["everything"]}, "value of gather must be one or more of"),
    ],
)
def test_mistakes_are_named(world, see, options, text):
    result = see(world.gateway(), **options)
    assert result["failed"]
    assert text in result["msg"]


def test_what_is_not_asked_for_is_not_read(world, see):
    gateway = world.gateway()
    result = see(gateway, gather=[])
    assert {plural for _verb, plural, _name in gateway.requests} == {
        "sessions",
        "appdefinitions",
        "workspaces",
        "deployments",
    }
    assert {(w["claim"], w["deletion"], w["unused_since"]) for w in result["workspaces"]} == {(None, None, None)}
    assert (result["missing"], result["orphans"]) == ({}, {"claims": None, "volumes": None})
    assert (result["summary"]["claims"], result["summary"]["quotas"], result["pool_claims"]) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "missing", "lost"),
    [
        pytest.param(kinds.PV, "volumes", "volume", id="volumes-of-the-cluster"),
        pytest.param(kinds.PVC, "claims", "claim", id="claims"),
        pytest.param(kinds.RESOURCE_QUOTA, "quotas", None, id="quotas"),
    ],
)
def test_what_cannot_be_read_is_null_with_one_warning(world, see, kind, missing, lost):
    result = see(world.gateway(forbidden=[("list", kind)]))
    assert set(result["missing"]) == {missing}
    (warning,) = result["warnings"]
    assert missing in warning
    (ada,) = [w for w in result["workspaces"] if w["name"] == "ws-ada"]
    if lost:
        assert (ada[lost], ada["deletion"]) == (None, None)
    else:
        assert result["summary"]["quotas"] is None


def test_a_record_of_looks_that_cannot_be_read_leaves_use_unknown(world, see):
    world.objects["records"] = [{"metadata": {"name": RETENTION_RECORD}, "data": {"version": "7"}}]
    result = see(world.gateway())
    assert set(result["missing"]) == {"observation"}
    assert {w["unused_since"] for w in result["workspaces"]} == {None}


def test_looks_that_are_too_far_apart_say_nothing(world, see):
    assert names(see(world.gateway(), unused_days=45)) == ["ws-bob"]
    result = see(world.gateway(), unused_days=45, max_gap_hours=12)
    assert (names(result), result["observation"]["since"]) == ([], ago())


@pytest.mark.parametrize("kind", [kinds.WORKSPACE, kinds.SESSION])
def test_workspaces_and_sessions_have_to_be_readable(world, see, kind):
    result = see(world.gateway(forbidden=[("list", kind)]))
    assert result["failed"]
    assert f"not allowed to list {kind.plural}" in result["msg"]


def test_a_namespace_without_theia_cloud_is_an_error(see):
    assert "has no app definitions" in see(WorkspaceWorld().gateway())["msg"]


def test_pseudonyms_do_not_need_to_know_what_the_collector_would_delete(world, see):
    world.stored("ws")
    world.collector(None)
    found = see(world.gateway(), pseudonym_key="first")["garbage_collector"]
    assert found["would_delete_in_use"] is None


def test_pseudonyms_hide_people_and_stay_the_same(world, see):
    results = [see(world.gateway(), pseudonym_key=key) for key in ("one", "one", "two")]
    text = json.dumps(results)
    assert not [person for person in ("ada@", "bob@", "eve@", "max@", "ws-") if person in text]
    first, again, other = ([w["user"] for w in result["workspaces"]] for result in results)
    assert first == again != other
    assert len(set(first)) == 3
    in_use = results[0]["garbage_collector"]["would_delete_in_use"]
    assert in_use == [results[0]["workspaces"][0]["name"]]


class FakeService:
    user = "ada@tum.de"

    def workspaces(self, user):
        return [ListedWorkspace(f"w{n}", f"label {n}", "java-17-latest", user, active=n == 1) for n in (2, 1)]

    def sessions(self, user):
        return [
            ListedSession("w1-session", user, "java-17-latest", None),
            ListedSession("other", user, "java-17-latest", "w2"),
        ]


class TestThroughTheService:
    @pytest.fixture
    def ask(self, through):
        def run(**options):
            through(FakeService())
            options = {"api": "service", "service_url": "https://service.invalid", **options}
            return module("theia_workspace_info", options)

        return run

    def test_names_and_sessions_are_known_and_everything_else_is_null(self, ask):
        result = ask()
        assert [(w["name"], w["label"], w["sessions"]) for w in result["workspaces"]] == [
            ("w1", "label 1", ["w1-session"]),
            ("w2", "label 2", ["other"]),
        ]
        unknown = ("uid", "claim", "deletion", "live_sessions", "last_used")
        assert {w[field] for w in result["workspaces"] for field in unknown} == {None}
        assert (result["summary"]["total"], result["orphans"], result["seen_at"]) == (2, None, None)
        assert "volumes" in result["missing"]

    def test_names_and_limit_choose(self, ask):
        assert names(ask(names=["w2", "w3"])) == ["w2"]
        assert names(ask(limit=1, fields=["name"])) == ["w1"]
        assert names(ask(app_definitions=["c-latest"])) == []

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"unused_days": 3, "in_use": False}, "nobody can tell in_use, unused_days"),
            ({"users": ["ada@tum.de", "bob@tum.de"]}, "there is one user"),
        ],
    )
    def test_mistakes_are_named(self, ask, options, text):
        assert text in ask(**options)["msg"]

    def test_a_limit_below_nothing_is_refused_there_too(self, ask):
        assert "limit is -1" in ask(limit=-1)["msg"]

    def test_pseudonyms_work_there_too(self, ask):
        assert "ada" not in json.dumps(ask(pseudonym_key="k")["workspaces"])
