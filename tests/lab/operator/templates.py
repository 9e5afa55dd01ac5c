# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects around a pod: Services, ConfigMaps, claims and routes."""

from __future__ import annotations

import typing as t

from lab.kube import CLAIM, CONFIG_MAP, HTTP_ROUTE, SERVICE, SESSION, WORKSPACE, Resource
from lab.operator import labels, names, owners
from lab.operator.arguments import Arguments

PROXY_PORT = 5000
PROXY_PORT_NAME = "web"
DATA_BRIDGE_PORT = 16281
INTERNAL_PORT = 3001

EMAILS_KEY = "authenticated-emails-list"
PROXY_KEY = "oauth2-proxy.cfg"
PROXY_TEMPLATE = "oauth2-proxy-config"


class Owned(t.NamedTuple):
    """What all objects of one owner have in common."""

    reference: Resource
    app: str
    labels: dict[str, str]


def data_bridge_port(spec: Resource) -> int | None:
    """Where an IDE takes the environment that a session brings to a pod which runs already."""
    options = spec.get("options") or {}
    enabled = str(options.get("dataBridgeEnabled") or "").lower() in ("true", "1")
    return int(options.get("dataBridgePort") or DATA_BRIDGE_PORT) if enabled else None


def metadata(name: str, owned: Owned, **more: str) -> Resource:
    return {"name": name, "labels": {**owned.labels, **more}, "ownerReferences": [owned.reference]}


def external_service(name: str, spec: Resource, owned: Owned, *, keycloak: bool) -> Resource:
    """The way in for browsers, through the auth proxy if there is one."""
    ports = [_port("http", spec["port"], PROXY_PORT_NAME if keycloak else spec["port"])]
    bridge = data_bridge_port(spec)
    if bridge:
        ports.append(_port("data-bridge", bridge, bridge))
    monitor = (spec.get("monitor") or {}).get("port") or 0
    if monitor not in (0, spec["port"]):
        ports.append(_port("monitor", monitor, monitor))
    return _service(name, owned, ports)


def internal_service(name: str, spec: Resource, owned: Owned) -> Resource:
    """The way in for other pods: straight to the IDE, past the auth proxy."""
    service = _service(name, owned, [_port("http-internal", INTERNAL_PORT, spec["port"])])
    service["metadata"]["labels"][labels.SERVICE_TYPE] = "internal"
    return service


def _port(name: str, port: int, target: int | str) -> Resource:
    return {"name": name, "port": port, "targetPort": target, "protocol": "TCP"}


def _service(name: str, owned: Owned, ports: list[Resource]) -> Resource:
    return {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.kind,
        "metadata": metadata(name, owned, app=owned.app),
        "spec": {"type": "ClusterIP", "selector": {"app": owned.app}, "ports": ports},
    }


def sidecar_service(name: str, sidecar: Resource, owner: Resource) -> Resource:
    owned = Owned(owner, name, {"app": name, labels.SIDECAR: sidecar["name"]})
    return _service(name, owned, [_port("http", sidecar["port"], sidecar["port"])])


def email_config_map(name: str, owned: Owned, user: str | None) -> Resource:
    """Who may pass the auth proxy: nobody, as long as no session has claimed the instance."""
    return _config_map(metadata(name, owned, **{labels.PURPOSE: "emails"}), {EMAILS_KEY: user or ""})


def proxy_config_map(name: str, owned: Owned, template: Resource, url: str, port: int) -> Resource:
    data = dict(template.get("data") or {})
    text = data.get(PROXY_KEY, "")
    data[PROXY_KEY] = text.replace("https://placeholder", f"https://{url.rstrip('/')}").replace(
        "placeholder-port", str(port)
    )
    return _config_map(metadata(name, owned, **{labels.PURPOSE: "proxy"}), data)


def _config_map(meta: Resource, data: dict[str, str]) -> Resource:
    return {"apiVersion": CONFIG_MAP.api_version, "kind": CONFIG_MAP.kind, "metadata": meta, "data": data}


def has_workspace_sidecar(app_definition: Resource) -> bool:
    return any(sidecar.get("mountWorkspace") for sidecar in app_definition["spec"].get("sidecars") or [])


def workspace_claim(workspace: Resource, name: str, *, shared: bool, arguments: Arguments) -> Resource:
    owner = owners.reference(WORKSPACE, workspace)
    return _claim(name, workspace["metadata"]["name"], owner, shared=shared, arguments=arguments)


def instance_claim(app_definition: Resource, number: int, owner: Resource, arguments: Arguments) -> Resource:
    """Only for sidecars that mount the workspace. Its label looks like a workspace's name and is none."""
    name = names.instance_claim(app_definition, number)
    label = f"{app_definition['spec']['name']}-instance-{number}"
    return _claim(name, label, owner, shared=True, arguments=arguments)


def _claim(name: str, label: str, owner: Resource, *, shared: bool, arguments: Arguments) -> Resource:
    spec: Resource = {
        "accessModes": ["ReadWriteMany" if shared else "ReadWriteOnce"],
        "resources": {"requests": {"storage": arguments.requested_storage}},
    }
    if arguments.storage_class_name:
        spec["storageClassName"] = arguments.storage_class_name
    return {
        "apiVersion": CLAIM.api_version,
        "kind": CLAIM.kind,
        "metadata": {"name": name, "labels": {labels.WORKSPACE_NAME: label}, "ownerReferences": [owner]},
        "spec": spec,
    }


def session_path(session: Resource) -> str:
    return f"/{session['metadata']['uid']}"


def instance_path(app_definition: Resource, number: int) -> str:
    """The next user of the instance gets the same one."""
    return f"/{app_definition['spec']['name']}-{number}"


class Way(t.NamedTuple):
    """Where a path of the gateway leads."""

    path: str
    service: str
    port: int


def session_route(shared: Resource, session: Resource, found_by: dict[str, str], way: Way, host: str) -> Resource:
    """One route per session; gateway and host names come from the shared one."""
    template = shared.get("spec") or {}
    owner = owners.reference(SESSION, session)
    return {
        "apiVersion": HTTP_ROUTE.api_version,
        "kind": HTTP_ROUTE.kind,
        "metadata": {"name": names.session_route(session), "labels": found_by, "ownerReferences": [owner]},
        "spec": {
            "parentRefs": template.get("parentRefs") or [],
            "hostnames": template.get("hostnames") or [host.partition(":")[0]],
            "rules": [_with_slash(way.path), _to_service(way)],
        },
    }


def _with_slash(path: str) -> Resource:
    target = {"type": "ReplaceFullPath", "replaceFullPath": f"{path}/"}
    redirect = {"type": "RequestRedirect", "requestRedirect": {"statusCode": 302, "path": target}}
    return {"matches": [{"path": {"type": "Exact", "value": path}}], "filters": [redirect]}


def _to_service(way: Way) -> Resource:
    prefix = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
    # What stands between the percent signs is filled in by the platform's gateway.
    original = {"set": [{"name": "X-Forwarded-Uri", "value": "%REQ(:PATH)%"}]}
    return {
        "matches": [{"path": {"type": "PathPrefix", "value": f"{way.path}/"}}],
        "filters": [
            {"type": "RequestHeaderModifier", "requestHeaderModifier": original},
            {"type": "URLRewrite", "urlRewrite": {"path": prefix}},
        ],
        "backendRefs": [{"name": way.service, "port": way.port}],
    }
