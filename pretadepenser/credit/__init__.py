"""The lending domain. Never imports Flask, the database or matplotlib."""
