# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab to play with: a Kubernetes control plane with one Theia Cloud installation."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import shutil
import signal
import sys
import typing as t
from pathlib import Path

from lab import inventory, supervisor, world
from lab.api import LabError
from lab.control_plane import CHECKOUT, SHARED, ControlPlane, env_of
from lab.installation import OPERATORS, STARTS, Installation, settings_of
from lab.programs import ProgramsError
from lab.programs.__main__ import main as get_programs
from lab.setup import API_VARIANTS

USAGE = """\
The lab is up: Kubernetes {version}, one installation in namespace {namespace}.

    source {env}
    kubectl get appdefinitions,sessions,deployments     # KUBECONFIG is set: you are an administrator
    curl $THEIA_SERVICE_URL/service/$THEIA_APP_ID       # the REST service
    ansible-playbook -i inventories/lab playbooks/status.yml

    make seed SESSIONS=300 SEED=7                       # put students into it
    make lab-down                                       # end it
Logs of everything that runs: {logs}
"""


INVENTORY = CHECKOUT / "inventories" / "lab"


def up(arguments: argparse.Namespace) -> int:
    with _alone():
        control_plane = _running()
        ignored = [] if control_plane is None else _ignored(control_plane, arguments)
        if control_plane is None:
            control_plane = _start(arguments)
        version = control_plane.api.get("/version")["gitVersion"]
        namespace = env_of(SHARED)["THEIA_NAMESPACE"]
        print(USAGE.format(version=version, namespace=namespace, env=SHARED, logs=control_plane.state / "logs"))
        if ignored:
            print(f"It was running already, and stays as it is: {'; '.join(ignored)}.")
        if arguments.detach:
            control_plane.detach()
            return 0
    print("Ctrl-C ends it.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    with _alone():
        _end(control_plane)
    return 0


def _start(arguments: argparse.Namespace) -> ControlPlane:
    control_plane = ControlPlane.start(**lab_switches(arguments))
    installation = control_plane.installation(restarts=True, **installation_switches(arguments))
    control_plane.kubectl("config", "set-context", "--current", f"--namespace={installation.namespace}")
    control_plane.write_env(SHARED, **installation.env())
    inventory.write(INVENTORY, {"lab": installation})
    return control_plane


def lab_switches(arguments: argparse.Namespace) -> dict[str, t.Any]:
    """What the lab as a whole is started with; see `lab.setup.Options`."""
    return {"api": arguments.api, "ready_scale": arguments.ready_scale}


def installation_switches(arguments: argparse.Namespace) -> dict[str, t.Any]:
    """What its installation is like; see `lab.installation.Settings`."""
    return {
        "start": arguments.start,
        "operator": arguments.operator,
        "keycloak": arguments.keycloak == "on",
        "minute_seconds": arguments.minute_seconds,
        "sessions_per_user": arguments.sessions_per_user,
    }


def _ignored(control_plane: ControlPlane, arguments: argparse.Namespace) -> list[str]:
    """The switches in which a lab that runs differs from the one that was asked for, in words."""
    settings = settings_of(control_plane, env_of(SHARED)["THEIA_NAMESPACE"])
    has = {**vars(control_plane.options), **vars(settings)}
    asked = {**lab_switches(arguments), **installation_switches(arguments)}
    return [
        f"--{name.replace('_', '-')} is {_word(has[name])}, not {_word(value)}"
        for name, value in asked.items()
        if has[name] != value
    ]


def _word(value: t.Any) -> str:
    return ("off", "on")[value] if isinstance(value, bool) else str(value)


def down(_arguments: argparse.Namespace) -> int:
    with _alone():
        control_plane = _running()
        if control_plane is None:
            print("No lab is running.")
        else:
            _end(control_plane)
            print("The lab has ended.")
    return 0


def seed(arguments: argparse.Namespace) -> int:
    control_plane = _running()
    if control_plane is None:
        raise LabError("no lab is running; start one with: make lab")
    installation = Installation.attach(control_plane, env_of(SHARED)["THEIA_NAMESPACE"])
    print(world.seed(installation, sessions=arguments.sessions, seed=arguments.seed, tell=print))
    return 0


@contextlib.contextmanager
def _alone() -> t.Iterator[None]:
    """Wait for others who start or end the lab: two who both find none would start two, and one be lost."""
    SHARED.parent.mkdir(parents=True, exist_ok=True)
    with SHARED.with_name(f"{SHARED.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _running() -> ControlPlane | None:
    state = env_of(SHARED).get("LAB_STATE")
    if state is None:
        return None
    try:
        return ControlPlane.attach(Path(state))
    except LabError:
        return None


def _end(control_plane: ControlPlane) -> None:
    control_plane.stop()
    shutil.rmtree(INVENTORY, ignore_errors=True)
    SHARED.unlink(missing_ok=True)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = options.add_subparsers(required=True, metavar="COMMAND")

    start = commands.add_parser("up", help="start a lab, or say how to use the one that runs")
    start.add_argument("--detach", action="store_true", help="leave it running in the background")
    start.add_argument("--start", choices=STARTS, default="eager", help="how the operator starts sessions")
    start.add_argument("--operator", choices=OPERATORS, default="current", help="which operator is played")
    start.add_argument("--keycloak", choices=("on", "off"), default="on")
    start.add_argument("--api", choices=API_VARIANTS, default="fork", help="which versions are served")
    start.add_argument("--ready-scale", type=float, default=0.05, help="factor on the 5 to 40 s that pods take")
    start.add_argument("--minute-seconds", type=float, default=60.0, help="how long a minute of the platform lasts")
    start.add_argument("--sessions-per-user", type=int, default=10)
    start.set_defaults(run=up)

    commands.add_parser("down", help="end the lab").set_defaults(run=down)

    students = commands.add_parser("seed", help="put students into the lab that runs")
    students.add_argument("--sessions", type=int, default=300)
    students.add_argument("--seed", type=int, default=7)
    students.set_defaults(run=seed)

    commands.add_parser("programs", help="get the programs").set_defaults(run=lambda _: get_programs())
    commands.add_parser("supervise", help="(started by the lab itself)").set_defaults(run=lambda _: supervisor.main())
    return options


def main() -> int:
    arguments = parser().parse_args()
    try:
        return int(arguments.run(arguments) or 0)
    except (LabError, ProgramsError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
