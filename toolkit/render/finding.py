"""What the checks have to say: errors, warnings and notes under their headings."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.planning.change import Finding
from toolkit.render.theme import Look, cells, fold, pad, paint, plain, signs

_HEADINGS = (
    ("error", "Errors", "x", "red"),
    ("warning", "Warnings", "!", "yellow"),
    ("note", "Notes", "-", "cyan"),
)


def finding_text(findings: Sequence[Finding], look: Look) -> str:
    """The gravest first, those of one severity in the order given; "" if there are none.

    A severity that nobody knows is shown as a note.
    """
    known = {severity for severity, *_ in _HEADINGS}
    parts = []
    for severity, heading, sign, style in _HEADINGS:
        mine = [
            f for f in findings if f.severity == severity or (severity == "note" and f.severity not in known)
        ]
        if mine:
            parts.append(paint(heading, "bold", look) + "\n" + "".join(_lines(mine, sign, style, look)))
    return "\n".join(parts)


def _lines(findings: Sequence[Finding], sign: str, style: str, look: Look) -> list[str]:
    width = min(max(cells(plain(finding.code)) for finding in findings), 24)
    # On a narrow screen the code stands alone, the sentence under it.
    is_narrow = look.width is not None and look.width < width + 40
    lines = []
    for finding in findings:
        code = plain(finding.code)
        about = f"{plain(finding.target)}: " if finding.target else ""
        sentence = about + plain(finding.sentence)
        head = f"  {paint(sign, style, look)} {code if is_narrow else pad(code, width)}"
        indent = 6 if is_narrow else 6 + width
        text = fold(sentence, look.width, first=indent, rest=indent)
        lines.append(f"{head}\n      {text}\n" if is_narrow else f"{head}  {text}\n")
        if finding.way_out:
            arrow = signs(look).arrow
            further = indent + len(arrow) + 1
            lines.append(
                f"{' ' * indent}{arrow} {fold(plain(finding.way_out), look.width, first=further, rest=further)}\n"
            )
    return lines
