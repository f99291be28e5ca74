"""The validation report: ``crosscheck report``.

From evidence to four forms of one document, each step a module: :mod:`.evidence` is what studies and runs found,
:mod:`.gather` adds every other fact and makes a :class:`~.document.Dossier`; :mod:`.chapters` says it in words and
tables; :mod:`.html`, :mod:`.markdown`, :mod:`.machine` (JSON) and :mod:`.junit` write it down. Forms compute nothing.
"""

from .document import Dossier, Heading
from .evidence import Evidence, of_run, of_study, together
from .folder import prepare, require_extras, write
from .gather import gather
from .results import Outcome

__all__ = [
    "Dossier",
    "Evidence",
    "Heading",
    "Outcome",
    "gather",
    "of_run",
    "of_study",
    "prepare",
    "require_extras",
    "together",
    "write",
]
