"""Events: the catalogue with its claims checked, what people noted, and what prices did around them."""
