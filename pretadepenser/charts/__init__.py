"""Value objects turned into charts: title, sentence, table and SVG. Never imports Flask."""
