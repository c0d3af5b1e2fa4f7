"""`manage.py forecast`: the next 48 hours of reminders, who gets what and who does not and why (L3)."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Organization
from accounts.tenancy import within
from notifications.forecast import HOURS, Foreseen, forecast
from notifications.kinds import kind_of


class Command(BaseCommand):
    help = "Foretell who will be reminded in the next hours, and who will not and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="one practice only")
        parser.add_argument("--hours", type=float, default=HOURS, help="how far ahead (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.all()
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations:
                raise CommandError(f"No organization is called {options['organization']!r}.")
        now = timezone.now()
        foretold: list[tuple[Organization, list[Foreseen]]] = []
        for organization in organizations:
            with within(organization):
                foretold.append((organization, forecast(organization, now=now, hours=options["hours"])))
        if options["json"]:
            self.stdout.write(json.dumps(_for_programs(foretold, now, options["hours"]), indent=2, ensure_ascii=False))
        else:
            for organization, lines in foretold:
                self._write_table(organization, lines, options["hours"])

    def _write_table(self, organization: Organization, lines: list[Foreseen], hours: float) -> None:
        sent = sum(line.will_be_sent for line in lines)
        self.stdout.write(
            self.style.MIGRATE_HEADING(
                f"{organization.name}: {sent} to be sent and {len(lines) - sent} not, in the next {hours:g} hours"
                f" (times in {organization.time_zone})"
            )
        )
        if not lines:
            self.stdout.write("  Nothing falls due.\n")
            return
        zone = ZoneInfo(organization.time_zone)
        rows = [("when", "by", "to", "about", "what", "")]
        for line in lines:
            row = line.row
            rows.append(
                (
                    row.due_at.astimezone(zone).strftime("%a %b %d %H:%M"),
                    row.get_channel_display(),
                    row.login.name,
                    row.client.name if row.client else "",
                    str(kind_of(row.kind).label),
                    "will be sent" if line.will_be_sent else line.words,
                )
            )
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        for row_of_words in rows:
            cells = [word.ljust(width) for word, width in zip(row_of_words, widths, strict=False)]
            self.stdout.write("  " + "  ".join([*cells, row_of_words[5]]).rstrip())
        self.stdout.write("")


def _for_programs(foretold: list[tuple[Organization, list[Foreseen]]], now: datetime, hours: float) -> dict[str, Any]:
    return {
        "at": now.isoformat(),
        "hours": hours,
        "organizations": [
            {
                "organization": organization.slug,
                "notifications": [
                    {
                        "due_at": line.row.due_at.isoformat(),
                        "kind": line.row.kind,
                        "channel": line.row.channel,
                        "login": line.row.login_id,
                        "client": line.row.client_id,
                        "subject": line.row.subject_id,
                        "will_be_sent": line.will_be_sent,
                        "reason": line.reason,
                        "words": line.words,
                    }
                    for line in lines
                ],
            }
            for organization, lines in foretold
        ],
    }
