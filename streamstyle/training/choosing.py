"""Which objective a generator is trained by."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from streamstyle.errors import UsageError
from streamstyle.training.cartoongan import CartoonGANObjective
from streamstyle.training.cartoons import CartoonCrops, read_cartoons
from streamstyle.training.features import Features
from streamstyle.training.hierarchical import HierarchicalObjective, style_sizes
from streamstyle.training.objectives import Objective, PerceptualObjective, Weights, style_of
from streamstyle.training.paintings import read_paintings
from streamstyle.training.whitebox import CartoonWeights, WhiteBoxObjective

CARTOON_FAMILIES = ("cartoon", "cartoongan")


@dataclass(frozen=True, slots=True)
class Material:
    """What the style is taken from."""

    paintings: list[Path]
    cartoons: Path | None
    style_size: int
    crop: int


@dataclass(frozen=True, slots=True)
class Judges:
    """Who says how good a painting is, and what counts how much."""

    features: Features
    weights: Weights
    cartoon_weights: CartoonWeights
    seed: int


def choose_objective(family: str, material: Material, judges: Judges) -> Objective:
    """Cartoons are told from paintings by discriminators; a painting's style is a matter of statistics."""
    if family in CARTOON_FAMILIES and material.cartoons is None:
        raise UsageError(f"--generator {family} learns from cartoons: name a folder of them with --cartoons")
    if material.cartoons is not None:
        if family == "multimodal":
            raise UsageError("--generator multimodal learns from a painting, not from --cartoons")
        crops = CartoonCrops(read_cartoons(material.cartoons), material.crop, judges.seed)
        if family == "cartoongan":
            return CartoonGANObjective(judges.features, crops, judges.weights.content)
        return WhiteBoxObjective(judges.features, crops, judges.cartoon_weights)
    if family == "multimodal":
        if judges.weights.colour > 0:
            raise UsageError("--generator multimodal paints in the painting's colours, without --colour-weight")
        return HierarchicalObjective(
            judges.features,
            [_style(material, judges, size) for size in style_sizes(material.style_size)],
            judges.weights,
        )
    style = _style(material, judges, material.style_size, coloured=judges.weights.colour == 0)
    return PerceptualObjective(judges.features, style, judges.weights, judges.seed)


def _style(material: Material, judges: Judges, size: int, coloured: bool = True) -> Mapping[int, Tensor]:
    return style_of(judges.features, read_paintings(material.paintings, size), coloured)
