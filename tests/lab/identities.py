# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who acts in the lab: one ServiceAccount per actor, with the rights the actor has on the real platform.

Always a bearer token, never a client certificate: the fault proxy ends TLS, and only a token passes through it.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from lab.api import Api, Object
from lab.setup import kubeconfig

_TOKEN_SECONDS = 86_400
_RBAC = "rbac.authorization.k8s.io"

READ = ("get", "list", "watch")

_ROLES = Path(__file__).resolve().parents[2] / "extensions" / "rbac"


class Identity(t.NamedTuple):
    user: str
    kubeconfig: Path
    token: str


def rule(group: str, resources: str, *verbs: str) -> Object:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": list(verbs)}


_THEIA_KINDS = "sessions workspaces appdefinitions"
_THEIA_STATUS = "sessions/status workspaces/status appdefinitions/status"
_OWN = ("create", "delete", "get", "list", "patch", "update", "watch")

OPERATOR_RULES = (
    rule("theia.cloud", f"{_THEIA_KINDS} {_THEIA_STATUS}", *_OWN),
    rule("gateway.networking.k8s.io", "httproutes", *_OWN),
    rule("", "persistentvolumeclaims services configmaps pods", *_OWN),
    rule("apps", "deployments", *_OWN),
    rule("coordination.k8s.io", "leases", *_OWN),
)
OPERATOR_CLUSTER_RULES = (
    rule("", "persistentvolumes", *_OWN),
    rule("apiextensions.k8s.io", "customresourcedefinitions", *_OWN),
)

SERVICE_RULES = (
    rule("theia.cloud", f"{_THEIA_KINDS} {_THEIA_STATUS}", "create", "delete", "get", "list", "patch", "watch"),
    rule("apps", "deployments replicasets", *READ),
    rule("", "pods services", *READ),
    rule("metrics.k8s.io", "pods", "get", "list"),
)


def granted_by(*roles: str) -> list[Object]:
    """The rules that people apply for these personas, or beside them."""
    files = [_ROLES / f"{role}.yml" for role in roles]
    return [rule for file in files for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]]


PERSONAS = ("viewer", "operator", "exam_manager", "retention")

# Whoever runs all playbooks, and tasks that are in none: to start a session, report activity, make a workspace.
COLLECTION_RULES = (
    *granted_by(*PERSONAS),
    rule("theia.cloud", "sessions workspaces", "create", "patch"),
    rule("theia.cloud", "sessions/status", "patch"),
)
# Volumes are seen, not written to. Without the pods of other namespaces a verdict does not know the room on nodes.
COLLECTION_CLUSTER_RULES = (rule("", "nodes persistentvolumes", "get", "list"),)


def make(
    api: Api,
    folder: Path,
    ca_file: Path,
    name: str,
    namespace: str,
    *,
    rules: t.Sequence[Object] = (),
    cluster_rules: t.Sequence[Object] = (),
) -> Identity:
    """Create the account with these rights, and write a kubeconfig with a token of it."""
    api.apply(_object("v1", "ServiceAccount", name, namespace))
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    if rules:
        _grant(api, rules, subject, _object(f"{_RBAC}/v1", "Role", name, namespace))
    if cluster_rules:
        _grant(api, cluster_rules, subject, _object(f"{_RBAC}/v1", "ClusterRole", f"{namespace}:{name}", None))
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": _TOKEN_SECONDS},
    }
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"
    token = api.post(f"{account}/token", request)["status"]["token"]
    file = folder / f"{namespace}.{name}.kubeconfig"
    write_private(file, yaml.safe_dump(kubeconfig(api.url, ca_file, name, {"token": token}, namespace)))
    return Identity(f"system:serviceaccount:{namespace}:{name}", file, token)


def _grant(api: Api, rules: t.Sequence[Object], subject: Object, role: Object) -> None:
    """Create the role and the binding of the same name."""
    api.apply(role | {"rules": list(rules)})
    reference = {"apiGroup": _RBAC, "kind": role["kind"], "name": role["metadata"]["name"]}
    api.apply(role | {"kind": f"{role['kind']}Binding", "roleRef": reference, "subjects": [subject]})


def _object(version: str, kind: str, name: str, namespace: str | None) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def write_private(file: Path, content: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(content)
