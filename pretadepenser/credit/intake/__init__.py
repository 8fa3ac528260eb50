"""Tables from outside: found, opened, recognised by their bytes, and held to the columns of the dictionary."""
