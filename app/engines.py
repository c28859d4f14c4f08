"""What the studio computes with: the steps of `app.road`, as values that tests replace by small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import edit_facts, memory, random_road, reporting_road, road, shelf, surface_road, warming
from app import models as models_of
from app.likeness import likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from app.edit_facts import SliderFacts
    from app.models import InstalledModel
    from core.align import Alignment
    from core.camera import Camera
    from core.editors.fold import Folder
    from core.evaluation.fidelity import Fidelity
    from core.frame import Frame
    from core.further_photo import FurtherPhoto
    from core.head import Head
    from core.photo import Photo
    from core.progress import Report
    from core.project import Project
    from core.protocols import Renderer
    from core.reference import Reference
    from core.rendering.occupancy import FieldGrid
    from core.rendering.seen import Witness
    from core.rendering.stored_view import StoredView
    from core.stand_in import ModelFacts, StandIn
    from core.stylizers.identity import Likeness


@dataclass(frozen=True)
class Engines:
    """One callable for each step; all may be called from any thread."""

    open_photo: Callable[[Path], Photo] = road.open_photo
    open_project: Callable[[Path], Project] = road.open_project
    align: Callable[..., Alignment] = road.align_photo
    further_photo: Callable[..., FurtherPhoto] = road.further_photo
    make_head: Callable[..., Head] = road.make_head
    renderer_of: Callable[..., Renderer] = road.renderer_of
    likeness: Callable[[Head, Alignment, Renderer], dict[str, float]] = likeness
    export: Callable[..., object] = road.export_head
    warm_up: Callable[[], Callable[[], None] | None] = warming.warm_up
    use_threads: Callable[[int], None] = road.use_threads
    random_drawn: Callable[..., tuple[Project, Renderer]] = random_road.random_drawn
    formed: Callable[..., Head] = random_road.formed
    stand_in_of: Callable[[Head, Renderer | None], StandIn | None] = road.stand_in_of
    surface_sketch_of: Callable[..., Renderer] = surface_road.surface_sketch_of
    surface_renderer_of: Callable[..., Renderer] = surface_road.surface_renderer_of
    stored_view_of: Callable[[Project], StoredView | None] = road.stored_view_of
    stand_in_renderer: Callable[[Project], Renderer | None] = road.stand_in_renderer
    witnesses_of: Callable[..., tuple[Witness, ...]] = reporting_road.witnesses
    fidelity_of: Callable[..., Fidelity] = reporting_road.fidelity_of
    save_report: Callable[[Fidelity, str, Path], None] = reporting_road.save_report
    folder_of: Callable[..., Folder] = edit_facts.folder_of
    sliders_of: Callable[[str], tuple[SliderFacts, ...]] = edit_facts.sliders_of
    labelled: Callable[[Renderer, Frame], Frame] = edit_facts.labelled
    part_limit_of: Callable[[Renderer], str] = edit_facts.part_limit_of
    coverage_of: Callable[[Renderer], Mapping[str, float]] = edit_facts.coverage_of
    seen_from: Callable[[Renderer | None], list[Camera] | None] = edit_facts.seen_from
    twin_of: Callable[[Renderer | None], Renderer | None] = edit_facts.twin_of
    grid_of: Callable[[Renderer | None], FieldGrid | None] = edit_facts.grid_of
    portrait_of: Callable[[Renderer], Frame] = edit_facts.portrait_of
    cut_out: Callable[..., NDArray[np.uint8]] = edit_facts.cut_out
    click_refusal: Callable[[], str] = edit_facts.click_refusal
    looked_at: Callable[[NDArray[np.uint8]], object] = edit_facts.looked_at
    clicked: Callable[[object, Sequence[float], int], NDArray[np.uint8]] = edit_facts.clicked
    style_likeness: Callable[[Project, Report], Likeness] = edit_facts.style_likeness
    style_pictures: Callable[..., None] = edit_facts.style_pictures
    seeded_reference: Callable[..., Reference] = edit_facts.seeded_reference
    project_reference: Callable[..., Reference] = edit_facts.project_reference
    generator_choices: Callable[[], tuple[shelf.Choice, ...]] = shelf.generator_choices
    method_choices: Callable[[], tuple[shelf.Choice, ...]] = shelf.method_choices
    facts_of: Callable[[str], ModelFacts | None] = shelf.facts_of
    room_of: Callable[[str], memory.Room | None] = memory.room_of
    models: Callable[[], tuple[InstalledModel, ...]] = models_of.installed_models
    add_model: Callable[[Path, str | None, Report], InstalledModel] = models_of.add_model
    verify_models: Callable[[str | None, Report], tuple[InstalledModel, ...]] = models_of.verify_models
    remove_model: Callable[[str], str] = models_of.remove_model
    models_folder: Callable[[], Path] = shelf.models_folder
