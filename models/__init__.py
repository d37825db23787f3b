"""What Aftershock knows: instruments, sessions, stored prices and the analytics on them."""
