"""The front page, and the pages that people meet when something is wrong."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings


def test_the_front_page_leads_to_signing_in_the_outbox_and_platform_admin(client: Client, db: None) -> None:
    page = client.get("/").content.decode()
    assert "Nobody misses an appointment because nobody told them" in page
    assert "stays on this machine" in page
    for address in ("/account/login/", "/outbox/", "/outbox/record/", "/admin/"):
        assert f'href="{address}"' in page
        assert client.get(address, follow=True).status_code == 200


def test_where_messages_really_leave_the_front_page_does_not_mention_the_outbox(
    client: Client, settings: Settings
) -> None:
    settings.DELIVERY = "providers"
    page = client.get("/").content.decode()
    assert "outbox" not in page.lower()
    assert "stays on this machine" not in page
    assert 'href="/admin/"' in page


def test_the_front_page_speaks_the_language_of_the_browser(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "fr-CA,fr;q=0.9"}).content.decode()
    assert '<html lang="fr"' in page
    assert "Personne ne manque un rendez-vous" in page


def test_a_wrong_address_is_answered_in_the_same_look(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "There is nothing here" in page
    assert "css/tokens.css" in page
    assert 'href="/"' in page


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("400.html", "This request cannot be answered"),
        ("403.html", "You may not see this"),
        ("403_csrf.html", "The page was open for too long"),
        ("404.html", "There is nothing here"),
        ("500.html", "Something went wrong on our side"),
    ],
)
def test_pages_for_errors_need_nothing_but_themselves(template: str, said: str) -> None:
    # As Django renders them when everything else has failed: no request, no context, no database.
    page = render_to_string(template)
    assert f"<h1>{said}</h1>" in page
    assert 'href="/"' in page


def test_pages_load_only_from_their_own_origin_and_have_nothing_inline(client: Client, db: None) -> None:
    for address in ("/", "/outbox/", "/outbox/record/", "/nowhere/"):
        answer = client.get(address)
        page = answer.content.decode()
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "<style" not in page
        assert " style=" not in page
        assert "//" not in page.replace("<!doctype", "")
        assert "<script>" not in page


def test_every_style_and_icon_that_pages_name_exists() -> None:
    for name in ("css/tokens.css", "css/base.css", "css/components.css", "css/outbox.css", "icons/logo.svg"):
        assert finders.find(name)


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours like #17282a."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _tokens(scheme: str) -> dict[str, str]:
    css = (Path(django_settings.BASE_DIR) / "static/css/tokens.css").read_text()
    light, _media, dark = css.partition("prefers-color-scheme: dark")
    lines = (light if scheme == "light" else dark).splitlines()
    named = [
        line.strip().rstrip(";").partition(": ") for line in lines if line.strip().startswith("--") and "#" in line
    ]
    return {name: value for name, _colon, value in named}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("--ink", "--page", 7),
        ("--ink", "--surface", 7),
        ("--ink", "--sunken", 7),
        ("--ink", "--bubble", 7),
        ("--ink", "--brand-wash", 7),
        ("--soft", "--page", 4.5),
        ("--soft", "--surface", 4.5),
        ("--soft", "--sunken", 4.5),
        ("--soft", "--brand-wash", 4.5),
        ("--soft", "--quiet-wash", 4.5),
        ("--brand", "--page", 4.5),
        ("--brand", "--surface", 4.5),
        ("--on-brand", "--brand", 4.5),
        ("--on-brand", "--brand-strong", 4.5),
        ("--brand-strong", "--brand-wash", 4.5),
        ("--good", "--good-wash", 4.5),
        ("--wait", "--wait-wash", 4.5),
        ("--bad", "--bad-wash", 4.5),
        ("--field-line", "--surface", 3),
    ],
)
def test_colours_can_be_told_apart_in_both_schemes_W1(scheme: str, ink: str, ground: str, least: float) -> None:
    tokens = _tokens(scheme)
    assert _contrast(tokens[ink], tokens[ground]) >= least
