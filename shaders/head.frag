#version 330 core
#include "head.glsl"
uniform sampler2D photo;
uniform float wipe;             // left of it the photo shows; 0 where nothing is compared
in vec2 uv;
out vec4 colour;

// Catmull-Rom from five bilinear reads: a 256-pixel picture stays crisp on a large screen.
vec4 sharp(sampler2D picture, vec2 at_uv) {
    vec2 size = vec2(textureSize(picture, 0));
    vec2 at = at_uv * size;
    vec2 base = floor(at - 0.5) + 0.5;
    vec2 f = at - base;
    vec2 w0 = f * (-0.5 + f * (1.0 - 0.5 * f));
    vec2 w1 = 1.0 + f * f * (-2.5 + 1.5 * f);
    vec2 w2 = f * (0.5 + f * (2.0 - 1.5 * f));
    vec2 w3 = f * f * (-0.5 + 0.5 * f);
    vec2 w12 = w1 + w2;
    vec2 p0 = (base - 1.0) / size, p12 = (base + w2 / w12) / size, p3 = (base + 2.0) / size;
    vec4 sum = texture(picture, vec2(p12.x, p0.y)) * (w12.x * w0.y) + texture(picture, vec2(p0.x, p12.y)) * (w0.x * w12.y)
        + texture(picture, p12) * (w12.x * w12.y) + texture(picture, vec2(p3.x, p12.y)) * (w3.x * w12.y)
        + texture(picture, vec2(p12.x, p3.y)) * (w12.x * w3.y);
    float weight = w12.x * w0.y + w0.x * w12.y + w12.x * w12.y + w3.x * w12.y + w12.x * w3.y;
    return clamp(sum / weight, 0.0, 1.0);
}

void main() {
    vec4 head = tinted(sharp(frame, uv), uv) * strength;
    head = vec4(min(head.rgb, vec3(head.a)), head.a);
    if (uv.x < wipe) head = vec4(texture(photo, uv).rgb, 1.0);
    colour = head * edge_fade(uv);
}
