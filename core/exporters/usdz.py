"""USDZ: one file with mesh, texture and normal map for Quick Look, Reality Composer and film tools; metres, +y up.

A USDZ is a zip that stores its files as they are, each beginning at a multiple of 64 bytes, the layer first (the USDZ
specification of OpenUSD). The layer is USD's text, which needs no library of 30 MB to be written.
"""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.exporters.files import picture_bytes, write_whole
from core.exporters.subject import Subject
from core.mesh import Mesh

UNITS_PER_METRE = 1.0
ALIGNMENT_BYTES = 64
ROUGHNESS = 0.8
LAYER, TEXTURE, BUMPS = "head.usda", "head.png", "head_normal.png"
PADDING_ID = 0x1986
"""Of the extra field that moves a file's data to its boundary; readers skip fields that they do not know."""
_BUMPED = "            normal3f inputs:normal.connect = </Head/Skin/Bumps.outputs:rgb>\n"
_BUMPS_SHADER = f"""        def Shader "Bumps"
        {{
            uniform token info:id = "UsdUVTexture"
            asset inputs:file = @{BUMPS}@
            float2 inputs:st.connect = </Head/Skin/Coordinates.outputs:result>
            token inputs:sourceColorSpace = "raw"
            float4 inputs:scale = (2, 2, 2, 1)
            float4 inputs:bias = (-1, -1, -1, 0)
            token inputs:wrapS = "clamp"
            token inputs:wrapT = "clamp"
            float3 outputs:rgb
        }}

"""
"""What a material with a normal map has besides."""
HEADER_BYTES, EXTRA_HEADER_BYTES = 30, 4
"""Of a zip's local file header without name and extra fields, and of an extra field without its content."""


def write(subject: Subject, path: Path) -> Mesh:
    """Write the head's textured mesh; answers it as it stands in the file."""
    mesh = subject.textured
    mesh = mesh.scaled(subject.scale(mesh, UNITS_PER_METRE))
    subject.tell(0.82, f"Writing {path.name}")
    write_whole(path, usdz_bytes(mesh, subject.credit))
    return mesh


def usdz_bytes(mesh: Mesh, credit: str) -> bytes:
    """A USDZ of a mesh with uvs and texture.

    Args:
        mesh: in metres.
        credit: kept as the layer's documentation.
    """
    if mesh.uvs is None or mesh.texture is None:
        raise ValueError("a USDZ needs texture coordinates and a texture")
    files = {LAYER: _layer(mesh, credit).encode(), TEXTURE: picture_bytes(mesh.texture)}
    if mesh.normal_map is not None:
        files[BUMPS] = picture_bytes(mesh.normal_map)
    return _packed(files)


def _packed(files: dict[str, bytes]) -> bytes:
    """A zip without compression whose files begin at multiples of `ALIGNMENT_BYTES`."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as package:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # 1980: the same head gives the same file
            begins = whole.tell() + HEADER_BYTES + len(name.encode()) + EXTRA_HEADER_BYTES
            padding = -begins % ALIGNMENT_BYTES
            entry.extra = struct.pack("<HH", PADDING_ID, padding) + bytes(padding)
            package.writestr(entry, content)
    return whole.getvalue()


def _layer(mesh: Mesh, credit: str) -> str:
    """The scene as USD text."""
    assert mesh.uvs is not None
    low, high = mesh.bounds
    credit = " ".join(credit.replace('"', "'").replace("\\", "/").split())
    return f'''#usda 1.0
(
    doc = "{credit}"
    defaultPrim = "Head"
    metersPerUnit = 1
    upAxis = "Y"
)

def Xform "Head" (
    kind = "component"
)
{{
    def Mesh "Surface" (
        prepend apiSchemas = ["MaterialBindingAPI"]
    )
    {{
        uniform token subdivisionScheme = "none"
        float3[] extent = {_tuples(np.stack([low, high]))}
        int[] faceVertexCounts = [{", ".join(["3"] * len(mesh.faces))}]
        int[] faceVertexIndices = [{", ".join(map(str, mesh.faces.ravel().tolist()))}]
        point3f[] points = {_tuples(mesh.vertices)}
        normal3f[] normals = {_tuples(mesh.normals)} (
            interpolation = "vertex"
        )
        texCoord2f[] primvars:st = {_tuples(mesh.uvs)} (
            interpolation = "vertex"
        )
        rel material:binding = </Head/Skin>
    }}

    def Material "Skin"
    {{
        token outputs:surface.connect = </Head/Skin/Surface.outputs:surface>

        def Shader "Surface"
        {{
            uniform token info:id = "UsdPreviewSurface"
            color3f inputs:diffuseColor.connect = </Head/Skin/Texture.outputs:rgb>
            float inputs:metallic = 0
{_BUMPED if mesh.normal_map is not None else ""}            float inputs:roughness = {ROUGHNESS}
            token outputs:surface
        }}

        def Shader "Texture"
        {{
            uniform token info:id = "UsdUVTexture"
            asset inputs:file = @{TEXTURE}@
            float2 inputs:st.connect = </Head/Skin/Coordinates.outputs:result>
            token inputs:sourceColorSpace = "sRGB"
            token inputs:wrapS = "clamp"
            token inputs:wrapT = "clamp"
            float3 outputs:rgb
        }}

{_BUMPS_SHADER if mesh.normal_map is not None else ""}        def Shader "Coordinates"
        {{
            uniform token info:id = "UsdPrimvarReader_float2"
            string inputs:varname = "st"
            float2 outputs:result
        }}
    }}
}}
'''


def _tuples(rows: NDArray[np.float32]) -> str:
    """Rows of numbers as USD writes them."""
    return "[" + ", ".join("(" + ", ".join(f"{value:.6g}" for value in row) + ")" for row in rows.tolist()) + "]"
