# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two time-outs. A platform minute lasts a second here, for intervals and limits alike."""

from __future__ import annotations

import contextlib
import http.server
import subprocess
import threading
import time
import typing as t

import pytest

from integration.lab.operator_site import (
    INSTANCE_ID,
    SESSION_UUID,
    Site,
    annotations_of,
    eventually,
    is_ready,
    owner_kinds,
    uid,
)
from lab.processes import PACKAGES

ADA = "ada@example.org"

# Minutes until the pop-up and until the end. Sessions start under the long ones and get the short ones when all is
# set, so that nothing has to be ready in time.
SHORT = {"port": 3000, "activityTracker": {"notifyAfter": 2, "timeoutAfter": 8}}
LONG = {"port": 3000, "activityTracker": {"notifyAfter": 5000, "timeoutAfter": 6000}}

FAST = {
    "app_definitions": [],
    "running": ["operator"],
    "minute_seconds": 1.0,
    "monitor_interval": 1,
    "sessions_per_user": -1,
}


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(**FAST) as installation:
        yield Site(installation)


@pytest.fixture(scope="module")
def old_site(control_plane):
    with control_plane.installation(**FAST, operator="april") as installation:
        yield Site(installation)


@pytest.fixture
def own_site(control_plane):
    """For one test only, which breaks the monitor."""
    with control_plane.installation(**FAST) as installation:
        yield Site(installation)


def pod_of(site, session):
    """The ready pod of a lazy session."""

    def ready():
        pods = site.installation.items("pods", labelSelector=f"{SESSION_UUID}={uid(session)}")
        return pods[0] if pods and is_ready(pods[0]) else None

    return eventually("the pod is ready", ready)


def annotate(site, pod, annotation):
    site.kubectl("annotate", "pod", pod["metadata"]["name"], annotation, "--overwrite")


def last_activity(site, session):
    return site.session(session["metadata"]["name"])["status"]["lastActivity"]


def ends(site, session):
    name = session["metadata"]["name"]
    eventually(f"session {name} ends", lambda: not site.exists("sessions", name))


def lives(site, session):
    return site.exists("sessions", session["metadata"]["name"])


def restart(site):
    """Each session that has no status yet when the monitor looks ends it; a restart begins a new one."""
    site.installation.operator.kill()
    site.installation.operator.start()


# --- the absolute limit


def test_a_session_ends_when_it_is_older_than_the_limit(site):
    definition = site.definition(monitor=LONG)
    session = site.start_session(definition, ADA)
    annotate(site, pod_of(site, session), "lab/last-activity=now")
    site.patch(definition, timeout=3)
    ends(site, session)


@pytest.mark.parametrize("limit", [0, -1, None])
def test_without_a_positive_limit_a_session_does_not_end(site, limit):
    endless = site.definition(timeout=limit, monitor=LONG)
    session = site.start_session(endless, ADA)
    limited = site.start_session(site.definition(timeout=3, monitor=LONG), ADA)
    ends(site, limited)
    assert lives(site, session)


def test_the_limit_ends_eager_sessions_too_and_their_instance_returns(site):
    definition = site.definition(1, monitor=LONG)
    pods = site.instance(definition, 1).pod_uids
    session = site.start_session(definition, ADA)
    site.patch(definition, timeout=3)
    ends(site, session)
    # The limit is a change, so that the released instance is built anew after its pod was replaced.
    returned = site.built(definition, 1, generation=site.generation(definition))
    assert not returned.pod_uids & pods
    assert owner_kinds(returned.deployment) == ["AppDefinition"]


# --- inactivity


class Watched(t.NamedTuple):
    """Sessions as they were when they started, and what the monitor made of them until the idle one had ended."""

    site: Site
    before: dict[str, dict[str, t.Any]]
    alive: set[str]
    activity: dict[str, int]


def watch(site):
    """Sessions of all sorts, watched until those that have to end have ended."""
    lazy, pool = site.definition(monitor=LONG), site.definition(2, monitor=LONG)
    sessions = {name: site.start_session(lazy, ADA) for name in ("idle", "active", "dozing", "faulty")}
    sessions |= {name: site.start_session(pool, ADA) for name in ("eager", "trusting")}
    pods = {name: pod_of(site, sessions[name]) for name in ("idle", "active", "dozing", "faulty")}
    pods |= {
        name: site.instance(pool, int(annotations_of(sessions[name])[INSTANCE_ID])).pods[0]
        for name in ("eager", "trusting")
    }
    for name in ("active", "eager", "trusting"):
        annotate(site, pods[name], "lab/last-activity=now")
    annotate(site, pods["dozing"], "lab/last-activity=-90m")
    annotate(site, pods["faulty"], "lab/monitor-fault=500")
    annotate(site, pods["trusting"], "lab/accept-any-secret=true")
    for definition in (lazy, pool):
        site.patch(definition, monitor=SHORT)
    restart(site)
    for name in ("idle", "dozing"):
        ends(site, sessions[name])
    there = {each["metadata"]["uid"]: each for each in site.installation.items("sessions")}
    seen = {name: there.get(session["metadata"]["uid"]) for name, session in sessions.items()}
    activity = {name: session["status"]["lastActivity"] for name, session in seen.items() if session}
    return Watched(site, sessions, set(activity), activity)


@pytest.fixture(scope="module")
def watched(site):
    return watch(site)


def start_of(watched, name):
    return watched.before[name]["status"]["lastActivity"]


def test_idle_sessions_end(watched):
    assert not {"idle", "dozing"} & watched.alive


def test_an_active_session_lives_and_its_value_rises(watched):
    assert watched.activity["active"] > start_of(watched, "active")


def test_a_failed_poll_never_ends_a_session(watched):
    assert "faulty" in watched.alive


def test_an_eager_session_never_ends_and_its_activity_stays_at_the_start(watched):
    assert watched.activity["eager"] == start_of(watched, "eager")


def test_an_image_that_accepts_any_secret_reports_from_the_pool_too(watched):
    assert watched.activity["trusting"] > start_of(watched, "trusting")


def test_a_reported_value_never_lowers_the_known_one(site):
    session = site.start_session(site.definition(monitor=LONG), ADA)
    other = site.start_session(site.definition(monitor=LONG), ADA)
    annotate(site, pod_of(site, session), "lab/last-activity=-90m")
    annotate(site, pod_of(site, other), "lab/last-activity=now")
    restart(site)
    start = last_activity(site, session)
    eventually("rounds go on", lambda: last_activity(site, other) > start + 3000)
    assert last_activity(site, session) == start


def test_an_older_operator_ends_eager_sessions_in_use_and_those_that_do_not_answer(old_site):
    watched = watch(old_site)
    for name in ("eager", "faulty"):
        ends(old_site, watched.before[name])
    assert lives(old_site, watched.before["active"])


def has_died(site, session):
    """It says nothing. The check of time limits comes as often, so it tells when the monitor should have looked."""
    check = f"{session['metadata']['name']} is looked at"

    def does_not_look():
        looked, checked = site.printed("Pinging sessions"), site.printed(check)
        eventually("two rounds", lambda: site.printed(check) >= checked + 2)
        return site.printed("Pinging sessions") == looked

    eventually("the monitor has ended", does_not_look)


def test_the_monitor_dies_of_an_app_definition_without_activity_tracker_until_a_restart(own_site):
    site = own_site
    tracked = site.start_session(site.definition(monitor=LONG), ADA)
    annotate(site, pod_of(site, tracked), "lab/last-activity=now")
    untracked = site.start_session(site.definition(monitor={"port": 3000}), ADA)
    restart(site)
    has_died(site, tracked)
    frozen = last_activity(site, tracked)
    # The rest of the operator works on: the absolute limit, for instance.
    ends(site, site.start_session(site.definition(timeout=3, monitor=LONG), ADA))
    assert last_activity(site, tracked) == frozen
    site.delete_session(untracked)
    restart(site)
    eventually("the monitor works again", lambda: last_activity(site, tracked) > frozen)


# --- what is asked of the IDE


@contextlib.contextmanager
def collecting_ide():
    """One server for all IDEs, which were used when it began to answer; collects what it is asked."""
    asked = []
    began = str(int(time.time() * 1000)).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self):
            asked.append((self.command, self.path, self.headers["Host"], self.headers["Authorization"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(began)))
            self.end_headers()
            self.wfile.write(began)

        do_GET = _answer  # noqa: N815  the name that the base class calls
        do_POST = _answer  # noqa: N815

        def log_message(self, *_args):
            """The test looks at what was collected."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_the_ide_is_asked_with_the_secret_and_shows_a_pop_up_before_the_end(own_site):
    site = own_site
    definition = site.definition(monitor={**LONG, "port": 3333})
    session = site.start_session(definition, ADA)
    service = next(s for s in site.owned("services", session) if not s["metadata"]["name"].endswith("-int"))
    host, bearer = f"{service['spec']['clusterIP']}:3333", f"Bearer secret-{session['metadata']['name']}"
    site.installation.operator.kill()
    site.patch(definition, monitor={**SHORT, "port": 3333})
    with collecting_ide() as (url, asked):
        argv = site.installation.operator.command(f"--ide-url={url}")
        with subprocess.Popen(argv, env={"PYTHONPATH": PACKAGES}, stderr=subprocess.DEVNULL) as operator:
            try:
                ends(site, session)
            finally:
                operator.kill()
    assert asked[0] == ("GET", "/monitor/activity/lastActivity", host, bearer)
    assert ("POST", "/monitor/activity/popup", host, bearer) in asked
