# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An installation as tests of capacity see it: our modules on one side, kubectl and the audit log on the other."""

from __future__ import annotations

import json
import secrets
import typing as t
from datetime import UTC, datetime

from integration.ansible_run import connection
from integration.lab.operator_site import Object, Site, eventually
from integration.module_run import Result, module
from lab import audit, identities
from lab.api import Api
from lab.identities import rule

if t.TYPE_CHECKING:
    from lab import ControlPlane

LEDGER = "theia-capacity"


class CapacitySite(Site):
    """One installation, reached by the collection's own account unless a test says otherwise."""

    # --- our side

    def options(self, **changes: t.Any) -> dict[str, t.Any]:
        return connection(self.installation, **changes)

    def set(self, *asked: Object, check: bool = False, diff: bool = False, **options: t.Any) -> Result:
        """Run theia_capacity for these app definitions: users as for the exam roles, and little time for quiet."""
        named = {"app_definitions": list(asked)} if asked else {}
        options = {"lockout": "repair", "quiet_seconds": 0.5, "settle_seconds": 0, **named, **options}
        return module("theia_capacity", self.options(**options), check=check, diff=diff)

    def info(self, *names: str, **options: t.Any) -> Result:
        named = {"app_definitions": list(names)} if names else {}
        return module("theia_capacity_info", self.options(**named, **options))

    def pool(self, name: str, **options: t.Any) -> Object:
        """What we say about one pool."""
        pool: Object = self.info(name, **options)["app_definitions"][0]["pool"]
        return pool

    # --- what is there

    def bounds(self, name: str) -> tuple[int | None, int | None]:
        spec = self.installation.get("appdefinitions", name)["spec"]
        return spec.get("minInstances"), spec.get("maxInstances")

    def ledger(self) -> dict[str, t.Any]:
        """The entries of the ledger by app definition; empty if there is none."""
        found = self.lab.api.find(self.installation.here.path("configmaps", LEDGER))
        data = (found or {}).get("data", {})
        return {key.removesuffix(".json"): json.loads(text) for key, text in data.items() if key.endswith(".json")}

    def launch(self, user: str, name: str) -> str:
        """A student starts a session through the service; returns its name."""
        answer = self.installation.launch(user, name)
        assert answer.status == 200, answer
        specs = [session["spec"] for session in self.installation.items("sessions")]
        [session] = [spec["name"] for spec in specs if (spec["user"], spec["appDefinition"]) == (user, name)]
        return str(session)

    def leave(self, user: str, session: str) -> None:
        """The student's session ends through the service, and its instance is given back."""
        assert self.installation.stop_session(user, session).status == 200
        eventually(f"nothing belongs to {session} any more", lambda: session not in self._owners())

    def _owners(self) -> set[str]:
        objects = [*self.installation.items("deployments"), *self.installation.items("services")]
        return {o["name"] for obj in objects for o in obj["metadata"].get("ownerReferences", [])}

    # --- who did what

    def now(self) -> datetime:
        return datetime.now(UTC)

    def writes(self, since: datetime) -> list[str]:
        """`verb resource name` of what the collection's account wrote, or tried to, in order."""
        self._log_is_complete()
        return [_words(event) for event in self._writes(since)]

    def patches(self, since: datetime) -> list[Object]:
        """The bodies of its patches of app definitions."""
        self._log_is_complete()
        return [e["requestObject"] for e in self._writes(since) if e["objectRef"]["resource"] == "appdefinitions"]

    def pod_starts(self, since: datetime) -> int:
        return audit.pod_starts(self.lab.audit_log, self.namespace, since)

    def _writes(self, since: datetime) -> list[Object]:
        return audit.writes(self.lab.audit_log, user=self.installation.user, namespace=self.namespace, since=since)

    def _log_is_complete(self) -> None:
        """An event may be written after the answer has gone out: wait for one that is later than all of them."""
        account = self.installation.identity
        name = f"marker-{secrets.token_hex(4)}"
        Api(self.lab.url, str(self.lab.ca_file), account.token).find(self.installation.here.path("configmaps", name))
        eventually("the audit log is written", lambda: self.lab.audit(user=account.user, name=name))


def _words(event: Object) -> str:
    target = event["objectRef"]
    # The log does not know the name of what is created.
    return " ".join(filter(None, (event["verb"], target["resource"], target.get("name"))))


def desired(name: str, **values: int) -> Object:
    """One entry of the option app_definitions."""
    return {"name": name, **values}


def rules_without(*resources: str) -> list[Object]:
    """The rights of the collection's account, except those on these resources."""
    kept = [
        {**rule, "resources": [name for name in rule["resources"] if name not in resources]}
        for rule in identities.COLLECTION_RULES
    ]
    return [rule for rule in kept if rule["resources"]]


def mender(lab: ControlPlane, namespace: str) -> identities.Identity:
    """An account that may mend pools, too: what an operator left of an instance is deleted."""
    parts = [rule("", "services configmaps", "delete"), rule("apps", "deployments", "delete")]
    return lab.identity("mender", namespace=namespace, rules=[*identities.COLLECTION_RULES, *parts])
