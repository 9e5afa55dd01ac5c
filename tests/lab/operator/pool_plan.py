# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen to a pool, decided over plain objects before anything is sent."""

from __future__ import annotations

import typing as t

from lab.kube import Resource
from lab.operator import labels, names, owners


class Step(t.NamedTuple):
    """One change to one object; a missing object has no name yet."""

    action: t.Literal["create", "rebuild", "delete", "disown"]
    number: int
    name: str | None = None


class Free(t.NamedTuple):
    """An instance that a session may have, or has."""

    number: int
    external: str
    internal: str


def number_of(item: Resource) -> int | None:
    return names.instance_number(item["metadata"]["name"])


def missing(existing: t.Iterable[Resource], target: int) -> list[int]:
    """Ids up to the target of which nothing exists, in order."""
    known = {number_of(item) for item in existing}
    return [number for number in range(1, target + 1) if number not in known]


def is_outdated(item: Resource, app_definition: Resource) -> bool:
    """Built from another generation; an object without the label counts as such."""
    return labels.labels_of(item).get(labels.GENERATION) != str(app_definition["metadata"]["generation"])


def reconcile(
    existing: t.Iterable[Resource], app_definition: Resource, *, target: int, create: t.Iterable[int]
) -> list[Step]:
    """Bring the objects of one sort to the target, after the app definition was changed.

    Only an object that nobody but the app definition owns is deleted or rebuilt. Claims add an owner to Services
    and Deployments, but not to ConfigMaps, which is why those are rebuilt (empty) under a running session.
    """
    steps: list[Step] = []
    for item in existing:
        number, name = number_of(item), item["metadata"]["name"]
        if number is None:
            continue
        sole = owners.is_owned_only_by(item, app_definition)
        if number > target:
            steps.append(Step("delete" if sole else "disown", number, name))
        elif sole and is_outdated(item, app_definition):
            steps.append(Step("rebuild", number, name))
    return steps + [Step("create", number) for number in create]


def release_all(existing: t.Iterable[Resource], app_definition: Resource) -> list[Step]:
    """After the app definition was deleted: as if its pool had to shrink to nothing."""
    return reconcile(existing, app_definition, target=0, create=())


def after_release(
    objects: t.Iterable[Resource], number: int, app_definition: Resource
) -> t.Literal["keep", "rebuild", "delete"]:
    """The last look at an instance whose session has ended."""
    if number > int(app_definition["spec"]["minInstances"]):
        return "delete"
    if any(is_outdated(item, app_definition) for item in objects):
        return "rebuild"
    return "keep"


def lowest_free(services: t.Iterable[Resource]) -> Free | None:
    """The free instance with the lowest id: both of its Services have exactly one owner. Pods are not looked at.

    The first external Service of an id counts, in the order in which they are listed, which is that of their names.
    """
    for instance, pair in _pairs(services):
        if all(owners.has_one_owner(service) for service in pair):
            return instance
    return None


def held_by(services: t.Iterable[Resource], session: Resource) -> Free | None:
    """The instance that a session has already."""
    own = [service for service in services if owners.is_owned_by(service, session)]
    return next((instance for instance, _pair in _pairs(own)), None)


def _pairs(services: t.Iterable[Resource]) -> t.Iterator[tuple[Free, tuple[Resource, Resource]]]:
    """Instances of which both Services are there, by their ids."""
    external: dict[int, Resource] = {}
    internal: dict[int, Resource] = {}
    for service in services:
        number = number_of(service)
        if number is not None:
            (internal if names.is_internal(service) else external).setdefault(number, service)
    for number in sorted(external.keys() & internal.keys()):
        pair = external[number], internal[number]
        yield Free(number, pair[0]["metadata"]["name"], pair[1]["metadata"]["name"]), pair


def claims(sessions: t.Iterable[Resource], app_definition: Resource) -> dict[int, Resource]:
    """Which session holds which instance, as the sessions' annotations tell; ending sessions hold nothing."""
    found: dict[int, Resource] = {}
    for session in sessions:
        spec, number = session["spec"], labels.annotations_of(session).get(labels.INSTANCE_ID, "")
        if (
            spec["appDefinition"] == app_definition["metadata"]["name"]
            and spec["user"].strip()
            and number.strip().isdecimal()
            and "deletionTimestamp" not in session["metadata"]
        ):
            found.setdefault(int(number), session)
    return found
