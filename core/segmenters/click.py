"""A mask of what is clicked at, by Segment Anything (Kirillov et al. 2023) in any size, through its own package.

Code and weights are under Apache-2.0. A picture is looked at once, which takes seconds; each click is then answered
quickly:

    seen = ClickSegmenter(network).look(rgb)
    mask = seen.at(points=((210, 95),))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from core.mask import Mask
from core.state_shapes import count_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

TITLE: Final = "Segment Anything"
PIXEL_MEAN, PIXEL_SPREAD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
DECODER_HEADS: Final = 8
"""Attention heads of the mask decoder, in every released size; the weights do not tell them."""


@dataclass(frozen=True)
class SamConfig:
    """Sizes; the defaults are those of ViT-B.

    Attributes:
        width: of the encoder's tokens.
        depth: its blocks.
        heads: of its attention.
        mlp_ratio: hidden units of its feed-forward layers, as a multiple of the width.
        global_blocks: blocks that attend to the whole picture; the others attend within windows.
        window: tokens on a window's side.
        patch_px: side of a patch.
        grid: patches on the picture's side.
        prompt_width: channels of the embedded picture and of prompts.
        mask_channels: hidden channels of the layers that embed masks.
        decoder_depth: blocks of the mask decoder.
        decoder_hidden: units of its feed-forward layers.
        masks: how many it offers for an ambiguous click.
        quality_depth: layers of the head that rates masks.
        quality_hidden: their units.
    """

    width: int = 768
    depth: int = 12
    heads: int = 12
    mlp_ratio: float = 4.0
    global_blocks: tuple[int, ...] = (2, 5, 8, 11)
    window: int = 14
    patch_px: int = 16
    grid: int = 64
    prompt_width: int = 256
    mask_channels: int = 16
    decoder_depth: int = 2
    decoder_hidden: int = 2048
    masks: int = 3
    quality_depth: int = 3
    quality_hidden: int = 256

    @property
    def picture_px(self) -> int:
        """Longer side at which pictures are looked at."""
        return self.patch_px * self.grid

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> SamConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        width, _, patch_px, _ = shape_of(state, "image_encoder.patch_embed.proj.weight", 4, TITLE)
        grid = shape_of(state, "image_encoder.pos_embed", 4, TITLE)[1]
        depth = count_of(state, "image_encoder.blocks.", ".norm1.weight")
        offsets, head_size = zip(
            *(shape_of(state, f"image_encoder.blocks.{i}.attn.rel_pos_h", 2, TITLE) for i in range(max(depth, 1))),
            strict=True,
        )
        # there is an entry for each offset between two tokens that see each other
        global_blocks = tuple(index for index, count in enumerate(offsets) if count == 2 * grid - 1)
        windows = {(count + 1) // 2 for index, count in enumerate(offsets) if index not in global_blocks}
        quality = "mask_decoder.iou_prediction_head.layers."
        return SamConfig(
            width=width,
            depth=depth,
            heads=width // head_size[0],
            mlp_ratio=shape_of(state, "image_encoder.blocks.0.mlp.lin1.weight", 2, TITLE)[0] / width,
            global_blocks=global_blocks,
            window=max(windows, default=0),
            patch_px=patch_px,
            grid=grid,
            prompt_width=shape_of(state, "image_encoder.neck.0.weight", 4, TITLE)[0],
            mask_channels=shape_of(state, "prompt_encoder.mask_downscaling.3.weight", 4, TITLE)[0],
            decoder_depth=count_of(state, "mask_decoder.transformer.layers.", ".norm1.weight"),
            decoder_hidden=shape_of(state, "mask_decoder.transformer.layers.0.mlp.lin1.weight", 2, TITLE)[0],
            masks=shape_of(state, "mask_decoder.mask_tokens.weight", 2, TITLE)[0] - 1,
            quality_depth=count_of(state, quality, ".weight"),
            quality_hidden=shape_of(state, f"{quality}0.weight", 2, TITLE)[0],
        )


class SamNetwork(nn.Module):
    """The package's three parts under their official names."""

    def __init__(self, config: SamConfig) -> None:
        super().__init__()
        from functools import partial

        from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, TwoWayTransformer

        self.config = config
        self.image_encoder: nn.Module = ImageEncoderViT(
            img_size=config.picture_px,
            patch_size=config.patch_px,
            embed_dim=config.width,
            depth=config.depth,
            num_heads=config.heads,
            mlp_ratio=config.mlp_ratio,
            out_chans=config.prompt_width,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=config.window,
            global_attn_indexes=config.global_blocks,
        )
        self.prompt_encoder: nn.Module = PromptEncoder(
            embed_dim=config.prompt_width,
            image_embedding_size=(config.grid, config.grid),
            input_image_size=(config.picture_px, config.picture_px),
            mask_in_chans=config.mask_channels,
        )
        self.mask_decoder: nn.Module = MaskDecoder(
            transformer_dim=config.prompt_width,
            transformer=TwoWayTransformer(
                depth=config.decoder_depth,
                embedding_dim=config.prompt_width,
                num_heads=DECODER_HEADS,
                mlp_dim=config.decoder_hidden,
            ),
            num_multimask_outputs=config.masks,
            iou_head_depth=config.quality_depth,
            iou_head_hidden_dim=config.quality_hidden,
        )


class SeenPicture:
    """A picture that was looked at. It can be asked as often as one likes, and nothing that is asked changes it."""

    def __init__(self, predictor: Any, size: tuple[int, int]) -> None:  # noqa: ANN401 - the package has no types
        self._predictor = predictor
        self.size = size
        """Height and width in pixels."""

    def at(
        self,
        points: Sequence[tuple[float, float]] = (),
        excluded: Sequence[tuple[float, float]] = (),
        box: tuple[float, float, float, float] | None = None,
        part: str = "clicked",
    ) -> Mask:
        """The mask of what is shown there.

        Args:
            points: (x, y) in pixels from the top left, all on what is wanted.
            excluded: the same, all on what is not wanted.
            box: left, top, right, bottom in pixels, around what is wanted.
            part: what the mask stands for.

        Returns:
            A mask of the picture's size, 0 or 1. A single click can mean a thing or a part of it: the answer that the
            network rates highest is taken.

        Raises:
            ValueError: there is neither a point on what is wanted nor a box.
        """
        if not points and box is None:
            raise ValueError("a mask needs a point on what is wanted, or a box around it")
        clicks = [*points, *excluded]
        ambiguous = len(clicks) + (box is not None) == 1 and box is None
        masks, quality, _ = self._predictor.predict(
            point_coords=np.array(clicks, dtype=np.float32) if clicks else None,
            point_labels=np.array([1] * len(points) + [0] * len(excluded)) if clicks else None,
            box=None if box is None else np.array(box, dtype=np.float32),
            multimask_output=ambiguous,
        )
        return Mask(masks[int(np.argmax(quality))].astype(np.float32), part)


class ClickSegmenter:
    """Looks at pictures with a network in eval mode, on the network's device."""

    def __init__(self, network: SamNetwork) -> None:
        self.network = network

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor], config: SamConfig | None = None) -> ClickSegmenter:
        """The segmenter of official weights of any size.

        Raises:
            CheckpointError: a tensor that tells the sizes is missing.
        """
        network = SamNetwork(config or SamConfig.from_state(state, {}))
        network.load_state_dict(state)
        return ClickSegmenter(network.eval().requires_grad_(requires_grad=False))

    def look(self, rgb: NDArray[np.uint8]) -> SeenPicture:
        """Looks at a picture, uint8 [H, W, 3]; the slow step."""
        from segment_anything import SamPredictor
        from segment_anything.modeling import Sam

        network = self.network
        sam = Sam(
            network.image_encoder, network.prompt_encoder, network.mask_decoder, list(PIXEL_MEAN), list(PIXEL_SPREAD)
        )
        # the network may be on another device than the two constants that Sam makes
        predictor = SamPredictor(sam.to(next(network.parameters()).device))
        with torch.no_grad():
            predictor.set_image(rgb)
        return SeenPicture(predictor, (rgb.shape[0], rgb.shape[1]))
