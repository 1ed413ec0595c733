"""Where the command line reads events from."""
