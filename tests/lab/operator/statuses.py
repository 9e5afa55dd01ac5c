# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of Sessions, Workspaces and AppDefinitions: what the operator lets the world know."""

from __future__ import annotations

import logging
import time
import typing as t
import uuid
from http import HTTPStatus

from lightkube.core.exceptions import ApiError

from lab.kube import SESSION, Cluster, Kind, Resource, code_of

LOG = logging.getLogger(__name__)

HANDLING = "HANDLING"
HANDLED = "HANDLED"
ERROR = "ERROR"

INTERRUPTED = "Handling was unexpectedly interrupted before. Correlation id: {}"
UNEXPECTED = "Unexpected error. See the operator's log for correlation id {}"


class Gone(Exception):
    """The object was deleted while it was being worked on, or another has its name by now."""


class Failed(Exception):
    """The session cannot be started; the message is what it gets to read."""


def operator_status(item: Resource) -> str | None:
    return (item.get("status") or {}).get("operatorStatus")


class Statuses:
    """Writes of single status fields, to the very object that was read."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def set(self, kind: Kind, item: Resource, **fields: t.Any) -> None:
        name, uid = item["metadata"]["name"], item["metadata"]["uid"]
        if kind is SESSION and "lastActivity" not in fields:
            # A number without a value is 0 in the real program, and is written along.
            live = await self._cluster.get(kind, name)
            fields["lastActivity"] = ((live or {}).get("status") or {}).get("lastActivity") or 0
        try:
            await self._cluster.merge_status(kind, name, {"metadata": {"uid": uid}, "status": fields})
        except ApiError as error:
            if code_of(error) in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                raise Gone(name) from error
            raise

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
        correlation_id = uuid.uuid4()
        LOG.exception("%s: %s %s", correlation_id, kind.kind, item["metadata"]["name"])
        await self.failed(kind, item, UNEXPECTED.format(correlation_id))

    async def may_begin(self, kind: Kind, item: Resource) -> bool:
        """Work is begun once. What a former process left unfinished is an error for good."""
        status = operator_status(item)
        if status == HANDLING:
            await self.failed(kind, item, INTERRUPTED.format(uuid.uuid4()))
        return status not in (HANDLING, HANDLED, ERROR)
