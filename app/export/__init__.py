"""What leaves the screen: memo figures, data files, and addresses that reopen a view."""
