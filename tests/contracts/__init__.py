"""Promises that every engine keeps, and the rules of the house."""
