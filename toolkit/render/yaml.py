"""YAML that comes back identical from any reader, be it of version 1.1 or 1.2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.render.theme import Look, is_harmful, json_safe

# Anything that is not plainly a word is quoted; so are the words that some version of YAML reads otherwise.
_WORD = re.compile(r"[A-Za-z][\w .,/()-]*", re.ASCII)
_KEYWORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])


def yaml_text(data: Any, look: Look) -> str:
    """One document, ending in a line break. Keys keep their order, nothing is folded."""
    import io

    from ruamel.yaml import YAML
    from ruamel.yaml.representer import SafeRepresenter

    class Representer(SafeRepresenter):
        def ignore_aliases(self, data: Any) -> bool:
            # Otherwise an object that occurs twice is written once, and referred to.
            return True

        def represent_string(self, text: str) -> Any:
            return self.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))

    Representer.add_representer(str, Representer.represent_string)

    writer: Any = YAML(typ="safe", pure=True)
    writer.Representer = Representer
    writer.default_flow_style = False
    writer.allow_unicode = look.unicode
    writer.sort_base_mapping_type_on_output = False
    writer.width = 2**31
    buffer = io.StringIO()
    writer.dump(_ordinary(data), buffer)
    # What is harmful stands within double quotes only, where YAML reads the same escape as JSON.
    return json_safe(buffer.getvalue().removesuffix("...\n"))


def _style(text: str) -> str | None:
    if _WORD.fullmatch(text) and text.lower() not in _KEYWORDS and not text.endswith(" "):
        return None
    return "|" if "\n" in text and _is_readable_block(text) else '"'


def _is_readable_block(text: str) -> bool:
    """Whether it can be shown line by line: a mail's body, say."""
    lines = text.split("\n")
    return (
        not is_harmful(text)
        and not any(c < " " and c != "\n" for c in text)
        and bool(lines[0].strip())
        and not any(line != line.rstrip() for line in lines)
        and not text.startswith(" ")
    )


def _ordinary(data: Any) -> Any:
    """Plain dicts and lists: the writer knows no others."""
    if isinstance(data, Mapping):
        return {key: _ordinary(value) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [_ordinary(value) for value in data]
    return data
