# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of a few sessions among thousands only their own objects are read, and that decides as everything would."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import SESSION_LABEL, SIDECAR_LABEL
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards
from ansible_collections.eduide.theia.plugins.module_utils._safety.execution import Pace
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.targets import Request
from ansible_collections.eduide.theia.plugins.module_utils._sessions.facts import Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.filter import Selection
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import prepare
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.job import StopJob
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.plan import StopTerms
from unit.session_world import World


def crowd():
    """An installation whose other sessions are of all kinds, too."""
    world = World()
    app = world.app_definition()
    for number in range(1, 4):
        world.running(f"other-{number}")
        world.eager(f"other-eager-{number}", app, number)
    return world, app


def stop(gateway, *names, caps=None):
    job = StopJob(
        request=Request(Selection(names=frozenset(names))),
        terms=StopTerms(Safeguards(caps or Caps("max_stop"))),
        thresholds=Thresholds(),
        installation=Installation("operator-deployment", "theia-cloud-operator-leaders"),
        pace=Pace(concurrency=1, max_failures=None),
        run="",
    )
    return prepare.read_and_plan_stop(gateway, job)


@pytest.fixture
def both(monkeypatch):
    """The plan as it is made in a small installation, and in a large one."""

    def plan(world, *names, **options):
        whole = stop(world.gateway(), *names, **options)
        with monkeypatch.context() as patched:
            patched.setattr(prepare, "LISTED_ANYWAY", 0)
            patched.setattr(prepare, "LISTED_PER_LOOK_UP", 0)
            return whole, stop(world.gateway(), *names, **options)

    return plan


def own_pods(done):
    return {pod.name.rpartition("-5d4f")[0] for pod in done.view.sources.pods}


def lazy(world, _app):
    world.running("mine")


def of_a_user_with_many(world, _app):
    for name in ("mine", "second", "third", "fourth"):
        world.running(name, user="eve@tum.de")


def on_a_volume(world, _app):
    world.workspace("mine-ws", claim="claim-9")
    world.running("mine", workspace="mine-ws", claim="claim-9")


def whose_workspace_is_gone(world, _app):
    world.running("mine", workspace="deleted")


def eager(world, app):
    world.eager("mine", app, 9)


def without_a_pod(world, _app):
    session = world.session("mine", operatorStatus="HANDLED", url="ide.example.org/mine/", age=timedelta(hours=9))
    world.lazy_objects(session, pod=False)


@pytest.mark.parametrize(
    "case", [lazy, of_a_user_with_many, on_a_volume, whose_workspace_is_gone, eager, without_a_pod]
)
def test_own_objects_decide_as_everything_would(both, case):
    world, app = crowd()
    case(world, app)
    whole, near = both(world, "mine")
    assert near.plan == whole.plan
    assert len(whole.view.sources.pods) > len(near.view.sources.pods)
    assert own_pods(near) <= {"session-mine", f"instance-9-java-17-latest-{app['metadata']['uid'][-12:]}"}


def failed(world, _app):
    world.session("mine", operatorStatus="ERROR", error="Failed to complete session setup.")


def pending(world, _app):
    world.session("mine", age=timedelta(minutes=1))


def claimed_and_not_labelled_yet(world, app):
    world.eager("mine", app, 9)
    for service in world.objects["services"]:
        service["metadata"].get("labels", {}).pop(SESSION_LABEL, None)


def routed_to_a_sidecar(world, app):
    """Its label is on a Service with another name than its Deployment's."""
    session = world.eager("mine", app, 9)
    uid = session["metadata"]["uid"]
    for service in world.objects["services"]:
        labels = service["metadata"].get("labels", {})
        if labels.get(SESSION_LABEL) == uid:
            service["metadata"]["name"] = service["metadata"]["name"].replace("instance-9-", "instance-9-langserver-")
            labels[SIDECAR_LABEL] = "langserver"


def with_pods_of_another_label(world, _app):
    world.running("mine")
    world.objects["deployments"][-1]["spec"]["selector"] = {"matchLabels": {"name": "mine"}}


@pytest.mark.parametrize(
    "case", [failed, pending, claimed_and_not_labelled_yet, routed_to_a_sidecar, with_pods_of_another_label]
)
def test_where_an_object_may_have_escaped_everything_is_read(both, case):
    world, app = crowd()
    case(world, app)
    whole, near = both(world, "mine")
    assert near == whole


def test_what_was_read_before_everything_is_not_read_again(monkeypatch):
    world, app = crowd()
    failed(world, app)
    monkeypatch.setattr(prepare, "LISTED_ANYWAY", 0)
    monkeypatch.setattr(prepare, "LISTED_PER_LOOK_UP", 0)
    gateway = world.gateway()
    stop(gateway, "mine")
    lists = [plural for verb, plural, _name in gateway.requests if verb == "list"]
    # One page of sessions tells that there are many; what is labelled for this one is looked for first.
    assert {plural: lists.count(plural) for plural in lists} == {
        "sessions": 2,
        "appdefinitions": 1,
        "configmaps": 1,
        "services": 2,
        "deployments": 2,
        "replicasets": 1,
        "pods": 1,
        "workspaces": 1,
    }


def test_a_kind_that_may_not_be_listed_is_told_as_ever(monkeypatch):
    world, app = crowd()
    lazy(world, app)
    monkeypatch.setattr(prepare, "LISTED_ANYWAY", 0)
    monkeypatch.setattr(prepare, "LISTED_PER_LOOK_UP", 0)
    done = stop(world.gateway(forbidden=[("list", kinds.POD)]), "mine")
    assert "pods" in done.view.missing


@pytest.mark.parametrize(("caps", "everything"), [(Caps("max_stop"), True), (Caps("max_stop", percent=100), False)])
def test_whoever_may_stop_a_share_of_all_only_has_to_know_all(both, caps, everything):
    world, _app = crowd()
    names = [f"mine-{number}" for number in range(5)]
    for name in names:
        world.running(name)
    whole, near = both(world, *names, caps=caps)
    assert near.plan == whole.plan
    assert (len(near.view.sources.pods) == len(whole.view.sources.pods)) == everything


def test_more_than_one_query_long(both):
    world, _app = crowd()
    names = [f"mine-{number}" for number in range(95)]
    for name in names:
        world.running(name)
    whole, near = both(world, *names, caps=Caps("max_stop", most=100, percent=100))
    assert near.plan == whole.plan
    assert len(near.view.sources.pods) == len(names)
