# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of Sessions, Workspaces and AppDefinitions: what the operator lets the world know."""

from __future__ import annotations

import asyncio
import collections
import logging
import time
import typing as t
from http import HTTPStatus

from lightkube.core.exceptions import ApiError

from lab.kube import SESSION, WORKSPACE, Cluster, Kind, Resource, code_of
from lab.operator.output import CORRELATION

LOG = logging.getLogger(__name__)

HANDLING = "HANDLING"
HANDLED = "HANDLED"
ERROR = "ERROR"

INTERRUPTED = "Handling was unexpectedly interrupted. CorrelationId: {}"
INTERRUPTED_WORKSPACE = "Handling was unexpectedly interrupted before. CorrelationId: {}"
UNEXPECTED = "Unexpected error. Please check the logs for correlationId: {}"


class Gone(Exception):
    """The object was deleted while it was being worked on, or another has its name by now."""


class Failed(Exception):
    """The session cannot be started; the message is what it gets to read."""


def operator_status(item: Resource) -> str | None:
    return (item.get("status") or {}).get("operatorStatus")


class Statuses:
    """Writes of single status fields, to the very object that was read, and only if nobody wrote in between.

    April's operator does not survive a conflict here. It causes some itself, under load: its URL poller and its
    handler write the same status. A lab rather has them when it wants them, so its own writes wait for each other.
    """

    def __init__(self, cluster: Cluster, *, april: bool) -> None:
        self._cluster = cluster
        self._april = april
        self._turns: dict[str, asyncio.Lock] = collections.defaultdict(asyncio.Lock)

    async def set(self, kind: Kind, item: Resource, **fields: t.Any) -> None:
        async with self._turns[item["metadata"]["uid"]]:
            while not await self._written(kind, item, fields):
                LOG.info("%s %s was written meanwhile", kind.kind, item["metadata"]["name"])

    async def _written(self, kind: Kind, item: Resource, fields: dict[str, t.Any]) -> bool:
        """One try. False if somebody else was faster, and that is no reason to give up."""
        name = item["metadata"]["name"]
        live = await self._cluster.get(kind, name)
        if live is None or live["metadata"]["uid"] != item["metadata"]["uid"]:
            raise Gone(name)
        # A number without a value is 0 in the real program; it is written along with a status that is new.
        fresh = {"lastActivity": 0} if kind is SESSION and not live.get("status") else {}
        version = {"resourceVersion": live["metadata"]["resourceVersion"]}
        try:
            await self._cluster.merge_status(kind, name, {"metadata": version, "status": {**fresh, **fields}})
        except ApiError as error:
            if code_of(error) == HTTPStatus.NOT_FOUND:
                raise Gone(name) from error
            if code_of(error) != HTTPStatus.CONFLICT or self._april:
                raise
            return False
        return True

    async def handling(self, kind: Kind, item: Resource) -> None:
        await self.set(kind, item, operatorStatus=HANDLING)

    async def handled(self, session: Resource, message: str | None = None) -> None:
        """A session counts as active from here on."""
        told = {"operatorMessage": message} if message else {}
        await self.set(SESSION, session, operatorStatus=HANDLED, lastActivity=int(time.time() * 1000), **told)

    async def failed(self, kind: Kind, item: Resource, message: str, **fields: t.Any) -> None:
        await self.set(kind, item, operatorStatus=ERROR, operatorMessage=message, **fields)

    async def unexpected(self, kind: Kind, item: Resource) -> None:
        """To be called where an exception is handled: the status only says where to look for it."""
        LOG.exception("%s %s", kind.kind, item["metadata"]["name"])
        await self.failed(kind, item, UNEXPECTED.format(CORRELATION.get()))

    async def may_begin(self, kind: Kind, item: Resource) -> bool:
        """Work is begun once. What a former process left unfinished is an error for good."""
        status = operator_status(item)
        if status == HANDLING:
            message = INTERRUPTED_WORKSPACE if kind is WORKSPACE else INTERRUPTED
            await self.failed(kind, item, message.format(CORRELATION.get()))
        return status not in (HANDLING, HANDLED, ERROR)
