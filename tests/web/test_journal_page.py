"""What the journal writes of pages and people, and how auditors read it."""
