"""Heads drawn in styles by a program that knows their shape, their parts and their light: no network, no training."""
