# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Theia Cloud in a namespace of a lab: its objects, its two programs, and the ways in."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
import typing as t
from pathlib import Path

import urllib3

from lab import chart, identities, pool
from lab.api import Answer, ApiError, LabError, Object, Unreachable, wait_until
from lab.kinds import Namespaced
from lab.operator.output import EVERYTHING_KNOWN
from lab.program import Program
from lab.service.tokens import Issuer

if t.TYPE_CHECKING:
    from lab.control_plane import ControlPlane

OPERATORS = ("current", "april")
STARTS = ("eager", "lazy")

_LAUNCH_SECONDS = 600.0

GENERATED = "generated"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What one installation is like."""

    start: str = "eager"
    operator: str = "current"
    """Which code both programs are: `april` is that before 2026-08-28."""
    keycloak: bool = True
    app_definitions: t.Sequence[Object] | None = None
    minute_seconds: float = 60.0
    poll_scale: float = 0.2
    sessions_per_user: int = 10
    monitor: bool = True
    monitor_interval: int = 3
    lease_seconds: tuple[int, int, int] = (2, 1, 1)
    storage_class: str = "delete"
    quota: t.Mapping[str, str] | None = None
    admin_token: str | None = GENERATED
    gateway_timeout_seconds: float | None = None
    namespace: str | None = None
    running: t.Collection[str] = ("operator", "service")
    restarts: bool | None = None
    """Whether a program that ends itself is started again, as its Deployment would do it. Unless somebody says so,
    this is for April's: any other that ends has an error, which nobody should overlook."""

    def __post_init__(self) -> None:
        for name, value, known in (("start", self.start, STARTS), ("operator", self.operator, OPERATORS)):
            if value not in known:
                raise LabError(f"{name} is one of {', '.join(known)}, not {value}")

    def operator_args(self, instances_host: str, service_url: str, app_id: str) -> list[str]:
        """As the chart writes them into the operator's Deployment, where anybody may read them."""
        lease, renew, retry = self.lease_seconds
        return [
            *(["--keycloak"] if self.keycloak else []),
            *(["--eagerStart"] if self.start == "eager" else []),
            *(["--enableMonitor", "--enableActivityTracker"] if self.monitor else []),
            f"--monitorInterval={self.monitor_interval}",
            f"--sessionsPerUser={self.sessions_per_user}",
            f"--instancesHost={instances_host}",
            "--requestedStorage=250Mi",
            f"--storageClassName={self.storage_class}",
            f"--serviceUrl={service_url}",
            f"--serviceAuthToken={app_id}",
            "--oAuth2ProxyVersion=v7.12.0",
            f"--leaderLeaseDuration={lease}",
            f"--leaderRenewDeadline={renew}",
            f"--leaderRetryPeriod={retry}",
        ]


class Facts(t.NamedTuple):
    """What one installation is called and how it is reached."""

    namespace: str
    app_id: str
    admin_token: str | None
    service_url: str


class Installation:
    """Made by `ControlPlane.installation`."""

    def __init__(self, control_plane: ControlPlane, settings: Settings, facts: Facts) -> None:
        self.control_plane = control_plane
        self.settings = settings
        self.facts = facts
        self.namespace, self.app_id, self.admin_token, self.service_url = facts
        self.here = Namespaced(self.namespace, control_plane.options.api)
        self.instances_host = f"{self.namespace}.lab.localhost:{control_plane.description['gateway_port']}"
        self.issuer = Issuer.load(control_plane.state / "oidc")
        self._http = urllib3.PoolManager(maxsize=32, retries=False)
        self.identity: identities.Identity
        self.operator: Program
        self.service: Program

    @classmethod
    def create(cls, control_plane: ControlPlane, **settings: t.Any) -> Installation:
        """Set one up; keyword arguments are `Settings` (`api` and `ready_scale` only confirm those of the lab)."""
        for name in ("api", "ready_scale"):
            wanted, there = settings.pop(name, None), getattr(control_plane.options, name)
            if wanted not in (None, there):
                raise LabError(f"{name}={wanted} needs a lab of its own: ControlPlane.start({name}=…)")
        chosen = Settings(**settings)
        facts = Facts(
            namespace=chosen.namespace or f"theia-{secrets.token_hex(4)}",
            app_id=f"app-{secrets.token_hex(6)}",
            admin_token=secrets.token_urlsafe(24) if chosen.admin_token == GENERATED else chosen.admin_token,
            service_url=f"http://127.0.0.1:{control_plane.processes.reserve(1)[0]}",
        )
        installation = cls(control_plane, chosen, facts)
        installation._install()
        return installation

    @classmethod
    def attach(cls, control_plane: ControlPlane, namespace: str) -> Installation:
        """One that another process has set up in this lab."""
        facts = Facts(**_read_notes(control_plane, namespace)["facts"])
        installation = cls(control_plane, settings_of(control_plane, namespace), facts)
        installation._make_programs()
        return installation

    def _install(self) -> None:
        api, settings = self.control_plane.api, self.settings
        self.control_plane.namespace(self.namespace)
        if settings.quota:
            api.create(chart.quota(self.namespace, settings.quota))
        self._make_programs()
        arguments = settings.operator_args(self.instances_host, self.service_url, self.app_id)
        values = chart.Values(
            self.namespace, self.app_id, self.admin_token, self.instances_host, settings.keycloak, arguments
        )
        for obj in [*chart.objects(values), chart.operator_log(self.namespace, str(self.operator.log))]:
            api.create(obj)
        for definition in chart.app_definitions() if settings.app_definitions is None else settings.app_definitions:
            self.add(definition)
        programs = [getattr(self, name) for name in ("operator", "service") if name in settings.running]
        for program in programs:
            program.start(wait=False)
        for program in programs:
            program.wait()
        notes = {"settings": dataclasses.asdict(settings), "facts": self.facts._asdict()}
        identities.write_private(_notes(self.control_plane, self.namespace), json.dumps(notes))

    def _make_programs(self) -> None:
        lab = self.control_plane
        self.identity = lab.identity(
            "collection",
            namespace=self.namespace,
            rules=identities.COLLECTION_RULES,
            cluster_rules=identities.COLLECTION_CLUSTER_RULES,
        )
        operator = lab.identity(
            chart.OPERATOR_ACCOUNT,
            namespace=self.namespace,
            rules=identities.OPERATOR_RULES,
            cluster_rules=identities.OPERATOR_CLUSTER_RULES,
        )
        service = lab.identity(chart.SERVICE_ACCOUNT, namespace=self.namespace, rules=identities.SERVICE_RULES)
        self.operator = self._program("operator", operator, self._operator_options(), self._operator_works)
        self.service = self._program("service", service, self._service_options(), self._service_answers)

    def _program(
        self, name: str, identity: identities.Identity, options: t.Sequence[str], works: t.Callable[[], t.Any]
    ) -> Program:
        lab, settings = self.control_plane, self.settings
        common = [
            f"--kubeconfig={identity.kubeconfig}",
            f"--namespace={self.namespace}",
            f"--api={lab.options.api}",
            f"--minute-seconds={settings.minute_seconds}",
            f"--ide-url={lab.description['ide_url']}",
        ]
        command = [f"lab.{name}", *common, *options]
        # By the environment, as the real one gets it: command lines can be read by everybody.
        env = {chart.ADMIN_TOKEN_KEY: self.admin_token or ""}
        return Program(
            lab.processes,
            f"{self.namespace}.{name}",
            command,
            identity=identity,
            works=works,
            env=env,
            restart=settings.operator == "april" if settings.restarts is None else settings.restarts,
        )

    def _operator_options(self) -> list[str]:
        return [
            f"--operator={self.settings.operator}",
            f"--gateway-url=https://127.0.0.1:{self.control_plane.description['gateway_port']}",
            f"--poll-scale={self.settings.poll_scale}",
        ]

    def _service_options(self) -> list[str]:
        settings = self.settings
        options = [
            f"--app-id={self.app_id}",
            f"--port={self.service_url.rpartition(':')[2]}",
            f"--admin-token-env={chart.ADMIN_TOKEN_KEY}",
            f"--operator={settings.operator}",
            f"--keycloak={'on' if settings.keycloak else 'off'}",
            f"--jwks={self.issuer.jwks_file}",
        ]
        if settings.gateway_timeout_seconds is not None:
            options.append(f"--gateway-timeout-seconds={settings.gateway_timeout_seconds}")
        return options

    def _operator_works(self) -> bool:
        """It leads, and has listed what existed."""
        return self.operator.has_printed(EVERYTHING_KNOWN) and self._somebody_leads()

    def _somebody_leads(self) -> bool:
        """The Lease is renewed while we look; a stale one says nothing."""
        path = self.here.path("leases", chart.LEASE)

        def renewed() -> str | None:
            lease = self.control_plane.api.find(path)
            return lease["spec"].get("renewTime") if lease else None

        before = renewed()
        with contextlib.suppress(LabError):
            return bool(before and wait_until("renewed", lambda: renewed() != before, self.settings.lease_seconds[0]))
        return False

    def _service_answers(self) -> bool:
        try:
            return self.rest("GET", f"/service/{self.app_id}").status == 200
        except Unreachable:
            return False

    @property
    def kubeconfig(self) -> Path:
        """The collection's own account, with no more rights than it needs."""
        return self.identity.kubeconfig

    @property
    def user(self) -> str:
        """That account's name in the audit log."""
        return self.identity.user

    def add(self, app_definition: Object) -> Object:
        """Create an app definition here, in the version that this lab stores."""
        version = self.here.app_definition_version
        metadata = {**app_definition["metadata"], "namespace": self.namespace}
        return self.control_plane.api.create({**app_definition, "apiVersion": version, "metadata": metadata})

    def get(self, plural: str, name: str) -> Object:
        return self.control_plane.api.get(self.here.path(plural, name))

    def items(self, plural: str, **params: str) -> list[Object]:
        return self.control_plane.api.items(self.here.path(plural), **params)

    def user_token(self, email: str, **claims: t.Any) -> str:
        """A bearer token of a student, as the identity provider would issue it."""
        return self.issuer.mint(email, **claims)

    def rest(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        user: str | None = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> Answer:
        """One request to the REST service, as `user` if there is one; whatever it says is an answer."""
        bearer = {"Authorization": f"Bearer {self.user_token(user)}"} if user and self.settings.keycloak else {}
        try:
            answer = self._http.request(
                method,
                self.service_url + path,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json", **bearer, **(headers or {})},
                timeout=_LAUNCH_SECONDS,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"{method} {self.service_url}{path}: {error}") from error
        return Answer(answer.status, dict(answer.headers), answer.data)

    def launch(self, user: str, app_definition: str, **request: t.Any) -> Answer:
        """What the landing page does for a student; without a workspace unless the request asks for one."""
        body = {"appId": self.app_id, "user": user, "appDefinition": app_definition, "ephemeral": True, **request}
        return self.rest("POST", "/service", body, user=user)

    def stop_session(self, user: str, name: str) -> Answer:
        body = {"appId": self.app_id, "user": user, "sessionName": name}
        return self.rest("DELETE", "/service/session", body, user=user)

    def wait_warm(self, app_definition: str, count: int, timeout_seconds: float = 60.0) -> list[int]:
        """Until at least so many instances are warm; returns their ids."""

        def enough() -> list[int] | None:
            warm = pool.warm(self.control_plane.api, self.here, app_definition)
            return warm if len(warm) >= count else None

        what = f"{count} warm instances of {app_definition} in {self.namespace}"
        return t.cast(list[int], wait_until(what, enough, timeout_seconds, pause_seconds=0.1))

    def env(self) -> dict[str, str]:
        """The variables of build/lab/env that speak of this installation."""
        return {
            "THEIA_NAMESPACE": self.namespace,
            "THEIA_SERVICE_URL": self.service_url,
            "THEIA_APP_ID": self.app_id,
            "THEIA_ADMIN_TOKEN": self.admin_token or "",
        }

    def close(self) -> None:
        """End the programs, and let the namespace go without waiting for it."""
        for program in (self.operator, self.service):
            program.kill()
        api = self.control_plane.api
        api.delete(f"/api/v1/namespaces/{self.namespace}")
        api.delete(f"/apis/kwok.x-k8s.io/v1alpha1/clusterlogs/{self.namespace}")
        for identity in (self.identity.user, self.operator.user):
            name = identity.removeprefix("system:serviceaccount:")
            with contextlib.suppress(ApiError):
                api.delete(f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}")
                api.delete(f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{name}")

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def settings_of(control_plane: ControlPlane, namespace: str) -> Settings:
    """What an installation was made with, without touching anything of it."""
    return Settings(**_read_notes(control_plane, namespace)["settings"])


def _read_notes(control_plane: ControlPlane, namespace: str) -> Object:
    file = _notes(control_plane, namespace)
    if not file.exists():
        raise LabError(f"the lab has no installation {namespace}")
    return t.cast(Object, json.loads(file.read_text()))


def _notes(control_plane: ControlPlane, namespace: str) -> Path:
    """Where an installation is described for other processes."""
    return control_plane.state / "installations" / f"{namespace}.json"
