"""Events from rows of text cells: tables, and logs whose lines become rows."""
