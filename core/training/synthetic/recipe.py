"""What may be asked of a head besides its seed."""

from dataclasses import dataclass

from core.errors import VoltefaceError
from core.training.synthetic.hair_styles import ALL_STYLES, STYLES_1

VERSIONS = (1, 2, 3)


@dataclass(frozen=True)
class HeadRecipe:
    """How heads are made from seeds. The same recipe and seed always give the same head.

    Attributes:
        version: 1 is the recipe of the first training data and will not change. 2 keeps its draws and mends its
            looks: grey hair is not tinted, expressions are friendlier, silhouettes of hair are rounder. 3 draws a
            balanced population with more hair styles, beards, glasses and expressions.
        hair: forces a style of `hair_styles.ALL_STYLES`; None lets the seed choose.
        glasses: forces or forbids glasses; None lets the seed choose.
    """

    version: int = 1
    hair: str | None = None
    glasses: bool | None = None

    def __post_init__(self) -> None:
        if self.version not in VERSIONS:
            raise VoltefaceError(
                f"There is no version {self.version} of the recipe for heads.", "Known are 1, 2 and 3."
            )
        styles = ALL_STYLES if self.varied else STYLES_1
        if self.hair is not None and self.hair not in styles:
            raise VoltefaceError(f"There is no hair style {self.hair}.", "Known are: " + ", ".join(styles) + ".")

    @property
    def mended(self) -> bool:
        """Whether the looks of version 2 are wanted."""
        return self.version >= VERSIONS[1]

    @property
    def varied(self) -> bool:
        """Whether the population and the looks of version 3 are wanted."""
        return self.version >= VERSIONS[2]
