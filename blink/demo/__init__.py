"""The demo: three invented practices, so that whoever tries Blink sees reminders go out within a minute.

- `seattle`: texts and emails go out; families share logins; every common reason for not sending is seen at work.
- `montreal`: French-speaking, in Québec; a number that replied STOP, and a number that only looks Canadian.
- `bristol`: in the U.K., so nobody is texted and the record says why; invoices are turned off.

Nobody in it exists. Addresses end in `.example` (RFC 2606); North American numbers are 555-01xx, set aside for
fiction, and British ones are of the ranges that Ofcom sets aside for drama.

Nothing about the past is made up in the ledger: what it shows was decided and sent by the code that does it for
everybody. So what starts less than a day ahead was booked just now, and has no reminder email of its own (R6).
"""

ADMIN_EMAIL = "admin@blink.example"
PASSWORD = "blink-demo"  # noqa: S105 (of invented people, on a server that only this computer reaches)
