"""Recipes that made the bundled weights, from synthetic heads to the trained generator."""
