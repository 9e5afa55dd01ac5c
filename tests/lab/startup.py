# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a control plane up: each program once what it needs is there."""

from __future__ import annotations

import copy
import dataclasses
import json
import socket
import sys
import time
import typing as t

import yaml

from lab import identities
from lab.api import Api, LabError, Object, Unreachable, wait_until
from lab.processes import Processes
from lab.service.tokens import Issuer
from lab.setup import ADMIN, HERE, SEEDER, NodeSize, Options, Ports, Setup, kubeconfig

DESCRIPTION = "lab.json"

# Ports of pods behind which a stand-in answers: the IDE, its auth proxy, its data bridge.
POD_PORTS = (3000, 5000, 16281)

_START_SECONDS = 60.0
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def bring_up(processes: Processes, options: Options) -> Object:
    """Start everything that belongs to the control plane; return what its users must know."""
    return _Start(processes, options).run()


class _Start:
    """One try. Whatever fails, the error says what was awaited and what the programs said last."""

    def __init__(self, processes: Processes, options: Options) -> None:
        self._deadline = time.monotonic() + _START_SECONDS
        self._processes = processes
        self._options = options
        self._setup = Setup(processes.state, options, _free_ports(processes))
        self._api = Api(self._setup.url, str(self._setup.ca.file), self._setup.tokens[SEEDER])
        self._started: list[str] = []

    def run(self) -> Object:
        setup, api = self._setup, self._api
        self._launch("etcd", setup.etcd())
        self._launch("kube-apiserver", setup.api_server())
        self._until("the API server is ready", lambda: _ready(api))
        # Before the controller manager: its garbage collector and quota learn of later kinds only by polling.
        for crd in crds(self._options.api, self._options.metrics):
            api.create(crd)
        self._until("the kinds are established", lambda: all(map(_established, api.items(_CRDS))))
        self._launch("kube-controller-manager", setup.controller_manager())
        self._launch("kube-scheduler", setup.scheduler())
        for obj in [*_nodes(self._options.nodes), *_storage_classes()]:
            api.create(obj)
        self._launch("kwok", setup.kwok())
        self._processes.route("127.0.0.1", [setup.ports.kwok], setup.ports.kwok)
        self._launch_edge()
        self._until("the controllers work", lambda: api.find("/api/v1/namespaces/default/serviceaccounts/default"))
        self._until("the nodes are ready", lambda: all(map(_schedulable, api.items("/api/v1/nodes"))))
        self._until("the gateway listens", lambda: _listens(setup.ports.gateway))
        return self._describe()

    def _launch(self, name: str, command: list[str]) -> None:
        self._processes.run(name, command)
        self._started.append(name)

    def _until(self, what: str, reached: t.Callable[[], t.Any]) -> t.Any:
        try:
            return wait_until(what, lambda: self._nobody_ended(what) and reached(), self._deadline - time.monotonic())
        except LabError as error:
            logs = "\n".join(f"--- {name}\n{self._processes.last_lines(name)}" for name in self._started)
            raise LabError(f"{error}\n{logs}") from None

    def _nobody_ended(self, what: str) -> bool:
        for name in self._started:
            if not self._processes.running(name):
                raise LabError(f"{name} ended while the lab waited until {what}")
        return True

    def _launch_edge(self) -> None:
        """The gateway and the IDEs of all installations, and the way to them for the API server."""
        rules = (
            identities.rule("", "pods services configmaps", *identities.READ),
            identities.rule("discovery.k8s.io", "endpointslices", *identities.READ),
            identities.rule("gateway.networking.k8s.io", "httproutes", *identities.READ),
        )
        folder = self._setup.state / "identities"
        who = identities.make(self._api, folder, self._setup.ca.file, "lab-edge", "default", cluster_rules=rules)
        serving = self._setup.ca.server("gateway", "127.0.0.1", "localhost", "*.lab.localhost")
        gateway, ide = self._setup.ports.gateway, self._setup.ports.ide
        options = f"--kubeconfig={who.kubeconfig} --gateway-port={gateway} --ide-port={ide}".split()
        certificate = [f"--tls-cert={serving.certificate}", f"--tls-key={serving.key}"]
        self._launch("edge", [sys.executable, "-m", "lab.service.edge", *options, *certificate])
        self._processes.route("pods", POD_PORTS, ide)

    def _describe(self) -> Object:
        setup = self._setup
        Issuer.create(setup.state / "oidc")
        description = {
            "url": setup.url,
            "ca_file": str(setup.ca.file),
            "etcd_url": setup.etcd_url,
            "gateway_port": setup.ports.gateway,
            "ide_url": f"http://127.0.0.1:{setup.ports.ide}",
            "tokens": setup.tokens,
            "kubectl": str(setup.programs.kubectl),
            "options": dataclasses.asdict(self._options),
        }
        admin = kubeconfig(setup.url, setup.ca.file, ADMIN, {"token": setup.tokens[ADMIN]})
        identities.write_private(setup.state / "admin.kubeconfig", yaml.safe_dump(admin))
        identities.write_private(setup.state / DESCRIPTION, json.dumps(description))
        return description


def _free_ports(processes: Processes) -> Ports:
    with socket.socket() as probe:  # kwok cannot share a port, so this one is free only most probably
        probe.bind(("127.0.0.1", 0))
        return Ports(probe.getsockname()[1], *processes.reserve(5))


def crds(api_variant: str, metrics: bool = True) -> list[Object]:
    """The kinds that the lab serves. The upstream variant knows no AppDefinition v1beta11."""
    kinds: list[Object] = [yaml.safe_load(file.read_text()) for file in sorted((HERE / "crds").glob("*.yaml"))]
    kept = [crd for crd in kinds if metrics or crd["spec"]["group"] != "metrics.k8s.io"]
    if api_variant == "upstream":
        for crd in kept:
            if crd["spec"]["names"]["kind"] == "AppDefinition":
                versions = copy.deepcopy(crd["spec"]["versions"][1:])
                versions[0]["storage"] = True
                crd["spec"]["versions"] = versions
    return kept


def _ready(api: Api) -> bool:
    try:
        return api.request("GET", "/readyz").status == 200
    except Unreachable:
        return False  # not listening yet


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _established(crd: Object) -> bool:
    return _condition(crd, "Established")


def _schedulable(node: Object) -> bool:
    return _condition(node, "Ready") and not node["spec"].get("taints")


def _condition(obj: Object, kind: str) -> bool:
    conditions = obj.get("status", {}).get("conditions") or []  # null right after the creation
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def _nodes(size: NodeSize) -> list[Object]:
    room = {"cpu": size.cpu, "memory": size.memory, "pods": str(size.pods), "ephemeral-storage": "200Gi"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"node-{n:02}", "labels": {"kubernetes.io/hostname": f"node-{n:02}"}},
            "status": {"allocatable": room, "capacity": room},
        }
        for n in range(1, size.number + 1)
    ]


def _storage_classes() -> list[Object]:
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": policy.lower(),
                "annotations": {"storageclass.kubernetes.io/is-default-class": str(policy == "Delete").lower()},
            },
            "provisioner": "kubernetes.io/host-path",
            "reclaimPolicy": policy,
        }
        for policy in ("Delete", "Retain")
    ]
