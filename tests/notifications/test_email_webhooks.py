"""Reports of email providers: only whoever has the secret and the signature, and never an error (E4)."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import anymail.urls
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import EmailStop
from accounts.tenancy import everywhere
from notifications.models import EmailEvent, Notification, State
from notifications.webhooks.email import VIEWS
from tests.conftest import Practice
from tests.notifications.conftest import make_notification
from tests.standins.mail_events import JSON, KEY, PROVIDERS, PUBLIC_URL, SECRET, Call, Provider, What, basic

pytestmark = pytest.mark.django_db

PROVIDERS_CLIENT = Client(enforce_csrf_checks=True, raise_request_exception=False)
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def message_id_of(provider: Provider) -> str:
    """An id as this provider would give it."""
    return {"mailjet": "19421777835146490", "mailgun": "<20261123.1@blink.example>"}.get(provider.name, "0f1e-2d3c")


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest, settings: Settings) -> Provider:
    """Each provider, its own backend in use, a secret and its signature's key set."""
    return use(PROVIDERS[request.param], settings)


def use(provider: Provider, settings: Settings) -> Provider:
    settings.PUBLIC_URL = PUBLIC_URL
    settings.EMAIL_BACKEND = f"anymail.backends.{provider.name}.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], **provider.settings}
    return provider


@pytest.fixture
def row(practice: Practice, provider: Provider) -> Notification:
    return sent(practice, provider)


def sent(practice: Practice, provider: Provider, **fields: Any) -> Notification:
    """An email that this provider has taken."""
    now = timezone.now()
    known: dict[str, Any] = {"state": State.SENT, "attempts": 1, "attempted_at": now, "sent_at": now}
    known |= {"sent_to": practice.mom.user.email, "provider_id": message_id_of(provider)}
    return make_notification(practice.mom, Channel.EMAIL, **{**known, **fields})


def post(call: Call, **headers: str) -> int:
    answer = PROVIDERS_CLIENT.generic(
        "POST", call.path, call.body, content_type=call.content_type, headers={**call.headers, **headers}
    )
    return answer.status_code


def report(provider: Provider, row: Notification, word: Any, **fields: Any) -> Call:
    return provider.call(What(word, row.provider_id, row.sent_to, **fields))


def now(row: Notification) -> Notification:
    with everywhere("the test looks"):
        return Notification.objects.get(pk=row.pk)


def test_every_provider_that_anymail_hears_is_heard() -> None:
    """A new one of a newer Anymail fails here: give it a view, and the stand-in its payloads."""
    tracking = {
        str(route.pattern).removesuffix("/tracking/")
        for route in anymail.urls.urlpatterns
        if str(route.pattern).endswith("/tracking/")
    }
    old_names = {"sendinblue"}  # Brevo's, which Anymail is about to drop
    assert tracking - old_names == set(VIEWS)
    assert set(PROVIDERS) == set(VIEWS)
    for route in anymail.urls.urlpatterns:
        name = str(route.pattern).removesuffix("/tracking/")
        if name in VIEWS:
            assert route.callback.view_class is VIEWS[name]


def test_a_delivery_is_recorded_E4(provider: Provider, row: Notification) -> None:
    if provider.name == "mandrill":
        assert "delivered" not in VIEWS["mandrill"].event_types, "Mandrill reports no deliveries that Anymail knows"
        return
    assert post(report(provider, row, "delivered")) == 200
    assert now(row).state == State.DELIVERED


def test_a_hard_bounce_stops_the_address_E4(provider: Provider, row: Notification) -> None:
    assert post(report(provider, row, "hard_bounce")) == 200
    kept = now(row)
    assert (kept.state, kept.words) == (State.UNDELIVERED, "Not emailed: emails to this address come back")
    (stop,) = EmailStop.objects.in_force()
    assert (stop.address, stop.because) == (row.sent_to, EmailStop.Because.BOUNCED)


def test_a_bounce_that_may_pass_goes_once_more_and_stops_nothing_E4(provider: Provider, row: Notification) -> None:
    if "soft_bounce" not in provider.words:
        assert provider.name == "mailtrap", "which calls each of them a delay"
        return
    assert post(report(provider, row, "soft_bounce")) == 200
    kept = now(row)
    assert (kept.state, kept.provider_id) == (State.PENDING, "")
    assert kept.next_attempt_at > timezone.now()
    assert not EmailStop.objects.in_force().exists()


def test_a_complaint_stops_the_address_and_proves_the_delivery_E4(provider: Provider, row: Notification) -> None:
    if "complaint" not in provider.words:
        assert provider.name == "postal", "a server of one's own, to which nobody reports complaints"
        return
    assert post(report(provider, row, "complaint")) == 200
    assert now(row).state == State.DELIVERED
    (stop,) = EmailStop.objects.in_force()
    assert stop.because == EmailStop.Because.COMPLAINED


def test_what_people_read_is_not_kept(provider: Provider, row: Notification) -> None:
    if "opened" not in provider.words:
        assert provider.name == "postal", "which reports clicks alone"
        return
    assert post(report(provider, row, "opened")) == 200
    assert now(row).state == State.SENT
    assert not EmailEvent.objects.exists()


# Who else might call.


def nothing_happened(row: Notification) -> bool:
    kept = now(row)
    return kept.state == State.SENT and not EmailEvent.objects.exists() and not EmailStop.objects.in_force().exists()


def test_without_a_secret_nobody_is_heard(provider: Provider, row: Notification, settings: Settings) -> None:
    call = report(provider, row, "hard_bounce")
    for secret in ([], "", [""], None):
        settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": secret}
        assert post(call) == 404
        assert post(Call(call.path, call.body, call.content_type, {**call.headers, **basic("")})) == 404
    assert nothing_happened(row)


def test_a_wrong_secret_is_refused(provider: Provider, row: Notification) -> None:
    call = report(provider, row, "hard_bounce")
    wrong = ["x", "blink:", ":", f"{SECRET} ", SECRET.upper(), "None", "é:ü", "\0:\0"]
    assert [post(call, **basic(each)) for each in wrong] == [403] * len(wrong)
    odd = ["Basic", "Basic !!!", "Basic a b", "Bearer x", "Basic ////", "\xff", "Basic " + "A" * 5000]
    assert [post(call, Authorization=each) for each in odd] == [403] * len(odd)
    asked = Client().generic("POST", call.path, call.body, content_type=call.content_type)
    assert (asked.status_code, asked["WWW-Authenticate"]) == (401, 'Basic realm="Blink"')
    assert nothing_happened(row)


def test_one_secret_takes_the_place_of_another_without_a_gap(
    provider: Provider, practice: Practice, settings: Settings
) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ["blink:the next one", SECRET]}
    row = sent(practice, provider)
    assert post(report(provider, row, "hard_bounce")) == 200
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ["blink:the next one"]}
    assert post(report(provider, row, "hard_bounce")) == 403


def test_a_providers_own_signature_is_checked(provider: Provider, row: Notification) -> None:
    """With the right secret, and another's words under the signature."""
    if not provider.settings:
        assert provider.name in {"amazon_ses", "brevo", "mailjet", "postmark", "sparkpost"}, (
            "these have the secret alone"
        )
        return
    call = report(provider, row, "hard_bounce")
    forged = {
        "mailgun": call.body.replace(b'"signature": "', b'"signature": "0'),
        "unisender_go": call.body.replace(b"hard_bounced", b"hard_bouncing"),
        "mandrill": call.body.replace(b"hard_bounce", b"soft_bounce"),
    }.get(provider.name, call.body.replace(b"}", b"} ", 1))
    assert forged != call.body
    assert post(Call(call.path, forged, call.content_type, call.headers)) == 403
    if provider.name not in {"mailgun", "unisender_go"}:  # theirs is in the body
        assert post(Call(call.path, call.body, call.content_type, basic(SECRET))) == 403
    assert nothing_happened(row)


def test_what_a_setting_lacks_is_no_error(provider: Provider, row: Notification, settings: Settings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET]}
    if provider.name in {"mailersend", "mailgun", "mandrill", "postal", "unisender_go"}:
        assert post(report(provider, row, "hard_bounce")) == 404
        assert nothing_happened(row)
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], **dict.fromkeys(provider.settings, "é nonsense")}
    if provider.settings:
        assert post(report(provider, row, "hard_bounce")) in (400, 403, 404)
        assert nothing_happened(row)


def test_only_the_provider_in_use_is_expected_or_any_behind_smtp(practice: Practice, settings: Settings) -> None:
    row = sent(practice, use(PROVIDERS["brevo"], settings))
    call = report(PROVIDERS["brevo"], row, "hard_bounce")
    for backend in ("anymail.backends.postmark.EmailBackend", "anymail.backends.console.EmailBackend", "x.Backend"):
        settings.EMAIL_BACKEND = backend
        assert post(call) == 404
    assert nothing_happened(row)
    settings.EMAIL_BACKEND = SMTP
    assert post(Call("/webhooks/email/nobody/", b"{}", JSON, basic(SECRET))) == 404
    assert post(call) == 200
    assert now(row).state == State.UNDELIVERED


def test_looking_changes_nothing_and_is_only_answered_where_a_provider_needs_it(provider: Provider) -> None:
    browser = Client()
    assert browser.head(provider.path).status_code == 200
    assert browser.get(provider.path).status_code == (200 if provider.name == "unisender_go" else 405)
    assert browser.put(provider.path).status_code == 405
    assert not EmailEvent.objects.exists()


def test_the_host_header_changes_nothing_for_mandrill(practice: Practice, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    provider = use(PROVIDERS["mandrill"], settings)
    row = sent(practice, provider)
    assert post(report(provider, row, "hard_bounce"), Host="evil.example") == 200
    assert now(row).state == State.UNDELIVERED


def test_what_people_write_to_mandrill_is_not_a_report(practice: Practice, settings: Settings) -> None:
    provider = use(PROVIDERS["mandrill"], settings)
    raw = "From: a@b.example\r\nTo: c@d.example\r\n\r\nHello"
    call = provider.finish(provider, [{"event": "inbound", "ts": 1, "msg": {"raw_msg": raw}}])  # type: ignore[misc]  # Mandrill's is set
    assert post(Call(call.path, call.body, call.content_type, {**basic(SECRET), **call.headers})) == 403


def test_a_huge_report_is_refused(provider: Provider, row: Notification) -> None:
    body = b"[" + b" " * 3_000_000 + b"]"
    signed = provider.sign(body)
    assert 400 <= post(Call(provider.path, body, JSON, {**basic(SECRET), **signed})) < 500
    assert nothing_happened(row)


def test_nothing_of_a_report_is_logged(provider: Provider, row: Notification, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    call = report(provider, row, "hard_bounce")
    post(call)
    post(call, **basic("wrong:secret"))
    post(Call(call.path, call.body + b"{", call.content_type, call.headers))
    logged = caplog.text.lower()
    for private in (row.sent_to, SECRET, KEY, "a long secret"):
        assert private.lower() not in logged


# Mutations. Everything is signed anew after a mutation of what it says, so that the parsers are reached.

ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x" * 3000, "\0", "\ud800", "é", [], {}, [None], {"a": {}}, [[]], "NaN",
    "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", "soft_bounce", "<notification-1-0123456789abcdef@x>",
]  # fmt: skip


def paths_in(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*before, key)
            yield from paths_in(inner, (*before, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*before, index)
            yield from paths_in(inner, (*before, index))


def mutated(value: Any, chance: random.Random) -> Any:
    """A copy with something odd in it, or without something."""
    copy = json.loads(json.dumps(value))
    for _ in range(chance.choice((1, 1, 2, 3))):
        where = list(paths_in(copy))
        if not where:
            return chance.choice(ODD)
        *inner, last = chance.choice(where)
        part = copy
        for key in inner:
            part = part[key]
        if chance.random() < 0.3:
            del part[last]
        else:
            part[last] = chance.choice(ODD)
    return copy if chance.random() < 0.97 else chance.choice(ODD)


def test_three_thousand_mutated_requests_are_neither_accepted_nor_errors(
    practice: Practice, settings: Settings
) -> None:
    """Half are forged around a wrong secret or signature; half are mutated and signed like a confused provider's.

    Of the first none is accepted. Of the second, one is accepted where it still is a report: none may be an error, nor
    say anything of an email that is not ours.
    """
    chance = random.Random(20261123)
    answers: Counter[int] = Counter()
    forged_and_taken = 0
    rows = [sent(practice, provider) for provider in PROVIDERS.values()]
    for provider in PROVIDERS.values():
        use(provider, settings)
        for number in range(-(-3000 // len(PROVIDERS))):
            what = What(chance.choice(list(provider.words)), message_id_of(provider), "somebody@else.example")
            if number % 2:
                answers[post(signed(provider, mutated(provider.write(what, provider.words[what.word]), chance)))] += 1
            else:
                genuine = provider.call(What(what.word, what.message_id, practice.mom.user.email))
                status = post(forged(provider, genuine, chance))
                forged_and_taken += status < 400
                answers[status] += 1
    assert answers.total() >= 3000
    assert not [status for status in answers if status >= 500], answers
    assert forged_and_taken == 0, answers
    assert all(now(row).state == State.SENT for row in rows)
    assert not EmailStop.objects.in_force().exists()


def signed(provider: Provider, written: Any) -> Call:
    """The request of a provider that wrote this, whatever it is, and signed it."""
    try:
        call = Provider(
            provider.name,
            {"delivered": None},
            lambda _what, _word: written,
            provider.settings,
            provider.finish,
            provider.sign,
        ).call(What("delivered", "", ""))
    except TypeError:  # no form can be made of it, so it is sent as it is
        body = json.dumps(written).encode()
        return Call(provider.path, body, JSON, {**basic(SECRET), **provider.sign(body)})
    return call


def forged(provider: Provider, genuine: Call, chance: random.Random) -> Call:
    """A genuine request with the secret or what is signed spoiled; where nothing is signed, the secret alone."""
    body, headers, path = genuine.body, dict(genuine.headers), genuine.path
    spoil = chance.choice(("secret", "no secret", "body", "signature"))
    if spoil in ("body", "signature") and not provider.settings:
        spoil = "secret"
    if spoil == "secret":
        headers |= basic("".join(chance.sample(SECRET, len(SECRET))))
    elif spoil == "no secret":
        del headers["Authorization"]
    elif spoil == "signature" and set(headers) - {"Authorization"}:
        name = chance.choice(sorted(set(headers) - {"Authorization"}))
        headers[name] = chance.choice(["", "x", headers[name][:-2], headers[name].swapcase() + "=", "\xff"])
    else:
        body = spoiled(provider, body, chance)
    return Call(path, body, genuine.content_type, headers)


def spoiled(provider: Provider, body: bytes, chance: random.Random) -> bytes:
    """One byte of what is signed is another. Mailgun signs its time and token alone."""
    if provider.name == "mailgun":
        event = json.loads(body)
        event["signature"][chance.choice(("timestamp", "token", "signature"))] = str(chance.random())
        return json.dumps(event).encode()
    place = chance.randrange(len(body))
    other = bytes([(body[place] + chance.randrange(1, 255)) % 256])
    return body[:place] + other + body[place + 1 :]
