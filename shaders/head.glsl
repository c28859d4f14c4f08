// The frame of the head: premultiplied colour, the tint of the part under the pointer, soft edges of the square.
uniform sampler2D frame;        // rgb premultiplied by alpha
uniform sampler2D labels;       // part label / 255
uniform int highlight;          // 0: none
uniform vec3 accent;
uniform vec4 fade;              // width of the soft edge at left, top, right, bottom, in parts of the square
uniform float strength;         // 1: whole frame, less while it fades in

float part_at(ivec2 texel) {
    ivec2 size = textureSize(labels, 0);
    int label = int(texelFetch(labels, clamp(texel, ivec2(0), size - 1), 0).r * 255.0 + 0.5);
    return label == highlight ? 1.0 : 0.0;
}

// How much of the highlighted part is at uv; the label map is coarse, so its steps are smoothed.
float part_weight(vec2 uv) {
    vec2 at = uv * vec2(textureSize(labels, 0)) - 0.5;
    ivec2 texel = ivec2(floor(at));
    vec2 f = smoothstep(0.0, 1.0, fract(at));
    float upper = mix(part_at(texel), part_at(texel + ivec2(1, 0)), f.x);
    float lower = mix(part_at(texel + ivec2(0, 1)), part_at(texel + ivec2(1, 1)), f.x);
    return mix(upper, lower, f.y);
}

vec4 tinted(vec4 head, vec2 uv) {
    if (highlight == 0) return head;
    float weight = part_weight(uv);
    float rim = smoothstep(0.12, 0.5, weight) * (1.0 - smoothstep(0.5, 0.9, weight));
    float amount = max(0.22 * smoothstep(0.3, 0.7, weight), 0.8 * rim);
    return vec4(mix(head.rgb, accent * head.a, amount), head.a);
}

float edge_fade(vec2 uv) {
    vec4 distance_in = vec4(uv, 1.0 - uv);
    vec4 soft = smoothstep(vec4(0.0), max(fade, vec4(1e-6)), distance_in);
    return soft.x * soft.y * soft.z * soft.w;
}
