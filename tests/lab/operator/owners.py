# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner references: the operator finds its objects by them, and the garbage collector deletes by them."""

from __future__ import annotations

from lab.kube import Kind, Resource


def reference(kind: Kind, owner: Resource) -> Resource:
    metadata = owner["metadata"]
    return {"apiVersion": kind.api_version, "kind": kind.kind, "name": metadata["name"], "uid": metadata["uid"]}


def references(item: Resource) -> list[Resource]:
    return item["metadata"].get("ownerReferences") or []


def is_owned_by(item: Resource, owner: Resource) -> bool:
    """By uid and name; the apiVersion of a reference may be an older one."""
    metadata = owner["metadata"]
    return any(r["uid"] == metadata["uid"] and r["name"] == metadata["name"] for r in references(item))


def is_owned_only_by(item: Resource, owner: Resource) -> bool:
    return len(references(item)) == 1 and is_owned_by(item, owner)


def has_one_owner(item: Resource) -> bool:
    return len(references(item)) == 1


def without(owner: Resource) -> Resource:
    """A strategic merge patch that takes an owner off."""
    return {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": owner["metadata"]["uid"]}]}}
