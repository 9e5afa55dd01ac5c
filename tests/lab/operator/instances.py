# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a pool instance: how each sort of them is told apart, and built."""

from __future__ import annotations

import typing as t

from lab.kube import CONFIG_MAP, DEPLOYMENT, SERVICE, Kind, Resource
from lab.operator import labels, names, owners, pods, templates
from lab.operator.arguments import Settings


class Sort(t.NamedTuple):
    """One part of every instance."""

    kind: Kind
    belongs: t.Callable[[Resource], bool]
    build: t.Callable[[int], Resource]


class Parts:
    """All sorts of parts for one app definition, at one generation."""

    def __init__(self, app_definition: Resource, settings: Settings, proxy_template: Resource) -> None:
        self._app_definition = app_definition
        self._spec: Resource = app_definition["spec"]
        self._arguments = settings.arguments
        self._upstream = settings.switches.upstream
        self._april = settings.switches.april
        self._proxy_template = proxy_template
        self.owner = owners.reference(settings.switches.app_definition, app_definition)

    def services(self) -> tuple[Sort, Sort]:
        return (
            Sort(SERVICE, lambda item: self._is_own(item) and not names.is_internal(item), self._external_service),
            Sort(SERVICE, names.is_internal, self._internal_service),
        )

    def config_maps(self) -> tuple[Sort, ...]:
        if not self._arguments.keycloak:
            return ()
        return (
            Sort(CONFIG_MAP, lambda item: _purpose(item) == "proxy", self._proxy_config_map),
            Sort(CONFIG_MAP, lambda item: _purpose(item) == "emails", self._email_config_map),
        )

    def sidecars(self) -> list[Sort]:
        return [
            sort for sidecar in self._spec.get("sidecars") or [] for sort in self._sidecar(sidecar, sidecar["name"])
        ]

    def deployment(self) -> Sort:
        return Sort(DEPLOYMENT, self._is_own, self._deployment)

    def _is_own(self, item: Resource) -> bool:
        """April's operator takes what belongs to sidecars for parts of the instance, which are never up to date."""
        return self._april or labels.SIDECAR not in labels.labels_of(item)

    def all(self) -> list[Sort]:
        """In the order in which an instance is built: the IDE last, so that it finds its sidecars."""
        return [*self.services(), *self.config_maps(), *self.sidecars(), self.deployment()]

    def claim(self, number: int) -> Resource | None:
        if not templates.has_workspace_sidecar(self._app_definition):
            return None
        return templates.instance_claim(self._app_definition, number, self.owner, self._arguments)

    def _owned(self, number: int) -> templates.Owned:
        # Upstream does not know from which generation an instance is.
        generation = {} if self._upstream else {labels.GENERATION: str(self._app_definition["metadata"]["generation"])}
        return templates.Owned(self.owner, names.instance_app(self._app_definition, number), generation)

    def _external_service(self, number: int) -> Resource:
        name = names.instance_object(self._app_definition, number)
        return templates.external_service(name, self._spec, self._owned(number), keycloak=self._arguments.keycloak)

    def _internal_service(self, number: int) -> Resource:
        name = names.instance_internal_service(self._app_definition, number)
        return templates.internal_service(name, self._spec, self._owned(number))

    def _proxy_config_map(self, number: int) -> Resource:
        name = names.instance_object(self._app_definition, number, "proxy")
        return templates.proxy_config_map(
            name, self._owned(number), self._proxy_template, self._url(number), self._spec["port"]
        )

    def _email_config_map(self, number: int) -> Resource:
        return templates.email_config_map(email_map_name(self._app_definition, number), self._owned(number), None)

    def _deployment(self, number: int) -> Resource:
        claim = self.claim(number)
        extras = pods.Extras(
            url=self._url(number),
            claim=claim["metadata"]["name"] if claim else None,
            proxy=self._proxy(number) if self._arguments.keycloak else None,
        )
        name = names.instance_object(self._app_definition, number)
        owned = self._owned(number)
        return pods.ide_deployment(name, self._spec, owned, self._arguments, identity=pods.Identity(), extras=extras)

    def _proxy(self, number: int) -> pods.Proxy:
        return pods.Proxy(
            config=names.instance_object(self._app_definition, number, "proxy"),
            emails=email_map_name(self._app_definition, number),
        )

    def _url(self, number: int) -> str:
        return self._arguments.instances_host + templates.instance_path(self._app_definition, number) + "/"

    def _sidecar(self, sidecar: Resource, name: str) -> tuple[Sort, Sort]:
        def belongs(item: Resource) -> bool:
            return labels.labels_of(item).get(labels.SIDECAR) == name

        def name_of(number: int) -> str:
            return names.instance_object(self._app_definition, number, name)

        def service(number: int) -> Resource:
            return templates.sidecar_service(name_of(number), sidecar, self.owner)

        def deployment(number: int) -> Resource:
            claim = self.claim(number)
            claim_name = claim["metadata"]["name"] if claim else None
            return pods.sidecar_deployment(name_of(number), sidecar, self._spec, self.owner, claim_name)

        return Sort(SERVICE, belongs, service), Sort(DEPLOYMENT, belongs, deployment)


def email_map_name(app_definition: Resource, number: int) -> str:
    return names.instance_object(app_definition, number, "email")


def _purpose(item: Resource) -> str | None:
    return labels.labels_of(item).get(labels.PURPOSE)
