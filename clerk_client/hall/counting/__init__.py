"""Counts of what was done, and what others report."""
