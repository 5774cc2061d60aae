"""What tints a hole: the shader goes out, compiled once."""

from __future__ import annotations

import functools

import gpu

VERTEX = """
void main()
{
  place = uv;
  gl_Position = matrix * vec4(pos, 1.0);
  gl_Position.z -= 2e-4 * gl_Position.w;
}
"""
FRAGMENT = """
void main()
{
  vec2 at = fract(place);
  float inside = step(0.5, textureLod(hole, at, 0.0).r);
  vec3 seen = max(textureLod(base, at, 0.0).rgb, vec3(0.0));
  vec3 tint = vec3(1.0, 0.02, 0.01);
  colour = opaque > 0.5 ? vec4(mix(seen, tint, 0.6 * inside), 1.0) : vec4(tint, 0.6 * inside);
}
"""


@functools.cache
def shader() -> gpu.types.GPUShader:
    """Return the shader, which is compiled at the first use, when there is a window."""
    between = gpu.types.GPUStageInterfaceInfo("svbrdf_hole")
    between.smooth("VEC2", "place")
    info = gpu.types.GPUShaderCreateInfo()
    info.push_constant("MAT4", "matrix")
    info.push_constant("FLOAT", "opaque")
    info.sampler(0, "FLOAT_2D", "hole")
    info.sampler(1, "FLOAT_2D", "base")
    info.vertex_in(0, "VEC3", "pos")
    info.vertex_in(1, "VEC2", "uv")
    info.vertex_out(between)
    info.fragment_out(0, "VEC4", "colour")
    info.vertex_source(VERTEX)
    info.fragment_source(FRAGMENT)
    return gpu.shader.create_from_info(info)
