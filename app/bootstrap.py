"""What must happen before the first window: display, system libraries, OpenGL format, threads, the last-resort handler.

Nothing of Qt is imported until the display and its libraries are known to be there, so a bare server or container is
answered with a sentence.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from app.logs import start_logging
from app.places import settings_file
from app.settings import SettingsFile
from app.system_libraries import install_line, missing_libraries
from core.errors import DeviceError
from core.spare_memory import share_heaps
from widgets.values import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.studio import Studio

log = logging.getLogger(__name__)

MILLISECONDS_BETWEEN_SIGNAL_CHECKS = 300
SECONDS_BETWEEN_THREAD_SWITCHES = 0.0005
"""A render thread that holds the interpreter for Python's default 5 ms makes a drag stutter."""


def wants_x11(environ: Mapping[str, str]) -> bool:
    """Whether Qt will open its window through X11 in this environment."""
    platform = environ.get("QT_QPA_PLATFORM", "")
    if platform:
        return platform.startswith("xcb")
    return bool(environ.get("DISPLAY")) and not environ.get("WAYLAND_DISPLAY")


def x11_answers() -> bool:
    """Whether the X server that DISPLAY names accepts a connection; true when that cannot be asked."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def display_problem(environ: Mapping[str, str] | None = None) -> str:
    """Why no window can be shown here, as a clause; empty when one can."""
    environ = os.environ if environ is None else environ
    if not sys.platform.startswith("linux"):
        return ""
    platform = environ.get("QT_QPA_PLATFORM", "")
    if platform and not platform.startswith(("xcb", "wayland")):
        return ""
    if not environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY"):
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if wants_x11(environ) and not x11_answers():
        return f"the display {environ.get('DISPLAY', '')!r} does not answer"
    return ""


def require_libraries() -> None:
    """Raise a DeviceError with the install line when Qt or OpenGL would fail to load."""
    missing = missing_libraries(x11=wants_x11(os.environ))
    if missing:
        names = ", ".join(library.soname for library in missing)
        plural = "ies that the window needs are" if len(missing) > 1 else "y that the window needs is"
        raise DeviceError(f"The system librar{plural} missing: {names}.", f"Install with: {install_line(missing)}")


def create_application(theme: Theme) -> QApplication:
    """Make the QApplication with the OpenGL settings that must precede it, and dress it."""
    require_libraries()
    share_heaps()
    # torch's compiler, which some of torch's functions bring in, would load Triton; its LLVM and that of Mesa's OpenGL
    # in one process end in a crash
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
    from PySide6.QtWidgets import QApplication

    from widgets.theme import apply_theme, prepare_application

    prepare_application()
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Volteface")
    application.setApplicationDisplayName("Volteface")
    application.setDesktopFileName("volteface")
    apply_theme(application, theme)
    return application


class LastResort:
    """Answers an exception that nobody caught: a log entry, and a dialog that says where it is."""

    def __init__(self, log_path: Path, rescue: Callable[[], None] = lambda: None) -> None:
        """Make the hook; `rescue` puts the work into safety before the dialog is shown."""
        self.log_path = log_path
        self._rescue = rescue
        self._showing = False

    def install(self) -> None:
        """Take over the hooks for uncaught exceptions of the main thread and of Python threads."""
        sys.excepthook = self
        threading.excepthook = lambda args: self(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback, dialog=False
        )

    def __call__(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
        *,
        dialog: bool = True,
    ) -> None:
        """Log the error; show one dialog at a time, because a broken paint would otherwise open hundreds."""
        if issubclass(kind, KeyboardInterrupt):
            from PySide6.QtWidgets import QApplication

            QApplication.quit()
            return
        log.critical("uncaught exception", exc_info=(kind, error, traceback))
        if not dialog or self._showing:
            return
        from PySide6.QtWidgets import QMessageBox

        self._showing = True
        try:
            self._rescue()
            QMessageBox.critical(
                None,
                "Something went wrong",
                "Something went wrong inside Volteface. Your work is autosaved; saving it under a new name and "
                f"restarting is the safe thing to do.\n\nDetails were written to {self.log_path}.",
            )
        finally:
            self._showing = False


def run_window(file: Path | None) -> int:
    """Open the studio, with `file` (a photo or a project) when given, and return the exit code."""
    log_path = start_logging()
    settings = SettingsFile(settings_file())
    application = create_application(Theme(settings.value.theme))
    sys.setswitchinterval(SECONDS_BETWEEN_THREAD_SWITCHES)
    from app.studio import Studio

    studio = Studio(settings=settings)
    LastResort(log_path, studio.saving.autosave).install()
    # kept alive until the end of the event loop
    alarm = _leave_on_signal(application, studio)
    studio.start(file)
    code = application.exec()
    alarm.stop()
    studio.close()
    if not studio.has_ended:
        # a step that cannot be interrupted still runs; whatever is written is whole, so nobody has to wait for it
        logging.shutdown()
        os._exit(code)
    return code


def _leave_on_signal(application: QApplication, studio: Studio) -> QTimer:
    """On Ctrl+C in the terminal and at logout: leave at once, and keep unsaved work for the next start."""
    from PySide6.QtCore import QTimer

    def leave(_number: int, _frame: object) -> None:
        studio.close(keep_work=True)
        application.quit()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    # Python runs signal handlers between its own instructions: without a timer an idle window never would.
    alarm = QTimer(interval=MILLISECONDS_BETWEEN_SIGNAL_CHECKS)
    alarm.timeout.connect(lambda: None)
    alarm.start()
    return alarm
