"""The fictitious portfolio: clients who do not exist, drawn like those of Home Credit.

`batches` draws their applications, `histories` the six tables of their credit history. Their numbers spread
like Kaggle's, from 100001 on; client 157083 is always one of them. Clients come in blocks of 8,192, each
with a random stream of its own, so that memory stays flat and neither the batch size nor the size of the
portfolio changes a block; what a history is drawn from is the client and the client's number alone.
"""

from pretadepenser.demo.clients import KNOWN_CLIENT, batches, numbers
from pretadepenser.demo.histories import histories

__all__ = ["KNOWN_CLIENT", "batches", "histories", "numbers"]
