"""Random CC0 heads with hair, glasses and clothes, rendered from all around with exact labels, depth and cameras.

They are what the bundled models learn from. A seed fixes everything about a head. From seeds to files:

    sliders shape                       random shape and expression, as weights of MakeHuman's targets
    person recipe                       colours, hair style; versions of the recipe
    formats topology                    MakeHuman's files; subdivision, normals
    assets library base_mesh            what is read, and the base mesh with its shapes
    uv_maps pictures                    where on the skin is what
    skin brows eyes                     the painted and the modelled parts of a head
    hair_styles hair_cards hair_fur     hair
    clothes glasses tubes               what is worn
    part light baking opengl renderer   drawing; the one place in core that uses OpenGL (moderngl, imported when needed)
    head cameras dataset sheet          a whole head, its views, data sets, contact sheets
    attributes                          a head in numbers, for training

Frames: MakeHuman's decimetres (y up, face along +z, +x the person's left) until `part`, the world of core.camera after.
"""

from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.cameras import ViewRing
from core.training.synthetic.dataset import TRAINING_DATA, DatasetSettings, render_dataset
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.sheet import contact_sheet

__all__ = [
    "TRAINING_DATA",
    "AssetFolders",
    "DatasetSettings",
    "HeadRecipe",
    "ViewRing",
    "contact_sheet",
    "render_dataset",
]
