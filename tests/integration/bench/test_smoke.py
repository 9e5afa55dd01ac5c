# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench` works: everything is run and written once, at a size that says nothing about speed."""

from __future__ import annotations

import json

import pytest

from bench.__main__ import MEASUREMENTS, Plan, run

SIZE = 20


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What is left by a bench in a lab of its own, for it writes its sessions past the controllers."""
    folder = tmp_path_factory.mktemp("bench")
    run(Plan(sizes=(SIZE,), stop=4, rounds=1, slow_rounds=1, wait_seconds=3, profile=True), folder)
    return folder


def test_every_contender_is_measured_and_every_figure_has_its_verdict(results):
    content = json.loads((results / f"sessions-{SIZE}.json").read_text())
    assert content["sessions"] == SIZE
    wanted = {"waiting": 2, "listing": 6, "status": 3, "scale": 4, "stopping": 5, "again": 3}
    assert set(wanted) == set(MEASUREMENTS)
    for name, contenders in wanted.items():
        measured = content[name]["contenders"]
        assert len(measured) == contenders
        for took in measured.values():
            assert min(took[key]["min"] for key in ("wall_seconds", "cpu_seconds", "peak_rss_mib")) > 0
        figures = content[name]["figures"].values()
        assert figures
        assert all((figure["wanted"] is None) == (figure["reached"] is None) for figure in figures)


def test_deletes_are_counted_where_they_arrive(results):
    measured = json.loads((results / f"sessions-{SIZE}.json").read_text())["stopping"]["contenders"]
    rated = {name for name, figures in measured.items() if "deletes_per_second" in figures}
    assert rated == {"ours", "loop", "kubectl", "bare_client"}


def test_it_is_said_where_and_with_what_it_was_measured(results):
    content = json.loads((results / f"sessions-{SIZE}.json").read_text())
    assert all(content[key] for key in ("commit", "cores", "python", "ansible-core", "kubernetes.core", "api_server"))


@pytest.mark.parametrize(
    ("name", "function"), [("listing", "run_info"), ("stopping", "carry_out"), ("again", "run_absent")]
)
def test_profiles_show_imports_and_functions(results, name, function):
    profile = (results / f"profile-{name}-{SIZE}.txt").read_text()
    assert "Imports, in milliseconds" in profile
    assert function in profile
