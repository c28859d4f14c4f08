"""Composition: the command line, the window and the session that ties widgets to engines."""
