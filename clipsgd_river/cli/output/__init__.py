"""Where the command line writes scores and alerts to."""
