"""Staff read and act: the list, one invoice, issuing, payment, voiding, deleting (W, W2, W3)."""

from datetime import timedelta

import pytest
from django.template import RequestContext, Template
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import timezone

from accounts.features import Channel, Feature
from accounts.models import FeatureToggle, Role
from accounts.tenancy import within
from billing.models import Invoice
from notifications.delivery import deliver_batch
from notifications.models import Notification
from tests.billing.invoicing import make_draft, make_issued, make_line, make_overdue
from tests.conftest import Practice, choose, make_client, make_login
from tests.pages import same_queries, signed_in


@pytest.fixture
def owner(practice: Practice) -> Browser:
    return signed_in(practice.owner)


def fresh(invoice: Invoice) -> Invoice:
    with within(invoice.organization_id):
        return Invoice.objects.get(pk=invoice.pk)


def page(browser: Browser, url: str) -> str:
    response = browser.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()


def asked_and_done(browser: Browser, url: str, **typed: str) -> str:
    """What the page that asks says; then yes. Returns it, and the page that it leads to."""
    asked = page(browser, url)
    return asked + browser.post(url, typed, follow=True).content.decode()


# --- the list


def test_the_list_shows_what_is_owed_and_marks_what_is_overdue(practice: Practice, owner: Browser) -> None:
    make_draft(practice, make_line(price="999"))
    make_overdue(practice, make_line(price="1000.50"))
    make_issued(practice, make_line(price="250"))
    shown = page(owner, "/invoices/")
    assert "$1,250.50" in shown
    assert shown.count("$1,000.50") == 2  # its row, and what is overdue
    assert "Overdue</span>" in shown
    assert "Mia Rivera" in shown
    assert shown.index("0002") < shown.index("0001"), "the newest first"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["", "0004", "0003", "0002", "0001"]),
        ("status=unpaid", ["0001", "0002"]),
        ("status=overdue", ["0001"]),
        ("status=draft", [""]),
        ("status=paid", ["0003"]),
        ("status=void", ["0004"]),
        ("status=nonsense", ["", "0004", "0003", "0002", "0001"]),
        ("q=riv", ["", "0004", "0003", "0001"]),
        ("q=noah", ["0002"]),
        ("q=0003", ["0003"]),
        ("q=3", ["0003"]),
        ("q=noah&status=paid", []),
        ("page=99", ["", "0004", "0003", "0002", "0001"]),
    ],
)
def test_the_list_is_searched_and_narrowed_W2(
    practice: Practice, owner: Browser, query: str, numbers: list[str]
) -> None:
    noah = make_client(practice.organization, "Noah")
    make_overdue(practice)
    make_issued(practice, client=noah)
    paid, void = make_issued(practice), make_issued(practice)
    with within(practice.organization):
        paid.mark_paid(on=timezone.localdate(), by=practice.owner)
        void.void(by=practice.owner)
    make_draft(practice)
    response = owner.get(f"/invoices/?{query}")
    assert [invoice.label for invoice in response.context["listing"].rows] == numbers


def test_searching_keeps_the_tab(practice: Practice, owner: Browser) -> None:
    assert '<input type="hidden" name="status" value="paid">' in page(owner, "/invoices/?status=paid")


def test_an_empty_list_says_what_to_do_next_W2(practice: Practice, owner: Browser) -> None:
    assert "No invoices yet" in page(owner, "/invoices/")
    assert "Try fewer letters" in page(owner, "/invoices/?q=zebra")


def test_fifty_to_a_page(practice: Practice, owner: Browser) -> None:
    for _ in range(51):
        make_draft(practice)
    assert "Page 1 of 2" in page(owner, "/invoices/")
    assert "Page 2 of 2" in page(owner, "/invoices/?page=2")


def test_staff_see_invoices_of_their_own_clients_alone_and_sums_of_these_S3(practice: Practice) -> None:
    make_issued(practice, make_line(price="10"))
    make_issued(practice, make_line(price="500"), client=make_client(practice.organization, "Noah"))
    shown = page(signed_in(practice.therapist), "/invoices/")
    assert "$10.00" in shown
    assert "500" not in shown
    assert "Noah" not in shown


def test_nothing_of_another_practice_is_on_any_page_S1(
    practice: Practice, other_practice: Practice, owner: Browser
) -> None:
    theirs = make_overdue(other_practice, make_line("Secret session", "321"))
    assert "321" not in page(owner, "/invoices/") + page(owner, "/")
    for act in ("", "edit/", "issue/", "paid/", "unpaid/", "void/", "delete/", "print/", "pdf"):
        assert owner.get(f"/invoices/{theirs.pk}/{act}").status_code == 404
        assert owner.post(f"/invoices/{theirs.pk}/{act}").status_code in (404, 405)
    assert owner.get(f"/invoices/new/?client={other_practice.child.pk}").status_code == 404
    assert fresh(theirs).is_unpaid


@pytest.mark.parametrize("url", ["/invoices/", "/invoices/?status=unpaid", "/"])
def test_lists_cost_the_same_with_fifty_rows(practice: Practice, url: str) -> None:
    """Each of a client of its own, overdue, so that the home page has them too."""

    def add(number: int) -> None:
        make_overdue(practice, client=make_client(practice.organization, f"Child {number}"))

    same_queries(signed_in(practice.owner), url, add)


def test_an_invoice_costs_the_same_with_fifty_lines(practice: Practice, owner: Browser) -> None:
    invoice = make_draft(practice)

    def write(number: int) -> None:
        with within(practice.organization):
            invoice.rewrite(due_on=invoice.due_on, note="", lines=[make_line(str(each)) for each in range(number + 1)])

    same_queries(owner, f"/invoices/{invoice.pk}/", write)


# --- one invoice


def test_an_invoice_looks_like_its_paper(practice: Practice, owner: Browser) -> None:
    lines = make_line(price="120", quantity="1.5"), make_line("Report", "80", tax_rate="14.975")
    invoice = make_issued(practice, *lines, note="By card, please.\nThank you.")
    shown = page(owner, f"/invoices/{invoice.pk}/")
    for words in (
        "Invoice 0001",
        "1 Pier Road",
        "Seattle, WA 98101",
        "Mia Rivera",
        "Family session",
        "$180.00",
        "14.975%",
        "Before tax",
        "$260.00",
        "Tax, 14.975% of $80.00",
        "$11.98",
        "Total in USD",
        "$271.98",
        "By card, please.<br>Thank you.",
        "Drafted by Olive Owner",
        "Issued by Olive Owner",
    ):
        assert words in shown, words


def test_an_invoice_says_who_was_told_and_who_was_not_L1(practice: Practice, owner: Browser) -> None:
    choose(practice.dad, Channel.EMAIL, on=False, feature=Feature.INVOICES)
    invoice = make_issued(practice)
    while deliver_batch():
        pass
    shown = page(owner, f"/invoices/{invoice.pk}/")
    assert "Email: Sent" in shown
    assert "Email: Not emailed: this login has it turned off" in shown


# --- acts


def test_issuing_asks_first_says_who_will_be_told_and_tells_them_N2(practice: Practice, owner: Browser) -> None:
    choose(practice.mom, Channel.TEXT, feature=Feature.INVOICES)
    choose(practice.dad, Channel.EMAIL, on=False, feature=Feature.INVOICES)
    invoice = make_draft(practice)
    asked = page(owner, f"/invoices/{invoice.pk}/issue/")
    assert fresh(invoice).is_draft, "asking does nothing"
    told, not_told = asked.split("Daniel Rivera")
    assert "Maria Rivera" in told
    assert ">Email</span>" in told
    assert ">Text</span>" in told
    assert "Not emailed: this login has it turned off" in not_told
    done = owner.post(f"/invoices/{invoice.pk}/issue/", follow=True).content.decode()
    assert "Invoice 0001 is issued." in done
    with within(practice.organization):
        assert Notification.objects.filter(kind="invoice.issued", login=practice.mom).count() == 2


def test_what_issuing_foretells_is_what_happens_L3(practice: Practice, owner: Browser) -> None:
    choose(practice.mom, Channel.TEXT, feature=Feature.INVOICES)
    choose(practice.dad, Channel.EMAIL, on=False, feature=Feature.INVOICES)
    invoice = make_draft(practice)
    response = owner.get(f"/invoices/{invoice.pk}/issue/")
    foretold = {each.login.name: (sorted(each.channels), sorted(each.why_not)) for each in response.context["foretold"]}
    owner.post(f"/invoices/{invoice.pk}/issue/")
    while deliver_batch():
        pass
    with within(practice.organization):
        for login in (practice.mom, practice.dad):
            rows = list(Notification.objects.filter(login=login, kind="invoice.issued"))
            sent = sorted(row.get_channel_display() for row in rows if row.state == "sent")
            assert (sent, sorted(row.words for row in rows if row.state != "sent")) == foretold[login.name]


def test_issuing_for_nobody_says_so(practice: Practice, owner: Browser) -> None:
    invoice = make_draft(practice, client=make_client(practice.organization, "Noah"))
    assert "no active login belongs to this client" in page(owner, f"/invoices/{invoice.pk}/issue/")


def test_a_draft_whose_due_date_has_passed_leads_to_where_it_is_mended(practice: Practice, owner: Browser) -> None:
    invoice = make_draft(practice, due_in=-1)
    response = owner.post(f"/invoices/{invoice.pk}/issue/", follow=True)
    assert response.redirect_chain[-1][0] == f"/invoices/{invoice.pk}/edit/"
    assert "a due date that is not past" in response.content.decode()
    assert fresh(invoice).is_draft


def test_marking_as_paid_takes_the_day(practice: Practice, owner: Browser) -> None:
    invoice = make_issued(practice)
    yesterday = timezone.localdate(timezone=practice.organization.zone) - timedelta(days=1)
    done = asked_and_done(owner, f"/invoices/{invoice.pk}/paid/", paid_on=yesterday.isoformat())
    assert "Invoice 0001 is marked as paid." in done
    assert fresh(invoice).paid_on == yesterday
    assert fresh(invoice).paid_by_id == practice.owner.pk


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", "This field is required."), ("2999-01-01", "This day is still to come."), ("soon", "Enter a valid date.")],
)
def test_a_day_of_payment_that_cannot_be_is_said_beside_the_field_and_kept_W2(
    practice: Practice, owner: Browser, typed: str, problem: str
) -> None:
    invoice = make_issued(practice)
    shown = owner.post(f"/invoices/{invoice.pk}/paid/", {"paid_on": typed}).content.decode()
    assert problem in shown
    assert not typed or f'value="{typed}"' in shown
    assert fresh(invoice).is_unpaid


def test_voiding_unpaying_and_deleting_ask_first_and_confirm_themselves_W2(practice: Practice, owner: Browser) -> None:
    invoice, draft = make_issued(practice), make_draft(practice)
    with within(practice.organization):
        invoice.mark_paid(on=timezone.localdate(), by=practice.owner)
    done = asked_and_done(owner, f"/invoices/{invoice.pk}/unpaid/")
    assert "not paid after all?" in done
    assert "Invoice 0001 is unpaid again." in done
    done = asked_and_done(owner, f"/invoices/{invoice.pk}/void/")
    assert "Void invoice 0001?" in done
    assert "Invoice 0001 is void." in done
    done = asked_and_done(owner, f"/invoices/{draft.pk}/delete/")
    assert "Delete this draft for Mia Rivera?" in done
    assert "The draft is deleted." in done
    with within(practice.organization):
        assert [each.status for each in Invoice.objects.all()] == ["void"]


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        ("draft", ["paid", "unpaid", "void"]),
        ("issued", ["issue", "unpaid", "delete"]),
        ("paid", ["issue", "paid", "void", "delete", "edit"]),
        ("void", ["issue", "paid", "unpaid", "void", "delete", "edit"]),
    ],
)
def test_what_cannot_be_done_now_is_said_and_changes_nothing(
    practice: Practice, owner: Browser, state: str, acts: list[str]
) -> None:
    invoice = make_draft(practice) if state == "draft" else make_issued(practice)
    with within(practice.organization):
        if state == "paid":
            invoice.mark_paid(on=timezone.localdate(), by=practice.owner)
        if state == "void":
            invoice.void(by=practice.owner)
    for act in acts:
        for method in (owner.get, owner.post):
            response = method(f"/invoices/{invoice.pk}/{act}/", {"paid_on": "2026-01-01"}, follow=True)
            assert response.redirect_chain == [(f"/invoices/{invoice.pk}/", 302)]
            assert 'class="flash warning"' in response.content.decode()
    assert fresh(invoice).status == state


def test_staff_without_the_client_cannot_act_S3(practice: Practice) -> None:
    invoice = make_issued(practice)
    colleague = signed_in(make_login(practice.organization, "Cleo Colleague", Role.STAFF))
    for act in ("void", "paid", "edit", "issue", "delete", "unpaid"):
        assert colleague.post(f"/invoices/{invoice.pk}/{act}/").status_code == 404
    assert fresh(invoice).is_unpaid


# --- the feature, the menu, the panels


def test_where_the_feature_is_off_nothing_of_it_is_left_O2_O3(practice: Practice, owner: Browser) -> None:
    invoice = make_overdue(practice)
    mom = signed_in(practice.mom)
    assert "/invoices/" in page(owner, "/")
    assert "/my/invoices/" in page(mom, "/")
    with within(practice.organization):
        FeatureToggle.objects.turn(Feature.INVOICES, on=False)
    assert "nvoice" not in page(owner, "/") + page(mom, "/")
    for browser, urls in ((owner, ["", "new/", f"{invoice.pk}/", f"{invoice.pk}/pdf"]), (mom, [])):
        assert [browser.get(f"/invoices/{url}").status_code for url in urls] == [404] * len(urls)
    for url in ("", f"{invoice.pk}/", f"{invoice.pk}/print/", f"{invoice.pk}/pdf"):
        assert mom.get(f"/my/invoices/{url}").status_code == 404
    with within(practice.organization):
        FeatureToggle.objects.turn(Feature.INVOICES, on=True)
    assert "0001" in page(owner, "/invoices/")


def test_home_shows_what_is_overdue_and_what_waits_to_be_issued(practice: Practice, owner: Browser) -> None:
    assert "Drafts, not issued yet" not in page(owner, "/")
    late, draft = make_overdue(practice), make_draft(practice)
    make_issued(practice)
    shown = page(owner, "/")
    assert f"/invoices/{late.pk}/" in shown
    assert f"/invoices/{draft.pk}/" in shown
    assert "0002" not in shown, "what is neither needs nobody today"


def test_the_page_of_a_client_has_a_panel_of_their_invoices(practice: Practice) -> None:
    """Asked of the slot itself: the page is of another app."""
    noah = make_client(practice.organization, "Noah")
    invoices = [make_overdue(practice, client=noah) for _ in range(6)]
    make_issued(practice)
    request = RequestFactory().get("/")
    request.login, request.features = practice.owner, frozenset(Feature)  # type: ignore[attr-defined]  # the middleware's
    with within(practice.organization):
        shown = Template("{% load members %}{% panels 'client' noah %}").render(
            RequestContext(request, {"noah": noah, "request": request})
        )
    assert f"/invoices/new/?client={noah.pk}" in shown
    assert f"/invoices/{invoices[-1].pk}/" in shown
    assert f"/invoices/{invoices[0].pk}/" not in shown, "the newest five"
    assert "/invoices/?q=Noah" in shown
    assert "0007" not in shown, "another client's"
