# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the tests of the stand-in operator act (kubectl) and look (the API), in words of the platform."""

from __future__ import annotations

import json
import os
import secrets
import signal
import typing as t
from contextlib import contextmanager
from datetime import UTC, datetime

import urllib3

from lab import chart
from lab.api import wait_until

Object = dict[str, t.Any]

PATIENCE = 60.0

GENERATION = "theia-cloud.io/appdefinition-generation"
STRATEGY = "theia-cloud.io/session-start-strategy"
INSTANCE_ID = "theia-cloud.io/instance-id"
REFRESH = "theia-cloud.io/eager-start-refresh"
SESSION_UUID = "theia-cloud.io/session-uuid"
EMAILS = "authenticated-emails-list"


def eventually(what: str, reached: t.Callable[[], t.Any], timeout_seconds: float = PATIENCE) -> t.Any:
    return wait_until(what, reached, timeout_seconds)


def uid(item: Object) -> str:
    return item["metadata"]["uid"]


def labels(item: Object) -> dict[str, str]:
    return item["metadata"].get("labels", {})


def annotations_of(item: Object) -> dict[str, str]:
    return item["metadata"].get("annotations", {})


def owner_kinds(item: Object) -> list[str]:
    """Kinds of the owners, in their order."""
    return [owner["kind"] for owner in item["metadata"].get("ownerReferences", [])]


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


class Instance(t.NamedTuple):
    """What there is of one pool instance."""

    external: Object | None
    internal: Object | None
    proxy: Object | None
    emails: Object | None
    deployment: Object | None
    pods: list[Object]

    @property
    def objects(self) -> list[Object]:
        """Everything but the pods."""
        return [item for item in self[:5] if item is not None]

    @property
    def uids(self) -> set[str]:
        return {uid(item) for item in self.objects}

    @property
    def generations(self) -> set[str | None]:
        """Of objects and pods: the pod of a Deployment that was replaced may live on for a moment."""
        return {labels(item).get(GENERATION) for item in (*self.objects, *self.pods)}

    @property
    def address(self) -> str | None:
        """Whom the auth proxy admits; empty and absent are the same to it."""
        assert self.emails is not None
        return self.emails.get("data", {}).get(EMAILS) or None

    @property
    def pod_uids(self) -> set[str]:
        return {uid(pod) for pod in self.pods}

    @property
    def is_built(self) -> bool:
        """With a pod, ready or not: the operator does not look at that."""
        return len(self.objects) == 5 and len(self.pods) == 1


class Site:
    """One installation under test, whose operator runs."""

    def __init__(self, installation: t.Any) -> None:
        self.installation = installation
        self.lab = installation.control_plane
        self.namespace = installation.namespace

    def kubectl(self, *args: str, stdin: Object | None = None) -> str:
        return self.lab.kubectl("-n", self.namespace, *args, stdin=stdin).stdout

    def apply_merge(self, plural: str, name: str, patch: Object) -> None:
        self.kubectl("patch", plural, name, "--type=merge", "-p", json.dumps(patch))

    def now(self) -> datetime:
        return datetime.now(UTC)

    # --- app definitions

    def definition(self, minimum: int = 0, *, wait: bool = True, **spec: t.Any) -> str:
        """A new app definition with a name of its own; returns when its pool is built."""
        name = f"ide-{secrets.token_hex(3)}"
        self.installation.add(chart.app_definition(name, minInstances=minimum, **spec))
        for number in range(1, minimum + 1 if wait else 1):
            self.built(name, number)
        return name

    def patch(self, definition: str, **spec: t.Any) -> None:
        self.apply_merge("appdefinitions.theia.cloud", definition, {"spec": spec})

    def touch(self, definition: str) -> None:
        """A change of metadata only."""
        patch = {"metadata": {"annotations": {"touched": secrets.token_hex(4)}}}
        self.apply_merge("appdefinitions.theia.cloud", definition, patch)

    def generation(self, definition: str) -> str:
        return str(self.installation.get("appdefinitions", definition)["metadata"]["generation"])

    def settled(self) -> None:
        """Wait until every change of app definitions so far has been worked off.

        They are worked off one after the other, and each begins with a reference in the shared route: one more
        app definition whose reference is there shows that all before it are done.
        """
        marker = self.installation.add(chart.app_definition(f"marker-{secrets.token_hex(3)}", minInstances=0))
        self.known(marker["metadata"]["name"])

    def known(self, definition: str) -> None:
        """Wait until the operator has put its reference into the shared route: before that, no session of it starts."""
        wanted = self.installation.get("appdefinitions", definition)

        def referred_to() -> bool:
            route = self.installation.get("httproutes", wanted["spec"]["ingressname"])
            return any(owner["uid"] == uid(wanted) for owner in route["metadata"].get("ownerReferences", []))

        eventually(f"the operator knows app definition {definition}", referred_to)

    def tail(self, definition: str) -> str:
        """What is in the name of every object of its pool."""
        return uid(self.installation.get("appdefinitions", definition))[-12:]

    # --- the pool

    def _mine(self, plural: str, definition: str, number: int) -> list[Object]:
        tail = self.tail(definition)
        return [
            item
            for item in self.installation.items(plural)
            if item["metadata"]["name"].startswith(f"instance-{number}-") and tail in item["metadata"]["name"]
        ]

    def instance(self, definition: str, number: int) -> Instance:
        # Read against the order in which the operator writes: whoever sees a late step has seen the earlier ones.
        pods = [
            pod
            for pod in self.installation.items("pods", labelSelector=f"app={definition}-{number}")
            if "deletionTimestamp" not in pod["metadata"]
        ]
        deployments = [d for d in self._mine("deployments", definition, number) if not _is_sidecar(d)]
        config_maps = {
            labels(c)["theia-cloud.io/template-purpose"]: c for c in self._mine("configmaps", definition, number)
        }
        services = [s for s in self._mine("services", definition, number) if not _is_sidecar(s)]
        return Instance(
            external=_only(s for s in services if not s["metadata"]["name"].endswith("-int")),
            internal=_only(s for s in services if s["metadata"]["name"].endswith("-int")),
            proxy=config_maps.get("proxy"),
            emails=config_maps.get("emails"),
            deployment=_only(deployments),
            pods=pods,
        )

    def sidecars(self, definition: str, number: int) -> list[Object]:
        """Deployments and Services of the sidecars of an instance."""
        both = self._mine("deployments", definition, number) + self._mine("services", definition, number)
        return [item for item in both if _is_sidecar(item)]

    def built(self, definition: str, number: int, *, generation: str | None = None) -> Instance:
        """The instance, once it is complete, of this generation and with a pod."""

        def complete() -> Instance | None:
            found = self.instance(definition, number)
            current = generation is None or found.generations == {generation}
            return found if found.is_built and current else None

        return eventually(f"instance {number} of {definition} is built", complete)

    def gone(self, definition: str, number: int) -> None:
        eventually(
            f"instance {number} of {definition} is gone",
            lambda: not self.instance(definition, number).objects and not self.instance(definition, number).pods,
        )

    # --- sessions

    def create_session(self, definition: str, user: str, name: str | None = None, **spec: t.Any) -> str:
        """As the service would create it, but with kubectl; returns the name at once."""
        name = name or f"s-{secrets.token_hex(4)}"
        body = {
            "apiVersion": "theia.cloud/v1beta8",
            "kind": "Session",
            "metadata": {"name": name},
            "spec": {
                "name": name,
                "user": user,
                "appDefinition": definition,
                "sessionSecret": f"secret-{name}",
                **spec,
            },
        }
        self.kubectl("create", "-f", "-", stdin=body)
        return name

    def session(self, name: str) -> Object:
        return self.installation.get("sessions", name)

    def reaches(self, name: str, status: str) -> Object:
        """The session, once the operator says so."""

        def reached() -> Object | None:
            session = self.session(name)
            said = session.get("status", {})
            assert status == "ERROR" or said.get("operatorStatus") != "ERROR", said
            return session if said.get("operatorStatus") == status else None

        return eventually(f"session {name} is {status}", reached)

    def start_session(self, definition: str, user: str, **spec: t.Any) -> Object:
        """A session that the operator has handled."""
        self.known(definition)
        return self.reaches(self.create_session(definition, user, **spec), "HANDLED")

    def attended(self) -> None:
        """Wait until the operator knows all sessions there are: from then on it misses no end of one.

        Sessions are looked at in one go when an operator begins to lead, so one more that it has seen (and refused)
        speaks for all.
        """
        self.reaches(self.create_session("no-such-definition", "probe@example.org"), "ERROR")

    def has_url(self, name: str) -> Object:
        def reached() -> Object | None:
            session = self.session(name)
            return session if session.get("status", {}).get("url") else None

        return eventually(f"session {name} has a URL", reached)

    def delete_session(self, session: Object) -> None:
        self.kubectl("delete", "sessions.theia.cloud", session["metadata"]["name"])

    def browse(self, url: str, token: str) -> int:
        """The status with which the gateway answers a browser that is logged in."""
        host, _slash, path = url.partition("/")
        gateway = f"https://127.0.0.1:{self.lab.description['gateway_port']}/{path}"
        headers = {"Host": host, "Authorization": f"Bearer {token}"}
        with urllib3.PoolManager(ca_certs=str(self.lab.ca_file), assert_hostname=False) as browser:
            return browser.request("GET", gateway, headers=headers, redirect=False, retries=False).status

    # --- workspaces

    def workspace(self, definition: str, user: str) -> str:
        """A workspace whose volume is there."""
        name = f"w-{secrets.token_hex(4)}"
        spec = {"name": name, "user": user, "appDefinition": definition}
        body = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": {"name": name}, "spec": spec}
        self.kubectl("create", "-f", "-", stdin=body)

        def handled() -> bool:
            return self.installation.get("workspaces", name).get("status", {}).get("operatorStatus") == "HANDLED"

        eventually(f"workspace {name} is handled", handled)
        return name

    # --- anything

    def exists(self, plural: str, name: str) -> bool:
        return self.lab.api.find(self.installation.here.path(plural, name)) is not None

    def owned(self, plural: str, owner: Object) -> list[Object]:
        return [
            item
            for item in self.installation.items(plural)
            if any(o["uid"] == uid(owner) for o in item["metadata"].get("ownerReferences", []))
        ]

    def printed(self, words: str) -> int:
        """How many lines with these words the operator has printed so far."""
        return sum(words in line for line in self.installation.operator.log.read_text().splitlines())

    # --- who did what

    def writes_of_operator(self, since: datetime, *, about: t.Sequence[str] = ("",)) -> list[str]:
        """`verb resource[/subresource]` of what the operator wrote, in order; Leases left out.

        With `about` only objects in whose name one of these occurs (the log does not know the names of new ones).
        """
        return [
            f"{event['verb']} {_resource(event)}"
            for event in self.lab.audit(user=self.installation.operator.user, namespace=self.namespace, since=since)
            if event["verb"] not in ("get", "list", "watch")
            and event["objectRef"]["resource"] != "leases"
            and any(part in event["objectRef"].get("name", part) for part in about)
        ]

    @contextmanager
    def held(self, program: str) -> t.Iterator[None]:
        """Stop a process of the lab in its tracks for a moment."""
        pid = self.lab.processes.status()["processes"][program]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @property
    def operator_process(self) -> str:
        return f"{self.namespace}.operator"


def _resource(event: Object) -> str:
    target = event["objectRef"]
    return "/".join(filter(None, (target["resource"], target.get("subresource"))))


def _is_sidecar(item: Object) -> bool:
    return "theia-cloud.io/sidecar" in labels(item)


def _only(items: t.Iterable[Object]) -> Object | None:
    found = list(items)
    assert len(found) <= 1, [item["metadata"]["name"] for item in found]
    return found[0] if found else None
