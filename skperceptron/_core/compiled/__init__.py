"""Whole epochs of training without Python: see ``tape`` for how, ``steps`` for when."""
