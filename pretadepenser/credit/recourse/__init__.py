"""What a client can do: the changes that would turn the decision, and the sheet of the meeting."""
