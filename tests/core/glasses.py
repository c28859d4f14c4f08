"""A pair of clear glasses for tests."""

import numpy as np

from core.editors.glasses_mesh import frame_of, lenses_of
from core.eyewear import Eyewear, GlassesForm

CLEAR = GlassesForm(
    middle_x=0.0,
    centre=(0.06, 0.02),
    front_z=0.24,
    half_width=0.045,
    upper=0.034,
    lower=0.036,
    squareness=2.8,
    wire=0.004,
    hinge_y=0.035,
    frame_rgb=(0.1, 0.1, 0.1),
    lens_rgb=(0.2, 0.2, 0.25),
    lens_opacity=0.0,
    veiled=False,
)
TEMPLE = np.stack([np.full(20, 0.115), np.full(20, 0.035), np.linspace(0.23, 0.03, 20)], axis=1)


def pair_of_glasses(form: GlassesForm = CLEAR, strength: float = 1.0) -> Eyewear:
    """A pair of some form, worn."""
    (frame, frame_faces), (lens, lens_faces) = frame_of(form, TEMPLE), lenses_of(form)
    return Eyewear(
        form=form,
        frame_points=frame.astype(np.float32),
        frame_faces=frame_faces.astype(np.int32),
        lens_points=lens.astype(np.float32),
        lens_faces=lens_faces.astype(np.int32),
        strength=strength,
    )
