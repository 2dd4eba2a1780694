"""Words and rules of the window: no files, no network, no Qt."""
