"""Rules for alerts in a file."""
