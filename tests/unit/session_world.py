# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions and their objects as the API server answers them, for tests that run without one.

The clock stands still at ``NOW``; ages are given, and objects are made as old as that.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from datetime import UTC, datetime, timedelta

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import NotFound
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names, rows, workloads
from ansible_collections.eduide.theia.plugins.module_utils._platform.lists import Lists
from ansible_collections.eduide.theia.plugins.module_utils._platform.operator import Operator
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import NOBODY, Shield
from ansible_collections.eduide.theia.plugins.module_utils._sessions.facts import Thresholds
from ansible_collections.eduide.theia.plugins.module_utils._sessions.record import (
    AssessedSession,
    Context,
    assess_sessions,
)
from unit.fakes import FakeGateway

NOW = datetime(2027, 2, 11, 9, 0, 0, tzinfo=UTC)
SECRET = "5f0c2b34-never-to-be-shown"
GIT_TOKEN = "vcs-token-never-to-be-shown"
OPERATOR = Operator(
    eager=True, keycloak=True, sessions_per_user=10, monitor=True, activity_tracker=True, monitor_interval_minutes=3
)
ARGUMENTS = (
    "--eagerStart",
    "--keycloak",
    "--sessionsPerUser=10",
    "--enableMonitor",
    "--enableActivityTracker",
    "--monitorInterval=3",
)
KINDS = {
    "sessions": kinds.SESSION,
    "app_definitions": kinds.APP_DEFINITION,
    "workspaces": kinds.WORKSPACE,
    "deployments": kinds.DEPLOYMENT,
    "replica_sets": kinds.REPLICA_SET,
    "services": kinds.SERVICE,
    "pods": kinds.POD,
    "usage": kinds.POD_METRICS,
    "address_lists": kinds.CONFIG_MAP,
}
LIMIT = 3_000_000_000


# Ends at 10:00; half an hour of compensation and a quarter of grace: shielded from 07:30:00 to 10:45:00.
DECLARED_EXAM = {
    "name": "pgdp-final",
    "start": "2027-02-11T09:00:00+01:00",
    "end": "2027-02-11T10:00:00Z",
    "extra_time_minutes": 30,
    "lead_minutes": 30,
    "grace_minutes": 15,
    "participants": 420,
    "app_definitions": [{"name": "java-17-latest", "warm": 60}],
    "users": [],
}


def exam_record(*, version="1", history=None, exam="pgdp-final", name=None, **changes):
    """An exam record as the declaring module writes it; ``changes`` go into the declaration."""
    declared = {**DECLARED_EXAM, "name": exam, **changes}
    data = {"version": version, "exam": json.dumps(declared)}
    if history is not None:
        data["history"] = history
    labels = {"app.kubernetes.io/managed-by": "eduide.theia", "eduide-theia/record": "exam"}
    return {"metadata": {"name": name or f"theia-exam-{exam}", "labels": labels}, "data": data}


def ago(**span):
    return (NOW - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def millis(**span):
    return int((NOW - timedelta(**span)).timestamp() * 1000)


def lead(gateway):
    """Put a Lease there that is renewed with every look at it as long as it exists, held for a day."""
    renewals = itertools.count(1)
    spec = {"acquireTime": ago(days=1).replace("Z", ".000000Z"), "renewTime": None, "leaseDurationSeconds": 6}
    gateway.put(kinds.LEASE, {"metadata": {"name": "theia-cloud-operator-leaders"}, "spec": spec})

    def renew(verb, kind, _name):
        if (verb, kind) == ("get", kinds.LEASE):
            patch = {"spec": {"renewTime": (NOW + timedelta(seconds=next(renewals))).isoformat()}}
            with contextlib.suppress(NotFound):
                gateway.change(kinds.LEASE, "theia-cloud-operator-leaders", patch)

    gateway.interceptors.append(renew)


class World:
    """An installation under construction. Every method adds objects and returns the raw one it is about."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self.objects = {kind: [] for kind in KINDS}

    def _uid(self):
        return f"00000000-0000-4000-8000-{next(self._numbers):012d}"

    def app_definition(self, name="java-17-latest", *, timeout=1440, inactive=60, port=3000, **spec):
        monitor = {"port": port, "activityTracker": {"timeoutAfter": inactive, "notifyAfter": inactive - 5}}
        return self._add(
            "app_definitions",
            {
                "metadata": {"name": name, "uid": self._uid(), "generation": 1, "resourceVersion": "1"},
                "spec": {
                    "name": name,
                    "image": f"ide/{name}",
                    "minInstances": 3,
                    "timeout": timeout,
                    "monitor": monitor,
                    **spec,
                },
            },
        )

    def workspace(
        self,
        name="ws-1",
        *,
        claim="claim-1",
        user="ada@tum.de",
        app="java-17-latest",
        age=timedelta(days=30),
        annotations=None,
        **status,
    ):
        metadata = {
            "name": name,
            "uid": self._uid(),
            "resourceVersion": str(next(self._numbers)),
            "creationTimestamp": (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "annotations": annotations,
        }
        label = f"{app} of {user}"
        spec = {"name": name, "user": user, "appDefinition": app, "label": label, "storage": claim}
        return self._add("workspaces", {"metadata": metadata, "spec": spec, "status": status or None})

    def session(
        self,
        name="s1",
        *,
        user="ada@tum.de",
        app="java-17-latest",
        age=timedelta(hours=1),
        workspace=None,
        strategy=None,
        instance=None,
        annotations=None,
        written=None,
        **status,
    ):
        notes = {**(annotations or {})}
        if strategy:
            notes[names.STRATEGY] = strategy
        if instance is not None:
            notes[names.INSTANCE_ID] = str(instance)
        metadata = {
            "name": name,
            "uid": self._uid(),
            "resourceVersion": str(next(self._numbers)),
            "creationTimestamp": (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "annotations": notes or None,
        }
        if written:
            metadata["managedFields"] = [{"manager": "operator", "subresource": "status", "time": written}]
        spec = {
            "name": name,
            "user": user,
            "appDefinition": app,
            "workspace": workspace,
            "sessionSecret": SECRET,
            "envVars": {"GIT_URI": f"https://ada:{GIT_TOKEN}@git.example.org", "N": 7},
        }
        return self._add("sessions", {"metadata": metadata, "spec": spec, "status": status or None})

    def lazy_objects(self, session, *, claim=None, **pod):
        """What the operator builds for a session of its own: Deployment, two Services, and a pod."""
        owners = [_owner("Session", session)]
        name = f"session-{session['metadata']['name']}"
        labels = {names.SESSION_LABEL: session["metadata"]["uid"]}
        for suffix in ("", "-int"):
            metadata = {"name": name + suffix, "uid": self._uid(), "ownerReferences": owners, "labels": labels}
            self._add("services", {"metadata": metadata})
        return self.deployment(
            name, owners, container=session["spec"]["appDefinition"], claim=claim, labels=labels, **pod
        )

    def claimed_instance(self, session, app, number, *, addresses="ada@tum.de", **pod):
        """A pool instance that this session holds."""
        owners = [_owner("AppDefinition", app), _owner("Session", session)]
        name = f"instance-{number}-{app['metadata']['name']}-{app['metadata']['uid'][-12:]}"
        labels = {names.SESSION_LABEL: session["metadata"]["uid"]}
        for suffix in ("", "-int"):
            metadata = {"name": name + suffix, "uid": self._uid(), "ownerReferences": owners, "labels": labels}
            self._add("services", {"metadata": metadata})
        self.address_list(app, number, addresses)
        return self.deployment(name, owners, container=app["spec"]["name"], **pod)

    def address_list(self, app, number, addresses):
        metadata = {
            "name": f"instance-{number}-email-{app['metadata']['uid'][-12:]}",
            "uid": self._uid(),
            "labels": {names.PURPOSE_LABEL: "emails"},
            "ownerReferences": [_owner("AppDefinition", app)],
        }
        data = {names.EMAILS_KEY: addresses} if addresses is not None else None
        return self._add("address_lists", {"metadata": metadata, "data": data})

    def deployment(self, name, owners, *, container, claim=None, refused=None, pod=True, labels=None, **details):
        volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}] if claim else None
        condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refused}
        deployment = self._add(
            "deployments",
            {
                "metadata": {"name": name, "uid": self._uid(), "ownerReferences": owners, "labels": labels},
                "spec": {
                    "selector": {"matchLabels": {"app": name}},
                    "template": {"spec": {"containers": [{"name": container}], "volumes": volumes}},
                },
                "status": {"conditions": [{**condition, "lastTransitionTime": ago(minutes=4)}] if refused else None},
            },
        )
        metadata = {
            "name": f"{name}-5d4f",
            "uid": self._uid(),
            "labels": {"app": name, names.TEMPLATE_HASH: "5d4f"},
            "ownerReferences": [_owner("Deployment", deployment)],
        }
        replica_set = self._add("replica_sets", {"metadata": metadata})
        if pod:
            self.pod(replica_set, container=container, **details)
        return deployment

    def pod(
        self,
        replica_set,
        *,
        container,
        ready=True,
        phase="Running",
        waiting=None,
        killed=None,
        unschedulable=None,
        restarts=0,
        limit="3000M",
        memory="1Gi",
        cpu="123456789n",
        age=timedelta(minutes=50),
        deleting=False,
    ):
        name = f"{replica_set['metadata']['name']}-{next(self._numbers)}"
        conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": ago(minutes=30)}]
        if unschedulable:
            scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": unschedulable}
            conditions.append({**scheduled, "lastTransitionTime": ago(minutes=31)})
        state = {"waiting": {"reason": waiting, "message": "as the kubelet says"}} if waiting else {"running": {}}
        last = {"terminated": {"reason": "OOMKilled", "finishedAt": killed}} if killed else {}
        statuses = [
            {"name": "oauth2-proxy", "restartCount": 0, "state": {"running": {}}},
            {"name": container, "restartCount": restarts, "state": state, "lastState": last},
        ]
        metadata = {
            "name": name,
            "uid": self._uid(),
            "creationTimestamp": (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "labels": replica_set["metadata"]["labels"],
            "ownerReferences": [_owner("ReplicaSet", replica_set)],
        }
        if deleting:
            metadata["deletionTimestamp"] = ago(seconds=5)
        limits = {"limits": {"memory": limit}} if limit else None
        if memory is not None:
            usage = [
                {"name": container, "usage": {"cpu": cpu, "memory": memory}},
                {"name": "oauth2-proxy", "usage": {}},
            ]
            self._add("usage", {"metadata": {"name": name}, "containers": usage})
        return self._add(
            "pods",
            {
                "metadata": metadata,
                "spec": {
                    "nodeName": "node-1",
                    "containers": [
                        {"name": "oauth2-proxy", "image": "proxy"},
                        {"name": container, "image": f"ide/{container}", "resources": limits},
                    ],
                },
                "status": {"phase": phase, "conditions": conditions, "containerStatuses": statuses},
            },
        )

    def running(self, name="s1", *, app=None, **details):
        """A lazy session somebody works in; ``details`` go to the session, those in ``pod`` to its pod."""
        pod = details.pop("pod", {})
        claim = details.pop("claim", None)
        status = {"operatorStatus": "HANDLED", "url": f"ide.example.org/{name}/", "lastActivity": millis(minutes=2)}
        session = self.session(name, app=app or "java-17-latest", **{**status, **details})
        self.lazy_objects(session, claim=claim, **pod)
        return session

    def eager(self, name, app, number, **details):
        """A session on an instance of the pool; its activity stays at the time of the claim."""
        pod = details.pop("pod", {})
        age = details.pop("age", timedelta(hours=1))
        status = {
            "operatorStatus": "HANDLED",
            "url": f"ide.example.org/{app['metadata']['name']}-{number}/",
            "lastActivity": int((NOW - age).timestamp() * 1000) + 900,
        }
        options = {"strategy": "eager", "instance": number, "app": app["metadata"]["name"], **status, **details}
        session = self.session(name, age=age, **options)
        self.claimed_instance(session, app, number, **pod)
        return session

    def sources(self, *, without=()):
        """The rows of all lists; those named in ``without`` could not be read."""
        projections = {
            "sessions": rows.session_row,
            "app_definitions": rows.app_definition_row,
            "workspaces": rows.workspace_row,
            "deployments": workloads.deployment_row,
            "replica_sets": workloads.replica_set_row,
            "services": workloads.service_row,
            "pods": workloads.pod_row,
            "usage": workloads.usage_row,
            "address_lists": workloads.address_list_row,
        }
        return Lists(
            **{
                name: None if name in without else [row for row in map(project, self.objects[name]) if row]
                for name, project in projections.items()
            }
        )

    def gateway(self, *, leading=True, records=(), arguments=ARGUMENTS, **options):
        """The same objects behind the gateway that modules use, with an operator beside them."""
        gateway = FakeGateway(namespace="theia-prod", now=NOW, **options)
        for name, kind in KINDS.items():
            for obj in self.objects[name]:
                gateway.put(kind, obj)
        for record in records:
            gateway.put(kinds.CONFIG_MAP, record)
        container = {"name": "operator-container", "args": list(arguments)}
        gateway.put(
            kinds.DEPLOYMENT,
            {"metadata": {"name": "operator-deployment"}, "spec": {"template": {"spec": {"containers": [container]}}}},
        )
        if leading:
            lead(gateway)
        return gateway

    def judge(self, *, without=(), **context) -> list[AssessedSession]:
        return assess_sessions(self.sources(without=without), around(**context))

    def _add(self, kind, obj):
        # Through JSON, as the API server's answers come: a test cannot pass an object that no server could send.
        self.objects[kind].append(json.loads(json.dumps(obj)))
        return self.objects[kind][-1]


def around(
    *,
    now: datetime = NOW,
    operator: Operator | None = OPERATOR,
    leading: bool | None = True,
    led_seconds: float | None = 86400.0,
    shield: Shield = NOBODY,
    machine_now: datetime | None = None,
    **thresholds: int,
) -> Context:
    return Context(
        now=now,
        namespace="theia-prod",
        operator=operator,
        leading=leading,
        led_seconds=led_seconds,
        shield=shield,
        machine_now=machine_now,
        thresholds=Thresholds(**thresholds),
    )


def _owner(kind, obj):
    metadata = obj["metadata"]
    return {"kind": kind, "name": metadata["name"], "uid": metadata["uid"], "apiVersion": "any/v1", "controller": True}
