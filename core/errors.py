"""Errors that a person may read: one sentence of what is wrong, one of what to do about it."""


class VoltefaceError(Exception):
    """Something that stopped the work and that the person can understand.

    Attributes:
        message: what is wrong, one sentence with a full stop.
        hint: what to do about it, one sentence, or empty when nothing can be done.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class PhotoError(VoltefaceError):
    """A picture cannot be read or used."""


class NoFaceFound(PhotoError):  # noqa: N818 - the name says enough
    """A picture was read, but no usable face is in it."""


class CheckpointError(VoltefaceError):
    """Model weights are missing, damaged or of the wrong kind."""


class DeviceError(VoltefaceError):
    """The computing device is missing or out of memory."""


class InversionError(VoltefaceError):
    """A photo could not be turned into a head."""


class ProjectError(VoltefaceError):
    """A project file cannot be read or written."""


class ExportError(VoltefaceError):
    """A head cannot be written as the file that was asked for."""


class Cancelled(Exception):  # noqa: N818 - not an error: the person changed their mind
    """The person stopped the work. Engines let it pass; nothing reports it as a failure."""


class Abandoned(Exception):  # noqa: N818 - not an error either
    """Nobody wants what the work would give: unlike after `Cancelled`, no engine keeps or finishes its best."""
