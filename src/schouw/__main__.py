"""``python -m schouw``."""

import sys

from schouw.cli import main

sys.exit(main())
