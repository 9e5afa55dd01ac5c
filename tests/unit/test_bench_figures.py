# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arithmetic of measurements, what becomes of them, and the program that takes them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench import launcher
from bench.figures import Spread, Taken, Wanted, judge, paired, spread, together
from bench.report import Measurement, growth_table, table, write
from bench.rounds import Contender, take_turns


def taken(wall, cpu=1.0, peak=10.0, rate=None):
    return Taken(wall, cpu, peak, rate)


def test_a_spread_is_the_smallest_the_middle_and_the_largest():
    assert spread([5.0, 1.0, 2.0]) == Spread(1.0, 2.0, 5.0, 3)
    assert spread([4.0, 1.0]).median == 2.5


def test_ratios_are_taken_within_a_round_and_not_between_medians():
    # A machine that became ten times slower in between leaves every ratio as it is.
    assert paired([1.0, 10.0, 2.0], [2.0, 20.0, None]) == [0.5, 0.5]


def test_one_after_the_other_adds_times_and_keeps_the_largest_process():
    both = together([[taken(1, 2, 30), taken(1)], [taken(4, 5, 20), None]])
    assert both == [taken(5, 7, 30), None]


def test_a_single_other_keeps_its_rate():
    runs = {"ours": [taken(1, rate=90.0)], "bare": [taken(1, rate=100.0)]}
    assert judge(Wanted("rate", "ours", "deletes_per_second", against=("bare",)), runs).found.median == 0.9


@pytest.mark.parametrize(
    ("wanted", "figure", "reached"),
    [
        (Wanted("ratio", "ours", "wall_seconds", "at most", 0.5, ("theirs",)), 0.5, True),
        (Wanted("ratio", "ours", "wall_seconds", "at most", 0.49, ("theirs",)), 0.5, False),
        (Wanted("ratio", "ours", "wall_seconds", "at most", 0.25, ("theirs", "more")), 0.25, True),
        (Wanted("times", "ours", "wall_seconds", "at least", 2.0, ("theirs",), inverse=True), 2.0, True),
        (Wanted("times", "ours", "wall_seconds", "at least", 2.1, ("theirs",), inverse=True), 2.0, False),
        (Wanted("peak_rss_mib", "ours", "peak_rss_mib", "at most", 9), 10.0, False),
        (Wanted("ratio", "ours", "wall_seconds", against=("theirs",)), 0.5, None),
    ],
)
def test_a_verdict_goes_by_the_median_of_paired_rounds(wanted, figure, reached):
    runs = {
        "ours": [taken(1), taken(100), taken(3)],
        "theirs": [taken(2), taken(200), None],
        "more": [taken(2), taken(200), taken(1)],
    }
    verdict = judge(wanted, runs)
    assert (verdict.found.median, verdict.reached) == (figure, reached)


def test_contenders_take_turns_in_going_first_and_slow_ones_sit_out():
    order, told = [], []

    def contender(name, slow=False):
        return Contender(name, "", lambda: order.append(name) or taken(len(order)), slow)

    runs = take_turns([contender("a"), contender("b", slow=True), contender("c")], 3, 1, told.append)
    assert order == ["a", "b", "c", "c", "a", "c", "a"]
    assert runs["b"] == [taken(2), None, None]
    assert [run.wall_seconds for run in runs["c"]] == [3, 4, 6]
    assert len(told) == len(order)


@pytest.fixture
def measurement():
    contenders = [Contender("ours", "what we do", taken, False), Contender("theirs", "what they do", taken, True)]
    runs = {"ours": [taken(1), taken(2)], "theirs": [taken(8), None]}
    wanted = [
        Wanted("wall_ratio", "ours", "wall_seconds", "at most", 0.1, ("theirs",)),
        Wanted("peak_rss_mib", "ours", "peak_rss_mib", "at most", 90),
    ]
    return Measurement("listing", contenders, runs, wanted)


def test_a_file_says_what_was_taken_wanted_and_reached(tmp_path, measurement):
    file = tmp_path / "deep" / "sessions-10.json"
    write(file, {"sessions": 10}, [measurement])
    content = json.loads(file.read_text())
    assert content["sessions"] == 10
    ours = content["listing"]["contenders"]["ours"]
    assert ours["about"] == "what we do"
    assert ours["wall_seconds"] == {"min": 1, "median": 1.5, "max": 2, "rounds": 2, "each": [1, 2]}
    assert "deletes_per_second" not in ours
    ratio = content["listing"]["figures"]["wall_ratio"]
    assert ratio == {
        "min": 0.125,
        "median": 0.125,
        "max": 0.125,
        "rounds": 1,
        "wanted": "at most 0.1",
        "reached": False,
    }


def test_a_table_shows_what_is_not_reached(measurement):
    lines = table([measurement]).splitlines()
    assert next(line for line in lines if "theirs" in line).split()[1:6] == ["8", "..", "8", "..", "8"]
    assert next(line for line in lines if "wall_ratio" in line).endswith("at most 0.1  NOT REACHED")
    assert next(line for line in lines if "peak_rss_mib  " in line and "at most" in line).endswith(
        "at most 90   reached"
    )


def test_growth_is_told_from_the_smallest_world_to_the_largest(measurement):
    """A figure that grows with the number of sessions has slope 1, and what is steeper is marked."""

    def grown(factor):
        runs = {
            name: [taken and taken._replace(wall_seconds=taken.wall_seconds * factor) for taken in each]
            for name, each in measurement.runs.items()
        }
        return [measurement._replace(runs=runs)]

    for factor, shown in ((1, "0.00   fits"), (10, "1.00   fits"), (100, "2.00   TOO STEEP")):
        lines = growth_table({1_000: grown(1), 3_000: grown(1), 10_000: grown(factor)}).splitlines()
        row = next(line for line in lines if "ours" in line and "wall_seconds" in line)
        assert row.rstrip().endswith(shown)
        row = next(line for line in lines if "ours" in line and "peak_rss_mib" in line)
        assert row.rstrip().endswith("0.00   fits")


def launched(tmp_path, program):
    files = [str(tmp_path / name) for name in ("output", "errors")]
    command = [sys.executable, "-I", "-S", launcher.__file__, *files, sys.executable, "-c", program]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout), *((tmp_path / name).read_text() for name in ("output", "errors"))


def test_the_launcher_counts_what_children_use_but_not_who_started_it(tmp_path):
    burden = b"x" * (200 << 20)
    small, output, errors = launched(tmp_path, "print('out'); import sys; print('err', file=sys.stderr)")
    assert (output, errors, small["code"]) == ("out\n", "err\n", 0)
    assert small["peak_rss_mib"] < len(burden) >> 20
    child = "import time\nburden = b'x' * (150 << 20)\nwhile time.process_time() < 0.3: pass"
    large, *_unused = launched(tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    assert large["peak_rss_mib"] > 150
    assert large["cpu_seconds"] > 0.3
    assert large["wall_seconds"] > 0.3


def test_the_launcher_tells_how_a_command_ended(tmp_path):
    assert launched(tmp_path, "raise SystemExit(3)")[0]["code"] == 3
    done = subprocess.run(
        [sys.executable, launcher.__file__, "/dev/null", "/dev/null", "no-such-program"],
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(done.stdout)["code"] == 127
