# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module without a play around it: the same options and results, in a fraction of the time.

In this process for most tests, in a process of its own (`python -m integration.module_run NAME`) for those in which
it is killed or runs beside another.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import subprocess
import sys
import tempfile
import typing as t

from integration.ansible_run import ROOT, environment
from unit.ansible_core import module_arguments, warning_texts

Result = dict[str, t.Any]


def module(name: str, options: t.Mapping[str, t.Any], *, check: bool = False, diff: bool = False) -> Result:
    """What the module returns, `failed` among it if it did."""
    main = importlib.import_module(f"ansible_collections.eduide.theia.plugins.modules.{name}").main
    return run_main(main, options, check=check, diff=diff)


def run_main(
    main: t.Callable[[], None], options: t.Mapping[str, t.Any], *, check: bool = False, diff: bool = False
) -> Result:
    """What the entry point of a module returns."""
    printed = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
    with contextlib.ExitStack() as stack:
        stack.enter_context(module_arguments(arguments))
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.suppress(SystemExit))
        main()
    result: Result = json.loads(printed.getvalue())
    return {**result, "warnings": warning_texts(result.get("warnings", []))}


def process(name: str, options: t.Mapping[str, t.Any]) -> subprocess.Popen[str]:
    """The module in a process of its own, which prints its result as JSON."""
    with tempfile.TemporaryFile("w+") as file:
        json.dump(options, file)
        file.seek(0)
        return subprocess.Popen(
            [sys.executable, "-m", "integration.module_run", name],
            stdin=file,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(PYTHONPATH=f"{ROOT / 'build' / 'tree'}:{ROOT / 'tests'}"),
        )


if __name__ == "__main__":
    print(json.dumps(module(sys.argv[1], json.load(sys.stdin))))
