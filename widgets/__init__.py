"""Qt widgets that show values and emit intentions; they run no model."""
