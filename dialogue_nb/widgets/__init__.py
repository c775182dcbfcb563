"""The views as widgets for notebooks: `anywidget` classes, one for each view.

A widget shows what the function of the same name in `dialogue_nb.views` says. State travels in a
few traits (`view`, `selection`, `error`), commands travel as messages; see `base.View`.
"""
