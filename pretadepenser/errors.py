"""The one kind of exception whose message may be shown: what went wrong and what to do, in French."""


class ToldError(Exception):
    """Something stops for a reason that a person can mend; the message is a French sentence for that person.

    Each room has its own kinds, so that a caller can tell them apart; the command line shows them all.
    """
