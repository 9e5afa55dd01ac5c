# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: one exam night on a local control plane, from 08:00 to the last student's goodbye."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from lab import ControlPlane, Installation, inventory, world
from lab.api import wait_until
from tools.browser import find_browser, screenshot

CHECKOUT = Path(__file__).resolve().parents[2]
REPORTS = CHECKOUT / "build" / "demo"
PAGES = "pages"
# The page at the end, which shows the whole exam.
PAGE = Path(PAGES) / "lab" / "post_exam" / "report.html"
EXAM = "pgdp-final"
JAVA = "java-17-latest"
# Pods need 5 to 40 seconds in the platform's world; the demo plays that ten times as fast.
READY_SCALE = 0.1


class Size(t.NamedTuple):
    """How many take part."""

    at_work: int = 40
    wave: int = 420
    stragglers: int = 5
    groups: int = 3
    """Students do not come all at once; after each group somebody looks."""


class Bounds(t.NamedTuple):
    before: int
    during: int
    after: int


class Night(t.NamedTuple):
    """What the demo found out."""

    seconds_to_warm: float
    warm: int
    cold: int
    lazy: int
    bounds: Bounds
    orphans: list[str]
    changed_again: bool
    """Whether the second pre_exam changed anything."""
    named: bool
    """Whether the first post_exam named those who were still in."""
    secrets: set[str]
    """Every secret that was around, for the test that looks for them in the output."""


class Demo:
    """The steps of the night."""

    def __init__(self, control_plane: ControlPlane, reports: Path, size: Size, verbosity: int = 0) -> None:
        reports.mkdir(parents=True, exist_ok=True)
        self.reports = reports
        self.size = size
        self.verbosity = verbosity
        self.installation: Installation = control_plane.installation(start="eager", keycloak=True, sessions_per_user=2)
        self.inventory = inventory.write(reports / "inventory", {"lab": self.installation})
        configuration = self.installation.get("configmaps", "service-config")["data"]
        self.secrets = {
            self.installation.admin_token or "",
            self.installation.identity.token,
            configuration["OIDC_CLIENT_SECRET"],
        }

    def run(self) -> Night:
        bounds = [self.minimum()]
        self.say("Before the exam", f"six app definitions, {JAVA} keeps {bounds[0]} instances ready")
        students = world.students(self.installation, self.size.at_work - 1)
        self.come_with_a_token()
        self.say("Students are at work", f"{len(students) + 1} sessions over all app definitions")
        self.play("status", "status-before")
        self.open_too_much()
        self.play("sweep_sessions", "sweep")

        output = self.play("pre_exam", "pre-exam", exam=EXAM, app_definition=JAVA, warm=self.size.wave, end="24:00")
        seconds_to_warm = float(re.findall(r"warm after ([0-9.]+) s", output)[-1])
        bounds.append(self.minimum())
        again = self.play("pre_exam", "pre-exam-again", exam=EXAM)
        changed_again = "changed=0" not in again
        self.say("The same once more", "it changed something again!" if changed_again else "no change")

        users = [f"exam-{number}@example.org" for number in range(self.size.wave)]
        wave: list[world.Login] = []
        for number in range(self.size.groups):
            wave += world.login_wave(self.installation, users[number :: self.size.groups], JAVA)
            self.play("status", f"status-wave-{number + 1}")
        kinds = {kind: sum(login.outcome == kind for login in wave) for kind in ("warm", "cold", "lazy")}
        self.say(
            "The exam starts",
            f"{len(wave)} students log in: {kinds['warm']} find a warm instance, {kinds['cold']} a cold one, "
            f"{kinds['lazy']} none",
        )
        self.collect_secrets()

        by_id = sorted(wave, key=lambda login: login.instance_id or 0)
        early, late = by_id[: -self.size.stragglers], by_id[-self.size.stragglers :]
        self.leave(early)
        self.say("Most have finished", f"{len(early)} end their session, {len(late)} are still writing")
        told = "\n".join(report_lines(self.play("post_exam", "post-exam-draining", exam=EXAM, end_early_reason="demo")))
        named = "draining" in told and all(login.user in told for login in late)
        if self.minimum() != bounds[1]:
            raise SystemExit("the bound was lowered although students are above it")
        self.leave(late)
        self.say("The last ones leave", f"{len(late)} end their session")
        self.play("post_exam", "post-exam", exam=EXAM)
        wait_until("the pool shrinks", lambda: self.instances() <= bounds[0], 120)
        bounds.append(self.minimum())
        self.play("status", "status-after")
        return Night(
            seconds_to_warm,
            **kinds,
            bounds=Bounds(*bounds),
            orphans=self.orphans(),
            changed_again=changed_again,
            named=named,
            secrets=self.secrets,
        )

    def play(self, playbook: str, report: str, **variables: object) -> str:
        """Run a playbook as a person on duty would, keep everything it prints, and show its own report."""
        extra = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        verbosity = ["-" + "v" * self.verbosity] if self.verbosity else []
        pages = ["-e", f"report_dir={self.reports / PAGES}"]
        command = ["ansible-playbook", "-i", str(self.inventory), f"playbooks/{playbook}.yml", *extra, *verbosity]
        print(f"\n$ {' '.join(['ansible-playbook', f'eduide.theia.{playbook}', *extra])}", flush=True)
        program = Path(sys.executable).with_name(command[0])
        done = subprocess.run(
            [program, *command[1:], *pages],
            cwd=CHECKOUT,
            env=os.environ | {"ANSIBLE_NOCOLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        (self.reports / f"{report}.log").write_text(done.stdout)
        if done.returncode:
            print(done.stdout)
            raise SystemExit(f"{playbook} failed, see above")
        print("\n".join(report_lines(done.stdout)))
        return done.stdout

    def say(self, title: str, text: str) -> None:
        print(f"\n* {title}: {text}", flush=True)

    def minimum(self) -> int:
        return int(self.installation.get("appdefinitions", JAVA)["spec"]["minInstances"])

    def instances(self) -> int:
        return sum(self.is_instance(d) for d in self.installation.items("deployments"))

    @staticmethod
    def is_instance(obj: dict[str, t.Any]) -> bool:
        return str(obj["metadata"]["name"]).startswith("instance-")

    def leave(self, logins: t.Iterable[world.Login]) -> None:
        """They close their browser and the platform ends their session, through the service as users do."""
        for login in logins:
            answer = self.installation.stop_session(login.user, t.cast(str, login.session))
            if answer.status != 200:
                raise SystemExit(f"{login.session} could not be ended: {answer.status}")
        gone = {login.session for login in logins}
        wait_until(
            "their sessions are gone and their instances free",
            lambda: not gone & self.owners_and_sessions(),
            60,
        )

    def owners_and_sessions(self) -> set[str]:
        objects = [*self.installation.items("deployments"), *self.installation.items("services")]
        owners = {
            o["name"] for obj in objects for o in obj["metadata"].get("ownerReferences", []) if o["kind"] == "Session"
        }
        return owners | {s["metadata"]["name"] for s in self.installation.items("sessions")}

    def come_with_a_token(self) -> None:
        """One student comes from the course platform, which hands a token on in the environment of the session."""
        token = secrets.token_urlsafe(24)
        environment = {"ARTEMIS_TOKEN": token, "GIT_URI": f"https://student:{token[::-1]}@git.example.org/exercise.git"}
        answer = self.installation.launch("tutor-group@example.org", "c-latest", env={"fromMap": environment})
        if answer.status != 200:
            raise SystemExit(f"the session with a token could not be started: {answer.status}")

    def open_too_much(self) -> None:
        """One session more than allowed: it fails for good, and keeps its user from starting another one."""
        for definition in ("c-latest", "python-latest", "rust-latest"):
            self.installation.launch("collector@example.org", definition)
        self.collect_secrets()
        self.say("One session too many", "a student opens three, and is allowed two")

    def collect_secrets(self) -> None:
        for session in self.installation.items("sessions"):
            spec = session["spec"]
            self.secrets |= {spec["sessionSecret"], *(str(value) for value in (spec.get("envVars") or {}).values())}

    def orphans(self) -> list[str]:
        """Members of a pool that nothing owns any more."""
        objects = [(kind, obj) for kind in ("deployments", "services") for obj in self.installation.items(kind)]
        return [
            f"{kind}/{obj['metadata']['name']}"
            for kind, obj in objects
            if self.is_instance(obj) and not obj["metadata"].get("ownerReferences")
        ]


def report_lines(output: str) -> list[str]:
    """What a playbook printed for people: the heading ``host · …`` and the indented lines below it."""
    lines, inside = [], False
    for line in output.splitlines():
        inside = " · " in line or (inside and line.startswith("  "))
        if inside:
            lines.append("  " + line)
    return lines


def broken_promises(night: Night, size: Size) -> list[str]:
    """What the night did not show although it should."""
    checks = {
        f"all {size.wave} students find a warm instance": night.warm == size.wave,
        "a second pre_exam changes nothing": not night.changed_again,
        "post_exam names those who are still in": night.named,
        "the bounds are what they were before": night.bounds.after == night.bounds.before,
        "nothing is left without an owner": not night.orphans,
    }
    return [promise for promise, kept in checks.items() if not kept]


def table(night: Night) -> str:
    rows = [
        ("seconds from the patch to a warm pool", f"{night.seconds_to_warm:.1f}"),
        ("logins that found a warm instance", str(night.warm)),
        ("logins that found a cold instance", str(night.cold)),
        ("logins that found none (lazy)", str(night.lazy)),
        (f"min_instances of {JAVA} before, during, after", " -> ".join(map(str, night.bounds))),
        ("orphans left", ", ".join(night.orphans) or "none"),
    ]
    return "\n".join(f"  {name:<48} {value}" for name, value in rows)


def screenshots(reports: Path) -> str:
    """Show the page as people see it, and say where; or why not."""
    browser = find_browser()
    if browser is None:
        return "There are no screenshots of the page: no Chromium is on PATH."
    for name, width, dark in (("1280", 1280, False), ("390", 390, False), ("dark", 1280, True)):
        screenshot(browser, reports / PAGE, reports / f"page-{name}.png", width=width, dark=dark)
    return f"Screenshots of the page: {reports}/page-1280.png, page-390.png and page-dark.png"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.demo", description=__doc__)
    parser.add_argument("--verbosity", type=int, default=0, help="how many v the playbooks run with, 0 to 4")
    verbosity = parser.parse_args().verbosity
    started = time.monotonic()
    print("* Starting a Kubernetes control plane of our own")
    with ControlPlane.start(ready_scale=READY_SCALE) as control_plane:
        night = Demo(control_plane, REPORTS, Size(), verbosity).run()
    print(f"\nThe night in numbers ({time.monotonic() - started:.0f} s in all; reports in build/demo/)\n{table(night)}")
    broken = broken_promises(night, Size())
    for promise in broken:
        print(f"Not kept: {promise}")
    print(screenshots(REPORTS))
    print(f"The page of the exam: {REPORTS / PAGE}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
