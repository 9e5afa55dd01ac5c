# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces with claims and volumes as the API server answers them, beside the sessions of `session_world`."""

from __future__ import annotations

import json
from datetime import timedelta

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names, storage
from ansible_collections.eduide.theia.plugins.module_utils._platform.quota import project_quota
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.record import WorkspaceSources, assess_workspaces
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage.log import Coverage, Gap, Observations
from unit.session_world import NOW, World, ago, around

NAMESPACE = "theia-prod"
STORAGE_CLASS = "csi-rbd-sc"
SIZE = "250Mi"
MORE_KINDS = {
    "claims": kinds.PVC,
    "volumes": kinds.PV,
    "quotas": kinds.RESOURCE_QUOTA,
    "collectors": kinds.DEPLOYMENT,
    "records": kinds.CONFIG_MAP,
}


def looked(*, since):
    """A chain of looks that began so long ago."""
    return Coverage(NOW - since, NOW, timedelta(hours=24))


class WorkspaceWorld(World):
    """An installation with volumes. Every method adds objects and returns the raw one it is about."""

    def __init__(self):
        super().__init__()
        self.objects |= {kind: [] for kind in MORE_KINDS}

    def stored(self, name="ws-1", *, policy="Delete", **details):
        """A workspace with a bound claim and its volume."""
        workspace = self.workspace(name, claim=f"claim-{name}", **details)
        self.bound(f"claim-{name}", workspace, policy=policy)
        return workspace

    def bound(self, name, workspace=None, *, policy="Delete", label=None, **details):
        """A claim, of a workspace or of nobody, and the volume that it is bound to."""
        claim = self.claim(name, workspace, volume=f"pvc-{name}", label=label, **details)
        self.volume(f"pvc-{name}", claim, policy=policy)
        return claim

    def claim(
        self, name, workspace=None, *, volume=None, label=None, owner=None, storage_class=STORAGE_CLASS, conditions=None
    ):
        owned = {"kind": "Workspace", **workspace["metadata"]} if workspace else owner
        named = label or (workspace["metadata"]["name"] if workspace else None)
        metadata = {
            "name": name,
            "uid": self._uid(),
            "resourceVersion": "1",
            "creationTimestamp": ago(days=30),
            "labels": {names.WORKSPACE_LABEL: named} if named else None,
            "ownerReferences": [{field: owned[field] for field in ("kind", "name", "uid")}] if owned else None,
        }
        spec = {
            "volumeName": volume,
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": SIZE}},
        }
        status = {"phase": "Bound", "capacity": {"storage": SIZE}} if volume else {"phase": "Pending"}
        return self._add("claims", {"metadata": metadata, "spec": spec, "status": {**status, "conditions": conditions}})

    def volume(self, name, claim=None, *, policy="Delete", phase="Bound", namespace=NAMESPACE):
        reference = {"namespace": namespace, "name": "claim-gone", "uid": "gone"}
        if claim:
            reference |= {field: claim["metadata"][field] for field in ("name", "uid")}
        spec = {
            "claimRef": reference,
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": STORAGE_CLASS,
            "capacity": {"storage": SIZE},
        }
        metadata = {"name": name, "uid": self._uid(), "resourceVersion": "1", "creationTimestamp": ago(days=30)}
        return self._add("volumes", {"metadata": metadata, "spec": spec, "status": {"phase": phase}})

    def quota(self, **used_of_hard):
        """A quota; each resource is given as (used, hard), with ``_`` for ``.`` in its name."""
        pairs = {resource.replace("_", "."): pair for resource, pair in used_of_hard.items()}
        status = {
            "used": {resource: used for resource, (used, _hard) in pairs.items()},
            "hard": {resource: hard for resource, (_used, hard) in pairs.items()},
        }
        return self._add("quotas", {"metadata": {"name": "theia-quota"}, "status": status})

    def collector(self, ttl, *, replicas=1):
        container = {"name": "garbage-collector", "env": [{"name": "WORKSPACE_TTL", "value": ttl}]}
        spec = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
        metadata = {"name": names.COLLECTOR_DEPLOYMENT, "uid": self._uid()}
        return self._add("collectors", {"metadata": metadata, "spec": spec})

    def observed(self, last=timedelta(0), **span):
        """Somebody looked for so long, the last time so long ago."""
        looks = Observations(NOW - timedelta(**span), NOW - last, (Gap(NOW - last, timedelta(hours=24)),))
        return self._add("records", usage_log.write_looks(looks, NAMESPACE, None))

    def workspace_sources(self, *, without=(), observation=None):
        """The rows of all lists; those named in ``without`` could not be read."""

        def rows(name, project):
            return None if name in without else [row for row in map(project, self.objects[name]) if row]

        quotas = rows("quotas", project_quota)
        collectors = rows("collectors", storage.read_collector)
        return WorkspaceSources(
            sessions=self.sources(without=without),
            claims=rows("claims", storage.claim_row),
            volumes=rows("volumes", storage.volumes_of(NAMESPACE)),
            quotas=None if quotas is None else [row for quota in quotas for row in quota],
            collector=next(iter(collectors or ()), None),
            observation=observation,
        )

    def assess_workspaces(self, *, without=(), observation=None, **context):
        return assess_workspaces(self.workspace_sources(without=without, observation=observation), around(**context))

    def workspace_records(self, **options):
        """Records by name."""
        return {assessed.row.name: assessed.record for assessed in self.assess_workspaces(**options)}

    def gateway(self, **options):
        gateway = super().gateway(**options)
        for name, kind in MORE_KINDS.items():
            for obj in self.objects[name]:
                gateway.put(kind, json.loads(json.dumps(obj)))
        return gateway
