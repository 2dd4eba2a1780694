"""What windows ask for."""
