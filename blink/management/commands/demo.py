"""`manage.py demo`: the demo's practices, into an empty database only."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blink.demo.loading import NotHere, load_if_empty


class Command(BaseCommand):
    help = "Load the demo into an empty database; on any other, do nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_if_empty()
        except NotHere as why:
            raise CommandError(str(why)) from None
        self.stdout.write("The demo is loaded." if loaded else "There is data already, so the demo is not loaded.")
