"""The service as processes that IT runs and watches."""
