# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dictionary behind the tests: what it promises beyond the scenario that it shares with a real API server."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Conflict
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
)
from unit.fakes import FakeGateway, app_definition
from unit.gateway_scenario import walk


def test_the_scenario_tells_writes_from_nothing():
    facts = walk(FakeGateway())
    assert facts["patches"]["raised"] == (3, None, 2)
    assert facts["patches"]["idle keeps the version"]
    assert facts["deletes"]["the first one's uid"] == "Conflict 409"
    assert facts["lists"]["all"] == ["a", "b", "c", "record"]


def test_nothing_is_written_in_check_mode():
    gateway = FakeGateway(check_mode=True)
    gateway.put(APP_DEFINITION, app_definition("java"))
    with pytest.raises(RuntimeError, match="check mode"):
        gateway.merge_patch(APP_DEFINITION, "java", {"spec": {"minInstances": 1}})
    assert gateway.writes == []


def test_an_interceptor_can_change_the_world_in_between():
    gateway = FakeGateway()
    version = gateway.put(APP_DEFINITION, app_definition("java"))["metadata"]["resourceVersion"]
    gateway.interceptors.append(
        lambda verb, kind, name: gateway.change(kind, name, {"spec": {"minInstances": 9}}) if verb == "patch" else None
    )
    with pytest.raises(Conflict):
        gateway.merge_patch(APP_DEFINITION, "java", {"metadata": {"resourceVersion": version}, "spec": {}})


def test_what_is_returned_can_be_changed_without_changing_the_store():
    gateway = FakeGateway()
    gateway.put(CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    gateway.get(CONFIG_MAP, "a")["data"]["x"] = "2"
    gateway.list(CONFIG_MAP)[0]["data"]["x"] = "3"
    assert gateway.get(CONFIG_MAP, "a")["data"] == {"x": "1"}


def test_time_passes_only_when_told():
    gateway = FakeGateway()
    before = gateway.now()
    gateway.advance(90)
    assert (gateway.now() - before).total_seconds() == 90
