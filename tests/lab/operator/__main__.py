# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.operator``"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from lab.operator.arguments import ArgumentsError, parse_switches
from lab.operator.output import log_to_stdout
from lab.operator.process import run

# What a Java program ends with when it is asked to end.
TERMINATED = 128 + signal.SIGTERM


def main() -> int:
    switches = parse_switches(None)
    log_to_stdout(switches.log_level)
    # At once, and without giving the lead back.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(TERMINATED))
    try:
        return asyncio.run(run(switches))
    except ArgumentsError as error:
        print(f"lab.operator: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
