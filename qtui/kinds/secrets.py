"""Secrets of a preset, masked in everything that leaves the kind.

Only declared secrets of at least 8 characters are masked, in the forms a server or a library would echo them:
as they are, percent-encoded, escaped for JSON and HTML, hexadecimal, and base64 at any offset.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
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
        self._bytes = sorted((form.encode() for form in longest_first), key=len, reverse=True)
        self._bytes_pattern = re.compile(b"|".join(map(re.escape, self._bytes)))

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

    def stream(self) -> StreamMask | None:
        """Masks a stream of bytes as `text` masks a text; None where there is nothing to mask."""
        return StreamMask(self._bytes, self._bytes_pattern) if self._bytes else None


class StreamMask:
    """Masks what comes in parts: the same bytes come out wherever the parts are cut."""

    def __init__(self, forms: Sequence[bytes], pattern: re.Pattern[bytes]) -> None:
        """`pattern` finds the longest of the forms at a place."""
        self._forms, self._pattern = forms, pattern
        self._held_back = max(map(len, self._forms)) - 1
        """With so many bytes after it, whatever begins here is here whole."""
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """What of `chunk`, and of what was held back before, can be told already."""
        data = self._held + chunk
        sure = max(0, len(data) - self._held_back)
        told, end = self._masked(data, sure)
        self._held = data[end:]
        return told

    def rest(self) -> bytes:
        """What was held back when the stream ended."""
        data, self._held = self._held, b""
        return self._masked(data, len(data))[0]

    def _masked(self, data: bytes, sure: int) -> tuple[bytes, int]:
        """What begins before `sure`, masked, and where it ends."""
        if not any(form in data for form in self._forms):  # far quicker than the pattern, and nearly always so
            return data[:sure], sure
        out, done = bytearray(), 0
        for match in self._pattern.finditer(data):
            if match.start() >= sure:
                break
            out += data[done : match.start()] + MASK.encode()
            done = match.end()
        end = max(sure, done)
        return bytes(out + data[done:end]), end


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
