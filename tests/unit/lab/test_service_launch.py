# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a launch does with sessions and workspaces that exist, fail, or never come up."""

from __future__ import annotations

import asyncio

import pytest

from lab.service.errors import PlainError, PlatformError
from lab.service.launch import Environment, Launcher
from lab.service.memory_store import MemoryStore
from lab.service.settings import Settings
from lab.service.store import APP_DEFINITIONS, SESSIONS, WORKSPACES

NAME = "ws-java-ada-session"
NOTHING = Environment({}, [], [])
# Long enough for everything that happens at once, short enough to be waited for.
SETTINGS = Settings(namespace="ns", app_id="id", minute_seconds=0.05)


def session(**status):
    spec = {"name": NAME, "appDefinition": "java", "user": "ada", "sessionSecret": "old"}
    return {"metadata": {"name": NAME}, "spec": spec, "status": status}


def answering(**status):
    """An operator that gives every new session this status."""

    def react(store, kind, obj):
        if kind == SESSIONS:
            store.put(kind, {**obj, "status": status})

    return react


def launch(store, timeout_minutes=3, environment=NOTHING):
    launcher = Launcher(store, SETTINGS)
    return asyncio.run(launcher.ephemeral("java", "ada", timeout_minutes, environment))


def test_a_launch_returns_the_url_without_a_scheme():
    assert launch(MemoryStore(answering(url="host/uid/"))) == "host/uid/"


def test_the_secret_is_new_for_every_session():
    store = MemoryStore(answering(url="host/uid/"))
    launch(store)
    first = store.objects.pop((SESSIONS, NAME))["spec"]["sessionSecret"]
    launch(store)
    assert store.objects[SESSIONS, NAME]["spec"]["sessionSecret"] != first


def test_a_running_session_is_returned_and_its_environment_kept():
    store = MemoryStore()
    store.put(SESSIONS, session(url="host/old/"))
    assert launch(store, environment=Environment({"GIT_URI": "new"}, [], [])) == "host/old/"
    assert store.calls == []


def test_a_session_with_an_error_is_deleted_and_its_error_returned():
    store = MemoryStore()
    store.put(SESSIONS, session(error="553:too many"))
    with pytest.raises(PlatformError) as error:
        launch(store)
    assert (error.value.code, error.value.reason) == (553, "too many")
    assert store.calls == [("delete", SESSIONS, NAME)]
    assert store.objects == {}


def test_an_error_while_waiting_leaves_a_second_session_and_no_answer():
    outcomes = iter([{"error": "552:full"}, {}])

    def react(store, kind, obj):
        store.put(kind, {**obj, "status": next(outcomes)})

    store = MemoryStore(react)
    assert launch(store) is None
    assert [call for call, _unused, _unused in store.calls] == ["create", "delete", "create"]
    assert (SESSIONS, NAME) in store.objects


def test_a_failed_session_without_an_error_text_costs_the_whole_time_out():
    store = MemoryStore()
    store.put(SESSIONS, session(operatorStatus="ERROR"))
    with pytest.raises(PlatformError) as error:
        launch(store, timeout_minutes=1)
    assert error.value.code == 551
    assert store.objects[SESSIONS, NAME]["status"]["error"].startswith("551:")
    assert store.objects[SESSIONS, NAME]["status"]["operatorStatus"] == "ERROR"


def test_a_status_that_the_service_begins_holds_an_activity_of_zero():
    store = MemoryStore()
    with pytest.raises(PlatformError):
        launch(store, timeout_minutes=0)
    assert store.objects[SESSIONS, NAME]["status"]["lastActivity"] == 0


def test_an_error_text_without_a_number_is_500():
    store = MemoryStore()
    store.put(SESSIONS, session(error="something broke"))
    with pytest.raises(PlatformError) as error:
        launch(store)
    assert (error.value.code, error.value.reason) == (500, "something broke")


@pytest.mark.parametrize(("mounts", "refused"), [(True, True), (False, False)])
def test_an_ephemeral_launch_is_refused_where_a_sidecar_mounts_the_workspace(mounts, refused):
    store = MemoryStore(answering(url="host/uid/"))
    sidecars = [{"name": "jdt", "image": "i", "port": 1, "mountWorkspace": mounts}]
    store.put(APP_DEFINITIONS, {"metadata": {"name": "java"}, "spec": {"sidecars": sidecars}})
    if refused:
        with pytest.raises(PlainError) as error:
            launch(store)
        assert error.value.status == 400
    else:
        assert launch(store) == "host/uid/"


def test_a_workspace_without_storage_fails_after_a_minute_and_stays():
    store = MemoryStore()
    with pytest.raises(PlatformError) as error:
        asyncio.run(Launcher(store, SETTINGS).workspace("java", "ada", "ws", None))
    assert error.value.code == 520
    assert store.objects[WORKSPACES, "ws"]["status"]["error"].startswith("520:")


def test_a_workspace_with_an_error_is_deleted():
    store = MemoryStore()
    store.put(WORKSPACES, {"metadata": {"name": "ws"}, "spec": {"name": "ws"}, "status": {"error": "520:late"}})
    with pytest.raises(PlatformError):
        asyncio.run(Launcher(store, SETTINGS).workspace("java", "ada", "ws", None))
    assert store.objects == {}


def test_a_workspace_is_ready_when_the_operator_named_its_storage():
    def react(store, kind, obj):
        store.put(kind, {**obj, "spec": {**obj["spec"], "storage": "claim"}})

    store = MemoryStore(react)
    workspace = asyncio.run(Launcher(store, SETTINGS).workspace("java", "ada", None, None))
    assert workspace["spec"]["storage"] == "claim"
    assert workspace["spec"]["label"] == "java of ada"
