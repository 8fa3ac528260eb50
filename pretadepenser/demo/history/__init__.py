"""How the histories of the fictitious clients are drawn: from traits to rows, from rows to months."""
