"""Who did what: noted in the transaction that does it, sealed after it, read in pages."""
