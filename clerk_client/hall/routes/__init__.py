"""The routes, a file a subject. Rights stand in `hall/access/rights.py`."""
