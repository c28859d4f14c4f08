#version 330
// Every part of a synthetic head. World units; depth is along the camera's z axis.
in vec3 position, normal, irradiance;
in vec2 uv;
in float threshold;
uniform mat4 view, projection;
out vec3 world, n, light;
out vec2 tuv;
out float cut, depth;

void main() {
    vec4 eye = view * vec4(position, 1);
    depth = -eye.z;
    gl_Position = projection * eye;
    world = position;
    n = normal;
    light = irradiance;
    tuv = uv;
    cut = threshold;
}
