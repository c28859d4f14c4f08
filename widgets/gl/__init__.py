"""moderngl passes of the viewer; nothing here knows Qt."""
