"""The templates of pages, in Jinja2, and their texts, in the catalogs of `messages/`."""

from __future__ import annotations

import base64
import gettext
import hashlib
import io
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from .model import PageContent

if TYPE_CHECKING:
    from jinja2 import Environment

_SOURCE = "en"
"""The language of the texts in the templates."""
_ALIASES = {"no": "nb", "nn": "nb", "iw": "he"}


def render_page(template: str, page: PageContent) -> bytes:
    """Return a page as HTML (UTF-8)."""
    found = _open_environment(find_catalog(page.language)).get_template(f"{template}.html")
    return found.render(page=page, style=_style(page.form), style_hash=_hash_style(page.form)).encode(
        "utf-8", "replace"
    )


@cache
def digest_templates() -> str:
    """Return a digest of all templates and catalogs."""
    digest = hashlib.sha256()
    for folder in ("templates", "messages"):
        for one in sorted((files(__package__) / folder).iterdir(), key=lambda path: path.name):
            digest.update(one.read_bytes())
    return digest.hexdigest()


@cache
def find_catalog(language: str) -> str:
    """Return the name of the catalog for a language (BCP 47): English if there is none."""
    name = language.lower().partition("-")[0]
    name = _ALIASES.get(name, name)
    return name if (files(__package__) / "messages" / f"{name}.po").is_file() else _SOURCE


@cache
def _open_environment(language: str) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        loader=PackageLoader(__package__),
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


@cache
def _style(form: bool) -> str:
    names = ["style.css", "form.css"] if form else ["style.css"]
    return "\n".join((files(__package__) / "templates" / name).read_text("utf-8").strip() for name in names)


@cache
def _hash_style(form: bool) -> str:
    """Return the hash of the style for the Content Security Policy, which allows no other style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_style(form).encode()).digest()).decode()
