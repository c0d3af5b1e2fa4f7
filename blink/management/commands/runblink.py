"""`manage.py runblink`: all of Blink in one process, with its demo."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import is_valid_path

from blink import demo
from blink.demo.sign_ins import sign_ins
from blink.embedded.running import CannotRun, run


class Command(BaseCommand):
    help = "Run web, worker and beat in this one process, with a demo on an empty database."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "runblink is for one's own computer. In production start gunicorn, a Celery worker and Celery beat."
            )
        if settings.LOGGING["root"]["level"] != "DEBUG":
            # A line for every task taken and every missing icon is of no use to somebody trying Blink.
            logging.getLogger("celery").setLevel(logging.WARNING)
            logging.getLogger("django.request").setLevel(logging.ERROR)
        try:
            run(port=settings.PORT, say=self._say, welcome=welcome)
        except CannotRun as why:
            raise CommandError(str(why)) from None

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


PLACES = (
    ("/outbox/", "Outbox", "every email and text, as its receiver sees it"),
    ("/admin/", "Platform admin", ""),
)


def welcome(address: str) -> str:
    """What there is to see, and only what there is: addresses that resolve, sign-ins that work."""
    lines = ["", f"Blink is running: {address}/", ""]
    for path, name, remark in PLACES:
        if is_valid_path(path):
            lines.append(f"  {name:<16}{address}{path}  {remark}".rstrip())
    if people := sign_ins():
        lines += ["", f"Sign in at {address}/account/login/ with the password {demo.PASSWORD} as, for example:", ""]
        width = max(len(one.email) for one in people)
        lines += [f"  {one.email:<{width}}  {one.who}, {one.what}" for one in people]
    lines += [
        "",
        "Reminders go out every minute, the first ones now.",
        "Ctrl-C stops Blink; `make run` goes on from there, `make demo-reset` starts over.",
        "",
    ]
    return "\n".join(lines)
