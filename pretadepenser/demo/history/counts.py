"""How many rows a client has: credits at the bureau, earlier applications to us."""

from pretadepenser.demo.history.rows import Trait

TRAITS = (
    Trait("CREDITS", True, exists=lambda v: v["KNOWN"] == 1),
    Trait("APPLICATIONS", True),
)
