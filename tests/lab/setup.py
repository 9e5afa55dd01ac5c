# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command lines of the control plane's programs, and the files they read."""

from __future__ import annotations

import csv
import dataclasses
import secrets
import typing as t
from pathlib import Path

import yaml

from lab import certificates
from lab.api import LabError, Object
from lab.programs import programs
from lab.supervisor import EGRESS_SOCKET, POD_NETWORK

HERE = Path(__file__).resolve().parent

ADMIN = "lab-admin"
SEEDER = "lab-seeder"

# Controllers and the scheduler are not what the lab measures: without these they brake themselves.
_UNBRAKED = ("--kube-api-qps=1000", "--kube-api-burst=2000")

AUDIT_POLICY: Object = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "omitManagedFields": True,
    "rules": [
        {"level": "None", "nonResourceURLs": ["*"]},
        {
            "level": "Request",
            "verbs": ["update", "patch"],
            "resources": [{"group": "theia.cloud", "resources": ["appdefinitions"]}],
        },
        # Whoever it is: pod starts are counted.
        {"level": "Metadata", "verbs": ["create", "delete"], "resources": [{"group": "", "resources": ["pods"]}]},
        {
            "level": "None",
            "users": [
                "system:apiserver",
                "system:kube-scheduler",
                "system:kube-controller-manager",
                "lab-kwok",
                SEEDER,
            ],
        },
        {"level": "Metadata"},
    ],
}


API_VARIANTS = ("fork", "upstream")


class NodeSize(t.NamedTuple):
    """Equal nodes, with room for every pool in the tests unless a test wants them smaller."""

    number: int = 40
    cpu: str = "32"
    memory: str = "128Gi"
    pods: int = 110


DEFAULT_NODES = NodeSize()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What a lab as a whole is started with; everything else belongs to one installation."""

    api: str = "fork"
    ready_scale: float = 0.05
    emulated_version: str | None = None
    nodes: NodeSize = DEFAULT_NODES
    metrics: bool = True
    cached_snapshots: bool = True
    noted_claims: bool = False
    """Whether claims say since when no pod mounts them, as they do by default from Kubernetes 1.37 on."""

    def __post_init__(self) -> None:
        if self.api not in API_VARIANTS:
            raise LabError(f"api is one of {', '.join(API_VARIANTS)}, not {self.api}")

    @classmethod
    def of(cls, description: Object) -> Options:
        return cls(**{**description, "nodes": NodeSize(*description["nodes"])})

    def agrees_with(self, wanted: t.Mapping[str, t.Any]) -> bool:
        """Whether a lab with these options is as good as one that was started with the wanted ones."""
        return all(getattr(self, name) == value for name, value in wanted.items())


class Ports(t.NamedTuple):
    kwok: int
    api: int
    etcd: int
    etcd_peer: int
    gateway: int
    ide: int


class Setup:
    """Everything one lab's programs are started with; makes the files, starts nothing."""

    def __init__(self, state: Path, options: Options, ports: Ports) -> None:
        self.state = state
        self.options = options
        self.ports = ports
        self.programs = programs()
        self.url = f"https://127.0.0.1:{ports.api}"
        self.etcd_url = f"https://127.0.0.1:{ports.etcd}"
        self.pki = state / "pki"
        self.pki.mkdir()
        self.ca = certificates.Authority(self.pki)
        self.tokens = {ADMIN: secrets.token_urlsafe(24), SEEDER: secrets.token_urlsafe(24)}

    def etcd(self) -> list[str]:
        pair, port, peer = self.ca.server("etcd"), self.ports.etcd, f"http://127.0.0.1:{self.ports.etcd_peer}"
        return [
            str(self.programs.etcd),
            f"--data-dir={self.state / 'etcd'}",
            f"--listen-client-urls=https://127.0.0.1:{port}",
            f"--advertise-client-urls=https://127.0.0.1:{port}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--cert-file={pair.certificate}",
            f"--key-file={pair.key}",
            f"--trusted-ca-file={self.ca.file}",
            "--client-cert-auth",
            "--socket-reuse-port",
            "--unsafe-no-fsync",
            "--log-level=error",
        ]

    def api_server(self) -> list[str]:
        serving, etcd = self.ca.server("api-server"), self.ca.client("etcd-client", "lab")
        signing = certificates.service_account_key(self.pki)
        front = certificates.Authority(self.pki, "front-proxy-ca")
        proxy = front.client("front-proxy", "front-proxy")
        kubelet = self.ca.client("kubelet-client", "kube-apiserver", "system:masters")
        command = [
            str(self.programs.kube_apiserver),
            f"--etcd-servers={self.etcd_url}",
            f"--etcd-cafile={self.ca.file}",
            f"--etcd-certfile={etcd.certificate}",
            f"--etcd-keyfile={etcd.key}",
            "--storage-media-type=application/json",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={self.ports.api}",
            "--permit-port-sharing=true",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={self.ca.file}",
            f"--kubelet-certificate-authority={self.ca.file}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-client-certificate={kubelet.certificate}",
            f"--kubelet-client-key={kubelet.key}",
            f"--token-auth-file={self._token_file()}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://lab.invalid",
            f"--service-account-key-file={signing.certificate}",
            f"--service-account-signing-key-file={signing.key}",
            f"--requestheader-client-ca-file={front.file}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={proxy.certificate}",
            f"--proxy-client-key-file={proxy.key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            "--profiling=false",
            f"--egress-selector-config-file={self._write('egress.yaml', self._egress_selection())}",
            f"--audit-policy-file={self._write('audit-policy.yaml', AUDIT_POLICY)}",
            f"--audit-log-path={self.state / 'audit.log'}",
            "--audit-log-maxsize=2000",
            *self._emulation(),
        ]
        if not self.options.cached_snapshots:
            command.append("--feature-gates=ListFromCacheSnapshot=false")
        return [*command, *self._noted_claims()]

    def controller_manager(self) -> list[str]:
        return [
            str(self.programs.kube_controller_manager),
            f"--kubeconfig={self._component('system:kube-controller-manager')}",
            "--leader-elect=false",
            "--secure-port=0",
            "--use-service-account-credentials=false",
            f"--root-ca-file={self.ca.file}",
            f"--service-account-private-key-file={self.pki / 'service-accounts.key'}",
            "--enable-hostpath-provisioner",
            "--concurrent-deployment-syncs=20",
            "--concurrent-replicaset-syncs=20",
            "--concurrent-gc-syncs=20",
            *_UNBRAKED,
            *self._emulation(),
            *self._noted_claims(),
        ]

    def scheduler(self) -> list[str]:
        return [
            str(self.programs.kube_scheduler),
            f"--kubeconfig={self._component('system:kube-scheduler')}",
            "--leader-elect=false",
            "--secure-port=0",
            *_UNBRAKED,
            *self._emulation(),
        ]

    def kwok(self) -> list[str]:
        serving = self.ca.server("kwok")
        return [
            str(self.programs.kwok),
            f"--kubeconfig={self._component('lab-kwok')}",
            f"--config={self._stages()}",
            "--enable-crds=ClusterLogs",
            "--manage-all-nodes",
            f"--cidr={POD_NETWORK}",
            "--node-ip=127.0.0.1",
            f"--node-port={self.ports.kwok}",
            f"--server-address=127.0.0.1:{self.ports.kwok}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--node-lease-duration-seconds=40",
        ]

    def _emulation(self) -> list[str]:
        return [f"--emulated-version={self.options.emulated_version}"] if self.options.emulated_version else []

    def _noted_claims(self) -> list[str]:
        return ["--feature-gates=PersistentVolumeClaimUnusedSinceTime=true"] if self.options.noted_claims else []

    def _egress_selection(self) -> Object:
        transport = {"uds": {"udsName": str(self.state / EGRESS_SOCKET)}}
        connection = {"proxyProtocol": "HTTPConnect", "transport": transport}
        return {
            "apiVersion": "apiserver.k8s.io/v1beta1",
            "kind": "EgressSelectorConfiguration",
            "egressSelections": [{"name": "cluster", "connection": connection}],
        }

    def _token_file(self) -> Path:
        file = self.state / "tokens.csv"
        file.touch(mode=0o600)
        with file.open("w", newline="") as stream:
            for user, token in self.tokens.items():
                csv.writer(stream).writerow([token, user, user, "system:masters"])
        return file

    def _component(self, user: str) -> Path:
        """A kubeconfig with a client certificate: for the control plane's own parts, never for code under test."""
        name = user.rpartition(":")[2]
        pair = self.ca.client(name, user, "system:masters")
        credentials = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        return self._write(f"{name}.kubeconfig", kubeconfig(self.url, self.ca.file, user, credentials))

    def _stages(self) -> Path:
        file = self.state / "stages.yaml"
        file.write_text(yaml.safe_dump_all(stages(self.options.ready_scale)))
        return file

    def _write(self, name: str, content: Object) -> Path:
        file = self.state / name
        file.write_text(yaml.safe_dump(content))
        return file


def stages(ready_scale: float) -> list[Object]:
    """The stages of kwok, with delays in real time."""
    specs: dict[str, Object] = yaml.safe_load((HERE / "kwok" / "stages.yaml").read_text())
    for spec in specs.values():
        delay = dict(spec.get("delay", {}))
        for key in ("durationMilliseconds", "jitterDurationMilliseconds"):
            if key in delay:
                delay[key] = round(delay[key] * ready_scale)
        spec["delay"] = delay
    return [
        {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}
        for name, spec in specs.items()
    ]


def kubeconfig(
    url: str, ca_file: Path, user: str, credentials: t.Mapping[str, str], namespace: str | None = None
) -> Object:
    context = {"cluster": "lab", "user": user, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": url, "certificate-authority": str(ca_file)}}],
        "users": [{"name": user, "user": dict(credentials)}],
        "contexts": [{"name": "lab", "context": context}],
    }
