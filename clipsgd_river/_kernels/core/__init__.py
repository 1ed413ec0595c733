"""What every kernel is built from: events, memory, state."""
