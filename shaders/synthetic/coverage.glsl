// Coverage of a fragment, shared by the three passes; discards where there is nothing.
// SOLID, FRAME, CARD, FUR and CORNEA are defined by the renderer, from PartKind.
in vec3 world, n, light;
in vec2 tuv;
in float cut, depth;
uniform sampler2D image;
uniform int kind;
uniform float opacity, cut_y;

float hash(vec2 q) {
    return fract(sin(dot(q, vec2(127.1, 311.7))) * 43758.5453);
}

float coverage(vec4 texel) {
    if (kind == CARD && world.y < cut_y + .03 * (hash(floor(tuv * 220.)) - .5)) discard;
    if (kind == FUR) return texel.r > cut ? 1. : 0.;  // a strand, or the gap between strands
    return texel.a * opacity;
}
