"""What staff see of messages on the page of a client (S3, O2)."""

from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from accounts.features import Feature
from accounts.models import Login
from accounts.tenancy import within
from tests.conftest import Practice
from tests.messaging.conftest import make_conversation

PAGE = Template('{% load members %}{% panels "client" client %}')


def shown_to(login: Login, practice: Practice, features: frozenset[Feature] = frozenset({Feature.MESSAGES})) -> str:
    """The panels of the child's page, in a practice that has these features on, tags aside."""
    request = RequestFactory().get("/clients/")
    vars(request).update(login=login, features=features)
    with within(practice.organization):
        html = PAGE.render(Context({"request": request, "client": practice.child}))
    return " ".join(strip_tags(html).split())


def test_staff_see_the_conversations_that_they_may_read_S3(practice: Practice, colleague: Login) -> None:
    make_conversation(practice)
    assert "About Tuesday 1 new" in shown_to(practice.therapist, practice)
    assert "About Tuesday" in shown_to(practice.owner, practice)
    assert "No conversations that you take part in yet." in shown_to(colleague, practice)


def test_nobody_is_asked_to_write_about_a_discharged_client(practice: Practice) -> None:
    assert "Write" in shown_to(practice.therapist, practice)
    with within(practice.organization):
        practice.child.discharge()
    assert "Write" not in shown_to(practice.therapist, practice)


def test_it_leaves_no_trace_while_the_feature_is_off_O2(practice: Practice) -> None:
    make_conversation(practice)
    assert "About Tuesday" not in shown_to(practice.therapist, practice, frozenset())


def test_it_takes_the_same_queries_for_1_and_for_20(practice: Practice) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown_to(practice.therapist, practice)
        return len(captured)

    make_conversation(practice)
    one = queries()
    for number in range(20):
        make_conversation(practice, subject=f"Number {number}")
    assert queries() == one
