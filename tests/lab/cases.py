# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is in the seeded world: students and their sessions, the same ones for the same seed."""

from __future__ import annotations

import random
import typing as t

from lab import chart

# Faults of a pod are annotations that the lab's nodes act on; the others are written into the session's status.
POD_FAULTS = ("not-ready", "crash-loop", "oom")
STATUS_FAULTS = ("failed", "no-url")

# What the operator says of a session whose handling it found half done after a restart.
INTERRUPTED = "Handling was unexpectedly interrupted before. CorrelationId: 00000000-0000-0000-0000-000000000000"

FIRST = ("ada", "alan", "barbara", "donald", "edsger", "frances", "grace", "john", "katherine", "margaret", "niklaus")
LAST = ("allen", "bauer", "dijkstra", "hamilton", "hopper", "johnson", "knuth", "liskov", "lovelace", "turing", "zuse")
DOMAIN = "students.lab.invalid"

DAY_MINUTES = 24 * 60


class Case(t.NamedTuple):
    """One session as it should look in the end."""

    user: str
    app_definition: str
    start: str = "lazy"
    age_seconds: int = 600
    idle_seconds: int = 0
    cpu_millicores: float = 100.0
    memory_share: float = 0.4
    fault: str | None = None


def users(count: int, first: int = 1) -> list[str]:
    """Addresses as identity providers hand them out: mostly tame, some with capitals or a plus."""
    return [_user(number) for number in range(first, first + count)]


def cases(
    count: int,
    seed: int,
    *,
    app_definitions: t.Sequence[str] = chart.NAMES,
    starts: t.Mapping[str, float] | None = None,
    faults: t.Sequence[str] = POD_FAULTS + STATUS_FAULTS,
    fault_share: float = 0.06,
) -> list[Case]:
    """So many sessions of different users; the first app definition is the one that most of them have."""
    chance = random.Random(seed)
    weights = starts or {"lazy": 1.0}
    return [_case(chance, user, app_definitions, weights, faults, fault_share) for user in users(count)]


def _user(number: int) -> str:
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    if number % 20 == 0:
        return f"{first.title()}.{last.title()}{number}@{DOMAIN}"
    if number % 20 == 10:
        return f"{first}.{last}+{number}@{DOMAIN}"
    return f"{first}.{last}{number}@{DOMAIN}"


def _case(
    chance: random.Random,
    user: str,
    app_definitions: t.Sequence[str],
    starts: t.Mapping[str, float],
    faults: t.Sequence[str],
    fault_share: float,
) -> Case:
    age = _age_minutes(chance)
    return Case(
        user=user,
        app_definition=_favourite(chance, app_definitions),
        start=chance.choices(list(starts), list(starts.values()))[0],
        age_seconds=age * 60 + chance.randrange(60),
        idle_seconds=min(age, _idle_minutes(chance)) * 60,
        cpu_millicores=round(chance.lognormvariate(4.0, 1.0), 3),
        memory_share=round(min(0.99, chance.lognormvariate(-1.0, 0.4)), 3),
        fault=chance.choice(faults) if faults and chance.random() < fault_share else None,
    )


def _favourite(chance: random.Random, app_definitions: t.Sequence[str]) -> str:
    if len(app_definitions) == 1 or chance.random() < 0.6:
        return app_definitions[0]
    return chance.choice(app_definitions[1:])


def _age_minutes(chance: random.Random) -> int:
    """Most came with this lecture, some with an earlier one, a few are left from the night."""
    when = chance.random()
    if when < 0.7:
        return chance.randint(5, 110)
    if when < 0.95:
        return chance.randint(110, 480)
    return chance.randint(480, DAY_MINUTES - 140)


def _idle_minutes(chance: random.Random) -> int:
    """Below the hour after which the platform itself would end the session."""
    what = chance.random()
    if what < 0.6:
        return 0
    return chance.randint(3, 30) if what < 0.9 else chance.randint(30, 55)
