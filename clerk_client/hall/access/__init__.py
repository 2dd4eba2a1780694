"""Who comes in, from where, and with which rights."""
