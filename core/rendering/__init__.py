"""Rendering of a trigrid: exact, near-exact and preview, for any generator."""
