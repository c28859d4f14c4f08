"""How good a head model is, in numbers and pictures that can be made again: `volteface evaluate`.

Each part (`PARTS`) measures one thing and answers with a `figures.Part`; `model.evaluate_model` walks them.
"""
