# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of one installation: our modules on one side, kubectl and plain HTTP on the other."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from integration.capacity_site import CapacitySite
from integration.lab.operator_site import Object
from integration.module_run import Result, module
from lab.api import wait_until

# All deletes at once, and no waiting: for tests that are about the decision.
RELENTLESS = {"max_stop": 10_000, "max_percent": 100, "wait": False}


class SessionSite(CapacitySite):
    """One installation, reached by the collection's own account unless a test says otherwise."""

    # --- our side

    def see(self, **options: t.Any) -> Result:
        result = module("theia_session_info", self.options(**options))
        assert not result.get("failed"), result["msg"]
        return result

    def record(self, name: str, **options: t.Any) -> Object:
        (record,) = self.see(names=[name], **options)["sessions"]
        return t.cast(Object, record)

    def act(self, *, check: bool = False, **options: t.Any) -> Result:
        return module("theia_session", self.options(**{**RELENTLESS, **options}), check=check)

    # --- making things so, as nobody could through the API or as others would

    def path(self, name: str) -> str:
        return self.installation.here.path("sessions", name)

    def age(self, name: str, **span: float) -> None:
        """Let a session have been created so long ago."""
        self.lab.store.backdate(self.session(name), datetime.now(UTC) - timedelta(**span))

    def write_status(self, name: str, **status: t.Any) -> None:
        """As the operator or its monitor would write it."""
        self.lab.api.merge(f"{self.path(name)}/status", {"status": status})

    def many(self, count: int, app_definition: str, user: t.Callable[[int], str] = "student-{}".format) -> list[str]:
        """So many sessions of different users, handled and with a URL; their names."""
        names = [f"s-{app_definition}-{number}" for number in range(count)]

        def create(number: int) -> None:
            spec = {
                "name": names[number],
                "user": user(number),
                "appDefinition": app_definition,
                "sessionSecret": f"secret-{number}",
            }
            metadata = {"name": names[number], "namespace": self.namespace}
            body = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "metadata": metadata, "spec": spec}
            self.lab.api.create(body)

        self.each(create, range(count))
        self.with_url(*names)
        return names

    def with_url(self, *names: str) -> None:
        """Wait until these sessions have a URL."""
        # Looking costs more than waiting: there may be hundreds of sessions in each answer.
        what = f"{len(names)} sessions have a URL"
        wait_until(what, lambda: self._with_url(names) == len(names), 240, pause_seconds=1 if len(names) > 10 else 0.1)

    def _with_url(self, names: t.Collection[str]) -> int:
        found = {s["metadata"]["name"]: s.get("status", {}).get("url") for s in self.installation.items("sessions")}
        return sum(bool(found.get(name)) for name in names)

    @staticmethod
    def each(act: t.Callable[[t.Any], t.Any], things: t.Iterable[t.Any], at_once: int = 8) -> list[t.Any]:
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(act, things))

    # --- what is there

    def names(self) -> set[str]:
        return {session["metadata"]["name"] for session in self.installation.items("sessions")}

    def pod_of(self, session: str) -> Object:
        """The pod, found as a person would: by the label that only sessions of their own have, else by the instance."""
        uid = self.session(session)["metadata"]["uid"]
        (deployment,) = [
            deployment
            for deployment in self.installation.items("deployments")
            if uid in [owner["uid"] for owner in deployment["metadata"].get("ownerReferences", [])]
        ]
        app = deployment["spec"]["selector"]["matchLabels"]["app"]
        (pod,) = self.installation.items("pods", labelSelector=f"app={app}")
        return t.cast(Object, {"apiVersion": "v1", "kind": "Pod", **pod})


def outcomes(result: Result) -> dict[str, str]:
    return {item["name"]: item["outcome"] for item in result["sessions"]}
