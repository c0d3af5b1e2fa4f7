"""Dangerous acts ask first (W2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

Words = str | Promise


def ask(
    request: HttpRequest, *, question: Words, consequence: Words, yes: Words, back: str, danger: bool = True
) -> HttpResponse:
    """A page that asks; the button labelled `yes` posts to the same address, the other goes `back`."""
    words = {"question": question, "consequence": consequence, "yes": yes, "back": back, "danger": danger}
    return render(request, "pages/confirm.html", words)
