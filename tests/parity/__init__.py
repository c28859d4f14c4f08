"""Agreement with golden tensors of the official implementations."""
