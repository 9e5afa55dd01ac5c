# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments and their pods: the IDE, the auth proxy before it, and sidecars beside it."""

from __future__ import annotations

import typing as t

from lab.kube import DEPLOYMENT, Resource
from lab.operator import labels
from lab.operator.arguments import Arguments
from lab.operator.templates import PROXY_PORT, PROXY_PORT_NAME, Owned, metadata

DEFAULT_MOUNT_PATH = "/home/project/persisted"
DATA_VOLUME = "user-data"

# Seen from the pod, what a user downloads goes out.
BANDWIDTH = {"egress": "downlinkLimit", "ingress": "uplinkLimit"}

SIDECAR_DEFAULTS = {"cpuLimit": "500m", "memoryLimit": "1Gi", "cpuRequest": "100m", "memoryRequest": "256Mi"}


class Proxy(t.NamedTuple):
    """The ConfigMaps that the auth proxy of a pod mounts."""

    config: str
    emails: str


class Identity(t.NamedTuple):
    """What the pod knows of its session; a pool instance is built before there is one."""

    uid: str = ""
    name: str = ""
    user: str = ""
    secret: str = ""

    @classmethod
    def of(cls, session: Resource) -> Identity:
        spec = session["spec"]
        return cls(session["metadata"]["uid"], spec["name"], spec["user"], spec.get("sessionSecret") or "")


class Extras(t.NamedTuple):
    """What differs from pod to pod besides its identity. The URL has no scheme, like that in a status."""

    url: str
    claim: str | None = None
    proxy: Proxy | None = None
    env: tuple[Resource, ...] = ()
    env_from: tuple[Resource, ...] = ()


def ide_deployment(
    name: str, spec: Resource, owned: Owned, arguments: Arguments, *, identity: Identity, extras: Extras
) -> Resource:
    containers = [_ide_container(spec, arguments, identity, extras)]
    volumes: list[Resource] = []
    if extras.proxy:
        containers.insert(0, _proxy_container(arguments))
        volumes += _proxy_volumes(extras.proxy)
    if extras.claim:
        volumes.append(_data_volume(extras.claim))
    pod: Resource = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"fsGroup": spec["uid"]},
        "containers": containers,
        "volumes": volumes,
    }
    if spec.get("pullSecret"):
        pod["imagePullSecrets"] = [{"name": spec["pullSecret"]}]
    deployment = _deployment(metadata(name, owned), owned.app, {"app": owned.app, **owned.labels}, pod)
    deployment["spec"]["template"]["metadata"]["annotations"] = {
        f"kubernetes.io/{way}-bandwidth": f"{spec[limit]}k" for way, limit in BANDWIDTH.items() if spec.get(limit)
    }
    return deployment


def sidecar_deployment(name: str, sidecar: Resource, spec: Resource, owner: Resource, claim: str | None) -> Resource:
    own_labels = {"app": name, labels.SIDECAR: sidecar["name"]}
    figures = {key: sidecar.get(key) or default for key, default in SIDECAR_DEFAULTS.items()}
    container: Resource = {
        "name": sidecar["name"],
        "image": sidecar["image"],
        "ports": [{"containerPort": sidecar["port"]}],
        "resources": {
            "requests": {"cpu": figures["cpuRequest"], "memory": figures["memoryRequest"]},
            "limits": {"cpu": figures["cpuLimit"], "memory": figures["memoryLimit"]},
        },
    }
    pod: Resource = {"automountServiceAccountToken": False, "containers": [container]}
    if claim and sidecar.get("mountWorkspace"):
        container["volumeMounts"] = [_data_mount(spec)]
        pod["volumes"] = [_data_volume(claim)]
    return _deployment(metadata(name, Owned(owner, name, own_labels)), name, own_labels, pod)


def _deployment(meta: Resource, app: str, pod_labels: dict[str, str], pod: Resource) -> Resource:
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": meta,
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": pod_labels}, "spec": pod},
        },
    }


def _ide_container(spec: Resource, arguments: Arguments, identity: Identity, extras: Extras) -> Resource:
    container: Resource = {
        "name": spec["name"],
        "image": spec["image"],
        "imagePullPolicy": spec.get("imagePullPolicy") or "Always",
        "ports": [{"containerPort": spec["port"], "name": "application"}],
        "resources": _resources(spec),
        "env": _environment(spec, arguments, identity, extras),
        "envFrom": list(extras.env_from),
        "securityContext": {"runAsUser": spec["uid"], "runAsGroup": spec["uid"]},
    }
    if extras.claim:
        container["volumeMounts"] = [_data_mount(spec)]
    return container


def _resources(spec: Resource) -> Resource:
    figures = {
        "requests": {"cpu": spec.get("requestsCpu"), "memory": spec.get("requestsMemory")},
        "limits": {"cpu": spec.get("limitsCpu"), "memory": spec.get("limitsMemory")},
    }
    return {side: {key: value for key, value in pair.items() if value} for side, pair in figures.items()}


def _environment(spec: Resource, arguments: Arguments, identity: Identity, extras: Extras) -> list[Resource]:
    values = {
        "THEIACLOUD_APP_ID": arguments.service_auth_token,
        "THEIACLOUD_SERVICE_AUTH_TOKEN": arguments.service_auth_token,
        "THEIACLOUD_SERVICE_URL": arguments.service_url,
        "THEIACLOUD_SESSION_UID": identity.uid,
        "THEIACLOUD_SESSION_NAME": identity.name,
        "THEIACLOUD_SESSION_USER": identity.user,
        "THEIACLOUD_SESSION_URL": f"https://{extras.url}",
        "THEIACLOUD_SESSION_SECRET": identity.secret,
    }
    if arguments.enable_monitor:
        values["THEIACLOUD_MONITOR_PORT"] = str((spec.get("monitor") or {}).get("port") or "")
        values["THEIACLOUD_MONITOR_ENABLE_ACTIVITY_TRACKER"] = str(arguments.enable_activity_tracker).lower()
    return [*({"name": name, "value": value} for name, value in values.items()), *extras.env]


def _proxy_container(arguments: Arguments) -> Resource:
    return {
        "name": "oauth2-proxy",
        "image": f"quay.io/oauth2-proxy/oauth2-proxy:{arguments.oauth2_proxy_version}",
        "imagePullPolicy": "IfNotPresent",
        "args": ["--config=/etc/oauth2-proxy.cfg", "--authenticated-emails-file=/emails/authenticated-emails-list"],
        "ports": [{"containerPort": PROXY_PORT, "name": PROXY_PORT_NAME}],
        "volumeMounts": [
            {"name": "oauth2-proxy-config", "mountPath": "/etc/oauth2-proxy.cfg", "subPath": "oauth2-proxy.cfg"},
            {"name": "oauth2-templates", "mountPath": "/templates"},
            {"name": "oauth2-emails", "mountPath": "/emails"},
        ],
    }


def _proxy_volumes(proxy: Proxy) -> list[Resource]:
    config_maps = {
        "oauth2-proxy-config": proxy.config,
        "oauth2-templates": "oauth2-templates",
        "oauth2-emails": proxy.emails,
    }
    return [{"name": volume, "configMap": {"name": name}} for volume, name in config_maps.items()]


def _data_volume(claim: str) -> Resource:
    return {"name": DATA_VOLUME, "persistentVolumeClaim": {"claimName": claim}}


def _data_mount(spec: Resource) -> Resource:
    return {"name": DATA_VOLUME, "mountPath": spec.get("mountPath") or DEFAULT_MOUNT_PATH}
