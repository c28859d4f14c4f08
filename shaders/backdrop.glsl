// What stands behind the head: 0 studio, 1 white, 2 grey, 3 dark, 4 checker. `at` is in pixels from the top left.
uniform int backdrop;
uniform vec3 centre;
uniform vec3 edge;
uniform vec2 viewport_px;

float noise_of(vec2 p) {
    return fract(52.9829189 * fract(dot(p, vec2(0.06711056, 0.00583715))));
}

vec3 backdrop_at(vec2 at) {
    if (backdrop == 1) return vec3(1.0);
    if (backdrop == 2) return vec3(0.5);
    if (backdrop == 3) return vec3(0.055);
    if (backdrop == 4) {
        vec2 cell = floor(at / 16.0);
        return mod(cell.x + cell.y, 2.0) < 0.5 ? vec3(0.60) : vec3(0.46);
    }
    vec2 from_centre = (at - viewport_px * vec2(0.5, 0.42)) / max(min(viewport_px.x, viewport_px.y), 1.0);
    float far_out = smoothstep(0.0, 1.0, length(from_centre) / 1.05);
    // half a grey level of noise keeps the gradient free of bands
    return mix(centre, edge, far_out) + (noise_of(at) - 0.5) / 255.0;
}
