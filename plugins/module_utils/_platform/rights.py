# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each playbook has to be allowed, in the words of ``kubectl auth can-i``: verb and resource with its group.

This is the one list of them. C(docs/rights.md) shows it, C(theia_platform_info) holds an account against it.
"""

from __future__ import annotations

import typing as t


class Right(t.NamedTuple):
    """One verb on one kind of object."""

    verb: str
    resource: str
    """With its subresource, such as C(pods/log)."""
    group: str = ""
    everywhere: bool = False
    """In the whole cluster, and not in the installation's namespace alone."""
    needed: bool = True
    """False: without it the playbook does its work, and says what it does not know or cannot do."""

    def __str__(self) -> str:
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name}{' in the whole cluster' if self.everywhere else ''}"

    @property
    def rule(self) -> dict[str, list[str]]:
        """As a Role or a ClusterRole has it."""
        return {"apiGroups": [self.group], "resources": [self.resource], "verbs": [self.verb]}


Rights: t.TypeAlias = "tuple[Right, ...]"


def _may(verbs: str, resources: str, *, everywhere: bool = False, needed: bool = True) -> Rights:
    """Each of the verbs on each of the resources."""
    return tuple(
        Right(verb, *_parted(resource), everywhere=everywhere, needed=needed)
        for resource in resources.split()
        for verb in verbs.split()
    )


def _parted(resource: str) -> tuple[str, str]:
    name, _dot, group = resource.partition(".")
    return name, group


def _optional(rights: Rights) -> Rights:
    return tuple(right._replace(needed=False) for right in rights)


_OPERATOR = _may("get", "leases.coordination.k8s.io")
_POOLS = (
    *_may("list", "sessions.theia.cloud appdefinitions.theia.cloud deployments.apps services configmaps"),
    *_may("get", "configmaps"),
    *_OPERATOR,
)
_ROOM = (
    *_may("list", "resourcequotas limitranges pods", needed=False),
    *_may("list", "nodes pods", everywhere=True, needed=False),
)
_SESSIONS = (
    *_may("list", "sessions.theia.cloud appdefinitions.theia.cloud deployments.apps services pods configmaps"),
    *_may("get", "sessions.theia.cloud"),
    *_may("list", "workspaces.theia.cloud replicasets.apps pods.metrics.k8s.io", needed=False),
)
_DELETE = (
    *_SESSIONS,
    *_OPERATOR,
    *_may("delete", "sessions.theia.cloud"),
)
_STOP = (
    *_DELETE,
    # Of a session that would end the operator.
    *_may("patch", "sessions.theia.cloud", needed=False),
)
_NOTES_OF_USE = (
    *_may("list get patch", "workspaces.theia.cloud"),
    *_may("get create update", "configmaps"),
)
_EXAMS = (
    *_POOLS,
    *_ROOM,
    *_may("get", "sessions.theia.cloud appdefinitions.theia.cloud"),
    *_may("patch", "appdefinitions.theia.cloud"),
    *_may("create update patch", "configmaps"),
    # Lists are followed then, and not read again.
    *_may("watch", "sessions.theia.cloud appdefinitions.theia.cloud", needed=False),
    *_may("watch", "deployments.apps services configmaps pods resourcequotas", needed=False),
    # Why a wait failed, and what a change has left behind.
    *_may("list", "events workspaces.theia.cloud", needed=False),
    *_may("patch", "pods", needed=False),
    *_may("delete", "services", needed=False),
)
_REPAIR = (
    *_POOLS,
    *_may("get", "sessions.theia.cloud"),
    *_may("list", "pods"),
    *_may("get patch", "appdefinitions.theia.cloud"),
    *_may("patch", "configmaps pods"),
    *_may("delete", "services configmaps deployments.apps"),
    *_may("list", "resourcequotas", needed=False),
)
_VOLUMES = _may("get list patch", "persistentvolumes", everywhere=True)
_FILES = (*_may("get list", "persistentvolumeclaims"), *_VOLUMES)
_STATUS = (
    *_POOLS,
    *_may("list", "workspaces.theia.cloud"),
    *_ROOM,
    *_may("list", "replicasets.apps pods.metrics.k8s.io", needed=False),
    *_may("get", "deployments.apps", needed=False),
)

RIGHTS: t.Mapping[str, Rights] = {
    "readiness": _STATUS,
    "status": (*_STATUS, *_optional(_NOTES_OF_USE)),
    # A canary is started and stopped.
    "pre_exam": (*_EXAMS, *_optional(_STOP), *_may("create", "sessions.theia.cloud", needed=False)),
    "post_exam": (*_EXAMS, *_optional(_STOP)),
    "converge_exams": _EXAMS,
    "repair_pools": _REPAIR,
    # Pools are looked at before and after, and what was started through the service is stopped.
    "rehearse_exam": (*_POOLS, *_ROOM, *_STOP),
    "investigate_session": (
        *_SESSIONS,
        *_OPERATOR,
        *_may("list", "events", needed=False),
        *_may("get", "pods pods/log deployments.apps", needed=False),
    ),
    "unlock_user": _STOP,
    "stop_sessions": _STOP,
    "sweep_sessions": (*_STOP, *_optional(_NOTES_OF_USE)),
    # It refuses what would end the operator.
    "delete_workspaces": (
        *_DELETE,
        *_may("list get delete", "workspaces.theia.cloud"),
        *_optional(_FILES),
    ),
    "prune_workspaces": (
        *_SESSIONS,
        *_NOTES_OF_USE,
        *_may("delete", "workspaces.theia.cloud"),
        *_optional(_FILES),
    ),
    "restore_workspace": (
        *_OPERATOR,
        *_may("list", "sessions.theia.cloud"),
        *_may("get", "appdefinitions.theia.cloud"),
        *_may("get list create", "workspaces.theia.cloud"),
        *_may("get create patch delete", "persistentvolumeclaims"),
        *_VOLUMES,
    ),
}
"""By playbook. Those that set something up are for people who may do everything."""


def rights_of(playbook: str) -> list[Right]:
    """Each once, and as needed if any part of the playbook needs it."""
    found: dict[Right, bool] = {}
    for right in RIGHTS[playbook]:
        key = right._replace(needed=True)
        found[key] = found.get(key, False) or right.needed
    return [right._replace(needed=needed) for right, needed in sorted(found.items(), key=lambda item: str(item[0]))]
