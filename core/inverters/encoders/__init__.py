"""The published encoders under their official names: a picture -> latents, plane offsets, features."""
