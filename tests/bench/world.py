# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The world that is measured: a lab of its own with thousands of sessions, and nobody at work but the API server."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import Kind
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import OPERATOR_LEASE
from bench.commands import Command
from integration.ansible_run import connection
from lab import ControlPlane, Installation, LabError, NodeSize, bulk, chart
from lab.api import wait_until
from lab.cases import Case, cases, users

JAVA, C, PYTHON = "java-17-latest", "c-latest", "python-latest"
STARTS = {"eager": 0.5, "lazy": 0.4, "lazy-fallback": 0.1}
GONE_SECONDS = 600.0
# Sessions to be stopped belong to users that the seeded world does not have.
FIRST_EXTRA_USER = 1_000_000
SERVERS = ("etcd", "kube-apiserver")
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kwok")
# With more sessions the API server's cache and the controllers do not fit into the memory of an ordinary machine.
MOST_IN_MEMORY = 20_000
CALM_SHARE = 0.4
CALM_SECONDS = 600.0
RENEWAL_SECONDS = 2.0
COUNTED = ("sessions", "deployments", "replicasets", "services", "pods")


@contextlib.contextmanager
def _leading(installation: Installation) -> t.Iterator[None]:
    """Renew the Lease as an operator does, and do nothing else of what it does: `status` waits for a renewal."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/{installation.namespace}/leases/{OPERATOR_LEASE}"
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(RENEWAL_SECONDS):
            now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            installation.control_plane.api.merge(path, {"spec": {"holderIdentity": "bench", "renewTime": now}})

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class World:
    """Sessions of three app definitions and all starts; some have failed or have a pod in trouble."""

    def __init__(self, installation: Installation, seed: int, largest: int) -> None:
        self.installation = installation
        self._seed = seed
        self.size = 0
        self._alone = largest > MOST_IN_MEMORY
        self._extra = itertools.count(FIRST_EXTRA_USER)
        self._patterns = bulk.record(installation, [*self._cases(largest), self._spare()])
        # On a real installation they work on other machines; here they would share two cores with what is measured.
        installation.operator.stop()
        installation.service.stop()
        if self._alone:
            self._leave_servers_alone()

    @classmethod
    @contextlib.contextmanager
    def open(cls, seed: int, largest: int) -> t.Iterator[World]:
        definitions = [chart.app_definition(name, minInstances=1) for name in (JAVA, C, PYTHON)]
        # What the database may hold by default is less than a hundred thousand sessions have.
        os.environ.setdefault("ETCD_QUOTA_BACKEND_BYTES", str(8 * 2**30))
        nodes = NodeSize(number=200, cpu="64", memory="512Gi", pods=110)
        with ControlPlane.start(nodes=nodes) as lab, lab.installation(app_definitions=definitions) as installation:
            for name in (JAVA, C, PYTHON):
                installation.wait_warm(name, 1)
            world = cls(installation, seed, largest)
            with _leading(installation):
                yield world

    def _leave_servers_alone(self) -> None:
        """End the controllers, and let the API server read from the database whatever it is asked for."""
        lab = self.installation.control_plane
        for name in CONTROLLERS:
            lab.processes.end(name)
        server = "kube-apiserver"
        pid = lab.processes.status()["processes"][server]["pid"]
        command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")
        lab.processes.end(server)
        lab.processes.run(server, [*command, "--watch-cache=false"])
        wait_until("the API server is back", self._answers, GONE_SECONDS, 0.5)

    def _answers(self) -> bool:
        with contextlib.suppress(LabError):
            return bool(self.counts())
        return False

    def _cases(self, count: int) -> list[Case]:
        return cases(count, self._seed, app_definitions=(JAVA, C, PYTHON), starts=STARTS)

    def _spare(self) -> Case:
        (user,) = users(1, next(self._extra))
        return Case(user, JAVA, "lazy", age_seconds=5400, idle_seconds=1800)

    def grow(self, size: int) -> None:
        """Let there be so many sessions; the first ones are the same for every size."""
        bulk.write(self.installation, self._cases(size)[self.size :], self._patterns, alone=self._alone)
        self.size = size
        self.wait_for_calm()

    def add(self, count: int) -> list[str]:
        """Healthy sessions beside those of the seed, to be stopped; their names."""
        before = self.counts()
        names = bulk.write(self.installation, [self._spare() for _unused in range(count)], self._patterns)
        self._each = {plural: (now - before[plural]) // count for plural, now in self.counts().items()}
        return names

    def counts(self) -> dict[str, int]:
        """How many objects there are, without reading them."""
        return {plural: self._count(plural) for plural in COUNTED}

    def _count(self, plural: str) -> int:
        page = self.installation.control_plane.api.get(self.installation.here.path(plural), limit="1")
        return len(page["items"]) + int(page["metadata"].get("remainingItemCount") or 0)

    def wait_for_end(self, stopped: int, before: t.Mapping[str, int]) -> None:
        """Until the controllers have removed what so many added sessions had, so that nobody else pays for it."""
        most = {plural: count - stopped * self._each[plural] for plural, count in before.items()}

        def cleaned() -> bool:
            return all(count <= most[plural] for plural, count in self.counts().items())

        wait_until("stopped sessions leave nothing behind", cleaned, GONE_SECONDS, 0.5)

    def wait_for_calm(self) -> None:
        """Until the control plane has digested what was written, for it shares the machine with what is measured."""
        wait_until("the control plane is calm", lambda: self._busy() < CALM_SHARE, CALM_SECONDS, 0.0)

    def _busy(self) -> float:
        """The share of a core that its programs use."""
        began, before = time.monotonic(), self._cpu_seconds()
        time.sleep(1)
        return (self._cpu_seconds() - before) / (time.monotonic() - began)

    def _cpu_seconds(self) -> float:
        running = self.installation.control_plane.processes.status()["processes"]
        total = 0
        for name in SERVERS if self._alone else (*SERVERS, *CONTROLLERS):
            stat = Path(f"/proc/{running[name]['pid']}/stat").read_text(encoding="ascii")
            total += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
        return total / os.sysconf("SC_CLK_TCK")

    @property
    def connection(self) -> dict[str, t.Any]:
        """The options of our modules, as roles give them: with a secret that has to be kept out of results."""
        return connection(self.installation)

    @property
    def version(self) -> str:
        return str(self.installation.control_plane.api.get("/version")["gitVersion"])

    @property
    def defaults(self) -> dict[str, t.Any]:
        """How the modules of kubernetes.core reach the same place."""
        where = {"kubeconfig": str(self.installation.kubeconfig), "namespace": self.installation.namespace}
        return {"group/kubernetes.core.k8s": where}

    def path(self, kind: Kind, name: str = "") -> str:
        root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        return f"{root}/namespaces/{self.installation.namespace}/{kind.plural}" + (f"/{name}" if name else "")

    def kubectl(self, *words: str) -> Command:
        program = self.installation.control_plane.description["kubectl"]
        where = ("--kubeconfig", str(self.installation.kubeconfig), "--namespace", self.installation.namespace)
        return Command((program, *where, *words), quiet=True)
