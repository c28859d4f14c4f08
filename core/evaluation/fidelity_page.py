"""The report about a head as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

Longer than usual: each section is a few lines of its one page.
"""

from __future__ import annotations

import base64
import io
import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.evaluation.fidelity import IDENTITY_DEGREES, SAME_PERSON
from core.evaluation.front_figures import MOST_DIFFERENCE
from core.rendering.seen import heat_colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from core.evaluation.fidelity import Fidelity
    from core.evaluation.front_figures import Figure

JPEG_QUALITY = 92
CHART_WIDTH, CHART_HEIGHT, CHART_MARGIN = 720, 210, 40
MOST_DISTANCE = 0.8
"""Top of the chart of identity."""
_STYLE = """
:root{color-scheme:light dark;--ground:#f6f6f4;--panel:#fff;--ink:#1d1f22;--soft:#666a70;--rule:#dcdcd8;
--accent:#16877a;--bad:#b3492d;--good:#16877a}
@media(prefers-color-scheme:dark){:root{--ground:#17181a;--panel:#212326;--ink:#ececee;--soft:#9a9ea5;--rule:#35383c;
--accent:#3cbfac;--bad:#e58a6b;--good:#3cbfac}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:30px;line-height:1.2;margin:0 0 4px;font-weight:650;letter-spacing:-.01em}
h2{font-size:19px;margin:0 0 14px;font-weight:620}
p{margin:0 0 12px;max-width:74ch}.soft{color:var(--soft)}
section{background:var(--panel);border:1px solid var(--rule);border-radius:14px;padding:24px;margin-top:20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(168px,44%),1fr));gap:14px;margin-top:24px}
.tile{background:var(--panel);border:1px solid var(--rule);border-radius:14px;padding:16px 18px}
.tile b{display:block;font-size:28px;line-height:1.25;font-weight:650}.tile span{color:var(--soft);font-size:14px}
.bad{color:var(--bad)}.good{color:var(--good)}
.row{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(170px,1fr))}
.strip{display:grid;gap:12px;grid-template-columns:repeat(auto-fill,minmax(min(210px,40%),1fr))}
figure{margin:0}figure img{display:block;width:100%;height:auto;
border:1px solid var(--rule);border-radius:10px;background:#fff}
figcaption{color:var(--soft);font-size:13px;margin-top:6px}
table{border-collapse:collapse;width:100%;margin-top:18px}
th,td{text-align:left;vertical-align:top;padding:10px 14px 10px 0;border-top:1px solid var(--rule);font-size:15px}
th{font-weight:600;color:var(--soft);font-size:13px;border-top:0}
td.b{vertical-align:middle}td.n{font-variant-numeric:tabular-nums;white-space:nowrap;font-weight:620}
.wide{overflow-x:auto}.wide table{min-width:600px}td small{color:var(--soft);font-size:13.5px}
.bar{height:8px;border-radius:4px;background:var(--rule);overflow:hidden;min-width:120px}
.bar i{display:block;height:100%;background:var(--accent)}
.scale{height:12px;border-radius:6px;max-width:320px}.ends{display:flex;justify-content:space-between;max-width:320px}
ul{margin:0;padding-left:20px}li{margin-bottom:6px}svg{max-width:100%;height:auto;display:block}
svg text{fill:var(--soft);font:12px system-ui,sans-serif}
@media print{section,.tile{break-inside:avoid}}
"""


def html_of(found: Fidelity, title: str) -> str:
    """The report as HTML.

    Args:
        found: what was measured.
        title: of the head, for people.
    """
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            '<p class="soft">How far this head can be trusted. Made by Volteface.</p>',
            _tiles(found),
            _front(found),
            _around(found),
            _seen(found),
            _hidden(found),
            _made(found),
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} - fidelity</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def picture_uri(picture: NDArray[np.uint8]) -> str:
    """A picture [H, W, 3] as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def summary(found: Fidelity) -> tuple[tuple[str, str, bool | None], ...]:
    """The few figures that come first: value, what it is, and whether it is good, bad or neither."""
    by_key = {one.key: one for one in found.figures}
    look, face = by_key["lpips"], by_key["identity"]
    same = face.value < SAME_PERSON if math.isfinite(face.value) else None
    what = "LPIPS in front, laid-on photo included" if look.bare is not None else "LPIPS in front"
    model = ((look.shown_bare, "LPIPS in front of the model alone", None),) if look.bare is not None else ()
    share = (
        ((f"{found.seen:.0%}", "of the head was seen; the rest is guessed", None),) if found.seen is not None else ()
    )
    count = len(found.rear.findings)
    faults = "No fault" if not count else "1 fault" if count == 1 else f"{count} faults"
    return (
        (look.shown, what, None),
        *model,
        (face.shown, f"identity distance in front; same person below {SAME_PERSON}", same),
        *share,
        (faults, "on the side that no photo shows", found.rear.is_clean),
    )


def _tiles(found: Fidelity) -> str:
    tiles = [
        f'<div class="tile"><b{_judged(good)}>{escape(value)}</b><span>{escape(what)}</span></div>'
        for value, what, good in summary(found)
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _judged(good: bool | None) -> str:
    return "" if good is None else ' class="good"' if good else ' class="bad"'


def _front(found: Fidelity) -> str:
    pictures = [
        _figure(found.photo, "The photo's person"),
        _figure(found.render, "The head from the photo's camera"),
        *([] if found.bare_render is None else [_figure(found.bare_render, "The model alone, without the photo")]),
        _figure(found.difference, f"Difference of photo and head: black is none, white {MOST_DIFFERENCE:.0%} or more"),
    ]
    has_bare = any(one.bare is not None for one in found.figures)
    head = "<th>Measure</th><th>As shown</th>" + ("<th>Model alone</th>" if has_bare else "") + "<th>What it means</th>"
    rows = "".join(_figure_row(one, has_bare=has_bare) for one in found.figures)
    notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
    return (
        f'<section><h2>In front, where the photo was taken</h2>{notes}<div class="row">{"".join(pictures)}</div>'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _figure_row(one: Figure, *, has_bare: bool) -> str:
    bare = f'<td class="n">{escape(one.shown_bare)}</td>' if has_bare else ""
    return (
        f'<tr><td>{escape(one.title)}</td><td class="n">{escape(one.shown)}</td>{bare}'
        f"<td><small>{escape(one.meaning)}</small></td></tr>"
    )


def _around(found: Fidelity) -> str:
    return (
        f"<section><h2>From all around</h2>{_strip(found.turntable)}"
        '<h2 style="margin-top:26px">Is it still the same person?</h2>'
        "<p>Distance of dlib's face embedding between the photo and the head turned to each side. Below "
        f"{SAME_PERSON} the recogniser says the same person; it was made for faces that look ahead, so even true "
        "pictures of one person drift apart as they turn. At 0° the head is seen from straight ahead, which is seldom "
        "where the photo was taken from.</p>"
        f"{identity_chart(found.identity)}</section>"
    )


def identity_chart(identity: Mapping[int, float]) -> str:
    """Distances by yaw as an SVG."""
    low, high = min(IDENTITY_DEGREES), max(IDENTITY_DEGREES)

    def place(yaw: float, value: float) -> tuple[float, float]:
        x = CHART_MARGIN + (yaw - low) / (high - low) * (CHART_WIDTH - 2 * CHART_MARGIN)
        y = CHART_HEIGHT - CHART_MARGIN - min(value, MOST_DISTANCE) / MOST_DISTANCE * (CHART_HEIGHT - 2 * CHART_MARGIN)
        return x, y

    known = [(yaw, value) for yaw, value in sorted(identity.items()) if math.isfinite(value)]
    points = [place(yaw, value) for yaw, value in known]
    same = place(low, SAME_PERSON)[1]
    base = place(low, 0)[1]
    parts = [
        f'<line x1="{CHART_MARGIN}" x2="{CHART_WIDTH - CHART_MARGIN}" y1="{base}" y2="{base}" stroke="var(--rule)"/>',
        f'<line x1="{CHART_MARGIN}" x2="{CHART_WIDTH - CHART_MARGIN}" y1="{same:.1f}" y2="{same:.1f}" '
        'stroke="var(--bad)" stroke-dasharray="4 5"/>',
        f'<text x="{CHART_WIDTH / 2}" y="{same - 6:.1f}" text-anchor="middle">'
        f"below {SAME_PERSON}: the same person</text>",
        f'<text x="{CHART_MARGIN - 12}" y="{base + 4:.1f}" text-anchor="end">0</text>',
        f'<text x="{CHART_MARGIN - 12}" y="{same + 4:.1f}" text-anchor="end">{SAME_PERSON}</text>',
        f'<polyline fill="none" stroke="var(--accent)" stroke-width="2" points="{_joined(points)}"/>',
    ]
    for (_, value), (x, y) in zip(known, points, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="var(--accent)"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{value:.2f}</text>')
    for yaw in IDENTITY_DEGREES:
        x = place(yaw, 0)[0]
        shown = f"{yaw}°" if math.isfinite(identity.get(yaw, math.nan)) else f"{yaw}° no face"
        parts.append(f'<text x="{x:.1f}" y="{CHART_HEIGHT - 10}" text-anchor="middle">{shown}</text>')
    label = "Identity distance by yaw: " + ", ".join(f"{yaw} degrees {value:.2f}" for yaw, value in known)
    return (
        f'<svg viewBox="0 0 {CHART_WIDTH} {CHART_HEIGHT}" width="{CHART_WIDTH}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _seen(found: Fidelity) -> str:
    if found.seen is None:
        return ""
    stops = ",".join(_hex(colour) for colour in heat_colours(np.linspace(0, 1, 9)))
    bars = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{share:.0%}</td>'
        f'<td class="b"><div class="bar"><i style="width:{100 * share:.0f}%"></i></div></td></tr>'
        for name, share in {"Whole head": found.seen, **found.seen_by_part}.items()
    )
    return (
        "<section><h2>Seen or guessed</h2><p>Yellow is what the photo shows squarely, violet what the model made up; "
        "between them lies what the photo shows aslant. Shares are of the surface, by area, clothes left out.</p>"
        f"{_strip(found.heat)}"
        f'<div class="scale" style="margin-top:16px;background:linear-gradient(90deg,{stops})"></div>'
        '<div class="ends soft"><span>guessed</span><span>seen</span></div>'
        f"<table><tbody>{bars}</tbody></table></section>"
    )


def _hidden(found: Fidelity) -> str:
    if found.rear.is_clean:
        told = f'<p class="good">{escape(found.rear.in_words)}</p>'
    else:
        items = "".join(f"<li>{escape(one.sentence)}</li>" for one in found.rear.findings)
        told = (
            f'<ul class="bad">{items}</ul><p style="margin-top:12px">"Repair the hidden side" in Volteface, or '
            "<code>volteface repair</code>, makes that side up again; the front stays.</p>"
        )
    return (
        f"<section><h2>The side that no photo shows</h2>{told}"
        '<p class="soft">A face detector and a parser looked at the head from five sides behind; where the model names '
        "parts, its own labels were searched in space; outlines were searched for holes, and space for what floats. "
        "Such checks can be wrong either way.</p></section>"
    )


def _made(found: Fidelity) -> str:
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in found.facts)
    return f"<section><h2>How it was made</h2><table><tbody>{rows}</tbody></table></section>"


def _strip(pictures: Mapping[int, NDArray[np.uint8]]) -> str:
    return f'<div class="strip">{"".join(_figure(one, f"{yaw}°") for yaw, one in pictures.items())}</div>'


def _figure(picture: NDArray[np.uint8], caption: str) -> str:
    text = escape(caption)
    return f'<figure><img alt="{text}" src="{picture_uri(picture)}"><figcaption>{text}</figcaption></figure>'


def _joined(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _hex(colour: NDArray[np.float32]) -> str:
    red, green, blue = (round(float(channel) * 255) for channel in colour.ravel())
    return f"#{red:02x}{green:02x}{blue:02x}"
