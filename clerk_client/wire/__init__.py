"""What crosses the network and what is signed. Formats are final: see docs/formats.md."""
