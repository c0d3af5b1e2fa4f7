"""A stand-in for Twilio's REST API for messages, as Twilio documents it.

    with TwilioStandin() as twilio:
        client = Client(twilio.account_sid, twilio.auth_token, http_client=...)  # sends to twilio.url
        twilio.on(Refuse(21610), to="+16045550199")
        ...
        (text,) = twilio.messages
        twilio.deliver(text.sid, "delivered", times=2)

It creates, reads and lists messages under /2010-04-01/Accounts/{sid}/Messages, checks Basic authentication
and the form fields, and sends signed status callbacks and texts from people's phones (`receive`) when the
test says so. `on` makes it behave badly.

As a process: `python -m tests.standins.twilio --port N --log FILE`.

Where it is simpler than Twilio: only numbers in E.164 form are accepted as recipients; nothing is sent, so
a message counts as sent at once (`sends_at_once`) and as delivered when the test calls `deliver`; media,
scheduling, redaction and cancelling are not there (error 20004). Undocumented and assumed here: a message
not yet sent has no `date_sent` and is not found by a filter on it.

Sources: Twilio's pages "Messages resource", "Error and warning dictionary", "Track the message status of
outbound messages", "Webhooks security"; the twilio SDK for the shape of a page.
"""

# twilio ships no types.
# mypy: disable-error-code="import-untyped,no-untyped-call"

import argparse
import base64
import contextlib
import hmac
import http.client
import json
import re
import secrets
import socket
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from tests.standins.process import serve
from tests.standins.record import Record
from tests.standins.script import Script
from tests.standins.twilio_messages import ERRORS, Message, Refuse, RefusedError, checked, page_of, rank

__all__ = [
    "ACCOUNT_SID",
    "AUTH_TOKEN",
    "Callback",
    "Drop",
    "Hang",
    "Message",
    "Refuse",
    "TwilioStandin",
    "server_error",
    "too_many_requests",
]

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "the token of the stand-in"

Stage = Literal["create", "list", "fetch"]


def too_many_requests(retry_after: int | None = 1) -> Refuse:
    """429, as when the account's concurrency limit is reached."""
    return Refuse(20429, 429, retry_after=retry_after)


def server_error(status: int = 500) -> Refuse:
    """A 5xx with Twilio's code for it."""
    return Refuse(20500 if status == 500 else 20503, status)


@dataclass(frozen=True)
class Hang:
    """Let the client wait for so many seconds, before or after accepting, and then answer as usual.

    A client that gives up meanwhile changes nothing: what was to be accepted still is.
    """

    seconds: float
    accepted: bool = False


@dataclass(frozen=True)
class Drop:
    """Close the connection without an answer, before or after accepting."""

    accepted: bool = False


@dataclass(frozen=True)
class Callback:
    """One request Twilio makes to the practice's side: a form POST with a signature over both."""

    url: str
    fields: Mapping[str, str]
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": self.signature,
        }


@dataclass(frozen=True)
class _Answer:
    status: int
    payload: dict[str, object]
    retry_after: int | None = None


class TwilioStandin:
    """The server. Enter it to start it on 127.0.0.1; `port` 0 takes a free one.

    `callbacks_to` is where callbacks are really connected to (scheme, host and port), if the public address
    in StatusCallback leads elsewhere; the signature and the Host header stay those of the public address.
    """

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        port: int = 0,
        log: Path | None = None,
        sends_at_once: bool = True,
        callbacks_to: str | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.port = port
        self.sends_at_once = sends_at_once
        self.callbacks_to = callbacks_to
        self._script: Script[Refuse | Hang | Drop] = Script()
        self._record: Record[Message] = Record(log)
        self._received: Record[Message] = Record()
        self._stopping = threading.Event()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """What takes the place of https://api.twilio.com."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every message accepted from us as it is now, oldest first."""
        return self._record.all()

    def __enter__(self) -> Self:
        self._stopping.clear()
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()

    def on(
        self,
        behaviour: Refuse | Hang | Drop,
        *,
        to: str | None = None,
        times: int | None = None,
        at: Stage = "create",
    ) -> None:
        """Behave so at requests of a kind, for one recipient or (None) all, so often or until `clear`."""
        self._script.add(behaviour, at=at, to=to, times=times)

    def clear(self) -> None:
        """Behave as usual from now on, and forget the messages."""
        self._script.clear()
        self._record.clear()
        self._received.clear()

    def wait_for(self, count: int, *, within: float = 5) -> tuple[Message, ...]:
        """The accepted messages once there are `count`. Raises TimeoutError after `within` seconds."""
        return self._record.wait_for(count, within=within)

    def callback(self, sid: str, status: str, *, error_code: int | None = None) -> Callback:
        """The status callback for a message, signed, unsent; the message itself takes the status too.

        Statuses may come in any order: a message that was delivered does not become merely sent again.
        Raises KeyError for a sid that was not accepted, ValueError if its sender wanted no callbacks.
        """
        message = self._record.get(sid)
        if message is None:
            raise KeyError(sid)
        if not message.status_callback:
            raise ValueError(f"{sid} has no StatusCallback")
        now = datetime.now(UTC)
        if rank(status) > rank(message.status):
            left = now if status in ("sent", "delivered", "read", "undelivered") else None
            changed = replace(message, status=status, date_updated=now, error_code=error_code)
            self._record.replace(sid, replace(changed, date_sent=message.date_sent or left))
        fields = {
            "AccountSid": message.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.from_ or "+15005550006",
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "To": message.to,
        }
        if message.messaging_service_sid:
            fields["MessagingServiceSid"] = message.messaging_service_sid
        if error_code is not None:
            fields["ErrorCode"] = str(error_code)
        if status == "delivered":
            fields["RawDlrDoneDate"] = now.strftime("%y%m%d%H%M")
        return self.signed(message.status_callback, fields)

    def deliver(self, sid: str, status: str, times: int = 1, *, error_code: int | None = None) -> tuple[int, ...]:
        """Send the status callback, as often as told. Returns the HTTP status of each answer."""
        callback = self.callback(sid, status, error_code=error_code)
        return tuple(self.post(callback) for _ in range(times))

    def inbound(
        self,
        body: str,
        *,
        to: str,
        sender: str = "+12065550143",
        number: str = "+12065550100",
        opt_out_type: str = "",
        media: int = 0,
        written_at: datetime | None = None,
    ) -> Callback:
        """A text from somebody's phone, kept, and the signed request that tells of it, unsent.

        `to` is the practice's side's address for inbound texts. Sent twice it is a repeat; two that are sent in
        another order than they were written in (`written_at`) have overtaken each other.
        """
        sid = ("MM" if media else "SM") + secrets.token_hex(16)
        at = written_at or datetime.now(UTC)
        kept = Message(sid, self.account_sid, number, sender, None, body, None, 0, at, "received", direction="inbound")
        self._received.add(sid, kept, {})
        fields = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": sender,
            "FromCity": "SEATTLE",
            "FromCountry": "US",
            "FromState": "WA",
            "FromZip": "",
            "MessageSid": sid,
            "NumMedia": str(media),
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": number,
            "ToCountry": "US",
        }
        for at_place in range(media):
            fields[f"MediaContentType{at_place}"] = "image/jpeg"
            fields[f"MediaUrl{at_place}"] = f"{self.url}/media/{sid}/{at_place}"
        if opt_out_type:
            fields["OptOutType"] = opt_out_type
        return self.signed(to, fields)

    def receive(self, body: str, *, to: str, times: int = 1, **told: Any) -> tuple[tuple[int, str], ...]:
        """Let somebody text, and pass it on as often as told. Status and TwiML of each answer.

        Otherwise as `inbound`. What is answered is not sent anywhere.
        """
        callback = self.inbound(body, to=to, **told)
        return tuple(self.answer_to(callback) for _ in range(times))

    def signed(self, url: str, fields: Mapping[str, str]) -> Callback:
        """Any request of Twilio's, signed: an inbound text, for example."""
        signature = RequestValidator(self.auth_token).compute_signature(url, dict(fields))
        return Callback(url, fields, str(signature))

    def post(self, callback: Callback, *, timeout: float = 15) -> int:
        """Send a request; the HTTP status of the answer. Raises OSError if there is none."""
        return self.answer_to(callback, timeout=timeout)[0]

    def answer_to(self, callback: Callback, *, timeout: float = 15) -> tuple[int, str]:
        """Send a request; the HTTP status and the words of the answer. Raises OSError if there is none.

        Twilio gives up after 15 seconds and does not follow redirects for status callbacks.
        """
        public = urlsplit(callback.url)
        place = urlsplit(self.callbacks_to) if self.callbacks_to else public
        connector = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        with contextlib.closing(connector(place.netloc, timeout=timeout)) as connection:
            target = public._replace(scheme="", netloc="", fragment="").geturl() or "/"
            headers = callback.headers | {"Host": public.netloc}
            connection.request("POST", target, urlencode(callback.fields), headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def respond(self, method: str, target: str, form: Mapping[str, str], login: str | None) -> _Answer | None:
        """The answer to one request; None closes the connection without one."""
        url = urlsplit(target)
        try:
            if not self._knows(login):
                raise RefusedError(20003, status=401)
            stage, sid = self._route(method, url.path)
            behaviour = self._script.take(at=stage, to=form.get("To"))
            if isinstance(behaviour, Refuse):
                return _error(behaviour, form.get("To", ""))
            if behaviour and not behaviour.accepted and self._fails(behaviour):
                return None
            if stage == "create":
                answer = _Answer(201, self._create(form).as_json())
            elif stage == "list":
                query = {name: values[-1] for name, values in parse_qs(url.query).items()}
                answer = _Answer(200, page_of((*self._record.all(), *self._received.all()), url.path, query))
            else:
                answer = _Answer(200, self._message(sid, url.path).as_json())
        except RefusedError as refused:
            return _error(refused.refusal, form.get("To", ""))
        return None if behaviour and behaviour.accepted and self._fails(behaviour) else answer

    def _fails(self, behaviour: Hang | Drop) -> bool:
        """Hang, or drop the connection at once. Whether the connection is to be dropped."""
        return isinstance(behaviour, Drop) or self._stopping.wait(behaviour.seconds)

    def _knows(self, login: str | None) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return hmac.compare_digest((login or "").encode(), f"Basic {expected}".encode())

    def _route(self, method: str, path: str) -> tuple[Stage, str]:
        found = re.fullmatch(r"/2010-04-01/Accounts/(\w+)/Messages(?:/(\w+))?\.json", path)
        if not found or found[1] != self.account_sid:
            raise RefusedError(20404, status=404, detail=path)
        if method == "GET":
            return ("fetch", found[2]) if found[2] else ("list", "")
        if method == "POST" and not found[2]:
            return "create", ""
        raise RefusedError(20004, status=405)

    def _create(self, form: Mapping[str, str]) -> Message:
        validity = checked(form)
        service = form.get("MessagingServiceSid") or None
        created = Message(
            sid="SM" + secrets.token_hex(16),
            account_sid=self.account_sid,
            to=form["To"],
            from_=form.get("From") or None,
            messaging_service_sid=service,
            body=form["Body"],
            status_callback=form.get("StatusCallback") or None,
            validity_period=validity,
            accepted_at=datetime.now(UTC),
            status="accepted" if service else "queued",
            fields=dict(form),
        )
        line: dict[str, object] = {"sid": created.sid, "accepted_at": created.accepted_at.isoformat(), **form}
        later = created
        if self.sends_at_once:
            later = replace(created, status="sent", date_sent=created.accepted_at)
        self._record.add(created.sid, later, line)
        return created

    def _message(self, sid: str, path: str) -> Message:
        message = self._record.get(sid) or self._received.get(sid)
        if message is None:
            raise RefusedError(20404, status=404, detail=path)
        return message


def _error(refusal: Refuse, to: str) -> _Answer:
    words = refusal.message or ERRORS.get(refusal.code, "Error {code}")
    payload: dict[str, object] = {
        "code": refusal.code,
        "message": words.format(code=refusal.code, to=to, detail="") if refusal.message is None else words,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    return _Answer(refusal.status, payload, refusal.retry_after)


_Request = socket.socket | tuple[bytes, socket.socket]  # the latter for UDP, which is not ours


class _Server(socketserver.ThreadingTCPServer):
    """HTTP on 127.0.0.1, a thread for each connection, which stays open for further requests."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, standin: TwilioStandin) -> None:
        self.standin = standin
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", standin.port), _Handler)

    def process_request(self, request: _Request, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """End the connections clients keep open, so that a stopped stand-in answers no more."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that gives up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # the whole answer in one packet
    server: _Server

    def do_POST(self) -> None:
        self._respond()

    do_GET = do_DELETE = do_PUT = do_POST  # noqa: N815 -- the names BaseHTTPRequestHandler calls

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if self.command == "GET":  # a script for one recipient is for reading their messages too
            form = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        login = self.headers.get("Authorization")
        answer = self.server.standin.respond(self.command, self.path, form, login)
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        payload = json.dumps(answer.payload).encode()
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Twilio-Request-Id", "RQ" + secrets.token_hex(16))
        if answer.retry_after is not None:
            self.send_header("Retry-After", str(answer.retry_after))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Twilio's messages API on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, told on standard output")
    parser.add_argument("--log", type=Path, help="append one line of JSON per accepted message")
    parser.add_argument("--account-sid", help="the account it knows")
    parser.add_argument("--auth-token", help="the token it asks for and signs with")
    parser.add_argument("--callbacks-to", help="where to connect for callbacks, as http://127.0.0.1:8000")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    told = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    until_stdin_closes = told.pop("until_stdin_closes")
    serve(TwilioStandin(**told), until_stdin_closes=until_stdin_closes)


if __name__ == "__main__":
    main()
