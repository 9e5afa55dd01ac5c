# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes API as the collection uses it."""

from __future__ import annotations

import datetime
import typing as t

from .._common.errors import EduideError
from .kinds import Kind

Json = dict[str, t.Any]


Project = t.Callable[[Json], t.Any]


# Names for the builtin, which the method ``list`` hides inside the classes below.
Objects = list[t.Any]


T = t.TypeVar("T")


R = t.TypeVar("R")


def whole(obj: Json) -> Json:
    """Project the object as it is."""
    return obj


class Gateway(t.Protocol):
    """The Kubernetes API as the collection uses it. Tests put a dictionary behind it."""

    @property
    def namespace(self) -> str:
        """The namespace of the installation."""

    def list(
        self,
        kind: Kind,
        *,
        project: Project = whole,
        label_selector: str | None = None,
        name: str | None = None,
        everywhere: bool = False,
        patient: bool = True,
        metadata_only: bool = False,
    ) -> Objects:
        """Every object of the installation, or of the cluster, as ``project`` projects it; None is left out.

        With a name it is that one alone: accounts that may list a kind may not get its objects as a rule.
        One who is patient asks again where the server cannot answer just now. Whoever keeps nothing but metadata says
        so: the rest then stays at the server.
        """

    def list_few(self, kind: Kind, *, most: int, project: Project) -> Objects | None:
        """Every object of the installation by its metadata, or None if there are more than ``most``.

        The first page tells how many there are, so that learning this takes one request.
        """

    def following(self) -> Gateway:
        """The same one for whoever looks at lists again and again: each is read once, and then what has changed."""

    def get(self, kind: Kind, name: str) -> Json | None:
        """The object, or None if it does not exist."""

    def create(self, kind: Kind, body: Json) -> Json:
        """Make the object that ``body`` describes; an existing one is a ``Conflict``."""

    def replace(self, kind: Kind, name: str, body: Json) -> Json:
        """Write the whole object. A ``resourceVersion`` in the body guards against changes in between."""

    def merge_patch(self, kind: Kind, name: str, body: Json, subresource: str | None = None) -> Json:
        """Change the named fields only. A ``resourceVersion`` in the body guards here, too."""

    def delete(self, kind: Kind, name: str, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """Delete what was seen and nothing else; False if it was gone already."""

    def log_lines(self, pod: str, *, container: str | None = None, tail: int = 500) -> t.Sequence[str]:
        """The last lines that a container wrote. They may hold secrets: scrub before showing."""

    def may(self, verb: str, resource: str, group: str, *, name: str = "", everywhere: bool = False) -> bool:
        """Whether the API server lets us do that in the installation's namespace, or in the whole cluster.

        A name asks about one object: a Role may be for some only.
        """

    def versions(self, kind: Kind) -> t.Sequence[str]:
        """The versions in which the server has this kind; none if it does not know it, or does not tell."""

    def no_installation(self) -> EduideError:
        """Why no app definition was found here: what to raise when the list of them is empty."""

    def now(self) -> datetime.datetime:
        """The API server's time in UTC: the date of its latest answer plus what has passed since."""

    def skew(self) -> datetime.timedelta:
        """By how much the API server's clock was ahead of this machine's at the latest answer."""

    def map(self, function: t.Callable[[T], R], items: t.Iterable[T], concurrency: int = 8) -> t.Sequence[R]:
        """Call the function for each item in a bounded number of threads; results keep the order of the items."""
