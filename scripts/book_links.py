"""Every link of the built book leads to a file of it, every anchor to an element, and every page is reached from the first one."""

import html.parser
import pathlib
import sys
import urllib.parse

ROOT = pathlib.Path(sys.argv[1]).resolve()


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if values.get("id"):
            self.anchors.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])


pages = {path: Page(path.read_text()) for path in ROOT.rglob("*.html") if path.name not in ("404.html", "print.html", "toc.html")}
# The table of contents is loaded by a script; without scripts it is a frame.
contents = Page((ROOT / "toc.html").read_text())
wrong, reached = [], {ROOT / "index.html"}
for page, parsed in [*pages.items(), (ROOT / "toc.html", contents)]:
    for link in parsed.links:
        address = urllib.parse.urlsplit(link)
        if address.scheme or address.netloc:
            continue
        target = (page.parent / urllib.parse.unquote(address.path)).resolve() if address.path else page
        if not target.exists():
            wrong.append(f"{page.relative_to(ROOT)}: {link} leads nowhere")
            continue
        if page.name == "toc.html":
            reached.add(target)
        if address.fragment and target in pages and urllib.parse.unquote(address.fragment) not in pages[target].anchors:
            wrong.append(f"{page.relative_to(ROOT)}: {link} has no such heading")
for page in pages:
    if page not in reached:
        wrong.append(f"{page.relative_to(ROOT)} is reached from no contents")
print("\n".join(wrong) if wrong else f"the links of the book's {len(pages)} pages lead somewhere, and each page is reached")
sys.exit(1 if wrong else 0)
