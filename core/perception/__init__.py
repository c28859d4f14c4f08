"""Small bundled nets that read a photo: faces, their points, irises, the person, identity, perceptual features."""
