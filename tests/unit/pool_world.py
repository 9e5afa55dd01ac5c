# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool object by object on a gateway without a server, with an operator that works while somebody sleeps."""

from __future__ import annotations

from ansible_collections.eduide.theia.plugins.module_utils._capacity.look import look_at
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from unit.fakes import FakeGateway, app_definition
from unit.session_world import lead

NAME = "java"
LEASE = "theia-cloud-operator-leaders"
# What an instance consists of, in the order in which the operator builds it.
PARTS = ("external", "internal", "proxy", "email", "deployment")
_KINDS = {
    "external": kinds.SERVICE,
    "internal": kinds.SERVICE,
    "proxy": kinds.CONFIG_MAP,
    "email": kinds.CONFIG_MAP,
    "deployment": kinds.DEPLOYMENT,
}
_OF_APP = {"proxy": {names.PURPOSE_LABEL: names.PROXY_PURPOSE}, "email": {names.PURPOSE_LABEL: names.EMAILS_PURPOSE}}


class PoolWorld:
    """With Keycloak. The operator is that of April: it never writes an address back by itself."""

    def __init__(self, minimum=3, *, restores=False):
        self.gateway = FakeGateway()
        self.time = 0.0
        self.restores = restores
        self.works = True
        self.app = self.gateway.put(kinds.APP_DEFINITION, app_definition(NAME, minInstances=minimum, maxInstances=100))
        self.gateway.put(kinds.LEASE, {"metadata": {"name": LEASE}, "spec": {"holderIdentity": "first"}})
        self._seen = self._version()
        for number in range(1, minimum + 1):
            self.build(number)

    def led(self, *arguments):
        """Put the operator's own objects there, and have it work while somebody looks at its pool."""
        container = {"name": "operator-container", "args": ["--eagerStart", "--keycloak", *arguments]}
        spec = {"template": {"spec": {"containers": [container]}}}
        self.gateway.put(kinds.DEPLOYMENT, {"metadata": {"name": "operator-deployment"}, "spec": spec})
        lead(self.gateway)

        def work(verb, kind, _name):
            if (verb, kind) == ("list", kinds.CONFIG_MAP):
                self.sleep(0)

        self.gateway.interceptors.append(work)
        return self

    # --- time

    def clock(self):
        return self.time

    def sleep(self, seconds):
        """Time goes by, and the operator does what is due."""
        self.time += seconds
        self.gateway.advance(seconds)
        if self.works and self._seen != self._version():
            self._seen = self._version()
            self.reconcile()

    @property
    def timing(self):
        return {"clock": self.clock, "sleep": self.sleep}

    # --- looking

    def look(self):
        return look_at(self.gateway, [NAME])[NAME]

    def name(self, number, part):
        tail = self.app["metadata"]["uid"][-12:]
        middle = f"{part}-" if part in _OF_APP else ""
        return f"instance-{number}-{middle}java-{tail}{'-int' if part == 'internal' else ''}"

    def live(self, number, part):
        return self.gateway.get(_KINDS[part], self.name(number, part))

    def parts(self, number):
        return {part for part in PARTS if self.live(number, part)}

    def address(self, number):
        return (self.live(number, "email") or {}).get("data", {}).get(names.EMAILS_KEY)

    def generation(self):
        return self.gateway.get(kinds.APP_DEFINITION, NAME)["metadata"]["generation"]

    # --- what others do

    def build(self, number, parts=PARTS):
        for part in parts:
            if not self.live(number, part):
                self._make(number, part)

    def _make(self, number, part):
        labels = {names.GENERATION_LABEL: str(self.generation()), **_OF_APP.get(part, {})}
        owners = [{"kind": "AppDefinition", "name": NAME, "uid": self.app["metadata"]["uid"]}]
        now = self.gateway.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        obj = {
            "metadata": {
                "name": self.name(number, part),
                "labels": labels,
                "ownerReferences": owners,
                "creationTimestamp": now,
                "managedFields": [{"manager": "operator", "time": now}],
            }
        }
        if part == "deployment":
            obj |= {"spec": {"template": {"spec": {"containers": []}}}, "status": {"readyReplicas": 1}}
        if part in _OF_APP:
            obj["data"] = {names.EMAILS_KEY: ""} if part == "email" else {}
        self.gateway.put(_KINDS[part], obj)

    def lose(self, number, *parts):
        for part in parts:
            self.gateway.remove(_KINDS[part], self.name(number, part))

    def claim(self, number, user="ada@tum.de"):
        name = f"session-{number}"
        spec = {"name": name, "user": user, "appDefinition": NAME}
        session = self.gateway.put(kinds.SESSION, {"metadata": {"name": name}, "spec": spec})
        owner = {"kind": "Session", "name": name, "uid": session["metadata"]["uid"]}
        for part in {"external", "internal", "deployment"} & self.parts(number):
            self._write(number, part, {"metadata": {"ownerReferences": [*self._owners(number, part), owner]}})
        for part in {"external", "internal"} & self.parts(number):
            self._write(number, part, {"metadata": {"labels": {names.SESSION_LABEL: owner["uid"]}}})
        if "email" in self.parts(number):
            self._write(number, "email", {"data": {names.EMAILS_KEY: user}})
        pod = f"{self.name(number, 'deployment')}-5d9c-x7"
        self.gateway.put(kinds.POD, {"metadata": {"name": pod}})
        return session

    def end(self, number):
        """The session is deleted; its release is still to come."""
        self.gateway.remove(kinds.SESSION, f"session-{number}")

    def release(self, number):
        for part in {"external", "internal", "deployment"} & self.parts(number):
            kept = [owner for owner in self._owners(number, part) if owner["kind"] != "Session"]
            labels = {names.SESSION_LABEL: None}
            self._write(number, part, {"metadata": {"ownerReferences": kept, "labels": labels}})
        if "email" in self.parts(number):
            self._write(number, "email", {"data": {names.EMAILS_KEY: ""}})

    def disown(self, number, *parts):
        for part in parts:
            self._write(number, part, {"metadata": {"ownerReferences": []}})

    def change(self, **spec):
        self.gateway.change(kinds.APP_DEFINITION, NAME, {"spec": spec})

    def reconcile(self):
        """As the platform does after any change of an app definition."""
        minimum = self.gateway.get(kinds.APP_DEFINITION, NAME)["spec"]["minInstances"]
        for number in range(1, max(minimum, 20) + 1):
            held = any(
                owner["kind"] == "Session"
                for part in ("external", "internal", "deployment")
                for owner in self._owners(number, part)
            )
            if number > minimum:
                self.lose(number, *([] if held else self.parts(number)))
                continue
            for part in self.parts(number):
                if self._is_old(number, part) and not (held and part not in _OF_APP):
                    self.lose(number, part)
                    self._make(number, part)
            services = {"external", "internal"} & self.parts(number)
            self.build(number, PARTS[2:] if services else PARTS)
            if held and self.restores:
                self._write(number, "email", {"data": {names.EMAILS_KEY: self._user(number)}})

    # --- how

    def _user(self, number):
        session = self.gateway.get(kinds.SESSION, f"session-{number}")
        return session["spec"]["user"] if session else ""

    def _is_old(self, number, part):
        found = self.live(number, part)["metadata"]["labels"][names.GENERATION_LABEL]
        return found != str(self.generation())

    def _owners(self, number, part):
        found = self.live(number, part)
        return found["metadata"].get("ownerReferences", []) if found else []

    def _write(self, number, part, patch):
        now = self.gateway.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        managed = {"metadata": {"managedFields": [{"manager": "operator", "time": now}]}}
        self.gateway.change(_KINDS[part], self.name(number, part), patch)
        self.gateway.change(_KINDS[part], self.name(number, part), managed)

    def _version(self):
        return self.gateway.get(kinds.APP_DEFINITION, NAME)["metadata"]["resourceVersion"]
