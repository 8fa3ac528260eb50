"""One blueprint a family of pages; the only room that knows HTTP."""
