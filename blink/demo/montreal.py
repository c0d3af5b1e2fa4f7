"""The Canadian practice: French-speaking, in Québec. A STOP, and a number that only looks Canadian."""

from datetime import datetime

from accounts.models import Plan, TextStop, User
from accounts.tenancy import within
from blink.demo import assignments, story, talks
from blink.demo.building import CHOSE, Builder, open_practice
from blink.demo.invoices import billed, draft


def build(now: datetime, password_hash: str, elio: User) -> None:
    """`elio` has a login in Seattle as well."""
    organization = open_practice(
        now,
        name="Clinique du Vieux-Tilleul",
        slug="vieux-tilleul",
        street="2175, rue des Érables-Rouges",
        street2="Bureau 300",
        city="Montréal",
        region="QC",
        postal_code="H2X 1Y4",
        country="CA",
        time_zone="America/Toronto",  # Montréal's own name for it is only an alias
        phone="514 555-0100",
        reply_to="bonjour@vieuxtilleul.example",
        plan=Plan.PRO,
    )
    with within(organization):
        _fill(Builder(organization, now, password_hash), elio)


def _fill(practice: Builder, elio: User) -> None:
    genevieve = practice.staff(
        "Geneviève Lachapelle",
        "genevieve@vieuxtilleul.example",
        language="fr",
        is_organization_admin=True,
        is_user_admin=True,
        is_schedule_admin=True,
    )
    practice.staff("Maëlle Trépanier", "maelle@vieuxtilleul.example", language="fr", is_schedule_admin=True)
    etienne = practice.staff("Étienne Bourassa", "etienne@vieuxtilleul.example", language="fr")

    # Both parents want texts; the father's number replied STOP (T6). The story cancels this one.
    emile = practice.client("Émile", "Gagnon", "2016-03-18", etienne)
    practice.login(
        "Solange Gagnon", "solange.gagnon@courriel.example", emile, phone="514 555-0111", text=True, language="fr"
    )
    practice.login(
        "Sylvain Gagnon", "sylvain.gagnon@courriel.example", emile, phone="514 555-0112", text=True, language="fr"
    )
    TextStop.objects.stop("514 555-0112", at=practice.now - CHOSE)
    practice.text_in(0, emile, etienne, location="Salle 3", uid=story.CANCELLED)

    # Ten digits, but of Jamaica (T3); and a grandmother.
    anais = practice.client("Anaïs", "Dufresne", "2014-12-02", genevieve)
    practice.login("Marcia Dufresne", "marcia.dufresne@courriel.example", anais, phone="876 555-0121", text=True)
    practice.login("Odette Dufresne", "odette.dufresne@courriel.example", anais, phone="438 555-0122", language="fr")
    practice.text_in(1, anais, genevieve, location="Salle 1")

    luc = practice.client("Luc", "Desrosiers", "1983-06-29", genevieve)
    practice.login(
        "Luc Desrosiers", "luc.desrosiers@courriel.example", luc, phone="438 555-0131", text=True, language="fr"
    )
    practice.email_in(0, luc, genevieve, location="Salle 1")

    noe = practice.client("Noé", "Iversen", "2019-05-08", etienne)
    practice.login("Elio Iversen", elio, noe, phone="(206) 555-0171", text=True)
    practice.email_in(4, noe, etienne, location="Salle 3")

    maude = practice.client("Maude", "Thivierge", "2011-02-11", etienne)
    practice.login(
        "Réjean Thivierge", "rejean.thivierge@courriel.example", maude, phone="514 555-0141", text=True, language="fr"
    )

    for client, staff, weekday, at in [
        (emile, etienne, 1, "15:30"),
        (noe, etienne, 2, "09:30"),
        (maude, etienne, 3, "16:00"),
        (anais, genevieve, 0, "16:30"),
        (luc, genevieve, 4, "12:00"),
    ]:
        practice.weekly(client, staff, weekday, at)
    practice.weekly(maude, genevieve, 0, "10:00")
    practice.weekly(maude, genevieve, 2, "14:00")
    talks.hold(practice, talks.MONTREAL)
    assignments.give(practice, assignments.MONTREAL)

    # Care is exempt from tax, a workshop is not: TPS and TVQ together. One invoice is issued as the demo begins (N2).
    seance, atelier = ("Séance individuelle, 50 minutes", "1", "130.00"), ("Atelier de gestion", "1", "89.95", "14.975")
    billed(practice, emile, genevieve, seance, seance, ago=58, paid_after=12)
    billed(practice, luc, genevieve, seance, atelier, ago=47)
    billed(practice, noe, genevieve, seance, ago=33, void=True)
    billed(practice, maude, genevieve, seance, seance, atelier, ago=15, note="Payable par virement Interac.")
    draft(practice, emile, genevieve, seance, seance)
    draft(practice, anais, genevieve, seance, atelier, note="Payable par virement Interac.").issue(
        by=genevieve, at=practice.now
    )
