# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the options of a module are, it ends with a result or with a failure in words."""

from __future__ import annotations

import itertools
import json
import pathlib
import socket
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._capacity import finish, readmit, settle, wait
from ansible_collections.eduide.theia.plugins.module_utils._common import options as common_options
from ansible_collections.eduide.theia.plugins.module_utils._common import waiting
from ansible_collections.eduide.theia.plugins.module_utils._common.http import client, sockets
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect
from ansible_collections.eduide.theia.plugins.module_utils._sessions.rehearse import execute as rehearsal
from ansible_collections.eduide.theia.plugins.module_utils._status import watch
from integration.module_run import module
from unit.attack.examples import examples
from unit.module_tasks import spec_of
from unit.session_world import World
from unit.workspace_world import WorkspaceWorld

FOLDER = pathlib.Path(__file__).parents[3] / "plugins" / "modules"
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if "def main(" in path.read_text(encoding="utf-8"))


HOSTILE = (
    "",
    " ",
    "s1",
    "java-17-latest",
    "ada@tum.de",
    "ws-1",
    "pgdp-final",
    "\0",
    "\x1b]0;x\x07",
    "{{ 1 }}",
    "23:59",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-23:59",
    "2027-02-11T11:00:00+01:00",
    "Europe/Berlin",
    "http://[::1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:1/service",
    "[" * 5000,
    '{"a":' * 5000,
    "x" * 5000,
    "../../etc",
    "sum(@)",
    "'",
)
NUMBERS = (
    0,
    1,
    -1,
    5,
    10**9,
    10**18,
    2**63,
    10**400,
    -(10**400),
    0.5,
    1e308,
    float("inf"),
    float("-inf"),
    float("nan"),
)
texts = st.sampled_from(HOSTILE) | st.text(max_size=10)
anything = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
dictionaries = st.dictionaries(texts, anything, max_size=3)


def value_of(option: dict[str, t.Any]) -> st.SearchStrategy[t.Any]:
    """Mostly of the type that the option wants, sometimes of any other."""
    kind = option.get("type", "str")
    if option.get("choices"):
        fitting: st.SearchStrategy[t.Any] = st.sampled_from([*option["choices"]])
    elif kind == "int":
        fitting = st.sampled_from(NUMBERS) | st.integers(-5, 100)
    elif kind == "bool":
        fitting = st.booleans()
    elif kind == "list":
        inner = {**option, "type": option.get("elements", "str"), "choices": None}
        fitting = st.lists(value_of(inner), max_size=3)
    elif kind == "dict":
        fitting = options_of(option["options"]) if option.get("options") else dictionaries
    else:
        fitting = texts
    return one_in_ten(anything, fitting)


@st.composite
def one_in_ten(draw: st.DrawFn, rare: st.SearchStrategy[t.Any], usual: st.SearchStrategy[t.Any]) -> t.Any:
    return draw(rare if draw(st.integers(0, 9)) == 0 else usual)


def options_of(spec: dict[str, dict[str, t.Any]]) -> st.SearchStrategy[dict[str, t.Any]]:
    """What is required, and a few others. All strategies are made once: Hypothesis looks long at each new one."""
    values = {name: value_of(option) for name, option in spec.items()}
    required = {name for name, option in spec.items() if option.get("required")}
    some = st.sets(st.sampled_from(sorted(spec)), max_size=6)

    @st.composite
    def options(draw: st.DrawFn) -> dict[str, t.Any]:
        return {name: draw(values[name]) for name in sorted(required | draw(some))}

    return options()


SPECS = {name: spec_of(name) for name in MODULES}
OPTIONS = {
    name: options_of({n: option for n, option in spec.items() if n != "progress_file"}) for name, spec in SPECS.items()
}


@st.composite
def tasks(draw: st.DrawFn) -> tuple[str, dict[str, t.Any]]:
    name = draw(st.sampled_from(MODULES))
    return name, draw(OPTIONS[name])


def gateway() -> t.Any:
    """A small installation; the parts of a run that last are over at once."""
    world = World()
    world.app_definition()
    world.running("s1")
    world.session("wreck", operatorStatus="ERROR")
    found = world.gateway(arguments=["--eagerStart"])
    stored = WorkspaceWorld()
    stored.stored("ws-1")
    for kind, objects in stored.gateway()._objects.items():
        found._objects.setdefault(kind, {}).update(objects)
    return found


WAITS = (
    waiting.wait_until,
    finish.finish_draining,
    readmit.watch_lists,
    settle.make_whole,
    settle.wait_until_quiet,
    wait.wait_until_warm,
    rehearsal.wave,
    watch.watch,
)


@pytest.fixture(scope="module")
def nowhere() -> t.Iterator[None]:
    """No request leaves this machine, and nobody waits for anything."""
    ticks = itertools.count(0, 1_000_000)

    def look_up(_host: str, _port: int, _seconds: float) -> t.NoReturn:
        raise socket.gaierror

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sockets, "_look_up", look_up)
        patch.setattr(client, "BACKOFF_SECONDS", ())
        for defaults in (function.__kwdefaults__ for function in WAITS):
            patch.setitem(defaults, "sleep", lambda _seconds: None)
            if "clock" in defaults:
                patch.setitem(defaults, "clock", lambda: float(next(ticks)))
        for variable in [*common_options._SECRET_VARIABLES, "KUBECONFIG", *common_options._PROXY_VARIABLES]:
            patch.delenv(variable, raising=False)

        def open_gateway(_params: t.Any, *, namespace: str, check_mode: bool) -> t.Any:
            assert namespace
            found = gateway()
            found.check_mode = check_mode
            return found

        patch.setattr(connect, "open_gateway", open_gateway)
        yield


def carry_out(name: str, options: dict[str, t.Any], *, check: bool) -> dict[str, t.Any]:
    """What comes of it, which is never a mistake of ours."""
    result = module(name, {"namespace": "theia-prod", **options}, check=check, diff=True)
    assert isinstance(result.get("changed", False), bool)
    assert not result.get("failed") or result["msg"]
    told = json.dumps(result)
    for word in ("Traceback", "unexpected ", "please report"):
        assert word not in told, result.get("msg")
    return result


def test_whoever_waits_is_known():
    folder = pathlib.Path(waiting.__file__).parents[1]
    begin = "sleep: t.Callable[[float], None] = time.sleep", "sleep: Sleep = time.sleep"
    found = sum(path.read_text(encoding="utf-8").count(text) for path in folder.rglob("*.py") for text in begin)
    # Three more repeat requests, which BACKOFF_SECONDS is about.
    assert found == len(WAITS) + 3


@pytest.mark.usefixtures("nowhere")
@examples(300, 20_000)
@given(asked=tasks(), check=st.booleans())
def test_whatever_is_asked_of_a_module(asked: tuple[str, dict[str, t.Any]], check: bool) -> None:
    name, options = asked
    carry_out(name, options, check=check)


SERVICE = {
    "api": "service",
    "app_id": "a",
    "unchecked": True,
    "user_token": "a.eyJlbWFpbCI6ImFAYiJ9.c",
    "names": ["s1"],
}
# The smallest inputs that once ended in a Python error, or never, and what is said today.
RECORD = {"name": "w", "uid": "u", "user": "ada@x.org", "app_definition": "java"}
KNOWN = [
    ("theia_workspace", {"state": "observed", "max_gap_hours": 10**8}, "has to be between 1 and 8784"),
    (
        "theia_workspace",
        {"state": "absent", "records": [{**RECORD, "last_seen": "0001-01-01T00:00:00+14:00"}]},
        "last_seen",
    ),
    ("theia_session", {**SERVICE, "service_url": "http://[::1"}, "no address of a server"),
    ("theia_session", {**SERVICE, "service_url": "http://127.0.0.1:1", "timeout_seconds": 10**10}, "a whole number"),
    ("theia_session_info", {"timeout_seconds": 10**400}, "timeout_seconds: it has to be a whole number between"),
    ("theia_session", {"wait_timeout_seconds": 2**63}, "wait_timeout_seconds: it has to be a whole number between"),
    ("theia_session", {"protect": True}, "protect: it has to be a dictionary with"),
    ("theia_session_info", {"thresholds": True}, "thresholds: it has to be a dictionary with"),
    ("theia_session", {"shield_exit": True}, "shield_exit: it has to be a dictionary with uid, exam, reason"),
    ("theia_session", {"shield_exit": [None]}, "shield_exit: it has to be one dictionary"),
    ("theia_capacity", {"app_definitions": [None]}, "app_definitions: one of its entries is empty"),
    ("theia_session", {"max_stop": float("inf")}, "max_stop: it has to be a whole number"),
    (
        "theia_capacity",
        {"app_definitions": [{"name": "a", "warm": float("nan")}]},
        "app_definitions.warm: it has to be a whole",
    ),
    ("theia_session_info", {"query": "[" * 5000}, "query"),
    ("theia_workspace", {"limit": [0, None, 2**63]}, "limit: it has to be one whole number, not a list"),
]


@pytest.mark.parametrize(("name", "options", "wanted"), KNOWN, ids=[f"{n}-{[*o][-1]}" for n, o, _w in KNOWN])
@pytest.mark.usefixtures("nowhere")
def test_what_once_broke(name: str, options: dict[str, t.Any], wanted: str | None) -> None:
    result = carry_out(name, options, check=False)
    assert bool(result.get("failed")) == (wanted is not None), result
    assert wanted is None or wanted in result["msg"]
