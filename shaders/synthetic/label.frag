#version 330
#include "coverage.glsl"
uniform sampler2D label_image;
uniform float label;    // negative: read label_image
uniform float at_least; // coverage from which a part gives its label
out vec2 label_depth;

void main() {
    if (kind == CORNEA || coverage(texture(image, tuv)) < at_least) discard;
    float mapped = floor(texture(label_image, tuv).r * 255. + .5);
    label_depth = vec2(label < 0. ? mapped : label, depth);
}
