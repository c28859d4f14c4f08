"""Small bundled nets that look at photos: faces, landmarks, person mask, identity, features."""
