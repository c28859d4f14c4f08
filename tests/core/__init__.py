"""Laws of the values and engines of core."""
