# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Theia Cloud installation consists of: the objects that its Helm charts leave in a namespace."""

from __future__ import annotations

import typing as t

from lab.api import Object

OPERATOR_ACCOUNT = "operator-api-service-account"
SERVICE_ACCOUNT = "service-api-service-account"
OPERATOR_CONTAINER = "operator-container"

SHARED_ROUTE = "theia-cloud-demo-ws-route"
LEASE = "theia-cloud-operator-leaders"
ADMIN_TOKEN_SECRET = "service-admin-api-token"  # the name of the Secret, not what is in it
ADMIN_TOKEN_KEY = "ADMIN_API_TOKEN"

NAMES = ("java-17-latest", "c-latest", "javascript-latest", "ocaml-latest", "python-latest", "rust-latest")

_AUTH_PROXY = """\
provider = "keycloak-oidc"
redirect_url = "https://placeholder/oauth2/callback"
upstreams = [ "http://127.0.0.1:placeholder-port/" ]
authenticated_emails_file = "/etc/oauth2-proxy/authenticated-emails-list"
"""


def app_definition(name: str, **changes: t.Any) -> Object:
    """One app definition with the figures of the installation at TUM; `changes` are fields of its spec."""
    java = name.startswith("java-17")
    return {
        "apiVersion": "theia.cloud/v1beta11",
        "kind": "AppDefinition",
        "metadata": {"name": name},
        "spec": {
            "name": name,
            "image": f"registry.lab.invalid/eduide/{name}:1.0.0",
            "imagePullPolicy": "IfNotPresent",
            "uid": 101,
            "port": 3000,
            "ingressname": SHARED_ROUTE,
            "ingressHostnamePrefixes": ["*.webview."],
            "minInstances": 3 if java else 0,
            "maxInstances": 1000,
            "timeout": 1440,
            "requestsCpu": "500m" if java else "200m",
            "requestsMemory": "500M",
            "limitsCpu": "2",
            "limitsMemory": "3000M" if java else "2400M",
            "downlinkLimit": 30000,
            "uplinkLimit": 30000,
            "mountPath": "/home/project",
            "monitor": {"port": 3000, "activityTracker": {"timeoutAfter": 60, "notifyAfter": 55}},
            "options": {"dataBridgeEnabled": "true", "dataBridgePort": 16281},
            **changes,
        },
    }


def app_definitions() -> list[Object]:
    return [app_definition(name) for name in NAMES]


class Values(t.NamedTuple):
    """What differs between two installations."""

    namespace: str
    app_id: str
    admin_token: str | None
    instances_host: str
    keycloak: bool
    operator_args: t.Sequence[str]


def objects(values: Values) -> list[Object]:
    """Everything but the app definitions, in an order in which it can be created."""
    made = [_shared_route(values), *_config_maps(values), *_deployments(values)]
    if values.admin_token is not None:
        made.insert(0, _secret(values, values.admin_token))
    return made


def _object(values: Values, version: str, kind: str, name: str) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": values.namespace}}


def _secret(values: Values, token: str) -> Object:
    return _object(values, "v1", "Secret", ADMIN_TOKEN_SECRET) | {"stringData": {ADMIN_TOKEN_KEY: token}}


def _shared_route(values: Values) -> Object:
    """No rules: each session gets a route of its own, which copies these host names and parents."""
    gateway = {"name": "theia-cloud-gateway", "kind": "Gateway", "group": "gateway.networking.k8s.io"}
    spec = {"parentRefs": [gateway], "hostnames": [values.instances_host.partition(":")[0]], "rules": []}
    return _object(values, "gateway.networking.k8s.io/v1", "HTTPRoute", SHARED_ROUTE) | {"spec": spec}


def _config_maps(values: Values) -> list[Object]:
    content: dict[str, dict[str, str]] = {
        "service-config": {
            "APPID": values.app_id,
            "KEYCLOAK_ENABLE": str(values.keycloak).lower(),
            "OIDC_CLIENT_SECRET": f"client-secret-of-{values.namespace}",
        },
        "operator-config": {"APPID": values.app_id},
        "oauth2-proxy-config": {"oauth2-proxy.cfg": _AUTH_PROXY},
        "oauth2-templates": {"error.html": "<html>403</html>"},
    }
    return [_object(values, "v1", "ConfigMap", name) | {"data": data} for name, data in content.items()]


def _deployments(values: Values) -> list[Object]:
    """Their pods stand in for the programs' pods; the programs themselves run beside the control plane."""
    token = {"valueFrom": {"secretKeyRef": {"name": ADMIN_TOKEN_SECRET, "key": ADMIN_TOKEN_KEY, "optional": True}}}
    operator = {"args": list(values.operator_args)}
    service = {"env": [{"name": ADMIN_TOKEN_KEY, **token}], "envFrom": [{"configMapRef": {"name": "service-config"}}]}
    return [
        _deployment(values, "operator", OPERATOR_ACCOUNT, operator),
        _deployment(values, "service", SERVICE_ACCOUNT, service),
        _deployment(values, "landing-page", "default", {}),
    ]


def _deployment(values: Values, app: str, account: str, container: Object) -> Object:
    labels = {"app": app}
    ide = {"name": f"{app}-container", "image": f"registry.lab.invalid/theia-cloud/{app}:1.4.0", **container}
    template = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": account, "containers": [ide]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return _object(values, "apps/v1", "Deployment", f"{app}-deployment") | {"spec": spec}


def operator_log(namespace: str, file: str) -> Object:
    """Says where the operator's output is. Outside the namespace, like the nodes that would keep it."""
    logs = [{"containers": [OPERATOR_CONTAINER], "logsFile": file}]
    spec = {"selector": {"matchNamespaces": [namespace]}, "logs": logs}
    kind = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs"}
    return {**kind, "metadata": {"name": namespace}, "spec": spec}


def quota(namespace: str, hard: t.Mapping[str, str]) -> Object:
    metadata = {"name": "quota", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": dict(hard)}}
