"""A stand-in for a mail provider's HTTP interface: Postmark's, as the simplest of those that Anymail knows.

    with MailApiStandin() as api:
        api.answers.append(Answer(429, headers={"Retry-After": "7"}))
        ...  # send through anymail.backends.postmark with POSTMARK_API_URL=api.url
        (email,) = api.emails

It accepts everything, unless the next of `answers` says otherwise.

Source: Postmark's "Sending email with the API" (POST /email; 200 with ErrorCode 0; 422 with an ErrorCode).
"""

import contextlib
import json
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4


@dataclass(frozen=True)
class Answer:
    """What to answer one request with. `accepted` says whether the email was taken nevertheless.

    `body` None is what Postmark would say; `hang` lets the client wait for so many seconds first; `drop` closes
    the connection in place of an answer.
    """

    status: int = 200
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    accepted: bool = False
    hang: float = 0
    drop: bool = False


def refused_recipient() -> Answer:
    """The recipient bounced or complained before, so Postmark does not even try."""
    words = "You tried to send to recipients that have been marked as inactive.\nFound inactive addresses: {to}.\n"
    return Answer(422, json.dumps({"ErrorCode": 406, "Message": words + "Inactive recipients are ones that ..."}))


class MailApiStandin:
    """The server. Enter it to start it on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.emails: list[dict[str, Any]] = []
        self.url = ""
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def _respond(self, email: dict[str, Any]) -> Answer:
        answer = self.answers.popleft() if self.answers else Answer(accepted=True)
        if answer.accepted:
            self.emails.append(email)
        self._stopping.wait(answer.hang)
        if answer.body is None:
            told = {"To": email["To"], "MessageID": str(uuid4()), "ErrorCode": 0, "Message": "OK"}
            return Answer(answer.status, json.dumps(told), answer.headers, drop=answer.drop)
        return Answer(answer.status, answer.body.replace("{to}", email["To"]), answer.headers, drop=answer.drop)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = standin._respond(json.loads(body))
                if answer.drop:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                payload = (answer.body or "").encode()
                with contextlib.suppress(OSError):  # a client that gave up
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(payload)))
                    self.end_headers()
                    self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
