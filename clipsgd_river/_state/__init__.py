"""State files: what an object learned, in bytes without pickle."""
