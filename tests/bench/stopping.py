# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measurements 2 and 4: stopping many sessions, and running the same once more when nothing is left to do."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import SESSION
from bench.commands import Command, Workshop
from bench.figures import Taken, Wanted
from bench.rounds import Contender
from bench.world import World
from lab import LabError

WANTED = (
    Wanted("delete_rate_ratio_to_bare_client", "ours", "deletes_per_second", "at least", 0.9, ("bare_client",)),
    Wanted("times_as_fast_as_loop", "ours", "wall_seconds", "at least", 45, ("loop",), inverse=True),
    Wanted("times_as_fast_as_kubectl", "ours", "wall_seconds", against=("kubectl",), inverse=True),
    Wanted("wall_ratio_to_limit", "ours", "wall_seconds", against=("bare_client", "trivial_playbook")),
)
WANTED_AGAIN = (
    Wanted("named_wall_ratio_to_trivial_playbook", "named", "wall_seconds", "at most", 1.4, ("trivial_playbook",)),
    Wanted("found_wall_ratio_to_trivial_playbook", "found", "wall_seconds", "at most", 1.3, ("trivial_playbook",)),
)


# In a large world it takes the controllers minutes to come to terms with added sessions, however many they are.
BATCHES = 4


class Stopping:
    """Every contender stops so many sessions that were made for it."""

    def __init__(self, world: World, workshop: Workshop, count: int) -> None:
        self._world, self._workshop, self._count = world, workshop, count
        self._ready: list[str] = []
        self._gone: list[str] = []

    def contenders(self) -> list[Contender]:
        return [
            Contender("ours", "playbook with one theia_session, which judges them first", self._stops(self._ours)),
            Contender("loop", "playbook with kubernetes.core.k8s in a loop", self._stops(self._loop), slow=True),
            Contender("kubectl", "kubectl delete with all names, no wait", self._stops(self._kubectl), slow=True),
            Contender("bare_client", "8 kept-alive connections; nothing is judged", self._stops(self._bare)),
            Contender("trivial_playbook", "playbook with one ping", self._trivial),
        ]

    def contenders_again(self) -> list[Contender]:
        """What changes nothing any more; after the others, whose sessions are gone by then."""
        named = self._playbook("named", self.again)
        found = self._playbook("found", self._options(findings=["image_pull"], discard_data=["image_pull"]))
        return [
            Contender("named", "stopping sessions by name that were stopped before", lambda: self._workshop.run(named)),
            Contender("found", "stopping by a finding that nobody has", lambda: self._workshop.run(found)),
            Contender("trivial_playbook", "playbook with one ping", self._trivial),
        ]

    def clear(self) -> None:
        """Remove the sessions that were left over."""
        if self._ready:
            before = self._world.counts()
            self._workshop.run(self._bare(self._ready))
            self._world.wait_for_end(len(self._ready), before)
            self._ready = []

    def once_more(self) -> dict[str, t.Any]:
        """Options for stopping as many others."""
        self._gone = self._take()
        return self.again

    @property
    def again(self) -> dict[str, t.Any]:
        """Options for stopping once more what was stopped last."""
        return self._options(names=self._gone, discard_data=["named"])

    def _options(self, **options: t.Any) -> dict[str, t.Any]:
        caps = {"max_stop": self._count, "max_percent": 100}
        return {**self._world.connection, **caps, "wait": False, **options}

    def _stops(self, command: t.Callable[[list[str]], Command]) -> t.Callable[[], Taken]:
        def run() -> Taken:
            self._gone = self._take()
            before = self._world.counts()
            ready = command(self._gone)
            began = datetime.now(UTC)
            taken = self._workshop.run(ready)
            rate = self._deletes_per_second(began)
            self._world.wait_for_end(self._count, before)
            return taken._replace(deletes_per_second=rate)

        return run

    def _take(self) -> list[str]:
        """The names of sessions that nobody has stopped yet."""
        if not self._ready:
            self._ready = self._world.add(BATCHES * self._count)
        names, self._ready = self._ready[: self._count], self._ready[self._count :]
        self._world.wait_for_calm()
        return names

    def _deletes_per_second(self, since: datetime) -> float:
        """From the first request to the last answer, as the API server noted them: whoever it was, and however
        long they took to come to it.
        """
        site = self._world.installation
        events = site.control_plane.audit(
            user=site.user, namespace=site.namespace, since=since, verbs={"delete"}, resource=SESSION.plural
        )
        good = [event for event in events if event["responseStatus"]["code"] == 200]
        if len(good) != self._count:
            raise LabError(f"{len(good)} sessions were deleted, not {self._count}")
        first = min(datetime.fromisoformat(event["requestReceivedTimestamp"]) for event in good)
        last = max(datetime.fromisoformat(event["stageTimestamp"]) for event in good)
        return self._count / (last - first).total_seconds()

    def _playbook(self, name: str, options: dict[str, t.Any]) -> Command:
        return self._workshop.playbook(name, {"name": "Stop", "eduide.theia.theia_session": options})

    def _ours(self, names: list[str]) -> Command:
        return self._playbook("stop", self._options(names=names, discard_data=["named"]))

    def _loop(self, names: list[str]) -> Command:
        options = {"api_version": SESSION.api_version, "kind": SESSION.kind, "name": "{{ item }}", "state": "absent"}
        task = {"name": "Stop", "kubernetes.core.k8s": options, "loop": names}
        return self._workshop.playbook("loop", task, defaults=self._world.defaults)

    def _kubectl(self, names: list[str]) -> Command:
        return self._world.kubectl("delete", f"{SESSION.plural}.{SESSION.group}", "--wait=false", *names)

    def _bare(self, names: list[str]) -> Command:
        return self._workshop.bare(
            self._world.installation, "delete", [self._world.path(SESSION, name) for name in names]
        )

    def _trivial(self) -> Taken:
        return self._workshop.run(self._workshop.trivial())
