"""How much of each package the tests ran in their own process, in one line a package."""

from __future__ import annotations

import io

from coverage.control import Coverage
from coverage.exceptions import NoDataError


def main() -> None:
    """Print a table of the data that `make test COVERAGE=1` left."""
    measured = Coverage()
    measured.load()
    print("coverage by package, without what runs in processes of its own")
    packages = measured.get_option("run:source_pkgs")
    assert isinstance(packages, list)
    for package in packages:
        try:
            share = measured.report(include=[f"*/{package}/{package}/*"], file=io.StringIO())
        except NoDataError:
            continue
        print(f"  {package:<18} {share:5.1f} %")


if __name__ == "__main__":
    main()
