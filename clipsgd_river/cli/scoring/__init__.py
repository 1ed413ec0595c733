"""Events pass detectors and alert filters, and verdicts come out."""
