#version 330
#include "coverage.glsl"

void main() {
    if (coverage(texture(image, tuv)) < .5) discard;
}
