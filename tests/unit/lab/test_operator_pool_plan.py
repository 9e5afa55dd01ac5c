# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions about a pool, row by row."""

from __future__ import annotations

import pytest

from lab.operator import pool_plan
from lab.operator.pool_plan import Free, Step

DEFINITION = {"metadata": {"name": "java", "uid": "d", "generation": 2}, "spec": {"name": "java", "minInstances": 2}}
APP_DEFINITION_OWNER = {"kind": "AppDefinition", "name": "java", "uid": "d"}
SESSION_OWNER = {"kind": "Session", "name": "s", "uid": "s"}


def item(number, *, claimed=False, generation="2", suffix="", **labels):
    owners = [APP_DEFINITION_OWNER, SESSION_OWNER] if claimed else [APP_DEFINITION_OWNER]
    tags = {"theia-cloud.io/appdefinition-generation": generation} if generation else {}
    name = f"instance-{number}-java-0123456789ab{suffix}"
    return {"metadata": {"name": name, "labels": {**tags, **labels}, "ownerReferences": owners}}


def plan(*items, target=2):
    steps = pool_plan.reconcile(items, DEFINITION, target=target, create=())
    return [(step.action, step.number) for step in steps]


@pytest.mark.parametrize(
    ("existing", "steps"),
    [
        pytest.param(item(1), [], id="free, current: kept"),
        pytest.param(item(1, generation="1"), [("rebuild", 1)], id="free, outdated: rebuilt"),
        pytest.param(item(1, generation=None), [("rebuild", 1)], id="no generation counts as outdated"),
        pytest.param(item(3), [("delete", 3)], id="free, above: deleted"),
        pytest.param(item(1, claimed=True), [], id="claimed, current: kept"),
        pytest.param(item(1, claimed=True, generation="1"), [], id="claimed, outdated: kept"),
        pytest.param(item(3, claimed=True), [("disown", 3)], id="claimed, above: disowned"),
        pytest.param({"metadata": {"name": "other"}}, [], id="not of a pool: left alone"),
    ],
)
def test_reconcile(existing, steps):
    assert plan(existing) == steps


def test_what_is_missing_is_created_last():
    steps = pool_plan.reconcile([item(1, generation="1")], DEFINITION, target=3, create=[2, 3])
    assert steps == [Step("rebuild", 1, "instance-1-java-0123456789ab"), Step("create", 2), Step("create", 3)]


def test_missing_are_the_ids_up_to_the_target_of_which_nothing_exists():
    assert pool_plan.missing([item(2), item(5)], 4) == [1, 3, 4]
    assert pool_plan.missing([], 0) == []
    assert pool_plan.missing([], -1) == []


def test_a_deleted_app_definition_takes_free_instances_along_and_lets_claimed_ones_go():
    steps = pool_plan.release_all([item(1), item(2, claimed=True)], DEFINITION)
    assert [(step.action, step.number) for step in steps] == [("delete", 1), ("disown", 2)]


@pytest.mark.parametrize(
    ("number", "generation", "verdict"),
    [
        pytest.param(2, "2", "keep", id="wanted and current"),
        pytest.param(2, "1", "rebuild", id="wanted, outdated"),
        pytest.param(3, "2", "delete", id="above the minimum"),
        pytest.param(3, "1", "delete", id="above the minimum, outdated"),
    ],
)
def test_after_release(number, generation, verdict):
    assert pool_plan.after_release([item(number, generation=generation)], number, DEFINITION) == verdict


def pair(number, *, external=False, internal=False):
    return [item(number, claimed=external), item(number, claimed=internal, suffix="-int")]


@pytest.mark.parametrize(
    ("services", "number"),
    [
        pytest.param([*pair(10), *pair(9)], 9, id="the lowest by number, not by name"),
        pytest.param([*pair(1, external=True, internal=True), *pair(2)], 2, id="claimed ones are passed over"),
        pytest.param([*pair(1, internal=True), *pair(2)], 2, id="half claimed is not free"),
        pytest.param([item(1), *pair(2)], 2, id="without internal Service not free"),
        pytest.param([*pair(1, external=True, internal=True)], None, id="nothing left"),
        pytest.param([], None, id="no pool"),
    ],
)
def test_lowest_free(services, number):
    free = pool_plan.lowest_free(services)
    assert (free.number if free else None) == number


def test_the_first_external_service_of_an_id_is_given_to_a_session():
    sidecar = item(1)
    sidecar["metadata"]["name"] = "instance-1-a-ls-java-0123456789ab"
    internal = "instance-1-java-0123456789ab-int"
    assert pool_plan.lowest_free([sidecar, *pair(1)]) == Free(1, "instance-1-a-ls-java-0123456789ab", internal)
    assert pool_plan.lowest_free(pair(1)) == Free(1, "instance-1-java-0123456789ab", internal)


def test_what_a_session_holds_already_is_found_whatever_is_free():
    services = [*pair(1), *pair(2, external=True, internal=True)]
    held = pool_plan.held_by(services, {"metadata": {"name": "s", "uid": "s"}})
    assert held is not None
    assert held.number == 2
    assert pool_plan.held_by(services, {"metadata": {"name": "x", "uid": "x"}}) is None


def session(uid, number="1", *, app_definition="java", user="ada@example.org", ending=False):
    annotations = {} if number is None else {"theia-cloud.io/instance-id": number}
    metadata = {"name": uid, "uid": uid, "annotations": annotations}
    if ending:
        metadata["deletionTimestamp"] = "2026-11-22T10:00:00Z"
    return {"metadata": metadata, "spec": {"appDefinition": app_definition, "user": user}}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(session("x", "2", app_definition="c"), id="another app definition"),
        pytest.param(session("x", None), id="no annotation"),
        pytest.param(session("x", "two"), id="no number"),
        pytest.param(session("x", "2", user=" "), id="nobody"),
        pytest.param(session("x", "2", ending=True), id="ending"),
    ],
)
def test_claims_are_what_living_sessions_say(other):
    assert list(pool_plan.claims([session("s"), other], DEFINITION)) == [1]
