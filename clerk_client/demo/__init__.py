"""The demonstration: the real application, with hall, keys, camera and printer to try it."""
