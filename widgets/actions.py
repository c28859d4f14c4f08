"""Every action of the window as one table; menus, toolbar and the shortcuts list are made from it."""

from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from widgets.icons import dress


@dataclass(frozen=True)
class ActionSpec:
    """One action; `keys` are portable key names, `number` a digit that works on the number block too."""

    name: str
    text: str
    group: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    checkable: bool = False


def _view(name: str, text: str, keys: tuple[str, ...], tip: str) -> ActionSpec:
    numbered = [key for digit in keys for key in (digit, _on_number_block(digit))]
    return ActionSpec(f"view_{name}", text, "View", tuple(numbered), tip=tip)


def _on_number_block(key: str) -> str:
    return key.replace("Ctrl+", "Ctrl+Num+") if key.startswith("Ctrl+") else f"Num+{key}"


def _panel(number: int, text: str) -> ActionSpec:
    title = text.replace("&", "")
    return ActionSpec(
        panel_action(title), text, "Panels", (f"Alt+{number}",), tip=f"Bring the panel {title} to the front"
    )


def panel_action(title: str) -> str:
    """Return the name of the action that goes to the panel of this title."""
    return f"go_{title.lower()}"


ACTIONS = (
    ActionSpec("open_photo", "Open &photo…", "File", ("Ctrl+O",), "open_photo", "Make a head from a portrait"),
    ActionSpec("open_project", "Open p&roject…", "File", ("Ctrl+Shift+O",), "open_project", "Open a saved head"),
    ActionSpec("new_random", "New ra&ndom head", "File", ("Ctrl+N",), "random", "Make a head without a photo"),
    ActionSpec("paste", "P&aste photo", "File", ("Ctrl+V",), "paste", "Make a head from the picture in the clipboard"),
    ActionSpec("save", "&Save", "File", ("Ctrl+S",), "save", "Save the head as a project"),
    ActionSpec("save_as", "Save &as…", "File", ("Ctrl+Shift+S",), tip="Save the head under another name"),
    ActionSpec("export", "&Export…", "File", ("Ctrl+E",), "export", "Export a mesh, a picture or a film"),
    ActionSpec("copy_picture", "&Copy picture", "File", ("Ctrl+Shift+C",), "copy", "Copy the shown picture"),
    ActionSpec("close_document", "C&lose head", "File", ("Ctrl+W",), tip="Back to the welcome page"),
    ActionSpec("quit", "&Quit", "File", ("Ctrl+Q",), tip="Close Volteface"),
    ActionSpec("undo", "&Undo", "Edit", ("Ctrl+Z",), "undo"),
    ActionSpec("redo", "&Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    ActionSpec("paint", "&Paint on the view", "Edit", ("P",), "paint", "Paint on the head", checkable=True),
    ActionSpec("add_references", "Add &references…", "Edit", ("Ctrl+R",), "take", "Add heads to take parts from"),
    ActionSpec("preferences", "&Preferences…", "Edit", ("Ctrl+,",), "preferences"),
    _view("front", "&Front", ("1", "Ctrl+9"), "From +z, in the face"),
    _view("back", "&Back", ("9", "Ctrl+1"), "From -z, the back of the head"),
    _view("right", "&Right", ("3",), "From +x: the person's left side"),
    _view("left", "&Left", ("Ctrl+3",), "From -x: the person's right side"),
    _view("top", "&Top", ("7",), "From above"),
    _view("bottom", "Bott&om", ("Ctrl+7",), "From below"),
    ActionSpec(
        "reset_view", "R&eset view", "View", ("Home",), "home", "Look from the front, whole head in the picture"
    ),
    ActionSpec("compare", "&Compare", "View", ("C",), "compare", "Wipe between the photo and the head", checkable=True),
    ActionSpec("bare", "&Without edits", "View", ("B",), "bare", "Show the head without its edits", checkable=True),
    ActionSpec(
        "seen", "&Seen or guessed", "View", ("V",), "seen", "What the photo shows, and what is made up", checkable=True
    ),
    ActionSpec(
        "surface", "&Clay", "View", ("S",), "surface", "Clay: the shape alone, as it is exported", checkable=True
    ),
    ActionSpec("turntable", "T&urntable", "View", ("T",), "turntable", "Turn the head by itself", checkable=True),
    ActionSpec("full_screen", "Full &screen", "View", ("F11",), checkable=True),
    ActionSpec("improve", "&Improve further", "Head", ("Ctrl+I",), "improve", "Fit the head closer to the photo"),
    ActionSpec("stop", "&Stop the running job", "Head", ("Ctrl+.",), "stop", "What keeps the best so far says so"),
    ActionSpec("place_face", "&Place the face by hand…", "Head", ("Ctrl+L",), "place"),
    ActionSpec("report", "&Report…", "Head", ("Ctrl+D",), "report", "How far this head can be trusted"),
    ActionSpec("repair", "Repair the &hidden side", "Head", (), "repair", "Make up again what no photo shows"),
    ActionSpec("models", "&Models…", "Head", ("Ctrl+M",), "models", "What heads can be made with, under which licence"),
    ActionSpec("go_picture", "The p&icture", "Panels", ("Alt+0",), tip="Turn the head with the arrow keys; Esc, too"),
    _panel(1, "&Photo"),
    _panel(2, "&References"),
    _panel(3, "P&arts"),
    _panel(4, "&Head"),
    _panel(5, "A&ttributes"),
    _panel(6, "&Edits"),
    _panel(7, "&Curves"),
    _panel(8, "&Styles"),
    ActionSpec("shortcuts", "&Shortcuts", "Help", ("F1",), "shortcuts"),
    ActionSpec("about", "&About Volteface", "Help", (), "about"),
)


def build_actions(owner: QWidget) -> dict[str, QAction]:
    """Return the actions by name, owned by a window and heard everywhere in it."""
    actions: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, owner)
        action.setObjectName(spec.name)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setCheckable(spec.checkable)
        plain = spec.text.replace("&", "").rstrip("…")
        tip = spec.tip or plain
        keys = [key for key in spec.keys if "Num+" not in key]
        action.setToolTip(f"{tip}  ({keys[0]})" if keys else tip)
        action.setStatusTip("")
        if spec.icon:
            dress(action, spec.icon)
        owner.addAction(action)
        actions[spec.name] = action
    return actions


def groups_of(actions: dict[str, QAction]) -> dict[str, list[QAction]]:
    """Return the actions by menu, in the order of the table."""
    groups: dict[str, list[QAction]] = {}
    for spec in ACTIONS:
        groups.setdefault(spec.group, []).append(actions[spec.name])
    return groups
