"""How much of each package the tests ran in their own process, in one line a package.

Usage: python .ci/coverage_by_package.py PACKAGE ...
"""

from __future__ import annotations

import io
import sys

from coverage.control import Coverage
from coverage.exceptions import NoDataError


def main() -> None:
    """Print a table of the data that `make test COVERAGE=1` left."""
    measured = Coverage()
    measured.load()
    print("coverage by package, without what runs in processes of its own")
    for package in sys.argv[1:]:
        try:
            share = measured.report(include=[f"*/{package}/{package}/*"], file=io.StringIO())
        except NoDataError:
            continue
        print(f"  {package:<18} {share:5.1f} %")


if __name__ == "__main__":
    main()
