"""What the columns of a stream are, told from its first rows."""
