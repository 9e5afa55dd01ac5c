# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway that the operator polls and students open: answers for session paths as their routes and pods allow."""

from __future__ import annotations

import typing as t

import jwt
from aiohttp import web

from lab import kube
from lab.service.routing import ENDED_REDIRECT, UNREACHABLE, EndpointTable, RouteTable

LANDING_PATH = "/lab-landing-page/"
EMAILS_LABEL = "theia-cloud.io/template-purpose"
EMAILS_KEY = "authenticated-emails-list"


class Gateway:
    """One listener for every installation of the lab; the Host header says which one is meant."""

    def __init__(self, cluster: kube.Cluster, routes: RouteTable, endpoints: EndpointTable) -> None:
        self._cluster = cluster
        self._routes = routes
        self._endpoints = endpoints

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        host = request.host.partition(":")[0]
        if self._routes.has_quirk(host, UNREACHABLE):
            return web.Response(status=500, text="unreachable")
        if request.path == LANDING_PATH:
            return web.Response(text="This is the landing page.")
        target = self._routes.find(host, request.path)
        if target is None:
            return self._no_route(host)
        if target.redirect is not None:
            return web.Response(status=302, headers={"Location": target.redirect})
        pod = None if target.service is None else self._endpoints.ready_pod(target.service)
        if target.service is None or pod is None:
            return web.Response(status=503, text="no healthy upstream")
        return await self._through_proxy(request, target.service[0], pod)

    def _no_route(self, host: str) -> web.Response:
        if self._routes.has_quirk(host, ENDED_REDIRECT):
            return web.Response(status=302, headers={"Location": LANDING_PATH})
        return web.Response(status=404)

    async def _through_proxy(self, request: web.Request, namespace: str, name: str) -> web.Response:
        """Without a token anybody gets the sign-in page, which is 200 as well; with one the address list decides."""
        scheme, _unused, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return web.Response(text="Sign in, or the IDE itself where nobody has to.")
        admitted = await self._admitted(namespace, name)
        if admitted is not None and _email(token) not in admitted:
            return web.Response(status=403, text="You do not have permission to access this resource.")
        return web.Response(text="This is the IDE.")

    async def _admitted(self, namespace: str, name: str) -> set[str] | None:
        """The addresses that the auth proxy of a pod lets in; None if the pod has none."""
        pod = await self._cluster.get(kube.POD, name, namespace=namespace)
        for volume in (pod or {}).get("spec", {}).get("volumes") or ():
            config_map_name = (volume.get("configMap") or {}).get("name")
            if config_map_name is None:
                continue
            config_map = await self._cluster.get(kube.CONFIG_MAP, config_map_name, namespace=namespace)
            if config_map is None:
                continue
            if (config_map["metadata"].get("labels") or {}).get(EMAILS_LABEL) == "emails":
                text = t.cast(str, (config_map.get("data") or {}).get(EMAILS_KEY) or "")
                return {line.strip().lower() for line in text.splitlines() if line.strip()}
        return None


def _email(token: str) -> str | None:
    """The address in a token. Whether it is genuine is the identity provider's business, not the gateway's."""
    try:
        claims = jwt.decode(token.strip(), options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    email = claims.get("email")
    return None if email is None else str(email).lower()
