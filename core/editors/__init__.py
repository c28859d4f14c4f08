"""Editors: a head becomes another head."""
