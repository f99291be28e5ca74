"""The errors and the warning that :mod:`rbridge` raises.

Every message says which argument or column is wrong, what is wrong with it, and the mend.
"""


class BridgeError(Exception):
    """Base of every error that rbridge raises on purpose."""


class RUnavailableError(BridgeError, RuntimeError):
    """R, nlme or a loadable rpy2 is missing; the message names the mend."""


class ArgumentError(BridgeError, ValueError):
    """An argument (``method``, ``random``, ``level``, ...) has a value that can't be used."""


class FormulaError(ArgumentError):
    """A formula or a structure is not R syntax, or names a function that is not on the allow-list."""


class DataError(BridgeError, ValueError):
    """A column, or the frame itself, can't be carried to R exactly or used as the model asks."""


class RError(BridgeError, RuntimeError):
    """R stopped with an error; the message is R's own text, ``call`` the R call that raised it."""

    def __init__(self, message: str, call: str = "") -> None:
        super().__init__(message)
        self.call = call


class WorkerError(BridgeError, RuntimeError):
    """The worker process that R ran in died: R crashed, or ran out of memory."""


class RTimeoutError(BridgeError, TimeoutError):
    """R took longer than ``timeout``, and its worker process was stopped."""


class RWarning(UserWarning):
    """A warning that R gave; also kept in ``fit.warnings``."""
