"""Everything that computes; imports neither Qt nor moderngl."""
