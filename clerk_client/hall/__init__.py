"""The hall service: its own process, for a hall without a business system of its own."""
