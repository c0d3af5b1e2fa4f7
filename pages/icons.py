"""Icons: small SVG drawings in static/icons/, put into the page itself so that they take the colour of its words."""

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe


@cache
def icon(name: str) -> SafeString:
    """The drawing, hidden from screen readers: words stand beside it. Raises ValueError for one that is not there."""
    file = finders.find(f"icons/{name}.svg") if re.fullmatch(r"[a-z0-9-]+", name) else None
    if not isinstance(file, str):
        raise ValueError(f"There is no icon called {name!r} in static/icons/.")
    drawing = Path(file).read_text(encoding="utf-8")
    svg = re.sub(r"<!--.*?-->|\s*(?:class|xmlns)=\"[^\"]*\"", "", drawing, flags=re.DOTALL)
    svg = " ".join(svg.split()).replace("<svg ", '<svg class="icon" aria-hidden="true" focusable="false" ', 1)
    return mark_safe(svg)  # noqa: S308 (a file of the house, none of a visitor's words in it)
