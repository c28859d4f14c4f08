"""Inverters: an aligned photo becomes a head."""
