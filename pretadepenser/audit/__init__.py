"""The accessibility audit: the judgements on the RGAA's criteria, and a walk with axe-core that checks them.

Knows nothing of credit, of Flask or of the database: it looks at any running deployment from outside.
"""

from pretadepenser.errors import ToldError


class AuditError(ToldError):
    """The audit cannot be made, or its files do not hold together; the message is a French sentence."""
