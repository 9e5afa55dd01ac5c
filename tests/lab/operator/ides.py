# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator asks of the IDEs themselves."""

from __future__ import annotations

import typing as t
from http import HTTPStatus

import aiohttp

from lab.kube import Resource

PATIENCE = aiohttp.ClientTimeout(total=10)


class Ide(t.NamedTuple):
    """Where one IDE is reached inside the cluster, and by what it knows the operator."""

    address: str
    port: int
    secret: str

    @classmethod
    def of(cls, session: Resource, address: str, port: int) -> Ide:
        return cls(address, port, session["spec"].get("sessionSecret") or "")


class Ides:
    """Cluster addresses lead nowhere on this machine: one server answers for all and goes by the host that is named."""

    def __init__(self, url: str | None) -> None:
        self._url = url

    async def last_activity(self, ide: Ide) -> int | None:
        """Milliseconds; None if the IDE could not or would not say."""
        text = await self._request("GET", "lastActivity", ide)
        return int(text) if text and text.strip().isdecimal() else None

    async def pop_up(self, ide: Ide) -> None:
        await self._request("POST", "popup", ide)

    async def _request(self, method: str, what: str, ide: Ide) -> str | None:
        if self._url is None:
            return None
        headers = {"Host": f"{ide.address}:{ide.port}", "Authorization": f"Bearer {ide.secret}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as http,
                http.request(method, f"{self._url}/monitor/activity/{what}", headers=headers) as answer,
            ):
                return await answer.text() if answer.status == HTTPStatus.OK else None
        except (aiohttp.ClientError, TimeoutError):
            return None
