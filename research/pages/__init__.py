"""The sections of the report, and the blocks they are made of (schema: :mod:`research.report`)."""
