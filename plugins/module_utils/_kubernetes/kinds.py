# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects, and the versions in which they are read and written."""

from __future__ import annotations

import typing as t


class Kind(t.NamedTuple):
    """A kind of object and the version in which it is read and written."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


THEIA_GROUP = "theia.cloud"

# Always the storage version: others go through a conversion webhook that may be down and that invents zeros.
SESSION = Kind(THEIA_GROUP, "v1beta8", "sessions", "Session")

WORKSPACE = Kind(THEIA_GROUP, "v1beta5", "workspaces", "Workspace")

# Installations of upstream Theia Cloud stop at v1beta10: the gateway asks the server and steps back where it must.
APP_DEFINITION = Kind(THEIA_GROUP, "v1beta11", "appdefinitions", "AppDefinition")

POD = Kind("", "v1", "pods", "Pod")

SERVICE = Kind("", "v1", "services", "Service")

CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")

EVENT = Kind("", "v1", "events", "Event")

RESOURCE_QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")

LIMIT_RANGE = Kind("", "v1", "limitranges", "LimitRange")

NODE = Kind("", "v1", "nodes", "Node", namespaced=False)

PVC = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")

PV = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)

NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)

DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")

REPLICA_SET = Kind("apps", "v1", "replicasets", "ReplicaSet")

LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")

# An access review is created and never stored: it is a question.
ACCESS_REVIEW = Kind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)

POD_METRICS = Kind("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
