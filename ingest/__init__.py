"""What comes in: sources, checks and the reconciler that brings missing bars into the store."""
