"""A trained `mini` in a larger network: more channels and a finer level, and at first the very same pictures.

What was learned at one size is kept at the next (Net2Net, Chen et al. 2016): new channels start unread and the finer
level starts silent. The codes grow likewise when heads or attributes are added to the data.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.generators.mini_network import MiniConfig, MiniNetwork
from core.training.field import Codes


def grown_network(state: Mapping[str, Tensor], small: MiniConfig, large: MiniConfig) -> MiniNetwork:
    """A network of the larger size that answers what the smaller one did.

    Args:
        state: weights of the small network, by their names.
        small: its sizes.
        large: at every level as wide or wider; what it has besides may be new.
    """
    network = MiniNetwork(large)
    target = network.state_dict()
    for name, value in state.items():
        if target[name].shape == value.shape and not name.startswith(("synthesis.levels", "synthesis.fine")):
            target[name].copy_(value)
    levels = [f"synthesis.levels.{index}." for index in range(len(small.widths) - 1)]
    widths, wider = list(small.widths), list(large.widths)
    positions = list(small.position_channels)
    if small.fine_width:
        levels.append("synthesis.fine.")
        widths.append(small.fine_width)
        wider.append(large.fine_width)
        positions.append(small.fine_position_channels)
    for index, level in enumerate(levels):
        before, after, position = widths[index + 1], wider[index + 1], positions[index + 1]
        target[level + "position"][:, :position] = state[level + "position"]
        inputs = list(range(widths[index]))
        if level + "narrow.weight" in target:
            kept = torch.eye(before)[:, :, None, None]
            _widen(target[level + "narrow.weight"], state.get(level + "narrow.weight", kept), inputs)
            target[level + "narrow.bias"][:before] = state.get(level + "narrow.bias", torch.zeros(before))
        carried = [*range(before), *range(after, after + position)]
        _widen_styled(target, state, level + "place.", carried)
        if level + "mix.weight" in target:
            _widen_styled(target, state, level + "mix.", list(range(before)))
    outputs = {"synthesis.planes.": (small.widths[-1], large.widths[-1])}
    if small.fine_width:
        outputs["synthesis.fine_planes."] = (small.fine_width, large.fine_width)
    for name, (before, after) in outputs.items():
        _widen_styled(target, state, name, [*range(before), *range(after, after + before)])
    network.load_state_dict(target)
    return network


def _widen(target: Tensor, weight: Tensor, inputs: Sequence[int]) -> None:
    """Write a convolution [O, I, k, k] into the first rows of a larger one, reading only `inputs` of its channels."""
    rows = len(weight)
    target[:rows] = 0
    target[:rows, list(inputs)] = weight


def _widen_styled(target: dict[str, Tensor], state: Mapping[str, Tensor], name: str, inputs: Sequence[int]) -> None:
    """The same for a `StyledConvolution`, whose weights are scaled by the root of its fan-in."""
    weight, wide = state[name + "weight"], target[name + "weight"]
    _widen(wide, weight * (wide[0].numel() / weight[0].numel()) ** 0.5, inputs)
    target[name + "style.weight"][list(inputs)] = state[name + "style.weight"]
    target[name + "style.bias"][list(inputs)] = state[name + "style.bias"]
    target[name + "bias"][: len(weight)] = state[name + "bias"]


def grow_codes(
    codes: Codes,
    state: Mapping[str, Tensor],
    columns: Mapping[int, int],
    rows: Mapping[int, int],
) -> None:
    """Take over the codes of an earlier run, in place; what is new changes no latent at first.

    Args:
        codes: of the new data, whose mean and deviation of the attributes differ.
        state: weights of the earlier codes.
        columns: number of an attribute in the new data -> its number in the earlier one.
        rows: number of a head in the new data -> its number in the earlier one.
    """
    new, old = list(columns), list(columns.values())
    with torch.no_grad():
        slope = state["linear.weight"][:, old] / state["std"][old]
        codes.linear.weight.zero_()
        codes.linear.weight[:, new] = slope * codes.std[new]
        codes.linear.bias.copy_(state["linear.bias"] + slope @ (codes.mean[new] - state["mean"][old]))
        codes.residual.zero_()
        codes.residual[list(rows)] = state["residual"][list(rows.values())]
