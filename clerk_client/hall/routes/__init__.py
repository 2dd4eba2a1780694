"""The routes, a file a subject. Rights stand in `hall/rights.py`."""
