# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_session) sends to start a session, what it waits for, and what it says and keeps to itself."""

from __future__ import annotations

import json

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    LimitReached,
    ServerFailed,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CANARY
from integration.module_run import module
from unit.session_world import KINDS, World, exam_record

ADA = "ada@tum.de"
NAME = "ws-java-17-latest-ada-tum-de-session"
OPTIONS = {"namespace": "theia-prod", "state": "present", "user": ADA, "app_definition": "java-17-latest"}


@pytest.fixture
def world():
    made = World()
    made.app_definition()
    return made


@pytest.fixture
def run(cluster):
    def run(gateway, *, check=False, **options):
        cluster(gateway)
        return module("theia_session", {**OPTIONS, "wait_timeout_seconds": 0, **options}, check=check, diff=True)

    return run


def handle(gateway, name, *, pod_ready=True, **status):
    """What an operator does with a session: it has its status, and a pod unless it failed."""
    gateway.change(kinds.SESSION, name, {"status": status})
    if status["operatorStatus"] != "ERROR":
        made = World()
        made.lazy_objects(gateway._stored(kinds.SESSION, name), ready=pod_ready)
        for part in ("deployments", "replica_sets", "services", "pods"):
            for obj in made.objects[part]:
                gateway.put(KINDS[part], obj)


def handled(gateway, **becomes):
    """From now on an operator is at work: the first session that is looked at has become this."""
    pending = [NAME]

    def act(verb, kind, name):
        if (verb, kind, name) == ("get", kinds.SESSION, NAME) and pending and gateway._shelf(kinds.SESSION):
            pending.clear()
            handle(gateway, NAME, **{"operatorStatus": "HANDLED", **becomes})

    gateway.interceptors.append(act)
    return gateway


def with_url(gateway, **details):
    return handled(gateway, url="ide.example.org/x/", **details)


def created(gateway):
    return [body for verb, plural, _name, body in gateway.writes if (verb, plural) == ("create", "sessions")]


def test_it_is_made_as_the_service_makes_it_and_waited_for_and_made_once(world, run):
    gateway = with_url(world.gateway())
    first = run(gateway, wait_timeout_seconds=5)
    assert not first.get("failed"), first
    [body] = created(gateway)
    secret = body["spec"].pop("sessionSecret")
    assert body == {
        "metadata": {"name": NAME},
        "spec": {"name": NAME, "user": ADA, "appDefinition": "java-17-latest"},
    }
    assert (first["changed"], first["outcomes"], first["session"]["state"]) == (True, {"started": 1}, "running")
    assert first["seconds_to_url"] >= 0
    assert first["diff"][0]["after_header"] == NAME
    again = run(gateway)
    assert (again["changed"], again["outcomes"], again["seconds_to_url"]) == (False, {"present": 1}, None)
    assert again["session"] == first["session"]
    assert len(gateway.writes) == 1
    assert len(secret) == 36
    assert secret not in json.dumps([first, again])


def test_each_session_has_a_secret_of_its_own(world, run):
    gateway = world.gateway()
    for user in (ADA, "bob@tum.de"):
        run(gateway, user=user, wait=False)
    assert len({body["spec"]["sessionSecret"] for body in created(gateway)}) == 2


def test_check_mode_says_the_same_and_sends_nothing(world, run):
    gateway = world.gateway()
    foretold = run(gateway, check=True)
    assert (foretold["changed"], foretold["session"], gateway.writes) == (True, None, [])
    done = run(gateway, wait=False)
    assert foretold["diff"] == done["diff"]
    assert done["session"]["state"] == "pending"


@pytest.mark.parametrize(
    ("becomes", "words"),
    [
        pytest.param(
            {"operatorStatus": "ERROR", "operatorMessage": "Max sessions reached."}, "failed for good", id="failed"
        ),
        pytest.param({}, "still starting", id="no-url"),
        pytest.param({"url": "ide.example.org/x/", "pod_ready": False}, "nobody answers there", id="no-ready-pod"),
    ],
)
def test_one_that_cannot_be_used_fails_with_what_is_wrong_and_stays(world, run, becomes, words):
    gateway = handled(world.gateway(), **becomes)
    result = run(gateway)
    assert result["failed"]
    assert words in result["msg"]
    assert "it is there until it is stopped" in result["msg"]
    assert result["session"]["name"] == NAME
    assert gateway.get(kinds.SESSION, NAME)


def test_without_an_operator_that_is_what_is_wrong(world, run):
    assert "no operator leads" in run(world.gateway(leading=False))["msg"]


def test_a_canary_says_whose_it_is(world, run):
    gateway = world.gateway()
    run(gateway, canary="pgdp-final", wait=False)
    assert created(gateway)[0]["metadata"]["annotations"] == {CANARY: "pgdp-final"}


def test_an_answer_that_was_lost_is_looked_up_by_the_secret(world, run, monkeypatch):
    gateway = world.gateway()
    create = gateway.create

    def lose(kind, body):
        create(kind, body)
        raise Unreachable("the connection broke", applied="unknown")

    monkeypatch.setattr(gateway, "create", lose)
    assert run(gateway, wait=False)["outcomes"] == {"started": 1}

    def lost_to_another(kind, body):
        create(kind, {**body, "spec": {**body["spec"], "sessionSecret": "of-another"}})
        raise Unreachable("the connection broke", applied="unknown")

    monkeypatch.setattr(gateway, "create", lost_to_another)
    assert "the connection broke" in run(gateway, user="bob@tum.de", wait=False)["msg"]


class Killed(BaseException):
    """Nothing that a module does can hold this up."""


def attended(gateway):
    """An operator gives each session its URL and a pod of its own."""

    def work(*_asked):
        for session in gateway._shelf(kinds.SESSION).values():
            if not session.get("status"):
                handle(gateway, session["metadata"]["name"], operatorStatus="HANDLED", url="ide.example.org/x/")

    gateway.interceptors.append(work)
    return gateway


def try_pool(run, gateway):
    """As pre_exam does; an earlier run of it may have been killed."""

    def stop(done):
        options = {"state": "absent", "user": None, "app_definition": None, "wait": False}
        run(gateway, uids=[done["session"]["uid"]], discard_data=["named"], **options)

    left = run(gateway, canary="pgdp-final", check=True)
    if left["session"]:
        stop(left)
    done = run(gateway, canary="pgdp-final")
    stop(done)
    return done["outcomes"]


def test_a_canary_of_an_open_exam_that_was_killed_anywhere_is_found_and_stopped(world, run):
    world.running("of-a-student", user="bob@tum.de")

    def site():
        return attended(world.gateway(records=[exam_record()]))

    spared = site()
    assert try_pool(run, spared) == {"started": 1}
    for k in range(len(spared.requests)):
        gateway = site()

        def kill(*_asked, gateway=gateway, k=k):
            if len(gateway.requests) == k:
                raise Killed

        gateway.interceptors.append(kill)
        with pytest.raises(Killed):
            try_pool(run, gateway)
        gateway.interceptors.remove(kill)
        assert try_pool(run, gateway) == {"started": 1}
        assert gateway.list(kinds.SESSION, project=lambda obj: obj["metadata"]["name"]) == ["of-a-student"], k


class Service:
    """Starts what it is asked for, in its own way."""

    def __init__(self, gateway, error=None, *, starts=True, user=ADA):
        self.user, self.asked = user, []
        self._gateway, self._error, self._starts = gateway, error, starts

    def start_session(self, user, app_definition, minutes):
        self.asked.append((user, app_definition, minutes))
        if self._starts:
            spec = {"name": NAME, "user": user, "appDefinition": app_definition, "sessionSecret": "the service's"}
            self._gateway.put(kinds.SESSION, {"metadata": {"name": NAME}, "spec": spec})
        if self._error:
            raise self._error


TOKEN = {"api": "service", "service_url": "https://service.invalid", "user_token": "a.b.c"}


@pytest.mark.parametrize(
    "error",
    [None, ServerFailed("504", status=504, applied="unknown"), Unreachable("no answer in time", applied="unknown")],
    ids=["answered", "cut-by-the-gateway", "no-answer"],
)
def test_through_the_service_the_cluster_tells_what_became_of_it(world, run, through, error):
    gateway = with_url(world.gateway())
    service = through(Service(gateway, error))
    result = run(gateway, canary="pgdp-final", wait_timeout_seconds=90, **TOKEN)
    assert (result["outcomes"], result["precondition"]) == ({"started": 1}, "none")
    assert service.asked == [(ADA, "java-17-latest", 2)]
    assert [body["metadata"]["annotations"] for _v, _p, _n, body in gateway.writes] == [{CANARY: "pgdp-final"}]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LimitReached("No more sessions allowed for this user (553)"), "(553)"),
        (ServerFailed("504", status=504, applied="unknown"), "504"),
        (None, "is not there"),
    ],
    ids=["refused", "nothing-started", "said-so-and-did-not"],
)
def test_what_the_service_did_not_start_is_not_started(world, run, through, error, words):
    gateway = world.gateway()
    through(Service(gateway, error, starts=False))
    result = run(gateway, **TOKEN)
    assert words in result["msg"]
    assert result.get("changed") is not True


def test_the_service_starts_for_the_users_of_tokens_alone(world, run, through):
    gateway = world.gateway()
    service = through(Service(gateway, user="bob@tum.de"))
    assert "user_token is that of 'bob@tum.de'" in run(gateway, **TOKEN)["msg"]
    assert (service.asked, gateway.requests) == ([], [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": " "}, "needs user"),
        ({"app_definition": None}, "needs app_definition"),
        ({"names": ["s1"]}, "leave out names"),
        ({"limit": 1}, "leave out names"),
        ({"unchecked": True}, "leave out unchecked"),
        ({"canary": "Final 1"}, "cannot name an exam"),
        ({"state": "absent", "app_definition": None}, "user: only state=present takes that"),
        ({"state": "active"}, "user and app_definition: only state=present"),
    ],
)
def test_bad_options_are_refused_before_anything_is_read(world, run, options, words):
    gateway = world.gateway()
    result = run(gateway, **options)
    assert words in result["msg"]
    assert gateway.requests == []
