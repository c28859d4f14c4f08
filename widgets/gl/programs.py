"""Shader programs from the files in shaders/."""

import re
from functools import cache
from pathlib import Path

import moderngl

SHADERS = Path(__file__).resolve().parents[2] / "shaders"
_INCLUDE = re.compile(r'^#include "([\w.]+)"$', re.MULTILINE)


@cache
def shader_source(name: str) -> str:
    """Return the text of a shader file with its `#include "file"` lines replaced by those files."""
    text = (SHADERS / name).read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda match: shader_source(match[1]), text)


def build_program(context: moderngl.Context, vertex: str, fragment: str) -> moderngl.Program:
    """Compile and link two files of shaders/."""
    return context.program(vertex_shader=shader_source(vertex), fragment_shader=shader_source(fragment))


def set_uniforms(program: moderngl.Program, **values: object) -> None:
    """Set uniforms by name; one the compiler has removed as unused is passed over."""
    for name, value in values.items():
        member = program.get(name, None)
        if isinstance(member, moderngl.Uniform):
            member.value = value
