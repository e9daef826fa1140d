"""What mkdocs needs to make one site of this repository: pages from outside docs/, links between them, the Python API."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "deploy/README.md": "deploy.md",
    "examples/README.md": "examples/index.md",
    "models/classifier/card.md": "models/classifier.md",
    "models/segmenter/card.md": "models/segmenter.md",
}
"""Documents outside docs/, and where they are on the site."""
PACKAGES = {
    "snsfashion_client": "libs/client",
    "servicekit": "libs/servicekit",
    "fashion": "libs/fashion",
    "photokit": "libs/photokit",
    "modelkit": "libs/modelkit",
}
"""Packages of the Python API, and their folders."""
_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"(?<!!)\[([^][]*)\]\(([^()\s:#]+)(#[^()\s]*)?\)")
_IMAGE = re.compile(r"(!\[[^][]*\]\()([^()\s:#]+)()\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents of PAGES and one page for each package of the Python API."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    for package, folder in PACKAGES.items():
        content = _api(package, ROOT / folder / package)
        files.append(File.generated(config, f"python/{package}.md", content=content))
    config.nav = [_with_folders(entry, files) for entry in config.nav or ()]
    return files


def on_page_markdown(  # mkdocs names the arguments
    markdown: str,
    page: Page,
    config: MkDocsConfig,  # noqa: ARG001
    files: Files,
) -> str:
    """Point links at the site; a link to what the site does not hold becomes its text.

    Raise FileNotFoundError for a link to a file that does not exist.
    """
    here = page.file.src_uri
    if here.startswith(("python/", "contracts/")):
        return markdown
    source = _SOURCES.get(here, f"docs/{here}")

    def target(link: str) -> str | None:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
        if not (ROOT / path).exists():
            raise FileNotFoundError(f"{source} links to {path}, which does not exist")
        if (ROOT / path).is_dir() and (ROOT / path / "README.md").exists():
            path += "/README.md"
        on_site = PAGES.get(path) or path.removeprefix("docs/")
        if files.get_file_from_path(on_site) is None:
            return None
        return posixpath.relpath(on_site, posixpath.dirname(here) or ".")

    def replace(match: re.Match[str]) -> str:
        found = target(match[2])
        return f"[{match[1]}]({found}{match[3] or ''})" if found else match[1]

    def image(match: re.Match[str]) -> str:
        return f"{match[1]}{target(match[2])})"

    return _IMAGE.sub(image, _LINK.sub(replace, markdown))


def _with_folders(entry: Any, files: Files) -> Any:
    """Return an entry of the navigation with each folder (`adr/`) replaced by the pages in it, README first."""
    if isinstance(entry, dict):
        return {title: _with_folders(below, files) for title, below in entry.items()}
    if isinstance(entry, list):
        return [_with_folders(below, files) for below in entry]
    if not entry.endswith("/"):
        return entry
    pages = (page.src_uri for page in files.documentation_pages())
    return sorted((page for page in pages if page.startswith(entry)), key=_readme_first)


def _readme_first(page: str) -> tuple[bool, str]:
    return not page.endswith("/README.md"), page


def _api(package: str, folder: Path) -> str:
    modules = [package]
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if "cli" in parts or file.name in ("__init__.py", "__main__.py"):
            continue
        modules.append(".".join((package, *parts)))
    return f"# {package}\n\n" + "\n\n".join(f"::: {module}" for module in modules) + "\n"
