"""Invoice numbers on a real SQLite file, as the embedded default has it: no gap, no double, never "locked"."""

import json

import pytest

from tests.services.processes import Processes

pytestmark = pytest.mark.services

RACE = """
import json
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from accounts.tenancy import within
from billing.models import Invoice
from tests.billing.invoicing import make_draft
from tests.conftest import make_practice

practice = make_practice()
drafts = [make_draft(practice).pk for _ in range(40)]

def issue_all(_thread):
    try:
        with within(practice.organization):
            return sum(Invoice.objects.get(pk=pk).issue(by=practice.owner) for pk in drafts)
    finally:
        connection.close()

with ThreadPoolExecutor(4) as threads:
    won = list(threads.map(issue_all, range(4)))
with within(practice.organization):
    numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
print(json.dumps({"vendor": connection.vendor, "won": won, "numbers": numbers}))
"""


def test_threads_that_issue_the_same_drafts_number_each_once() -> None:
    with Processes() as processes:
        processes.manage("migrate", "--verbosity", "0")
        found = json.loads(processes.script(RACE).splitlines()[-1])
    assert found["vendor"] == "sqlite"
    assert sum(found["won"]) == 40
    assert found["numbers"] == list(range(1, 41))
