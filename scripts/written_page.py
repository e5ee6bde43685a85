"""A page that a script writes from a source; with --check, the script says whether the page is up to date."""

import sys


def write_or_check(page, made, source):
    """Writes what was made of the source, or ends with an error where --check finds another page."""
    if "--check" not in sys.argv:
        page.write_text(made)
        return
    if not page.exists() or page.read_text() != made:
        sys.exit(f"{page} does not fit {source}: run `python3 {sys.argv[0]}`")
    print(f"{page} fits {source}")
