"""Fit one model on several engines, compare the answers, and say who is right."""
