"""The window-acceptance desktop client for government service halls."""
