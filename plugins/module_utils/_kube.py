# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only way to the Kubernetes API. Modules get a ``Gateway`` from ``connect`` and never see a connection."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._errors import EduideError, Misconfigured

DEFAULT_TIMEOUT_SECONDS = 30


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
PVC = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
PV = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)
NODE = Kind("", "v1", "nodes", "Node", namespaced=False)
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
REPLICA_SET = Kind("apps", "v1", "replicasets", "ReplicaSet")
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
POD_METRICS = Kind("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
HTTP_ROUTE = Kind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute")

Json = dict[str, t.Any]
Keep = t.Callable[[Json], t.Any]
# Names for the builtin, which the method ``list`` hides inside the classes below.
Objects = list[t.Any]
T = t.TypeVar("T")
R = t.TypeVar("R")


class Own:
    """The type of ``OWN``: the namespace of the gateway, since None means the whole cluster."""


OWN = Own()


def whole(obj: Json) -> Json:
    """Keep the object as it is."""
    return obj


class Snapshot(t.NamedTuple):
    """Several lists read at once. A list that could not be read is None, and ``missing`` says why."""

    lists: dict[str, Objects | None]
    missing: dict[str, str]
    # When the first answer came: nothing in here is known to be true later than this.
    read_at: datetime.datetime

    def of(self, name: str) -> Objects:
        """The objects of a list that must be there; one that may be missing is looked up in ``lists``."""
        objects = self.lists[name]
        if objects is None:
            raise KeyError(f"{name} could not be read: {self.missing[name]}")
        return objects


class Gateway(t.Protocol):
    """The Kubernetes API as the collection uses it. Tests put a dictionary behind it."""

    @property
    def namespace(self) -> str:
        """The namespace of the installation."""

    def list(
        self,
        kind: Kind,
        *,
        keep: Keep = whole,
        label_selector: str | None = None,
        field_selector: str | None = None,
        namespace: str | Own | None = OWN,
    ) -> Objects:
        """Every object as ``keep`` projects it, page by page; what becomes None is left out."""

    def read_all(self, wanted: t.Mapping[str, tuple[Kind, Keep]], *, optional: t.Collection[str] = ()) -> Snapshot:
        """Several lists at once. Optional ones may be forbidden or not served; all others must be readable."""

    def get(self, kind: Kind, name: str) -> Json | None:
        """The object, or None if it does not exist."""

    def create(self, kind: Kind, body: Json) -> Json:
        """Make the object that ``body`` describes; an existing one is a ``Conflict``."""

    def replace(self, kind: Kind, name: str, body: Json) -> Json:
        """Write the whole object. A ``resourceVersion`` in the body guards against changes in between."""

    def merge_patch(self, kind: Kind, name: str, body: Json, subresource: str | None = None) -> Json:
        """Change the named fields only. A ``resourceVersion`` in the body guards here, too."""

    def delete(self, kind: Kind, name: str, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """Delete what was seen and nothing else; False if it was gone already."""

    def log_lines(self, pod: str, *, container: str | None = None, tail: int = 500) -> t.Sequence[str]:
        """The last lines that a container wrote. They may hold secrets: scrub before showing."""

    def no_installation(self) -> EduideError:
        """Why no app definition was found here: what to raise when the list of them is empty."""

    def now(self) -> datetime.datetime:
        """The API server's time in UTC: the date of its latest answer plus what has passed since."""

    def map(self, function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int = 8) -> t.Sequence[R]:
        """Call the function for each item in a bounded number of threads; results keep the order of the items."""


def connect(params: t.Mapping[str, t.Any], *, check_mode: bool = False) -> Gateway:
    """Open the way to the cluster that the options name. In check mode every write is a programming error."""
    from ansible_collections.eduide.theia.plugins.module_utils._kube_access import resolve
    from ansible_collections.eduide.theia.plugins.module_utils._kube_gateway import CONNECTIONS, KubeGateway
    from ansible_collections.eduide.theia.plugins.module_utils._kube_http import Transport

    namespace = params.get("namespace")
    if not namespace:
        raise Misconfigured("The option namespace is not set: it names the namespace that Theia Cloud runs in.")
    timeout_seconds = params.get("timeout_seconds") or DEFAULT_TIMEOUT_SECONDS
    transport = Transport(resolve(params), timeout_seconds=timeout_seconds, connections=CONNECTIONS)
    return KubeGateway(transport, namespace=str(namespace), check_mode=check_mode)
