"""The errors that :mod:`crosscheck` raises; each says what is wrong and the mend."""


class CrosscheckError(Exception):
    """Base of every error that crosscheck raises on purpose."""


class UsageError(CrosscheckError, ValueError):
    """A name, an option or an argument can't be used."""


class EngineUnavailableError(CrosscheckError, RuntimeError):
    """The engine can't run here; the message says why and how to get it."""


class NotRecordedError(CrosscheckError, LookupError):
    """Nothing is recorded for this model, or what is recorded is for another model of the same name."""


class RecordedFailureError(CrosscheckError):
    """R's recorded answer is the error that it stopped with."""


class RecordError(CrosscheckError, ValueError):
    """A recorded answer can't be read."""


class CannotFitError(CrosscheckError):
    """The engine has no such model; nobody holds that against it."""
