"""The outbox pages: what the local channel "sent", as its receivers see it, and the record in words.

They exist only where messages stay on this machine, never in production, and show every practice to whoever
opens them. They work without JavaScript; with it, a part of each page is fetched again every few seconds.
Texts can be answered: see `phone` for what a phone shows, and `carrier` for how an answer reaches Blink.
"""
