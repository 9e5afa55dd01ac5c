# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how the library is built: sizes, imports, circles, and how many files a change of each kind touches."""

from __future__ import annotations

import ast
import collections
import difflib
import re
import sys
import typing as t
from pathlib import Path

from tools.checkout import ROOT, files

PLUGINS = Path("plugins")
LIBRARY = PLUGINS / "module_utils"
# What is held, and where it is looked up; one more than the figure is one too many.
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LONGEST_MAIN = 30
MOST_IMPORTS = 12
PAGE = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
# Two folders that do alike things to different objects: what both define belongs below them. A name in both may be a
# convention, such as `plan`; a text in both is the same thing twice.
TWINS = {"stop": "_sessions/stop/*.py", "delete": "_workspaces/delete/*.py"}
ALIKE = 0.7
# One existing example of each kind of change, and where its name stands is what adding another one touches.
EXAMPLES = {
    "a finding": ("oom_killed", "not_reaped"),
    "a field of a session": ("memory_percent", "operator_message"),
    "a switch of theia_capacity": ("hold_until",),
    "a law": ("only_dead", "max_stop", "discard_data"),
}
PRODUCT = ("playbooks", "plugins", "roles")
PRODUCT_SUFFIXES = {".j2", ".py", ".yml"}


class Sized(t.NamedTuple):
    """Something with a length."""

    lines: int
    where: str


def python_files(folder: Path) -> dict[Path, ast.Module]:
    """Return the Python files below a folder of the checkout, parsed."""
    found = [path for path in files() if path.suffix == ".py" and path.is_relative_to(folder)]
    return {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in found}


def functions(trees: dict[Path, ast.Module]) -> t.Iterator[tuple[str, Sized]]:
    """Yield every function with its name, methods and inner ones included."""
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, Sized((node.end_lineno or 0) - node.lineno + 1, f"{path}: {node.name}")


def documentation(tree: ast.Module) -> int:
    """Return how many lines of a plugin are what `ansible-doc` shows: a page for users, with each option and result."""
    texts = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in PAGE]
    return sum((node.end_lineno or 0) - node.lineno + 1 for node in texts)


def only_for_types(tree: ast.Module) -> set[ast.AST]:
    """Return what stands under `if t.TYPE_CHECKING`: it is imported by no running program."""
    blocks = [node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    return {node for block in blocks for node in ast.walk(block)}


def imported(path: Path, tree: ast.Module, library: t.Collection[Path]) -> set[Path]:
    """Return the files of the library that a file imports."""
    found: set[Path] = set()
    skipped = only_for_types(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node in skipped:
            continue
        module = Path(*(node.module or "").split("."))
        if node.level:
            base = path.parents[node.level - 1] / module
        elif "plugins" in module.parts:
            base = Path(*module.parts[module.parts.index("plugins") :])
        else:
            continue
        found |= {base.with_suffix(".py")} | {(base / name.name).with_suffix(".py") for name in node.names}
    return found & set(library)


def circles(graph: dict[Path, set[Path]]) -> list[set[Path]]:
    """Return the groups of files that import each other in a circle."""
    reach: dict[Path, set[Path]] = {}
    for start, targets in graph.items():
        seen: set[Path] = set()
        waiting = list(targets)
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting.extend(graph[path])
        reach[start] = seen
    groups = [{other for other in reach[path] if path in reach[other]} for path in graph if path in reach[path]]
    return [group for number, group in enumerate(groups) if group not in groups[:number]]


def defined(pattern: str, trees: dict[Path, ast.Module]) -> dict[str, str]:
    """Return the names of the functions and classes that a folder defines, with their texts."""
    return {
        node.name: ast.unparse(node)
        for path, tree in trees.items()
        if path.relative_to(LIBRARY).match(pattern)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def twice(trees: dict[Path, ast.Module]) -> t.Iterator[str]:
    """Yield what is said about definitions that the twins both have."""
    first, second = (defined(pattern, trees) for pattern in TWINS.values())
    both = {
        name: difflib.SequenceMatcher(None, first[name], second[name], autojunk=False).ratio()
        for name in sorted(first.keys() & second.keys())
    }
    alike = [f"{name} {ratio:.0%}" for name, ratio in both.items() if ratio >= ALIKE]
    whose = " and ".join(TWINS)
    yield f"names that {whose} both define: {len(both)} ({', '.join(both) or 'none'})"
    yield f"definitions of {whose} that are alike, {ALIKE:.0%} or more: {len(alike)} ({', '.join(alike) or 'none'})"


def holding(word: str) -> list[Path]:
    """Return the files of the product, documents aside, in which a word stands."""
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    product = [path for path in files() if path.parts[0] in PRODUCT and path.suffix in PRODUCT_SUFFIXES]
    return [path for path in product if pattern.search((ROOT / path).read_text(encoding="utf-8"))]


def longest(what: str, found: t.Iterable[Sized], limit: int) -> t.Iterator[str]:
    """Yield the longest one, and all that are over the limit."""
    ordered = sorted(found, reverse=True)
    over = [each for each in ordered if each.lines > limit]
    first = f"{ordered[0].lines} ({ordered[0].where})" if ordered else "none"
    yield f"{what}, at most {limit}: longest {first}, {len(over)} over the limit"
    yield from (f"    {each.lines:>5}  {each.where}" for each in over)


def sizes() -> t.Iterator[str]:
    """Yield what is said about folders, files and functions."""
    trees = python_files(PLUGINS)
    folders = collections.Counter(str(path.parent.relative_to(PLUGINS)) for path in trees)
    yield f"Python files in plugins: {len(trees)}, by folder:"
    yield from (f"    {number:>5}  {folder}" for folder, number in sorted(folders.items()))
    lengths = [Sized(len((ROOT / path).read_text(encoding="utf-8").splitlines()), str(path)) for path in trees]
    texts = [Sized(documentation(tree), str(path)) for path, tree in trees.items()]
    total, documented = (sum(each.lines for each in some) for some in (lengths, texts))
    yield f"lines: {total}, of which {documented} are documentation"
    without = [Sized(whole.lines - text.lines, whole.where) for whole, text in zip(lengths, texts, strict=True)]
    yield from longest("lines of a file without its documentation", without, LONGEST_FILE)
    yield f"lines of the longest documentation: {max(texts).lines} ({max(texts).where})"
    yield from longest("lines of a function", (each for _name, each in functions(trees)), LONGEST_FUNCTION)
    mains = {path: tree for path, tree in trees.items() if path.is_relative_to(PLUGINS / "modules")}
    found = [each for name, each in functions(mains) if name == "main"]
    yield from longest("lines of a module's main", found, LONGEST_MAIN)


def arrows() -> t.Iterator[str]:
    """Yield what is said about imports within the library."""
    trees = python_files(LIBRARY)
    graph = {path: imported(path, tree, trees) for path, tree in trees.items()}
    counts = [Sized(len(targets), str(path)) for path, targets in graph.items()]
    yield f"imports within the library: {sum(each.lines for each in counts)}"
    yield from longest("imports of one file", counts, MOST_IMPORTS)
    between = {(path.parts[2], target.parts[2]) for path, targets in graph.items() for target in targets}
    yield f"arrows between folders: {sum(source != target for source, target in between)}"
    found = circles(graph)
    yield f"circles: {len(found)}"
    yield from (f"    {', '.join(sorted(map(str, group)))}" for group in found)
    yield from twice(trees)


def touched() -> t.Iterator[str]:
    """Yield how many files of the product know of one thing of each kind."""
    for kind, words in EXAMPLES.items():
        for word in words:
            found = holding(word)
            yield f"files touched by {kind}, as {word} is known to: {len(found)}"
            yield from (f"           {path}" for path in found)


def main() -> int:
    """Print all figures."""
    for part in (sizes, arrows, touched):
        print("\n".join(part()), end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
