"""The evaluation report: what a tagger gets right and wrong on labelled text, as numbers, tables and pictures.

`measure` computes one JSON-ready dictionary; `sections` turns it into tables that the page (`page`) and the terminal
(`terminal`) both show; `files` writes all of it whole or not at all.
"""
