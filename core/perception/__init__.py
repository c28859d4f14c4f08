"""Small bundled nets that read a photo: faces, their points, irises, the person's mask, identity, perceptual features."""
