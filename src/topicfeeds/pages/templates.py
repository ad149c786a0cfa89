"""The templates of pages, in Jinja2, and their texts, in the catalogs of `messages/`."""

from __future__ import annotations

import base64
import gettext
import hashlib
import io
import traceback
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..registry import PAGE_MARK, TEMPLATE_FILES
from ..state.paths import shorten_path
from .model import PageContent

if TYPE_CHECKING:
    from jinja2 import Environment

_SOURCE = "en"
"""The language of the texts in the templates."""
_NO_MARK = f"has no {PAGE_MARK.decode()} (add this line: topicfeeds uses it to recognise its own pages)"


def render_page(template: str, page: PageContent, folder: str | None) -> bytes:
    """Return a page as HTML (UTF-8). Templates in `folder` replace ours. Raises ConfigError for a wrong template."""
    content = render(template, page, folder)
    if PAGE_MARK not in content:
        raise ConfigError(message=f"{shorten_path(folder or '')}: the page {page.path} {_NO_MARK}")
    return content


def render(template: str, page: PageContent, folder: str | None, **more: object) -> bytes:
    """Return a page or a part of a page. Raises ConfigError for a wrong template in `folder`."""
    try:
        environment = _open_environment(find_catalog(page.language), folder)
        names = ["style.css", "form.css"] if page.form else ["style.css"]
        style = "\n".join(environment.loader.get_source(environment, name)[0].strip() for name in names)  # type: ignore[union-attr]
        # The Content Security Policy of the page only allows the style with this digest.
        digest = "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        found = environment.get_template(f"{template}.html")
        return found.render(page=page, style=style, style_hash=digest, **more).encode("utf-8", "replace")
    except Exception as error:
        if folder is None:
            raise
        raise ConfigError(message=_explain(error, folder, template)) from error


def _explain(error: Exception, folder: str, template: str) -> str:
    """Say where a template of the publisher is wrong."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith(folder)]
    path, line = (frames[-1].filename, frames[-1].lineno) if frames else (f"{folder}/{template}.html", 1)
    path, line = getattr(error, "filename", None) or path, getattr(error, "lineno", line)
    text = str(error).strip().partition("\n")[0]
    return f"{shorten_path(path)}:{line}: the template failed: {text or type(error).__name__}"


def digest_templates(folder: str | None = None) -> str:
    """Return a digest of all templates and catalogs, and of the templates in `folder`. Raises ConfigError."""
    try:
        own = (
            [path.read_bytes() for form in TEMPLATE_FILES for path in sorted(Path(folder).glob(form))] if folder else []
        )
    except OSError as error:
        raise ConfigError(message=f"{error.filename}: cannot be read: {error.strerror}") from None
    return " ".join([_digest_package(), *(hashlib.sha256(content).hexdigest() for content in own)])


def read_template(name: str) -> bytes:
    """Return the bytes of one of our own templates."""
    return (files(__package__) / "templates" / name).read_bytes()


@cache
def _digest_package() -> str:
    digest = hashlib.sha256()
    for folder in ("templates", "messages"):
        for one in sorted((files(__package__) / folder).iterdir(), key=lambda path: path.name):
            digest.update(one.read_bytes())
    return digest.hexdigest()


@cache
def find_catalog(language: str) -> str:
    """Return the name of the catalog for a language (BCP 47), or English if the language has no catalog."""
    name = language.lower().partition("-")[0]
    return name if (files(__package__) / "messages" / f"{name}.po").is_file() else _SOURCE


@cache
def _open_environment(language: str, folder: str | None) -> Environment:
    """Return the templates in a language. Those in `folder` can extend ours with the name `topicfeeds/base.html`."""
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined

    ours = PackageLoader(__package__)
    loader = ChoiceLoader([FileSystemLoader(folder), ours, PrefixLoader({"topicfeeds": ours})]) if folder else ours
    made = Environment(
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        loader=loader,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.install_gettext_translations(read_catalog(language), newstyle=True)  # type: ignore[attr-defined]
    return made


def read_catalog(language: str) -> gettext.NullTranslations:
    """Return the texts of a language."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if language == _SOURCE:
        return gettext.NullTranslations()
    text = (files(__package__) / "messages" / f"{language}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(text), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
