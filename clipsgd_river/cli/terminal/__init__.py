"""What every part of the command line uses: errors, interrupts, text."""
