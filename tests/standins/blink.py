"""A server in the place of Blink's inbound address: it notes what is posted there, and answers as it is told."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Posted:
    """One request: its path, its form, and the signature that came with it."""

    path: str
    form: dict[str, str]
    signature: str


@dataclass
class BlinkStandin:
    """At `url`, on a free port of this computer, while its `with` block runs."""

    status: int = 200
    answer: str = "<Response></Response>"
    posted: list[Posted] = field(default_factory=list)

    def __enter__(self) -> Self:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
                standin.posted.append(Posted(self.path, form, self.headers["X-Twilio-Signature"]))
                answer = standin.answer.encode()
                self.send_response(standin.status)
                self.send_header("Content-Type", "text/xml; charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                """Nothing: the test reads `posted`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"
