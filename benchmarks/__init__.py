"""What costs time, as ratios of one run."""
