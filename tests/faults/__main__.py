"""Play every window, print the table and put it into ``docs/reliability.md``: ``python -m tests.faults``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults import table


def main() -> int:
    """Returns what the tests returned; the page is written only when all of them passed."""
    with tempfile.TemporaryDirectory() as directory:
        results = Path(directory) / "results"
        results.touch()
        command = [sys.executable, "-m", "pytest", "tests/faults", "-q", "-n", "2", "--dist", "loadgroup"]
        code = subprocess.run([*command, *sys.argv[1:]], env={**os.environ, table.RESULTS: str(results)}).returncode
        tables = table.text(table.read(results))
    print(f"\nlost / doubled / unknown\n\n{tables}")
    if code == 0:
        table.put_into_page(tables)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
