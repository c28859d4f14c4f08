#version 330
#include "coverage.glsl"
uniform vec3 tint;             // linear light
uniform vec3 eye;              // the camera's position
uniform vec3 key;              // unit direction to the key light
uniform float at_least, below; // only fragments with such coverage are drawn
uniform float specular, gloss;
out vec4 colour;               // display values

void main() {
    vec4 texel = texture(image, tuv);
    float a = coverage(texel);
    if (a < at_least || a >= below) discard;
    vec3 albedo = pow(texel.rgb, vec3(2.2)) * tint;
    if (kind == FUR) albedo = tint * (.45 + .55 * texel.g) * (.4 + .8 * cut);
    vec3 E = normalize(eye - world), N = normalize(n), H = normalize(E + key);
    if (dot(N, E) < 0. && kind != FRAME) N = -N;
    float fresnel = .04 + .96 * pow(1. - max(dot(N, E), 0.), 5.);
    float level = dot(light, vec3(.33));
    vec3 c = albedo * light;
    if (kind == CARD || kind == FUR) {
        float sheen = pow(max(1. - abs(dot(N, H) - .78) * 1.6, 0.), 6.);
        c += specular * sheen * level * (.04 + .7 * albedo);
    } else {
        float lobe = pow(max(dot(N, H), 0.), gloss) * (gloss + 8.) / 40.;
        c += specular * level * (.35 * lobe + .25 * fresnel);
    }
    if (kind == CORNEA) {  // only the glint
        float glint = pow(max(dot(N, H), 0.), 300.);
        colour = vec4(vec3(min(glint * 1.2 * level, 1.)), min(glint * 1.5, 1.) * .9);
        return;
    }
    c = c * (1. + .12 * c) / (1. + .42 * c) * 1.12;  // tone curve
    colour = vec4(pow(clamp(c, 0., 1.), vec3(1. / 2.2)), at_least < .3 ? a : 1.);
}
