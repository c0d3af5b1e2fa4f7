"""An invoice as a PDF, on the paper of the practice's country.

Set in Figtree, the face of the pages. What Figtree lacks (Greek, Cyrillic and more) comes from DejaVu Sans, and what
neither has is shown as U+FFFD: a name never stops an invoice. Both fonts lie in `fonts/`, with their licences.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, gettext, pgettext
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace, TTFFont

from billing.paper import Paper

FONTS = Path(__file__).parent / "fonts"
REGULAR, SEMIBOLD, FALLBACK = "Figtree-Regular.ttf", "Figtree-SemiBold.ttf", "DejaVuSans.ttf"

MARGIN = 20.0  # millimetres, as every length here
LINE = 5.2
INK, SOFT, RULE = (35, 31, 24), (93, 85, 70), (200, 190, 172)
BODY, SMALL, TITLE = 10.0, 8.5, 20.0  # points
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def pdf_of(paper: Paper) -> bytes:
    """The whole file."""
    return bytes(_Sheet(paper).drawn().output())


class _Sheet(FPDF):
    """One invoice being drawn, from the top down."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format=paper.size, unit="mm")
        self.paper = paper
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.c_margin = 0  # every text begins at the margin
        self.add_font("figtree", "", FONTS / REGULAR)
        self.add_font("figtree", "B", FONTS / SEMIBOLD)
        self.add_font("dejavu", "", FONTS / FALLBACK)
        self.set_fallback_fonts(["dejavu"], exact_match=False)
        self.set_title(printable(f"{paper.title}, {paper.organization.name}"))
        self.set_author(printable(paper.organization.name))
        self.set_lang(get_language() or "en")

    def drawn(self) -> "_Sheet":
        self.add_page()
        self._sender()
        self._heading()
        self._lines()
        self._sums()
        self._note()
        return self

    def footer(self) -> None:
        self.set_y(-MARGIN + 6)
        self._pen(SMALL, SOFT)
        page = gettext("Page %(number)s of %(all)s") % {"number": self.page_no(), "all": "{nb}"}
        self.cell(0, LINE, printable(f"{self.paper.title} · ") + page, align="C")

    def _pen(self, size: float, colour: tuple[int, int, int] = INK, *, bold: bool = False) -> None:
        self.set_font("figtree", "B" if bold else "", size)
        self.set_text_color(*colour)

    def _row(self, text: str, **how: Any) -> None:
        self.multi_cell(0, LINE, printable(text), new_x="LMARGIN", new_y="NEXT", **how)

    def _sender(self) -> None:
        place = self.paper.organization
        self._pen(BODY + 2, bold=True)
        self._row(place.name)
        self._pen(BODY, SOFT)
        for line in [*self.paper.address, self.paper.phone, place.reply_to]:
            if line:
                self._row(line)
        self.ln(LINE * 2)

    def _heading(self) -> None:
        self._pen(TITLE, bold=True)
        self.multi_cell(0, 9, printable(self.paper.title), new_x="LMARGIN", new_y="NEXT")
        if self.paper.mark:
            self._pen(BODY + 2, bold=True)
            self._row(self.paper.mark)
        self.ln(LINE / 2)
        for name, words in [(pgettext("invoice", "For"), self.paper.invoice.client.name), *self.paper.facts]:
            self._pen(BODY, SOFT)
            self.cell(32, LINE, printable(name))
            self._pen(BODY)
            self._row(words)
        self.ln(LINE)

    def _lines(self) -> None:
        paper = self.paper
        heads = [gettext("Description"), gettext("Quantity"), gettext("Price"), gettext("Tax"), gettext("Amount")]
        rows = [[line.description, line.quantity, line.unit_price, line.tax, line.net] for line in paper.lines]
        widths, align = [78, 20, 26, 20, 28], ["LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"]
        if not paper.has_tax:
            heads, widths, align = heads[:3] + heads[4:], widths[:3] + widths[4:], align[:4]
            rows = [row[:3] + row[4:] for row in rows]
        self._pen(BODY)
        self.set_draw_color(*RULE)
        with self.table(
            col_widths=widths,
            text_align=align,
            v_align="TOP",
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", size_pt=SMALL, color=SOFT),
            line_height=LINE,
            padding=(1.2, 0),
        ) as table:
            for words in [heads, *rows]:
                row = table.row()
                for each in words:
                    row.cell(printable(each))
        self.ln(LINE / 2)

    def _sums(self) -> None:
        # Kept together: nobody looks for the total overleaf.
        if self.will_page_break(LINE * 1.3 * (len(self.paper.sums) + 1)):
            self.add_page()
        for name, amount in self.paper.sums:
            self._pen(BODY, SOFT)
            self._sum(name, amount)
        self._pen(BODY + 3, bold=True)
        self._sum(*self.paper.total)
        self.ln(LINE)

    def _sum(self, name: str, amount: str) -> None:
        self.cell(self.epw - 45, LINE * 1.3, printable(name), align="R")
        self.cell(45, LINE * 1.3, printable(amount), align="R", new_x="LMARGIN", new_y="NEXT")

    def _note(self) -> None:
        if self.paper.invoice.note:
            self._pen(BODY)
            for line in self.paper.invoice.note.splitlines():
                self._row(line or " ")


@cache
def _covered() -> frozenset[int]:
    """Every code point that one of the fonts draws."""
    sheet = FPDF()
    for name in (REGULAR, FALLBACK):
        sheet.add_font(name, "", FONTS / name)
    return frozenset(code for font in sheet.fonts.values() if isinstance(font, TTFFont) for code in font.cmap)


def printable(text: str) -> str:
    """The text with what no font here can draw shown as U+FFFD, once in a row; what is invisible is left out.

    Composed first: "o" and a combining macron are one letter to whoever reads it, and in the fonts.
    """
    shown: list[str] = []
    for ch in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(ch)
        if kind in {"Cc", "Cf", "Cs"} or (kind == "Mn" and ord(ch) not in _covered()):
            continue
        drawn = ch if ord(ch) in _covered() else UNKNOWN
        if drawn != UNKNOWN or shown[-1:] != [UNKNOWN]:
            shown.append(drawn)
    return "".join(shown)
