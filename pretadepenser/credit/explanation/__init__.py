"""Why a client has this score: exact contributions, told as reasons, for one client or a whole file."""
