# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tail of every module: what its task says becomes the result, and no warning is lost on the way."""

from __future__ import annotations

import typing as t

from .errors import EduideError, Unexpected, several
from .plain import plain, plain_texts

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Params = t.Mapping[str, t.Any]


class Task:
    """What a module is asked to do.

    Warnings are given to the task as soon as they are known, and not returned: what goes wrong later loses none.
    """

    def __init__(self, params: Params, *, check_mode: bool = False) -> None:
        self.params, self.check_mode = params, check_mode
        self.warnings: list[str] = []

    def warn(self, *texts: str | None) -> None:
        """Warn of each of them once; None is nothing to warn of."""
        self.warnings += [text for text in dict.fromkeys(texts) if text and text not in self.warnings]


class Difference(t.NamedTuple):
    """What becomes of one object."""

    name: str
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]

    def shown(self) -> dict[str, t.Any]:
        """As the callbacks of Ansible show it: they know a header for each side, and none for both."""
        return {"before_header": self.name, "before": self.before, "after_header": self.name, "after": self.after}


def differences(items: t.Iterable[t.Mapping[str, t.Any]], outcomes: t.Collection[str]) -> list[Difference]:
    """Of a batch those that are changed, which their outcomes tell."""
    return [
        Difference(item["name"], {"state": item["state"]} if item.get("state") else {}, {"outcome": item["outcome"]})
        for item in items
        if item["outcome"] in outcomes
    ]


def failure_of(items: t.Iterable[t.Mapping[str, t.Any]]) -> EduideError | None:
    """Everything that could be done is done by now; the task still fails if something was not."""
    failed = [f"{item['name']}: {item['reason']}" for item in items if item["outcome"] == "failed"]
    return EduideError(several(failed)) if failed else None


class Report(t.NamedTuple):
    """What a task has to say when it is over."""

    changed: bool
    fields: t.Mapping[str, t.Any]
    """What the module returns."""
    diff: t.Sequence[Difference] = ()
    failure: EduideError | None = None
    """Why the task fails although there is something to say."""


def finish(module: AnsibleModule, run: t.Callable[[Task], Report], doing: str) -> t.NoReturn:
    """Run the task and end the module. A text about a failure begins with what was being done, and where."""
    task = Task(module.params, check_mode=module.check_mode)
    report, failure = _carry_out(task, run)
    result: dict[str, t.Any] = {}
    if report:
        result = {"changed": report.changed, **report.fields}
        if module._diff:
            result["diff"] = plain_texts([difference.shown() for difference in report.diff])
    for warning in task.warnings:
        module.warn(plain(warning))
    # Outside of any except clause: Ansible would add the words of an exception that is under way.
    if failure:
        msg = plain(f"{doing}{_where(task.params)}: {failure.advice}")
        module.fail_json(msg=msg, **{**failure.details, **result})
    module.exit_json(**result)


def _carry_out(task: Task, run: t.Callable[[Task], Report]) -> tuple[Report | None, EduideError | None]:
    from .interruption import interruptible

    try:
        with interruptible(task.params.get("progress_file")):
            report = run(task)
    except EduideError as exc:
        return None, exc
    except Exception as exc:  # noqa: BLE001 (people who run a module can do nothing with a traceback)
        return None, Unexpected.from_exception(exc)
    return report, report.failure


def _where(params: Params) -> str:
    if params.get("namespace"):
        return f" in {params['namespace']}"
    return f" through {params['service_url']}" if params.get("service_url") else ""
