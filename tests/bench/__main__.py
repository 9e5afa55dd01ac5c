# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m bench`: measure at several sizes; results in build/bench/."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from bench import listing, profiles, report, status, stopping, waiting
from bench.commands import Workshop
from bench.figures import Wanted
from bench.report import Measurement
from bench.rounds import Contender, take_turns
from bench.world import World
from integration.ansible_run import ROOT

RESULTS = ROOT / "build" / "bench"
MEASUREMENTS = ("waiting", "listing", "status", "stopping", "again", "scale")


class Plan(t.NamedTuple):
    """How much is measured."""

    sizes: tuple[int, ...] = (1_000, 10_000)
    stop: int = 300
    rounds: int = 5
    slow_rounds: int = 2
    seed: int = 7
    wait_seconds: float = 300
    take: tuple[str, ...] = MEASUREMENTS
    profile: bool = False


def run(plan: Plan, results: Path = RESULTS) -> None:
    """Measure at every size, in a world that grows."""
    with (
        World.open(plan.seed, max(plan.sizes)) as world,
        tempfile.TemporaryDirectory(prefix="eduide-bench-") as folder,
    ):
        workshop = Workshop(Path(folder))
        about = {**report.surroundings(world.version), **plan._asdict()}
        sizes: dict[int, list[Measurement]] = {}
        for size in sorted(plan.sizes):
            tell(f"{size} sessions: writing them")
            world.grow(size)
            sizes[size] = found = []
            for measurement in measure(world, workshop, plan, results):
                # What is found stays found, whatever happens to the rest.
                found.append(measurement)
                report.write(results / f"sessions-{size}.json", {"sessions": size, **about}, found)
            print(f"\n{size} sessions{report.table(found)}\n", flush=True)
        if len(sizes) > 1:
            report.write_growth(results / "growth.json", about, sizes)
            print(report.growth_table(sizes), flush=True)


def measure(world: World, workshop: Workshop, plan: Plan, results: Path) -> t.Iterator[Measurement]:
    """Take all measurements, and beside them the profiles that say why a figure is what it is."""
    stops = stopping.Stopping(world, workshop, plan.stop)

    def take(
        name: str, contenders: list[Contender], wanted: t.Sequence[Wanted], rounds: int = plan.rounds
    ) -> Measurement:
        tell(f"{world.size} sessions: {name}")
        return Measurement(name, contenders, take_turns(contenders, rounds, plan.slow_rounds, tell), wanted)

    def profile(name: str, module: str, options: t.Callable[[], dict[str, t.Any]]) -> None:
        if plan.profile:
            tell(f"{world.size} sessions: profile of {name}")
            profiles.write(results / f"profile-{name}-{world.size}.txt", workshop, module, options())

    listing.verify(world)
    # First runs fill caches on disk, which everybody has who works with these programs.
    workshop.run(workshop.trivial(), listing.trouble(world, workshop))
    if "waiting" in plan.take:
        yield take("waiting", waiting.contenders(world, plan.wait_seconds), waiting.WANTED, rounds=1)
    if "listing" in plan.take:
        yield take("listing", listing.contenders(world, workshop), listing.WANTED)
        profile("listing", "theia_session_info", lambda: {**world.connection, **listing.TROUBLE})
    if "status" in plan.take:
        yield take("status", status.contenders(world, workshop), status.WANTED)
    if "scale" in plan.take:
        yield take("scale", status.contenders_at_scale(world, workshop), status.WANTED_AT_SCALE, plan.slow_rounds)
    if "stopping" in plan.take:
        yield take("stopping", stops.contenders(), stopping.WANTED)
        profile("stopping", "theia_session", stops.once_more)
        stops.clear()
    if "again" in plan.take:
        yield take("again", stops.contenders_again(), stopping.WANTED_AGAIN)
        profile("again", "theia_session", lambda: stops.again)


def tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    default = Plan()
    parser.add_argument(
        "--sessions", type=int, nargs="+", default=default.sizes, dest="sizes", help="sizes of the world"
    )
    parser.add_argument("--stop", type=int, default=default.stop, help="how many sessions are stopped at once")
    parser.add_argument("--rounds", type=int, default=default.rounds)
    parser.add_argument("--slow-rounds", type=int, default=default.slow_rounds, help="rounds of the slowest contenders")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--wait-seconds", type=float, default=default.wait_seconds, help="how long pools are watched")
    parser.add_argument("--take", nargs="+", choices=MEASUREMENTS, default=default.take, help="what is measured")
    parser.add_argument("--profile", action="store_true", help="write where the time of modules goes")
    options = parser.parse_args()
    stated: dict[str, t.Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in vars(options).items()
    }
    run(default._replace(**stated))
    return 0


if __name__ == "__main__":
    sys.exit(main())
