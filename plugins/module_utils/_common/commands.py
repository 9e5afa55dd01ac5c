# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that people paste: every report, warning and error gets them from here.

Two programs read a pasted line, and both have rules of their own. The shell splits words and expands them; after that
Ansible splits ``key=value`` once more and evaluates templates. Names of users come from the cluster and may hold
anything, so values are handed over as JSON, and marked as ``!unsafe`` where Ansible could take them for a template.
"""

from __future__ import annotations

import json
import shlex
import typing as t
import unicodedata

COLLECTION = "eduide.theia"


class Remedy(t.TypedDict, total=False):
    """What somebody should run next: a playbook with variables, kubectl with words, or lines for a shell."""

    playbook: str
    variables: dict[str, t.Any]
    kubectl: list[str]
    script: list[str]
    """Quoted already, and calling kubectl without saying which cluster."""


Command: t.TypeAlias = t.Callable[[Remedy], str]
"""Writes the line to paste."""


class RunContext(t.NamedTuple):
    """How the present run was started, as far as the next one has to be started alike."""

    playbooks: str = f"{COLLECTION}.{{}}"
    """Where playbooks are, with a place for the name of one."""
    arguments: t.Sequence[str] = ()
    """Inventories, files of variables, vaults."""
    limit: str | None = None
    job: str | None = None
    """It is a job of AWX, where no command can be typed: what job templates are called, with a place for a playbook."""
    cluster: t.Sequence[str] = ()
    """Options by which kubectl reaches the same cluster."""

    def command(self, remedy: Remedy) -> str:
        """The line or lines to paste, or under AWX the job to launch."""
        if "script" in remedy:
            return "\n".join(self._script(remedy["script"]))
        if "kubectl" in remedy:
            return shlex.join(["kubectl", *self.cluster, *remedy["kubectl"]])
        name, variables = remedy["playbook"], _handed_over(remedy.get("variables") or {})
        if self.job is not None:
            details = [f"the answers {extra_vars(variables, tagged=False)}"] if variables else []
            details += [f"the limit {self.limit}"] if self.limit else []
            handed_over = f" with {' and '.join(details)}" if details else ""
            return f"launch the job template {self.job.format(name)}{handed_over}"
        words = ["ansible-playbook", self.playbooks.format(name), *self.arguments]
        words += ["--limit", self.limit] if self.limit else []
        words += ["-e", extra_vars(variables)] if variables else []
        return shlex.join(words)

    def _script(self, lines: t.Sequence[str]) -> list[str]:
        """In a shell of its own: neither variables nor the function stay in the one that they are pasted into."""
        reach = [f'kubectl() {{ command kubectl {shlex.join(self.cluster)} "$@"; }}'] if self.cluster else []
        return ["(", *reach, *lines, ")"]


def stated(terms: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a run was told, for a command that goes on from it, without empty lists and switches that are off."""
    return {name: value for name, value in terms.items() if value or (isinstance(value, int) and value is not False)}


def _handed_over(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Text that playbooks would trim, split or take for JSON is handed over as a list, which is taken as it is."""
    return {
        name: [value] if isinstance(value, str) and _would_change(value) else value for name, value in variables.items()
    }


def _would_change(text: str) -> bool:
    return text != text.strip() or not {",", "\r", "\n"}.isdisjoint(text) or text.startswith("[") or text == "null"


def extra_vars(variables: t.Mapping[str, t.Any], *, tagged: bool = True) -> str:
    """Variables for ``-e``: JSON without apostrophes, or YAML in its looks if a value needs a tag."""
    writer = _Writer(yaml=tagged and any(_may_be_a_template(text) for text in _texts(variables)))
    return writer.write(variables)


class _Writer:
    """Writes JSON that YAML reads alike. Only YAML has tags, and it reads no surrogate pairs."""

    def __init__(self, *, yaml: bool) -> None:
        self._yaml = yaml

    def write(self, value: t.Any) -> str:
        if isinstance(value, str):
            tag = "!unsafe " if self._yaml and _may_be_a_template(value) else ""
            return f'{tag}"{self._escape(value)}"'
        if isinstance(value, t.Mapping):
            return "{" + ", ".join(f'"{name}": {self.write(item)}' for name, item in value.items()) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(self.write(item) for item in value) + "]"
        return json.dumps(value)

    def _escape(self, text: str) -> str:
        # What pasting may compose is escaped: a user whose umlaut is written in two characters is another user.
        stable = unicodedata.normalize("NFC", text) == text
        return "".join(c if _plain(c, stable=stable) else self._code(c) for c in text)

    def _code(self, character: str) -> str:
        if self._yaml and ord(character) > 0xFFFF:
            return f"\\U{ord(character):08x}"
        # The shell's own quotes stay around the whole then.
        return "\\u0027" if character == "'" else json.dumps(character)[1:-1]


def _plain(character: str, *, stable: bool) -> bool:
    return character.isprintable() and character not in "\"'\\" and (stable or character.isascii())


def _may_be_a_template(text: str) -> bool:
    """Marks of Jinja, and the heading by which Ansible lets a text choose marks of its own."""
    return "{" in text or text.startswith("#")


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, t.Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
