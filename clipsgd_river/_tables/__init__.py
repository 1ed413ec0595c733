"""Rows of any kind of table, and the values in them."""
