"""Stylisers: a prompt changes a generator, and with it every head.

So far the arithmetic of likelihood distillation; an engine that runs it is a module and a line in a table here.
"""
