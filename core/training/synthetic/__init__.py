"""Random CC0 heads with hair, glasses and clothes, rendered from all around with exact labels, depth and cameras.

They are what the bundled models learn from. A seed fixes everything about a head. From seeds to files:

    population recipe                   who is drawn in version 3, evenly; versions of the recipe
    sliders shape expressions           random shape and expression, as weights of MakeHuman's targets
    person                              colours, hair style
    formats topology                    MakeHuman's files; subdivision, normals
    assets library base_mesh            what is read, and the base mesh with its shapes
    uv_maps pictures                    where on the skin is what
    skin brows eyes                     the painted and the modelled parts of a head
    hair_styles hair_cards hair_fur     hair, with
    hair_forms hair_textures            what is made of the card meshes and their pictures
    hair_growth beards                  where fur grows, and beards
    clothes glasses tubes               what is worn
    part light baking opengl renderer   drawing; the one place in core that uses OpenGL (moderngl, imported when needed)
    head cameras dataset sheet          a whole head, its views, data sets, contact sheets
    attributes balance                  a head in numbers, for training; a data set in numbers

Frames: MakeHuman's decimetres (y up, face along +z, +x the person's left) until `part`, the world of core.camera after.
"""

from core.training.synthetic.assets import AssetFolders
from core.training.synthetic.cameras import ViewRing
from core.training.synthetic.dataset import TRAINING_DATA, VARIED_DATA, DatasetSettings, render_dataset
from core.training.synthetic.recipe import HeadRecipe
from core.training.synthetic.sheet import contact_sheet

__all__ = [
    "TRAINING_DATA",
    "VARIED_DATA",
    "AssetFolders",
    "DatasetSettings",
    "HeadRecipe",
    "ViewRing",
    "contact_sheet",
    "render_dataset",
]
