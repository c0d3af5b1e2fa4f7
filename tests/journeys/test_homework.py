"""Homework, from a therapist's desk to a family's phone and back."""

from django.utils import timezone

from accounts.features import Channel, Feature
from tests.conftest import Practice, choose
from tests.journeys.conftest import Sits, every_way
from tests.journeys.site import Site


@every_way
def test_homework_is_told_when_added_and_on_an_edit_only_with_notify_N3_P5(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    choose(practice.dad, Channel.EMAIL, on=False, feature=Feature.HOMEWORK)
    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to("/")
    theo.opens("Homework")
    theo.opens("Add homework")
    theo.opens("Mia Rivera")
    theo.types("Title", "Blow ten soap bubbles")
    theo.types("What to do (optional)", "Slowly, with round lips.")
    theo.sees("Told as soon as you add it: Maria Rivera.", "Daniel Rivera")
    theo.presses("Add homework")
    theo.sees("Homework for Mia was added.")
    (added,) = site.emails(to=practice.mom)
    assert "bubbles" not in added.html + added.body + added.subject  # N4
    theo.goes_to(theo.path)
    theo.looks_at("Who was told").sees("Maria Rivera", "New homework")

    theo.opens("Edit")
    theo.types("What to do (optional)", "Slowly, with round lips, before dinner.")
    theo.has_ticked("Notify Maria Rivera", on=False)
    theo.presses("Save")
    theo.sees("Saved. Nobody is told.")
    assert site.emails(to=practice.mom) == [added]

    theo.opens("Edit")
    theo.types("Due on (optional)", f"{timezone.localdate().year + 1}-01-15")
    theo.ticks("Notify Maria Rivera")
    theo.presses("Save")
    theo.sees("Saved. The family is being told.")
    _added, changed = site.emails(to=practice.mom)

    maria = phone(practice.mom)
    maria.follows("Sign in to see it", of=changed)
    maria.signs_in_here()
    maria.sees("Blow ten soap bubbles", "before dinner", "from Theo Therapist")
    maria.presses("Mark as done")
    maria.sees("Marked done: Blow ten soap bubbles")
    assert len(site.emails(to=practice.mom)) == 2
    assert site.emails(to=practice.dad) == []

    (done,) = site.emails(to=practice.therapist)
    theo.follows("Sign in to see it", of=done)
    theo.sees("Blow ten soap bubbles", "Done", "by Maria Rivera")


def test_homework_that_is_deleted_without_notify_is_gone_quietly_N3_N5(
    desk: Sits, phone: Sits, site: Site, practice: Practice
) -> None:
    theo = desk(practice.therapist).is_signed_in()
    theo.goes_to(f"/homework/add/?client={practice.child.pk}")
    theo.types("Title", "Blow ten soap bubbles")
    theo.presses("Add homework")
    theo.sees("Homework for Mia was added.")
    link = site.latest_email(to=practice.mom)
    theo.opens("Delete")
    theo.sees("disappears for Mia Rivera and for everybody else")
    theo.presses("Delete homework")
    theo.sees("Deleted. Nobody is told.", "Nothing to do for anybody")

    maria = phone(practice.mom).is_signed_in()
    maria.follows("Sign in to see it", of=link)
    maria.sees("This homework was taken back. It need not be done any more.", "No homework")
    assert site.emails(to=practice.mom) == [link]
