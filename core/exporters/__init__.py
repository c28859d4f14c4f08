"""Exporters: a head becomes a file, chosen by its suffix."""
