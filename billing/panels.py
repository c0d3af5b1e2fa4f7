"""What billing shows on other pages, and in the menu."""

from typing import Any

from django.utils import timezone

from accounts.access import MemberRequest
from accounts.models import Client, Login
from billing.models import Invoice

FEW = 5


def count_unpaid(login: Login) -> int:
    """How many invoices a family owes."""
    return Invoice.objects.visible_to(login).unpaid().count()


def for_staff(request: MemberRequest, subject: None) -> dict[str, Any] | None:
    """What is overdue, the oldest first, and drafts that wait to be issued. Nothing while all is in order."""
    visible = Invoice.objects.visible_to(request.login).select_related("client")
    overdue = list(visible.overdue(timezone.localdate()).order_by("due_on", "pk")[: FEW + 1])
    drafts = list(visible.drafts().order_by("pk")[: FEW + 1])
    if not overdue and not drafts:
        return None
    return {
        "overdue": overdue[:FEW],
        "drafts": drafts[:FEW],
        "more_overdue": len(overdue) > FEW,
        "more_drafts": len(drafts) > FEW,
    }


def for_family(request: MemberRequest, subject: None) -> dict[str, Any]:
    """What they owe, the first due first."""
    visible = Invoice.objects.visible_to(request.login)
    unpaid = list(visible.unpaid().select_related("client").order_by("due_on", "pk")[: FEW + 1])
    return {"unpaid": unpaid[:FEW], "more": len(unpaid) > FEW}


def of_client(request: MemberRequest, client: Client) -> dict[str, Any]:
    """The newest invoices of this client."""
    visible = Invoice.objects.visible_to(request.login).filter(client=client)
    newest = list(visible.order_by("-pk")[: FEW + 1])
    return {"invoices": newest[:FEW], "more": len(newest) > FEW, "owed": visible.owed(timezone.localdate())}
