#version 330 core
// The square that the picture fills; `place` is its left, top, width, height in clip coordinates, +y down in uv.
uniform vec4 place;
out vec2 uv;

void main() {
    uv = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(place.x + uv.x * place.z, place.y - uv.y * place.w, 0.0, 1.0);
}
