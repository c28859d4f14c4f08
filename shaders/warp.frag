#version 330 core
#include "head.glsl"
in vec2 uv;
in vec2 uv_new;
in float depth_old;
flat in int whole;
out vec4 colour;

void main() {
    if (whole == 0) discard;
    vec4 head = texture(frame, uv) * strength;
    if (head.a < 0.04) discard;
    colour = tinted(head, uv) * edge_fade(clamp(uv_new, 0.0, 1.0));
}
