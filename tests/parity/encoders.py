"""What the cases of encoders share: networks whose weights follow a recipe, inputs from seeds, thinned-out outputs."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.parity import golden as stored
from tests.parity.golden import Golden, assert_close, names
from tests.parity.recipe import recipe_state

N = TypeVar("N", bound=nn.Module)


def cases(prefix: str) -> list[str]:
    """Names of the cases of a kind; one that is not at hand, and so is skipped, where there is none."""
    return sorted(names(prefix)) or [prefix]


def recipe_network(make: Callable[[], N], weight_init: Mapping[str, Any]) -> N:
    """The network with the recipe's weights, in eval mode. Made without memory first: big ones are slow to fill."""
    with torch.device("meta"):
        network = make()
    state = recipe_state(network.state_dict(), {"weight_overrides_after_recipe": {}, **weight_init})
    kept = {name for name, value in state.items() if value.is_meta}
    made = make().state_dict() if any(not name.endswith("num_batches_tracked") for name in kept) else {}
    for name in kept:
        state[name] = made[name] if name in made else torch.zeros(state[name].shape, dtype=state[name].dtype)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def seeded(golden: Golden, name: str, shape: tuple[int, ...] | None = None) -> Tensor:
    """An input that the case's json describes, such as "1x3x256x256 RandomState(302).standard_normal*0.5".

    Args:
        golden: the case.
        name: key among its "inputs".
        shape: where the text gives none.
    """
    text = golden.facts["inputs"][name]
    found = re.search(r"\d+(?:x\d+)+", text)
    size = tuple(map(int, found[0].split("x"))) if found else shape
    drawn = re.search(
        r"(?:([\d.]+)\s*\+\s*)?(?:([\d.]+)\s*\*\s*)?RandomState\((\d+)\)[\w.]*(?:\s*\*\s*([\d.]+))?", text
    )
    assert size, text
    assert drawn, text
    offset, before, seed, after = drawn.groups()
    numbers = np.random.RandomState(int(seed)).standard_normal(size)
    return torch.from_numpy((float(offset or 0) + float(before or after or 1) * numbers).astype(np.float32))


def official_shapes(name: str) -> dict[str, Tensor]:
    """The official names, each with a tensor of its shape that holds no numbers."""
    file = f"SHAPES_{name}.json"
    path = next((folder / file for folder in stored._folders() if (folder / file).is_file()), None)
    if path is None:
        pytest.skip(f"{file} is not here; set VOLTEFACE_GOLDEN to its folder")
    shapes = json.loads(path.read_text(encoding="utf-8"))["state_dict"]
    return {key: torch.zeros(shape, device="meta") for key, shape in shapes.items()}


def assert_released(
    official: Mapping[str, Tensor],
    config_class: Any,  # noqa: ANN401 - a class that reads itself `from_state`
    network_class: Callable[[Any], nn.Module],
) -> None:
    """Fail unless the defaults are the released sizes, and the network has the official names and shapes."""
    config = config_class.from_state(official, {})
    assert config == config_class(), "the defaults are the released sizes"
    with torch.device("meta"):
        assert_official(network_class(config), official)


def assert_official(network: nn.Module, official: Mapping[str, Tensor]) -> None:
    """The network's state dict has exactly the official names and shapes."""
    state = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert state == {name: tuple(value.shape) for name, value in official.items()}


def channel_statistics(features: Tensor, axes: tuple[int, ...] = (2, 3)) -> Tensor:
    """Mean and unbiased spread of each channel of the first of the batch: [2, C]."""
    return torch.stack([features.mean(axes)[0], features.std(axes)[0]])


def strided(value: Tensor, expected: Tensor) -> Tensor:
    """Large outputs are stored at every n-th entry of each axis."""
    for axis, size in enumerate(expected.shape):
        step = value.shape[axis] // size
        value = value[(slice(None),) * axis + (slice(0, step * size, step),)]
    return value


class Outputs:
    """A case's outputs, each of which must be looked at once."""

    def __init__(self, golden: Golden) -> None:
        self.left = dict(golden.outputs)

    def check(self, value: Tensor, name: str) -> None:
        """The value, thinned out where the stored one is, equals the stored one."""
        expected = self.left.pop(name)
        assert_close(strided(value, expected), expected, name)


@contextmanager
def every_output(golden: Golden) -> Iterator[Outputs]:
    """Fails when an output of the case was not looked at."""
    outputs = Outputs(golden)
    with torch.no_grad():
        yield outputs
    assert not outputs.left, f"not looked at: {sorted(outputs.left)}"
