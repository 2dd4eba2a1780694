"""What windows hand in: numbers, lines, their effects, what they name."""
