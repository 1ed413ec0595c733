"""What the benchmark scripts share: data, contestants, measurement, report."""
