"""Run the command line as ``python -m clipsgd_river``."""

from __future__ import annotations

import sys

from clipsgd_river.cli import main

if __name__ == "__main__":
    sys.exit(main())
