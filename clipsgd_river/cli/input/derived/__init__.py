"""Events made of other events: rates of counters, windows of time."""
