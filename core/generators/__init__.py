"""Generators: a latent becomes a trigrid, features become a picture."""
