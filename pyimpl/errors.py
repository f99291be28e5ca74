"""The errors and the warning that :mod:`pyimpl` raises.

Every message says which argument or column is wrong, what is wrong with it, and the mend.
"""


class LmeError(Exception):
    """Base of every error that pyimpl raises on purpose."""


class ArgumentError(LmeError, ValueError):
    """An argument (``method``, ``random``, ``level``, ...) has a value that can't be used."""


class FormulaError(ArgumentError):
    """A formula or a structure is not R syntax, or names a function that is not on the allow-list."""


class DataError(LmeError, ValueError):
    """A column, or the frame itself, can't be used as the model asks."""


class NotSupportedError(LmeError, NotImplementedError):
    """The request is sound, and nlme may well do it, but pyimpl does not do it yet."""


class MissingLibraryError(LmeError, ImportError):
    """An optional library is needed, and is not installed."""


class LmeWarning(UserWarning):
    """Something that the reader of a fit should know; also kept in ``fit.warnings``."""
