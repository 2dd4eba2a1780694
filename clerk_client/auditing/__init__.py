"""Checking journals and receipts with nothing but certificates, and taking a journal out."""
