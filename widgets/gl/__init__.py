"""Drawing passes on moderngl; they know no Qt."""
