#version 330 core
#include "backdrop.glsl"
out vec4 colour;

void main() {
    vec2 at = vec2(gl_FragCoord.x, viewport_px.y - gl_FragCoord.y);
    colour = vec4(backdrop_at(at), 1.0);
}
