# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kubernetes control plane without containers, for as long as somebody uses it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shlex
import subprocess
import typing as t
from datetime import datetime
from pathlib import Path

from lab import audit, identities
from lab.api import Api, LabError, Object, wait_until
from lab.certificates import Authority
from lab.processes import Processes
from lab.setup import HERE, SEEDER, Options
from lab.startup import DESCRIPTION, bring_up
from lab.store import Store

if t.TYPE_CHECKING:
    from lab.installation import Installation

CHECKOUT = HERE.parents[1]
SHARED = CHECKOUT / "build" / "lab" / "env"

_TRIES = 3
_NAMESPACE_SECONDS = 90.0


class ControlPlane:
    """One running lab. Made by `start`, `attach`, `attach_or_start` or `shared`, never directly."""

    def __init__(self, processes: Processes, description: Object) -> None:
        self.processes = processes
        self.state = processes.state
        self.description = description
        self.options = Options.of(description["options"])
        self.url: str = description["url"]
        self.ca_file = Path(description["ca_file"])
        self.admin_kubeconfig = self.state / "admin.kubeconfig"
        self.audit_log = self.state / "audit.log"
        self.api = Api(self.url, str(self.ca_file), description["tokens"][SEEDER])
        self.authority = Authority(self.ca_file.parent)
        self.store = Store(description["etcd_url"], self.authority)

    @classmethod
    def start(cls, **options: t.Any) -> ControlPlane:
        """Start a lab of our own with these `Options`. It ends with `close`, or when this process does."""
        wanted = Options(**options)
        for last in (False,) * (_TRIES - 1) + (True,):
            processes = Processes.launch()
            try:
                return cls(processes, bring_up(processes, wanted))
            except LabError:
                processes.close()
                if last:
                    raise
            except BaseException:
                processes.close()
                raise
        raise AssertionError("the last try returns or raises")

    @classmethod
    def attach(cls, state: Path) -> ControlPlane:
        """Use a lab that runs already, and keep it while we do."""
        processes = Processes(state)
        description = state / DESCRIPTION
        if not description.exists():
            raise LabError(f"the lab in {state} has not started up")
        return cls(processes, json.loads(description.read_text()))

    @classmethod
    def attach_or_start(cls, among: Path | None = None, **options: t.Any) -> ControlPlane:
        """Use the lab that `make lab` left running, if it answers and has these options; else start our own.

        Processes that name the same file in `among` share that one, and it ends with the last of them.
        """
        running = _attach_by(SHARED, options)
        if running:
            return running
        return cls._shared(among, **options) if among else cls.start(**options)

    @classmethod
    def _shared(cls, file: Path, **options: t.Any) -> ControlPlane:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.with_name(f"{file.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            control_plane = _attach_by(file, options)
            if control_plane is None:
                control_plane = cls.start(**options)
                control_plane.write_env(file)
            return control_plane

    def write_env(self, file: Path, **more: str) -> None:
        """Write a file to source, which also tells others where this lab is."""
        lines = {
            "LAB_STATE": str(self.state),
            "LAB_AUDIT_LOG": str(self.audit_log),
            "KUBECONFIG": str(self.admin_kubeconfig),
            **more,
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        exports = [f"export {key}={shlex.quote(value)}\n" for key, value in lines.items()]
        folder = shlex.quote(str(Path(self.description["kubectl"]).parent))
        identities.write_private(file, "".join([*exports, f'PATH={folder}:"$PATH"\n']))

    def kubectl(
        self,
        *args: str | Path,
        stdin: str | Object | None = None,
        as_: identities.Identity | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as an administrator, or `as_` somebody; `stdin` may be an object."""
        config = str(as_.kubeconfig if as_ else self.admin_kubeconfig)
        done = subprocess.run(
            [self.description["kubectl"], "--kubeconfig", config, *map(str, args)],
            input=json.dumps(stdin) if isinstance(stdin, dict) else stdin,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "KUBECONFIG": config},
        )
        if check and done.returncode:
            raise LabError(f"kubectl {' '.join(map(str, args))}: {done.stderr.strip()}")
        return done

    def namespace(self, name: str | None = None) -> str:
        """Create a namespace (by default with a random name) in which pods can be created at once."""
        chosen = name or f"lab-{secrets.token_hex(4)}"
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": chosen}})
        account = f"/api/v1/namespaces/{chosen}/serviceaccounts/default"
        wait_until(f"namespace {chosen} has its account", lambda: self.api.find(account), _NAMESPACE_SECONDS)
        return chosen

    def identity(
        self, name: str, *, rules: t.Sequence[Object] = (), namespace: str, cluster_rules: t.Sequence[Object] = ()
    ) -> identities.Identity:
        """A ServiceAccount with these rights in its namespace (and cluster-wide), and a kubeconfig with its token."""
        return identities.make(
            self.api, self.state / "identities", self.ca_file, name, namespace, rules=rules, cluster_rules=cluster_rules
        )

    def installation(self, **settings: t.Any) -> Installation:
        """A Theia Cloud in a namespace of its own; see `lab.installation.Installation.create`."""
        from lab.installation import Installation

        return Installation.create(self, **settings)

    def audit(
        self, user: str | None = None, namespace: str | None = None, since: datetime | None = None, **more: t.Any
    ) -> list[Object]:
        """Events of the audit log, oldest first; see `lab.audit.events`."""
        return audit.events(self.audit_log, user=user, namespace=namespace, since=since, **more)

    def detach(self) -> None:
        """Let the lab outlive all who use it, until `stop`."""
        self.processes.detach()

    def stop(self) -> None:
        """End the lab for everybody, and wait until nothing of it is left."""
        self.processes.stop()
        self.close()

    def close(self) -> None:
        """Let go. If nobody else holds the lab, it ends, and we wait for that."""
        self.processes.close()

    def __enter__(self) -> ControlPlane:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def env_of(file: Path) -> dict[str, str]:
    """The variables that an env file would set; none if there is no such file."""
    if not file.exists():
        return {}
    exports = (line for line in file.read_text().splitlines() if line.startswith("export "))
    assignments = (line.removeprefix("export ").partition("=") for line in exports)
    return {name: shlex.split(value)[0] if value else "" for name, _equals, value in assignments}


def _attach_by(file: Path, options: t.Mapping[str, t.Any]) -> ControlPlane | None:
    state = env_of(file).get("LAB_STATE")
    if state is None:
        return None
    with contextlib.suppress(LabError):
        control_plane = ControlPlane.attach(Path(state))
        if control_plane.options.agrees_with(options):
            return control_plane
        control_plane.close()
    return None
