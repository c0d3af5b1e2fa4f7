"""Ten thousand requests that are nearly Twilio's: none is accepted, none is an error of ours (T7)."""

import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.features import Channel
from accounts.models import TextStop, TextStopEvent
from accounts.tenancy import everywhere
from notifications.models import InboundText, Notification, State
from notifications.webhooks.signed import READ
from tests.conftest import Practice
from tests.notifications.conftest import PUBLIC_URL, make_notification
from tests.standins.twilio import Callback, TwilioStandin

pytestmark = pytest.mark.django_db

REQUESTS = 10_000
SEED = 4
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
BROWSER = Client(raise_request_exception=False)
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Attempt:
    """One request as it is sent. `extra` goes into the server's own variables."""

    path: str
    body: bytes
    signature: str
    method: str = "POST"
    content_type: str = FORM
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> Fields:
        said = self.body.decode("utf-8", "replace")
        try:
            return parse_qsl(said, keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            return []

    def with_fields(self, fields: Fields) -> "Attempt":
        return replace(self, body=urlencode(fields).encode())

    def send(self) -> int:
        headers = self.headers | ({"X-Twilio-Signature": self.signature} if self.signature else {})
        sent = BROWSER.generic(
            self.method, self.path, self.body, content_type=self.content_type, headers=headers, **self.extra
        )
        return int(sent.status_code)


Dice = random.Random
Mutation = Callable[[Attempt, Dice, TwilioStandin], Attempt]


def some_bytes(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    body = bytearray(genuine.body)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(body) or 1)
        body = body or bytearray(b"Body=STOP")
        verb = dice.choice(["set", "insert", "delete", "cut", "repeat"])
        if verb == "set":
            body[at] = dice.randrange(256)
        elif verb == "insert":
            body[at:at] = dice.randbytes(dice.randint(1, 4))
        elif verb == "delete":
            del body[at]
        elif verb == "cut":
            del body[max(at, 1) :]
        else:
            body[at:at] = body[at : at + 20]
    return replace(genuine, body=bytes(body))


def a_field(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    fields = genuine.fields or [("Body", "STOP")]
    at = dice.randrange(len(fields))
    name, value = fields[at]
    verb = dice.choice(["drop", "double", "again", "change", "rename", "tear", "join", "add", "swap", "empty"])
    if verb == "drop":
        del fields[at]
    elif verb == "double":
        fields.insert(dice.randrange(len(fields)), (name, value))
    elif verb == "again":
        fields.append((name, dice.choice(["STOP", "UNSTOP", "", "\0", "+12065550144"])))
    elif verb == "change":
        fields[at] = (name, value[::-1] + dice.choice("x0 é\0😀"))
    elif verb == "rename":
        fields[at] = (name.lower() + dice.choice(["", "[]", "\0", "é"]), value)
    elif verb == "tear":
        cut = dice.randrange(len(name) or 1)
        fields[at] = (name[:cut], name[cut:] + value)
    elif verb == "join":
        cut = dice.randint(0, len(value))
        fields[at] = (name + value[:cut], value[cut:])
    elif verb == "add":
        fields.append(
            (dice.choice(["OptOutType", "Body", "X", "", "From", "ErrorCode"]), dice.choice(["START", "21610"]))
        )
    elif verb == "swap":
        other = dice.randrange(len(fields))
        fields[at], fields[other] = (name, fields[other][1]), (fields[other][0], value)
    else:
        fields[at] = (name, "")
    return genuine.with_fields(fields)


def the_path(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    path = genuine.path
    return replace(
        genuine,
        path=dice.choice(
            [f"{path}?x=1", f"{path}/", f"/{path}", path.upper(), f"{path}0", f"{path}%00", f"{path}%ff?%ff=%zz",
             path.replace("webhooks", "webhooks/.."), f"{path};x", path[:-1], f"{path}?bodySHA256=00",
             "/webhooks/twilio/status/999999", "/webhooks/twilio/inbound?a=b"]
        ),
    )  # fmt: skip


def the_signature(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    signature = genuine.signature or "x" * 28
    at = dice.randrange(len(signature))
    other = dice.choice([ch for ch in "AZaz09+/=é \x7f" if ch != signature[at]])
    return replace(
        genuine,
        signature=dice.choice(
            ["", signature[:at], signature[:at] + other + signature[at + 1 :], signature + "=", signature.swapcase(),
             f"{signature},{signature}", "x" * dice.choice([1, 28, 5_000]), "=" * 28, "é" * 28]
        ),
    )  # fmt: skip


def signed_for_elsewhere(genuine: Attempt, dice: Dice, twilio: TwilioStandin) -> Attempt:
    """Well signed, for another scheme, host, port or address, which the request then claims to have come to."""
    scheme, host = (
        dice.choice(["https", "http"]),
        dice.choice(["evil.example", "testserver", "blink.example", "127.0.0.1"]),
    )
    port = dice.choice(["", ":80", ":8443", ":8000"])
    origin = f"{scheme}://{host}{port}"
    if origin == PUBLIC_URL:
        origin = "https://blink.example.evil.example"
    headers = dice.choice(
        [{"Host": host + port}, {"X-Forwarded-Host": host}, {"X-Forwarded-Proto": scheme}, {"X-Original-URL": origin},
         {"Forwarded": f"host={host};proto={scheme}"}, {}]
    )  # fmt: skip
    signed = twilio.signed(origin + genuine.path, dict(genuine.fields))
    extra = dice.choice([{}, {"SERVER_NAME": host, "wsgi.url_scheme": scheme}, {"SERVER_PORT": "8443"}])
    return replace(genuine, signature=signed.signature, headers=headers, extra=extra)


def signed_by_another(genuine: Attempt, dice: Dice, twilio: TwilioStandin) -> Attempt:
    token = dice.choice(["", "another", twilio.auth_token.upper(), twilio.account_sid, twilio.auth_token + " "])
    signed = TwilioStandin(auth_token=token).signed(PUBLIC_URL + genuine.path, dict(genuine.fields))
    return replace(genuine, signature=signed.signature)


def the_method(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    return replace(genuine, method=dice.choice(["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"]))


def the_kind_of_body(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    kind = dice.choice(
        ["application/json", "text/plain", "", "multipart/form-data", "multipart/form-data; boundary=x",
         "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=utf-7",
         "application/x-www-form-urlencoded; charset=latin-1", "application/x-www-form-urlencodedx", "\0", "é"]
    )  # fmt: skip
    return replace(genuine, content_type=kind)


def the_size(genuine: Attempt, dice: Dice, _twilio: TwilioStandin) -> Attempt:
    if dice.random() < 0.3:
        return replace(genuine, extra={"CONTENT_LENGTH": dice.choice(["", "0", "-1", "x", "1", "9" * 30, "²", "10"])})
    filler = dice.choice([b"&" + b"a=1&" * 1500, b"&x=" + b"y" * 70_000, b"%00" * 30_000, b"&" + b"=" * 2000])
    return replace(genuine, body=genuine.body + filler)


MUTATIONS: tuple[Mutation, ...] = (
    some_bytes, a_field, the_path, the_signature, signed_for_elsewhere, signed_by_another, the_method,
    the_kind_of_body, the_size,
)  # fmt: skip


def is_the_same(attempt: Attempt, genuine: Attempt) -> bool:
    """Whether it still says what Twilio signed: other escapes of the same form, a field that nobody reads torn.

    A name and its value are signed without a mark between, so that the latter cannot be told.
    """
    envelope = (attempt.path, attempt.signature, attempt.method, attempt.content_type, attempt.headers, attempt.extra)
    if envelope != (genuine.path, genuine.signature, "POST", FORM, {}, {}):
        return False
    if len({name for name, _value in attempt.fields}) != len(attempt.fields):
        return False  # a field came twice

    def said(one: Attempt) -> tuple[str, dict[str, str]]:
        fields = sorted(one.fields)
        return "".join(map("".join, fields)), {name: value for name, value in fields if name in READ}

    return said(attempt) == said(genuine)


@pytest.fixture
def targets(twilio: TwilioStandin, practice: Practice, settings: Settings) -> list[Attempt]:
    """A genuine request for each of the two addresses."""
    settings.ALLOWED_HOSTS = ["*"]  # so that the Host header is not what refuses
    row = make_notification(practice.mom, Channel.TEXT, state=State.SENDING, in_doubt=True, sent_to="2065550143")
    status = twilio.signed(
        f"{PUBLIC_URL}/webhooks/twilio/status/{row.pk}",
        {"AccountSid": twilio.account_sid, "ApiVersion": "2010-04-01", "ErrorCode": "21610", "From": "+12065550100",
         "MessageSid": "SM" + "a" * 32, "MessageStatus": "failed", "To": "+12065550143"},
    )  # fmt: skip
    stop = twilio.inbound("please stop texting me", to=f"{PUBLIC_URL}/webhooks/twilio/inbound", opt_out_type="STOP")
    return [genuine(callback) for callback in (stop, status)]


def genuine(callback: Callback) -> Attempt:
    return Attempt(callback.url.removeprefix(PUBLIC_URL), urlencode(callback.fields).encode(), callback.signature)


def everything() -> list[Any]:
    with everywhere("the test compares"):
        return [
            list(InboundText.objects.values()),
            list(TextStop.objects.values()),
            list(TextStopEvent.objects.values()),
            list(Notification.objects.values()),
        ]


@pytest.fixture(autouse=True)
def quietly(caplog: pytest.LogCaptureFixture) -> None:
    """Django tells of each request that is refused."""
    caplog.set_level(logging.CRITICAL, logger="django.request")


def test_ten_thousand_mutated_requests_are_refused_T7(targets: list[Attempt], twilio: TwilioStandin) -> None:
    dice, before = Dice(SEED), everything()
    statuses: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    while statuses.total() < REQUESTS:
        target = dice.choice(targets)
        attempt = target
        chosen = dice.choices(MUTATIONS, k=dice.choice([1, 1, 2]))
        for mutation in chosen:
            attempt = mutation(attempt, dice, twilio)
        if is_the_same(attempt, target):
            continue
        status = attempt.send()
        assert 300 <= status < 500, ([mutation.__name__ for mutation in chosen], attempt)
        statuses[status] += 1
        kinds.update(mutation.__name__ for mutation in chosen)
    assert everything() == before
    assert min(kinds[mutation.__name__] for mutation in MUTATIONS) > 1000
    print(f"\n{statuses.total():,} mutated requests: {dict(statuses)}")  # noqa: T201 (the figure to be shown)
    assert [target.send() for target in targets] == [200, 204]  # while the genuine ones are taken


@pytest.mark.parametrize("port", ["", ":443"])
def test_twilio_signs_with_and_without_the_port_T7(
    targets: list[Attempt], twilio: TwilioStandin, port: str, settings: Settings
) -> None:
    for public in (PUBLIC_URL, f"{PUBLIC_URL}:443"):
        settings.PUBLIC_URL = public
        for target in targets:
            signed = twilio.signed(f"{PUBLIC_URL}{port}{target.path}", dict(target.fields))
            assert replace(target, signature=signed.signature).send() in (200, 204)


@pytest.mark.parametrize("signed_port", ["", ":8443"])
def test_with_an_odd_port_too_T7(
    targets: list[Attempt], twilio: TwilioStandin, signed_port: str, settings: Settings
) -> None:
    settings.PUBLIC_URL = f"{PUBLIC_URL}:8443"
    signed = twilio.signed(f"{PUBLIC_URL}{signed_port}{targets[0].path}", dict(targets[0].fields))
    assert replace(targets[0], signature=signed.signature).send() == 200


@pytest.mark.parametrize("host", ["internal:8000", "evil.example", "10.0.0.7"])
def test_behind_a_proxy_the_public_address_counts_T7(targets: list[Attempt], host: str) -> None:
    """The proxy ends TLS and speaks to us by another name, over plain HTTP."""
    for target in targets:
        assert replace(target, headers={"Host": host, "X-Forwarded-Proto": "https"}).send() in (200, 204)


@pytest.mark.parametrize("name", [name for name in READ if name != "MessageStatus"])
def test_a_field_that_is_read_cannot_be_cut_elsewhere_T7(targets: list[Attempt], name: str) -> None:
    """The signature is the same, as nothing marks where a name ends and its value begins."""
    before = everything()
    for target in targets:
        fields = dict(target.fields)
        if name not in fields:
            continue
        whole = name + fields.pop(name)
        for cut in range(len(whole) + 1):
            if cut != len(name):
                assert target.with_fields([*fields.items(), (whole[:cut], whole[cut:])]).send() == 403, cut
    assert everything() == before


def test_without_a_token_nobody_can_sign_a_text(targets: list[Attempt], settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    unkeyed = TwilioStandin(auth_token="").signed(PUBLIC_URL + targets[0].path, dict(targets[0].fields))
    assert replace(targets[0], signature=unkeyed.signature).send() == 403
