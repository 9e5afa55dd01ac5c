# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One walk through a gateway. Run on the fake and on a real API server, it must observe the same."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.gateway import Gateway
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    SESSION,
    Kind,
)
from unit.fakes import app_definition

Facts = dict[str, t.Any]
STALE = "1"


def walk(gateway: Gateway) -> Facts:
    """What can be observed, without what differs by nature: uids, versions, times, texts."""
    return {
        "records": _records(gateway),
        "patches": _patches(gateway),
        "status": _status(gateway),
        "deletes": _deletes(gateway),
        "lists": _lists(gateway),
    }


def _attempt(action: t.Callable[[], t.Any]) -> t.Any:
    """The result, or the kind of failure and the status it carries."""
    try:
        return action()
    except EduideError as exc:
        return f"{type(exc).__name__} {exc.details.get('status')}"


def _version(obj: t.Any) -> str:
    return str(obj["metadata"]["resourceVersion"])


def _records(gateway: Gateway) -> Facts:
    body = {"metadata": {"name": "record", "labels": {"a": "1"}}, "data": {"x": "1", "y": "2"}}
    made = gateway.create(CONFIG_MAP, body)
    again = _attempt(lambda: gateway.create(CONFIG_MAP, body))
    wanted = copy.deepcopy(made)
    wanted["data"] = {"x": "2"}
    replaced = gateway.replace(CONFIG_MAP, "record", wanted)
    without_version = gateway.replace(CONFIG_MAP, "record", {"metadata": {"name": "record"}, "data": {"x": "3"}})
    same = gateway.replace(CONFIG_MAP, "record", without_version)
    another = {"metadata": {"name": "record", "uid": "another"}, "data": {}}
    return {
        "made": sorted(made) + sorted(made["metadata"].keys() - {"managedFields"}),
        "again": again,
        "replaced": replaced["data"],
        "stale": _attempt(lambda: gateway.replace(CONFIG_MAP, "record", wanted)),
        "without version": (without_version["data"], without_version["metadata"].get("labels")),
        "same keeps the version": _version(same) == _version(without_version),
        "patch with another uid": _attempt(lambda: gateway.merge_patch(CONFIG_MAP, "record", another)),
        "replace with another uid": _attempt(lambda: gateway.replace(CONFIG_MAP, "record", another)),
        "missing": _attempt(lambda: gateway.replace(CONFIG_MAP, "none", {"metadata": {"name": "none"}})),
        "get": gateway.get(CONFIG_MAP, "none"),
    }


def _patches(gateway: Gateway) -> Facts:
    made = gateway.create(APP_DEFINITION, app_definition("java", timeout=60))
    raised = gateway.merge_patch(APP_DEFINITION, "java", {"spec": {"minInstances": 3, "timeout": None}})
    idle = gateway.merge_patch(APP_DEFINITION, "java", {"spec": {"minInstances": 3}})
    guarded = gateway.merge_patch(
        APP_DEFINITION, "java", {"metadata": {"resourceVersion": _version(idle)}, "spec": {"minInstances": 4}}
    )
    noted = gateway.merge_patch(APP_DEFINITION, "java", {"metadata": {"annotations": {"note": "x"}}})
    unnamed = {key: value for key, value in noted.items() if key != "metadata"}
    unnamed["metadata"] = {"name": "java"}
    return {
        "made": made["metadata"]["generation"],
        "raised": (raised["spec"]["minInstances"], raised["spec"].get("timeout"), raised["metadata"]["generation"]),
        "idle keeps the version": _version(idle) == _version(raised),
        "guarded": (guarded["spec"]["minInstances"], guarded["metadata"]["generation"]),
        "stale": _attempt(
            lambda: gateway.merge_patch(APP_DEFINITION, "java", {"metadata": {"resourceVersion": STALE}, "spec": {}})
        ),
        "other uid": _attempt(
            lambda: gateway.merge_patch(APP_DEFINITION, "java", {"metadata": {"uid": "other"}, "spec": {}})
        ),
        "annotated": (noted["metadata"]["annotations"], noted["metadata"]["generation"]),
        "replace without version": _attempt(lambda: gateway.replace(APP_DEFINITION, "java", unnamed)),
        "missing": _attempt(lambda: gateway.merge_patch(APP_DEFINITION, "none", {"spec": {}})),
    }


def _session(name: str) -> dict[str, t.Any]:
    spec = {"name": name, "user": "student@example.org", "appDefinition": "java"}
    return {"metadata": {"name": name}, "spec": spec, "status": {"operatorStatus": "HANDLED"}}


def _status(gateway: Gateway) -> Facts:
    made = gateway.create(SESSION, _session("s"))
    both = {"spec": {"user": "other@example.org"}, "status": {"operatorStatus": "ERROR"}}
    handled = gateway.merge_patch(SESSION, "s", both, subresource="status")
    moved = gateway.merge_patch(SESSION, "s", {**both, "status": {"operatorStatus": "HANDLED"}})
    return {
        "made": made.get("status"),
        "status only": (handled["status"], handled["spec"]["user"], handled["metadata"]["generation"]),
        "spec only": (moved["status"], moved["spec"]["user"], moved["metadata"]["generation"]),
    }


def _deletes(gateway: Gateway) -> Facts:
    made = gateway.create(SESSION, _session("gone"))["metadata"]
    gateway.merge_patch(SESSION, "gone", {"status": {"lastActivity": 5}}, subresource="status")

    def delete(**guards: str) -> t.Any:
        return _attempt(lambda: gateway.delete(SESSION, "gone", **guards))

    facts: Facts = {
        "other uid": delete(uid="00000000-0000-0000-0000-000000000000"),
        "changed since": delete(uid=made["uid"], resource_version=made["resourceVersion"]),
        "as seen": delete(uid=made["uid"]),
        "again": delete(uid=made["uid"]),
    }
    remade = gateway.create(SESSION, _session("gone"))["metadata"]
    facts["another uid under the name"] = remade["uid"] != made["uid"]
    facts["the first one's uid"] = delete(uid=made["uid"])
    facts["still there"] = gateway.get(SESSION, "gone") is not None
    facts["any"] = delete()
    return facts


def _lists(gateway: Gateway) -> Facts:
    for name, labels in (("b", {"kind": "x"}), ("a", {"kind": "y"}), ("c", {})):
        gateway.create(CONFIG_MAP, {"metadata": {"name": name, "labels": labels}, "data": {"n": name}})

    def names(kind: Kind = CONFIG_MAP, **selectors: t.Any) -> list[str]:
        def project(obj: dict[str, t.Any]) -> str | None:
            name = str(obj["metadata"]["name"])
            return name if name in ("a", "b", "c", "record") else None

        return gateway.list(kind, project=project, **selectors)

    return {
        "all": names(),
        "equal": names(label_selector="kind=x"),
        "unequal": names(label_selector="kind!=x"),
        "exists": names(label_selector="kind"),
        "one of": names(label_selector="kind in (y,z),kind"),
        "by name": names(name="b"),
        "by a name that nobody has": names(name="nobody"),
        "few": gateway.list_few(SESSION, most=3, project=lambda obj: sorted(obj["metadata"])[:2]) is not None,
        "metadata": gateway.list(
            CONFIG_MAP, project=lambda obj: "data" in obj, label_selector="kind=x", metadata_only=True
        ),
        "entries of built-in kinds": [sorted(obj) for obj in gateway.list(CONFIG_MAP, label_selector="kind=x")],
        "entries of custom kinds": [sorted(obj) for obj in gateway.list(SESSION)],
    }
