"""Events from JSON: lines, arrays, envelopes, objects one after the other."""
