# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pool of one app definition, counted by what its objects say, for the lab's own waiting."""

from __future__ import annotations

from lab.api import Api, Object
from lab.kinds import Namespaced

_GENERATION = "theia-cloud.io/appdefinition-generation"
_SIDECAR = "theia-cloud.io/sidecar"


def warm(api: Api, here: Namespaced, app_definition: str) -> list[int]:
    """Ids of the instances that nobody has, of the current generation, with a ready pod."""
    definition = api.get(here.path("appdefinitions", app_definition))
    uid, generation = definition["metadata"]["uid"], str(definition["metadata"]["generation"])
    services = [service for service in api.items(here.path("services")) if _belongs(service, uid)]
    claimed = {_id(service) for service in services if len(service["metadata"]["ownerReferences"]) > 1}
    deployments = {found["metadata"]["name"]: found for found in api.items(here.path("deployments"))}
    free = {_id(s): s["metadata"]["name"] for s in services if not s["metadata"]["name"].endswith("-int")}
    return sorted(
        number
        for number, name in free.items()
        if number not in claimed and name in deployments and _ready(deployments[name], generation)
    )


def _belongs(service: Object, uid: str) -> bool:
    metadata = service["metadata"]
    owners = {owner["uid"] for owner in metadata.get("ownerReferences", [])}
    return metadata["name"].startswith("instance-") and uid in owners and _SIDECAR not in metadata.get("labels", {})


def _id(service: Object) -> int:
    return int(service["metadata"]["name"].split("-")[1])


def _ready(deployment: Object, generation: str) -> bool:
    metadata = deployment["metadata"]
    current = metadata.get("labels", {}).get(_GENERATION, generation) == generation
    return current and "deletionTimestamp" not in metadata and deployment.get("status", {}).get("readyReplicas", 0) > 0
