"""Secrets of a preset, masked in everything that leaves the kind.

Only declared secrets of at least 8 characters are masked, in the forms a server or a library would echo them:
as they are, percent-encoded, escaped for JSON and HTML, hexadecimal, and base64 at any offset.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from qtui.core.job import Value
from qtui.core.template import Template, TemplateError
from qtui.kinds.context import KindContext
from qtui.text import clean, clean_block

MASK = "•••"
MIN_LENGTH = 8


class Redactor:
    """Masks the given secrets; with none it costs nothing."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= MIN_LENGTH for form in _forms(secret)}
        longest_first = sorted((form for form in forms if len(form) >= MIN_LENGTH), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def line(self, foreign: str, limit: int = 300) -> str:
        """Foreign text cleaned for one line; masked before it is cut and after invisible characters are gone."""
        return clean(foreign, limit) if self._pattern is None else self.text(clean(self.text(foreign), limit))

    def block(self, foreign: str, limit: int) -> str:
        """Foreign text of several lines, cleaned."""
        return self.text(clean_block(self.text(foreign), limit))

    def value(self, value: Value) -> Value:
        """A result with the secrets masked in its texts and names."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(inner) for name, inner in value.items()}
        return value


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    written = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms = written | {raw.hex(), raw.hex().upper()}
    for text in written:
        forms |= {html.escape(text), html.escape(text, quote=False)}
        quoted = {quote(text), quote(text, safe=""), quote_plus(text)}
        forms |= quoted | {re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted}
    for offset in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            forms.add(_inner_base64(encode(b"\0" * offset + raw).decode(), offset, len(raw)))
    return forms


def _inner_base64(encoded: str, offset: int, length: int) -> str:
    """The characters that depend on the secret alone, whatever stands before and behind it."""
    start = (0, 2, 3)[offset]
    return encoded[start : (offset + length) * 8 // 6]


def look_up_all(texts: Iterable[str], context: KindContext) -> tuple[list[str], list[str]]:
    """The secrets that templates use, and a sentence for every variable that is missing or cannot be a secret."""
    secrets: dict[str, str] = {}
    problems: dict[str, str] = {}

    def look_up(name: str) -> str:
        try:
            value = context.look_up(name)
        except TemplateError as error:
            problems[name] = str(error)
            return ""
        if name.startswith("secret:"):
            secrets[name] = value
            if len(value) < MIN_LENGTH:
                problems[name] = f"{name} has fewer than {MIN_LENGTH} characters; it could not be kept off the screen"
        return value

    for text in texts:
        template = Template(text)
        template.fill(dict.fromkeys(template.fields, ""), lookup=look_up)
    return list(secrets.values()), list(problems.values())
