"""窗口受理: from the ticket to the receipt on one page."""
