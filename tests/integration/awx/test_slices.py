# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sliced job of AWX: four jobs at once, each with a part of twenty installations."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from awx.job import Job, run
from awx.role import answered
from integration.ansible_run import ROOT, connection
from integration.capacity_site import LEDGER, CapacitySite, desired
from integration.exam_night import exam

JAVA, INSTALLATIONS, SLICES = "java-17-latest", 20, 4


def test_nothing_is_done_twice(module_installation, tmp_path):
    sites = {f"site-{n}": CapacitySite(module_installation(running=[])) for n in range(INSTALLATIONS)}
    hosts = {name: {"theia_connection": connection(site.installation)} for name, site in sites.items()}
    calendar = [exam("final", desired(JAVA, warm=5))]
    since = {name: site.now() for name, site in sites.items()}

    def sliced(number):
        # As AWX cuts an inventory: every fourth host, from another one on.
        part = dict(list(hosts.items())[number::SLICES])
        told = {"theia_exams": calendar, "theia_time_zone": "UTC"}
        return Job("playbooks/converge_exams.yml", "Theia converge_exams", part, answered("converge_exams"), told)

    # ansible-runner takes the environment of its process, so each job has a process of its own.
    with ProcessPoolExecutor(SLICES, mp_context=multiprocessing.get_context("spawn")) as processes:
        jobs = [
            processes.submit(run, tmp_path / f"slice-{n}", ROOT, [ROOT / "build" / "tree"], sliced(n))
            for n in range(SLICES)
        ]
        done = [job.result() for job in jobs]
    assert [(each.code, each.status) for each in done] == [(0, "successful")] * SLICES, done[0].stdout
    writes = [f"create configmaps {LEDGER}", "create configmaps theia-exam-final", f"patch appdefinitions {JAVA}"]
    assert {name: sorted(site.writes(since[name])) for name, site in sites.items()} == dict.fromkeys(sites, writes)
