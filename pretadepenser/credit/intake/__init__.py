"""Tables from outside: found, opened, recognised by their bytes, held to the columns of the dictionary."""
