"""Every relative link of every page leads to a file that is there, and every anchor to a heading."""

import pathlib
import re
import subprocess
import sys

FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text):
    return re.sub(r"`[^`\n]*`", "code", FENCE.sub("", text))


def anchors(text):
    """The anchors of a page, made as GitHub and mdBook make them."""
    found, seen = set(), {}
    for heading in re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        number = seen.get(anchor, 0)
        seen[anchor] = number + 1
        found.add(f"{anchor}-{number}" if number else anchor)
    return found


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], check=True, capture_output=True, text=True)
    pages = [pathlib.Path(name) for name in listed.stdout.splitlines() if pathlib.Path(name).exists()]
    wrong, count = [], 0
    for page in pages:
        text = page.read_text()
        for link in LINK.findall(without_code(text)):
            if re.match(r"[a-z]+:", link):
                continue
            count += 1
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not target.exists():
                wrong.append(f"{page}: {link} leads nowhere")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
                wrong.append(f"{page}: {link} has no such heading")
    written = "".join(page.read_text() for page in pages)
    for image in sorted(pathlib.Path("docs/images").iterdir()):
        if f"images/{image.name})" not in written:
            wrong.append(f"{image} is shown on no page")
    for name in sorted(pathlib.Path("docs").rglob("*.md")):
        if name.name != "SUMMARY.md" and f"({name.relative_to('docs')})" not in pathlib.Path("docs/SUMMARY.md").read_text():
            wrong.append(f"{name} is not in docs/SUMMARY.md")
    print("\n".join(wrong) if wrong else f"{count} links on {len(pages)} pages lead somewhere")
    sys.exit(1 if wrong else 0)


main()
