# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a session that meets a change of its app definition: April's operator rebuilds the instance twice.

The real one does so by chance. Here its requests are held until the other half of it has got where it does harm, so
the operator has to work behind a fault proxy:

    with FaultProxy.before(lab) as proxy, lab.installation(operator="april", running=["service"]) as theia:
        theia.operator.start(theia.operator.through(proxy))
        ...
        Collision(theia, proxy, "c-latest", 1).leave_half(end=…, change=…)

`end` ends the session that has the instance, `change` changes the spec of the app definition; both return at once.
"""

from __future__ import annotations

import typing as t

from lab.api import Object, wait_until
from lab.faults import Hold, Rule, Status
from lab.installation import Installation
from lab.operator import names
from lab.operator.templates import EMAILS_KEY
from lab.proxy import FaultProxy

SECONDS = 60.0

_SERVICES = r"/services(\?|$)"

Act = t.Callable[[], t.Any]


class Collision:
    """With one claimed instance."""

    def __init__(self, installation: Installation, proxy: FaultProxy, definition: str, number: int) -> None:
        self._installation = installation
        self._api = installation.control_plane.api
        self._proxy = proxy
        self._definition = definition
        live = installation.get("appdefinitions", definition)
        self._external = names.instance_object(live, number)
        self._internal = names.instance_internal_service(live, number)
        self._emails = names.instance_object(live, number, "email")

    def end_operator(self, end: Act, change: Act) -> None:
        """The release makes a Service that the reconcile has made by then; nothing else of the instance is left."""
        reconcile_begins = self._hold("get", "/httproutes/")
        release_deletes_pod = self._hold("delete", f"/pods/{self._external}-")
        reconcile_deletes = self._hold("delete", f"/services/{self._external}$")
        release_creates = self._hold("create", _SERVICES, body=f'"{self._external}"')
        self._hold("create", _SERVICES, body=f'"{self._internal}"')
        change()
        self._arrived(reconcile_begins)
        end()
        self._arrived(release_deletes_pod)
        reconcile_begins.release.set()
        self._arrived(reconcile_deletes)
        release_deletes_pod.release.set()
        self._arrived(release_creates)
        reconcile_deletes.release.set()
        wait_until("the reconcile has made the Service", self._service, SECONDS)
        release_creates.release.set()

    def leave_half(self, end: Act, change: Act) -> None:
        """The reconcile cannot make the external Service again, and goes on; the release has nothing left to find."""
        taken, body = Status(409, "AlreadyExists"), f'"{self._external}"'
        self._proxy.add(Rule(taken, verb="create", path=_SERVICES, body=body, count=1))
        self._rebuild_before_release(end, change)

    def leave_address(self, end: Act) -> None:
        """An address that was written back by hand survives, since its list is of the present generation already."""
        path = self._installation.here.path("appdefinitions", self._definition)
        emails = self._installation.here.path("configmaps", self._emails)
        before = self._api.get(emails)
        self._api.merge(path, {"spec": {"maxInstances": self._api.get(path)["spec"]["maxInstances"] + 1}})
        wait_until("the address list is rebuilt", lambda: self._uid(emails) not in (None, _uid(before)), SECONDS)
        self._api.merge(emails, {"data": {EMAILS_KEY: before["data"][EMAILS_KEY]}})
        touch = {"metadata": {"annotations": {"lab/touched": _uid(before)}}}
        self._rebuild_before_release(end, lambda: self._api.merge(path, touch))

    def _rebuild_before_release(self, end: Act, change: Act) -> None:
        """The collector takes the session off its instance, a reconcile rebuilds it, and then the release comes."""
        deployment = self._installation.here.path("deployments", self._external)
        before = self._uid(deployment)
        release_begins = self._hold("get", f"/appdefinitions/{self._definition}$")
        end()
        self._arrived(release_begins)
        wait_until("the collector has been here", lambda: self._owners() == 1, SECONDS)
        change()
        # The last part of an instance, so the reconcile is over then.
        wait_until("the Deployment is rebuilt", lambda: self._uid(deployment) not in (None, before), SECONDS)
        answered = len(self._proxy.requests)
        release_begins.release.set()
        wait_until("the release has looked for its Services", lambda: self._looked_for_services(answered), SECONDS)

    def _hold(self, verb: str, path: str, *, body: str = "") -> Hold:
        hold = Hold()
        self._proxy.add(Rule(hold, verb=verb, path=path, body=body, count=1))
        return hold

    def _arrived(self, hold: Hold) -> None:
        wait_until("the operator gets there", hold.arrived.is_set, SECONDS)

    def _service(self) -> Object | None:
        return self._api.find(self._installation.here.path("services", self._external))

    def _owners(self) -> int:
        service = self._service()
        return len(service["metadata"]["ownerReferences"]) if service else 0

    def _uid(self, path: str) -> str | None:
        live = self._api.find(path)
        return _uid(live) if live else None

    def _looked_for_services(self, since: int) -> bool:
        return any(
            seen.verb == "list" and "session-uuid" in seen.target and seen.status
            for seen in self._proxy.requests[since:]
        )


def _uid(item: Object) -> str:
    return t.cast(str, item["metadata"]["uid"])
