"""Exactly once: client, service, network, disk and clock fail at every step.

See docs/exactly-once.md. Clerks' keys are in software here, for speed; `test_real_key.py` does the
same work with SoftHSM's.
"""
