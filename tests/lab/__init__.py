"""A real JupyterLab in a real browser; slow, so only where DIALOGUE_NB_LAB=1 asks for it."""
