# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every name that is agreed upon with others: labels, annotations, keys and names of objects. Each stands here once."""

from __future__ import annotations

# Labels that the operator of Theia Cloud sets.
SESSION_LABEL = "theia-cloud.io/session-uuid"
APP_LABEL = "app"
"""On the objects of a pool: the uid of the session that has claimed them."""
OWN_SESSION_LABEL = "theia-cloud.io/session"
"""On the objects that were made for one session and belong to no pool."""
SIDECAR_LABEL = "theia-cloud.io/sidecar"
GENERATION_LABEL = "theia-cloud.io/appdefinition-generation"
PURPOSE_LABEL = "theia-cloud.io/template-purpose"
EMAILS_PURPOSE = "emails"
PROXY_PURPOSE = "proxy"
WORKSPACE_LABEL = "theia-cloud.io/workspace-name"

# Option of this collection -> where the AppDefinition's spec has it.
SPEC_FIELDS: dict[str, tuple[str, ...]] = {
    "min_instances": ("minInstances",),
    "max_instances": ("maxInstances",),
    "timeout_minutes": ("timeout",),
    "inactive_minutes": ("monitor", "activityTracker", "timeoutAfter"),
}

# Annotations that the operator sets on sessions.
STRATEGY = "theia-cloud.io/session-start-strategy"
INSTANCE_ID = "theia-cloud.io/instance-id"

# Set by the operator on a pod whose address list it has changed, so that the kubelet looks at the list at once.
REFRESH = "theia-cloud.io/eager-start-refresh"

# The ConfigMap key with the addresses that the login proxy of an instance admits.
EMAILS_KEY = "authenticated-emails-list"

# Objects of a pool: instance-<id>-…, and the second Service of each ends in a suffix.
INSTANCE_PREFIX = "instance"
INTERNAL_SUFFIX = "-int"

# The programs of an installation, as the charts name them.
OPERATOR_DEPLOYMENT = "operator-deployment"
OPERATOR_CONTAINER = "operator-container"
OPERATOR_LEASE = "theia-cloud-operator-leaders"
COLLECTOR_DEPLOYMENT = "garbage-collector"

# The label by which Kubernetes tells the pods of one ReplicaSet.
TEMPLATE_HASH = "pod-template-hash"

# Annotations of this collection.
PROTECTED = "eduide-theia/protected"
CANARY = "eduide-theia/canary"
TOUCHED = "eduide-theia/touched"
LAST_SEEN = "eduide-theia/last-seen"
# On an app definition: the ledger's version when a hold was opened or ended without a change of values.
LEDGER_VERSION = "eduide-theia/ledger-version"
# On an app definition: when this collection last had the operator look at its pool, which rebuilds nothing.
POOL_TOUCHED = "eduide-theia/pool-touched"
WORKSPACE_NOTE = "eduide-theia/workspace"
"""On a volume: the workspace whose files it holds."""
VOLUME_FROM = "eduide-theia/volume-from"
"""On a workspace and its claim: the volume that they were made for, to bring the files in it back."""

# Records of this collection, each a ConfigMap.
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "eduide.theia"
RECORD_LABEL = "eduide-theia/record"
CAPACITY_RECORD = "theia-capacity"
RETENTION_RECORD = "theia-retention"
EXAM_RECORD_PREFIX = "theia-exam-"
