# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What modules can do, in the words of Ansible."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Tells what would be done without doing it.
  diff_mode:
    description: Shows what was changed, or in check mode would be, as a difference.
  idempotent:
    description: Run again under the same conditions, it changes nothing.
"""

    # For modules that only read.
    INFO_MODULE = r"""
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
"""

    # Membership in the action group of the collection.
    ACTIONGROUP_THEIA = r"""
attributes:
  action_group:
    description: Use C(group/eduide.theia.theia) in C(module_defaults) to set options for all of them at once.
    support: full
    membership:
      - eduide.theia.theia
"""
