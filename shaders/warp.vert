#version 330 core
// The last frame seen from a new camera: a grid of points lifted by the frame's depth and projected again.
uniform sampler2D depth;        // along the old camera's z, holes filled outwards, 0 where there is nothing
uniform ivec2 cells;            // columns and rows of the grid
uniform mat4 new_from_old;      // new camera from old camera, OpenCV axes
uniform float old_focal;        // in picture widths
uniform float new_focal;
uniform vec4 place;
out vec2 uv;
out vec2 uv_new;
out float depth_old;
flat out int whole;

float depth_at(ivec2 cell) {
    vec2 at = (vec2(cell) + 0.5) / vec2(cells + 1);
    return texelFetch(depth, ivec2(at * vec2(textureSize(depth, 0))), 0).r;
}

void main() {
    int cell = gl_VertexID / 6;
    int corner = int[6](0, 1, 2, 2, 1, 3)[gl_VertexID % 6];
    ivec2 at = ivec2(cell % cells.x, cell / cells.x);
    float a = depth_at(at), b = depth_at(at + ivec2(1, 0)), c = depth_at(at + ivec2(0, 1)), d = depth_at(at + ivec2(1, 1));
    // cells at the outline are left out; inside, a jump in depth stretches for the moment until the next frame comes
    whole = min(min(a, b), min(c, d)) > 0.0 ? 1 : 0;
    ivec2 vertex = at + ivec2(corner & 1, corner >> 1);
    uv = (vec2(vertex) + 0.5) / vec2(cells + 1);
    depth_old = depth_at(vertex);
    vec3 point = vec3((uv - 0.5) / old_focal, 1.0) * depth_old;
    vec3 moved = (new_from_old * vec4(point, 1.0)).xyz;
    vec2 seen = moved.xy * new_focal / moved.z + 0.5;
    uv_new = seen;
    vec2 clip = vec2(place.x + seen.x * place.z, place.y - seen.y * place.w);
    float order = clamp((moved.z - 1.0) / 4.0, 0.0, 1.0) * 2.0 - 1.0;
    gl_Position = whole == 1 ? vec4(clip * moved.z, order * moved.z, moved.z) : vec4(2.0, 2.0, 2.0, 1.0);
}
