"""The Twilio stand-in, spoken to by the real twilio SDK; its callbacks received by a plain HTTP server."""

# twilio ships no types.
# mypy: disable-error-code="import-untyped,no-untyped-call,misc"

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import time_machine
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.standins.gsm import segments
from tests.standins.twilio import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Drop,
    Hang,
    Refuse,
    TwilioStandin,
    server_error,
    too_many_requests,
)

ROOT = Path(__file__).parents[2]
MOM, DAD, PRACTICE = "+16045550199", "+12125550123", "+16045550100"
SERVICE = "MG" + "ab" * 16


class Rerouted(TwilioHttpClient):
    """The SDK's own client, with the stand-in's address in the place of Twilio's."""

    def __init__(self, url: str, *, timeout: float = 5) -> None:
        super().__init__(timeout=timeout)
        self.url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        assert url.startswith("https://api.twilio.com/")
        return super().request(method, url.replace("https://api.twilio.com", self.url), *args, **kwargs)


@pytest.fixture
def twilio() -> Iterator[TwilioStandin]:
    with TwilioStandin() as standin:
        yield standin


def client(twilio: TwilioStandin, *, token: str | None = None, timeout: float = 5) -> Client:
    http_client = Rerouted(twilio.url, timeout=timeout)
    return Client(twilio.account_sid, token or twilio.auth_token, http_client=http_client)


def text(twilio: TwilioStandin, *, timeout: float = 5, **fields: Any) -> Any:
    """Send a text; what the SDK returns."""
    fields = {"to": MOM, "from_": PRACTICE, "body": "See you at 9:00."} | fields
    return client(twilio, timeout=timeout).messages.create(**fields)


def test_a_text_is_accepted_and_recorded(twilio: TwilioStandin) -> None:
    before = datetime.now(UTC)
    created = text(twilio, status_callback="http://127.0.0.1:9/status", validity_period=3000)
    assert re.fullmatch(r"SM[0-9a-f]{32}", created.sid)
    assert (created.status, created.direction, created.num_segments) == ("queued", "outbound-api", "1")
    assert (created.to, created.from_, created.body) == (MOM, PRACTICE, "See you at 9:00.")
    assert created.date_sent is None
    assert created.date_created.tzinfo
    assert abs(created.date_created - before) < timedelta(seconds=5)
    assert created.account_sid == twilio.account_sid
    assert created.error_code is None
    (message,) = twilio.wait_for(1)
    assert message.sid == created.sid
    assert (message.to, message.from_, message.body) == (MOM, PRACTICE, "See you at 9:00.")
    assert message.status_callback == "http://127.0.0.1:9/status"
    assert message.validity_period == 3000
    assert before <= message.accepted_at <= datetime.now(UTC)


def test_the_answer_has_the_shape_of_twilios(twilio: TwilioStandin) -> None:
    answer = requests.post(
        f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        {"To": MOM, "From": PRACTICE, "Body": "Hi"},
        auth=(ACCOUNT_SID, AUTH_TOKEN),
        timeout=5,
    )
    assert answer.status_code == 201
    shown = answer.json()
    uri = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{shown['sid']}"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", shown.pop("date_created"))
    assert shown.pop("date_updated")
    assert shown.pop("sid")
    assert shown == {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": "Hi",
        "date_sent": None,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": PRACTICE,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "status": "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": MOM,
        "uri": f"{uri}.json",
    }


def test_a_messaging_service_chooses_the_sender_later(twilio: TwilioStandin) -> None:
    created = client(twilio).messages.create(to=MOM, messaging_service_sid=SERVICE, body="Hi")
    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    assert created.messaging_service_sid == SERVICE
    assert twilio.messages[0].messaging_service_sid == SERVICE


def test_the_token_is_checked(twilio: TwilioStandin) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(twilio, token="wrong").messages.create(to=MOM, from_=PRACTICE, body="Hi")
    assert (refused.value.status, refused.value.code) == (401, 20003)
    assert twilio.messages == ()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "6045550199"}, 21211),
        ({"from_": ""}, 21603),
        ({"from_": "not+a+number"}, 21212),
        ({"messaging_service_sid": "MG1"}, 21701),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "blink.example/status"}, 21609),
        ({"validity_period": 0}, 21624),
        ({"validity_period": 36001}, 21624),
    ],
)
def test_twilio_refuses_what_it_documents_to_refuse(twilio: TwilioStandin, fields: dict[str, Any], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        text(twilio, **fields)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert twilio.messages == ()


def test_a_number_is_refused_with_any_code_and_the_others_are_not(twilio: TwilioStandin) -> None:
    twilio.on(Refuse(21610), to=MOM)
    for _ in range(2):
        with pytest.raises(TwilioRestException, match="unsubscribed recipient") as refused:
            text(twilio)
        assert (refused.value.status, refused.value.code) == (400, 21610)
    assert text(twilio, to=DAD).to == DAD
    assert [message.to for message in twilio.messages] == [DAD]


def test_an_error_has_the_shape_of_twilios(twilio: TwilioStandin) -> None:
    twilio.on(too_many_requests(retry_after=7), times=1)
    answer = requests.post(
        f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json",
        {"To": MOM},
        auth=(ACCOUNT_SID, AUTH_TOKEN),
        timeout=5,
    )
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.json() == {
        "code": 20429,
        "message": "Too Many Requests",
        "more_info": "https://www.twilio.com/docs/errors/20429",
        "status": 429,
    }


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [
        (too_many_requests(), 429, 20429),
        (server_error(), 500, 20500),
        (server_error(503), 503, 20503),
        (Refuse(30034, 400, "Words of the test, {braces} and all"), 400, 30034),
        (Refuse(99999), 400, 99999),
    ],
)
def test_the_next_requests_fail_and_then_no_more(
    twilio: TwilioStandin, behaviour: Refuse, status: int, code: int
) -> None:
    twilio.on(behaviour, times=2)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            text(twilio)
        assert (refused.value.status, refused.value.code) == (status, code)
    text(twilio)
    assert len(twilio.messages) == 1


def test_behaviours_are_played_in_the_order_they_were_told(twilio: TwilioStandin) -> None:
    twilio.on(server_error(), times=1)
    twilio.on(Refuse(21614), times=1)
    codes = []
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            text(twilio)
        codes.append(refused.value.code)
    assert codes == [20500, 21614]


def test_the_client_gives_up_and_the_text_is_accepted_already(twilio: TwilioStandin) -> None:
    twilio.on(Hang(30, accepted=True), times=1)
    with pytest.raises(requests.Timeout):
        text(twilio, timeout=0.2)
    assert len(twilio.messages) == 1


def test_the_client_gives_up_and_the_text_is_accepted_later(twilio: TwilioStandin) -> None:
    twilio.on(Hang(0.4), times=1)
    with pytest.raises(requests.Timeout):
        text(twilio, timeout=0.1)
    assert twilio.messages == ()
    assert len(twilio.wait_for(1)) == 1


@pytest.mark.parametrize("accepted", [True, False])
def test_the_answer_comes_late(twilio: TwilioStandin, *, accepted: bool) -> None:
    twilio.on(Hang(0.2, accepted=accepted))
    started = time.monotonic()
    assert text(twilio).sid == twilio.messages[0].sid
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("accepted", [True, False])
def test_the_connection_is_dropped_without_an_answer(twilio: TwilioStandin, *, accepted: bool) -> None:
    twilio.on(Drop(accepted=accepted), times=1)
    with pytest.raises(requests.ConnectionError):
        text(twilio)
    assert len(twilio.messages) == accepted
    text(twilio)
    assert len(twilio.messages) == accepted + 1


def test_a_dropped_connection_that_was_in_use_is_not_tried_again_by_itself(twilio: TwilioStandin) -> None:
    one = client(twilio)
    one.messages.create(to=MOM, from_=PRACTICE, body="first")
    twilio.on(Drop(accepted=True), times=1)
    with pytest.raises(requests.ConnectionError):
        one.messages.create(to=MOM, from_=PRACTICE, body="second")
    assert [message.body for message in twilio.messages] == ["first", "second"]


def test_many_clients_at_once(twilio: TwilioStandin) -> None:
    with ThreadPoolExecutor(8) as pool:
        sids = {created.sid for created in pool.map(lambda _: text(twilio), range(40))}
    assert {message.sid for message in twilio.messages} == sids
    assert len(sids) == 40


def test_one_message_is_read(twilio: TwilioStandin) -> None:
    created = text(twilio)
    read = client(twilio).messages(created.sid).fetch()
    assert (read.sid, read.status, read.body) == (created.sid, "sent", created.body)
    assert read.date_sent is not None


@pytest.mark.parametrize("sid", ["SM" + "0" * 32, "nonsense"])
def test_a_message_that_is_not_there(twilio: TwilioStandin, sid: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(twilio).messages(sid).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_what_the_stand_in_does_not_do_is_refused(twilio: TwilioStandin) -> None:
    with pytest.raises(TwilioRestException) as refused:
        text(twilio).delete()
    assert (refused.value.status, refused.value.code) == (405, 20004)
    other = Client(ACCOUNT_SID, AUTH_TOKEN, "AC" + "9" * 32, http_client=Rerouted(twilio.url))
    with pytest.raises(TwilioRestException) as refused:
        other.messages.create(to=MOM, from_=PRACTICE, body="Hi")
    assert refused.value.status == 404


@pytest.fixture
def three_days(twilio: TwilioStandin) -> TwilioStandin:
    """Texts sent at noon UTC of 1, 2 and 3 March: to mom, to dad, to mom."""
    for day, to in ((1, MOM), (2, DAD), (3, MOM)):
        with time_machine.travel(datetime(2026, 3, day, 12, 0, 0, 500_000, tzinfo=UTC), tick=False):
            text(twilio, to=to, body=str(day))
    return twilio


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({}, "321"),
        ({"to": MOM}, "31"),
        ({"from_": PRACTICE}, "321"),
        ({"from_": "+16045550101"}, ""),
        ({"date_sent": "2026-03-02"}, "2"),
        ({"date_sent": datetime(2026, 3, 2, 7, tzinfo=UTC)}, "2"),
        ({"date_sent_after": "2026-03-02"}, "32"),
        ({"date_sent_before": "2026-03-02"}, "21"),
        ({"date_sent_after": datetime(2026, 3, 2, 12, tzinfo=UTC)}, "32"),
        ({"date_sent_after": datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)}, "3"),
        ({"date_sent_before": datetime(2026, 3, 2, 12, tzinfo=UTC)}, "21"),
        ({"date_sent_before": datetime(2026, 3, 2, 11, 59, 59, tzinfo=UTC)}, "1"),
        ({"to": MOM, "date_sent_after": "2026-03-02", "date_sent_before": "2026-03-03"}, "3"),
    ],
)
def test_the_list_is_filtered_newest_first(three_days: TwilioStandin, query: dict[str, Any], days: str) -> None:
    assert "".join(message.body for message in client(three_days).messages.list(**query)) == days


def test_an_unreadable_filter_is_refused(twilio: TwilioStandin) -> None:
    text(twilio)
    with pytest.raises(TwilioException, match="Unable to fetch page"):
        client(twilio).messages.list(date_sent="yesterday")


def test_the_list_is_paged_and_new_messages_shift_nothing(twilio: TwilioStandin) -> None:
    for number in range(7):
        text(twilio, body=str(number))
    page = client(twilio).messages.page(to=MOM, page_size=3)
    first = [message.body for message in page]
    text(twilio, body="new")
    second = page.next_page()
    assert second is not None
    third = second.next_page()
    assert third is not None
    assert [first, [message.body for message in second], [message.body for message in third]] == [
        ["6", "5", "4"],
        ["3", "2", "1"],
        ["0"],
    ]
    assert third.next_page() is None
    back = second.previous_page()
    assert back is not None
    assert [message.body for message in back] == first
    assert len(client(twilio).messages.list(page_size=2)) == 8
    assert len(client(twilio).messages.list(limit=5)) == 5


def test_reading_can_fail_too(twilio: TwilioStandin) -> None:
    created = text(twilio)
    twilio.on(server_error(503), at="list", to=MOM, times=1)
    twilio.on(too_many_requests(), at="fetch", times=1)
    with pytest.raises(TwilioException):
        client(twilio).messages.list(to=MOM)
    with pytest.raises(TwilioRestException):
        client(twilio).messages(created.sid).fetch()
    assert len(client(twilio).messages.list(to=MOM)) == 1
    assert client(twilio).messages(created.sid).fetch().sid == created.sid


def test_a_message_still_queued_has_no_date_sent_and_no_filter_finds_it() -> None:
    with TwilioStandin(sends_at_once=False) as twilio:
        created = text(twilio, status_callback="http://127.0.0.1:9/")
        assert client(twilio).messages(created.sid).fetch().status == "queued"
        assert client(twilio).messages.list(date_sent_after="2020-01-01") == []
        assert len(client(twilio).messages.list(to=MOM)) == 1
        twilio.callback(created.sid, "sent")
        assert len(client(twilio).messages.list(date_sent_after="2020-01-01")) == 1


@dataclass
class Receiver:
    """A web server such as the practice's, which checks signatures against its public address."""

    public: str = ""
    port: int = 0
    status: int = 204
    received: list[dict[str, str]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            url = state.public + self.path
            signature = self.headers["X-Twilio-Signature"]
            genuine = RequestValidator(AUTH_TOKEN).validate(url, fields, signature)
            if genuine:
                state.received.append(fields)
                state.hosts.append(self.headers["Host"])
            self.send_response(state.status if genuine else 403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        state.public = f"http://127.0.0.1:{state.port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield state
        server.shutdown()


def test_status_callbacks_are_signed_doubled_and_out_of_order(twilio: TwilioStandin, receiver: Receiver) -> None:
    created = text(twilio, status_callback=f"{receiver.public}/twilio/status?organization=3")
    assert twilio.deliver(created.sid, "delivered", times=2) == (204, 204)
    assert twilio.deliver(created.sid, "sent") == (204,)
    assert [fields["MessageStatus"] for fields in receiver.received] == ["delivered", "delivered", "sent"]
    told = receiver.received[0]
    assert re.fullmatch(r"\d{10}", told.pop("RawDlrDoneDate"))
    assert told == {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "From": PRACTICE,
        "MessageSid": created.sid,
        "MessageStatus": "delivered",
        "SmsSid": created.sid,
        "SmsStatus": "delivered",
        "To": MOM,
    }
    assert client(twilio).messages(created.sid).fetch().status == "delivered"


def test_a_failure_carries_its_code(twilio: TwilioStandin, receiver: Receiver) -> None:
    created = text(twilio, status_callback=f"{receiver.public}/status")
    receiver.status = 500
    assert twilio.deliver(created.sid, "undelivered", error_code=30003) == (500,)
    assert receiver.received[0]["ErrorCode"] == "30003"
    read = client(twilio).messages(created.sid).fetch()
    assert (read.status, read.error_code) == ("undelivered", 30003)


def test_a_forged_signature_is_told_apart(twilio: TwilioStandin, receiver: Receiver) -> None:
    genuine = twilio.signed(f"{receiver.public}/status", {"From": MOM, "Body": "STOP"})
    forged = TwilioStandin(auth_token="another").signed(genuine.url, genuine.fields)
    assert twilio.post(forged) == 403
    assert twilio.post(genuine) == 204
    assert receiver.received == [{"From": MOM, "Body": "STOP"}]


def test_callbacks_to_a_public_address_reach_a_local_server(receiver: Receiver) -> None:
    local, receiver.public = receiver.public, "https://blink.example"
    with TwilioStandin(callbacks_to=local) as twilio:
        created = text(twilio, status_callback="https://blink.example/twilio/status")
        assert twilio.deliver(created.sid, "delivered") == (204,)
    assert receiver.hosts == ["blink.example"]


def test_a_callback_needs_a_message_that_asked_for_it(twilio: TwilioStandin) -> None:
    with pytest.raises(ValueError, match="StatusCallback"):
        twilio.deliver(text(twilio).sid, "delivered")
    with pytest.raises(KeyError):
        twilio.deliver("SM" + "0" * 32, "delivered")


def test_clear_starts_over(twilio: TwilioStandin) -> None:
    text(twilio)
    twilio.on(Refuse(21610))
    twilio.clear()
    assert twilio.messages == ()
    assert text(twilio).sid


def test_it_stops_under_open_and_hanging_connections_and_starts_again_on_its_port() -> None:
    standin = TwilioStandin()
    with standin, ThreadPoolExecutor() as pool:
        idle = client(standin)
        idle.messages.create(to=MOM, from_=PRACTICE, body="Hi")
        standin.on(Hang(60, accepted=True), times=1)
        hanging = pool.submit(text, standin, timeout=20)
        standin.wait_for(2)
        standin.__exit__()
        for fails in (lambda: hanging.result(timeout=5), lambda: text(standin)):
            assert_connection_fails(fails)
        port = standin.port
        standin.__enter__()
        assert standin.port == port
        assert idle.messages.create(to=MOM, from_=PRACTICE, body="Hi again").sid == standin.messages[-1].sid


def assert_connection_fails(call: Callable[[], object]) -> None:
    with pytest.raises(requests.ConnectionError):
        call()


@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL", "stdin"])
def test_as_a_process_it_logs_a_line_per_accepted_text(tmp_path: Path, end: str) -> None:
    log = tmp_path / "texts.jsonl"
    command = [sys.executable, "-m", "tests.standins.twilio", "--port", "0", "--log", str(log)]
    with subprocess.Popen(
        [*command, "--auth-token", "told", "--until-stdin-closes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready, url = process.stdout.readline().split()
        assert ready == "ready"
        sender = Client(ACCOUNT_SID, "told", http_client=Rerouted(url))
        first = sender.messages.create(to=MOM, from_=PRACTICE, body="À 9 h")
        with pytest.raises(TwilioRestException):
            sender.messages.create(to="911", from_=PRACTICE, body="Hi")
        second = sender.messages.create(to=DAD, from_=PRACTICE, body="Hi")
        if end == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.Signals[end])
        assert process.wait(10) == (-9 if end == "SIGKILL" else 0)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["sid"] for line in lines] == [first.sid, second.sid]
    assert datetime.fromisoformat(lines[0]["accepted_at"]).tzinfo
    assert (lines[0]["To"], lines[0]["From"], lines[0]["Body"]) == (MOM, PRACTICE, "À 9 h")


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 80 + "x", 2),
        ("€" * 153, 3),  # 76 to a segment: none is split
        ("ç" * 70, 1),  # not in the GSM alphabet, though Ç is
        ("Ç" * 160, 1),
        ("ç" * 71, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_segments_are_counted(body: str, count: int) -> None:
    assert segments(body) == count


def test_a_text_from_a_phone_is_kept_and_told_of_as_often_as_wanted(twilio: TwilioStandin, receiver: Receiver) -> None:
    written_at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    told: Any = {"to": f"{receiver.public}/in", "sender": MOM, "number": PRACTICE, "written_at": written_at}
    assert twilio.receive("STOP", times=2, **told) == ((204, ""), (204, ""))
    first, second = receiver.received
    assert first == second
    assert (first["From"], first["To"], first["Body"], first["FromZip"]) == (MOM, PRACTICE, "STOP", "")
    kept = client(twilio).messages(first["MessageSid"]).fetch()
    assert (kept.direction, kept.date_created, kept.body) == ("inbound", written_at, "STOP")
    assert twilio.messages == ()  # those are ours
