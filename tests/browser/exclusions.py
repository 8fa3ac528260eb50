"""The axe-core rules that are not held against the site, each with its reason. None at present."""

EXCLUDED: dict[str, str] = {}
