"""Which actions of the window can be used now."""

from dataclasses import dataclass

from widgets.navigation import NAMED_VIEWS

_WITH_HEAD = ("save", "save_as", "copy_picture", "report")
_WITH_STILL_HEAD = ("reset_view", "turntable", *(f"view_{name}" for name in NAMED_VIEWS), "seen", "surface", "bare")
"""The picture that is painted on must stay where it is."""
_WITH_EDITING = ("paint", "repair", "add_references")


@dataclass(frozen=True)
class WindowState:
    """What the use of actions hangs on.

    Attributes:
        studio: a document is shown.
        head: it has a head.
        drawing: the user draws on the picture.
        editable: the head can be edited.
        improvable: its search can go on.
        exportable: it can be exported.
        comparable: there is a photo to compare it with.
    """

    studio: bool
    head: bool
    drawing: bool
    editable: bool
    improvable: bool
    exportable: bool
    comparable: bool


def available(state: WindowState) -> dict[str, bool]:
    """Whether actions can be used, by name; those of the panels and undo are told elsewhere."""
    head = state.studio and state.head
    still = head and not state.drawing
    return {
        **dict.fromkeys(_WITH_HEAD, head),
        **dict.fromkeys(_WITH_STILL_HEAD, still),
        **dict.fromkeys(_WITH_EDITING, head and state.editable),
        "improve": head and state.improvable,
        "export": head and state.exportable,
        "compare": still and state.comparable,
        "close_document": state.studio,
    }
