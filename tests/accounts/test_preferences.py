"""What each login chose, and the record of every change (P1, P7)."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Channel, Feature, Preference, PreferenceChange
from accounts.tenancy import within
from tests.accounts.racing import race
from tests.conftest import Practice


def preference(practice: Practice, feature: Feature = Feature.APPOINTMENTS) -> Preference:
    return Preference.objects.get(login=practice.mom, feature=feature)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("feature", Feature)
def test_each_channel_of_each_feature_is_chosen_by_itself_P1(
    in_practice: Practice, feature: Feature, channel: Channel
) -> None:
    def chosen() -> set[tuple[str, Channel]]:
        rows = Preference.objects.filter(login=in_practice.mom)
        return {(row.feature, each) for row in rows for each in Channel if row.since(each)}

    before = chosen()
    row = preference(in_practice, feature)
    on = row.since(channel) is None
    assert row.choose(channel, on=on, by=in_practice.mom.user)
    assert chosen() ^ before == {(feature, channel)}
    assert row.choose(channel, on=not on, by=in_practice.mom.user)
    assert chosen() == before


def test_a_change_is_on_record_who_when_from_what_to_what_P7(in_practice: Practice) -> None:
    at = timezone.now()
    row = preference(in_practice)
    assert row.choose(Channel.TEXT, on=True, by=in_practice.owner.user, at=at)
    assert preference(in_practice).text_since == at
    change = PreferenceChange.objects.get()
    assert (change.login, change.feature, change.channel) == (in_practice.mom, "appointments", "text")
    assert (change.by, change.at, change.was, change.became) == (in_practice.owner.user, at, False, True)
    assert row.choose(Channel.TEXT, on=False, by=None)
    assert preference(in_practice).text_since is None
    latest = PreferenceChange.objects.all()[0]
    assert (latest.was, latest.became, latest.by) == (True, False, None)


def test_choosing_what_is_chosen_changes_nothing_and_is_not_on_record_P7(in_practice: Practice) -> None:
    row = preference(in_practice)
    since = row.email_since
    assert not row.choose(Channel.EMAIL, on=True, by=in_practice.mom.user)
    assert not row.choose(Channel.TEXT, on=False, by=in_practice.mom.user)
    assert (row.email_since, row.text_since) == (since, None), "on since before: the age counts (R9)"
    assert not PreferenceChange.objects.exists()


def test_a_stale_page_is_told_what_is_true_P7(in_practice: Practice) -> None:
    """Two open forms: the second to choose the same changes nothing, and sees what is stored."""
    first, second = preference(in_practice), preference(in_practice)
    assert first.choose(Channel.TEXT, on=True, by=in_practice.mom.user)
    assert not second.choose(Channel.TEXT, on=True, by=in_practice.owner.user)
    assert second.text_since == first.text_since
    assert PreferenceChange.objects.get().by == in_practice.mom.user


def test_the_record_is_written_with_the_change_or_not_at_all_P7(in_practice: Practice) -> None:
    row = preference(in_practice)
    with transaction.atomic():
        assert row.choose(Channel.TEXT, on=True, by=None)
        transaction.set_rollback(True)
    assert preference(in_practice).text_since is None
    assert not PreferenceChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_change_and_one_record_P7(practice: Practice) -> None:
    def click() -> bool:
        with within(practice.organization):
            return preference(practice).choose(Channel.TEXT, on=True, by=practice.mom.user)

    assert sorted(race(click)) == [False, False, False, True]
    with within(practice.organization):
        assert PreferenceChange.objects.count() == 1


def test_the_record_outlives_the_person_who_changed_it_P7(in_practice: Practice) -> None:
    row = preference(in_practice)
    row.choose(Channel.TEXT, on=True, by=in_practice.owner.user)
    user = in_practice.owner.user
    in_practice.owner.delete()
    user.delete()
    change = PreferenceChange.objects.get()
    assert change.by is None
    assert change.became


def test_the_database_keeps_one_choice_per_feature_and_no_empty_record(in_practice: Practice) -> None:
    shared = {"organization": in_practice.organization, "login": in_practice.mom}
    for bad in ({"feature": "messages"}, {"feature": "gardening"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Preference.objects.create(**shared, **bad)
    with pytest.raises(IntegrityError), transaction.atomic():
        PreferenceChange.objects.create(**shared, feature="messages", channel="text", was=True, became=True)
