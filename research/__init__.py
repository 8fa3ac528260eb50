"""Technology watch: which network reads product photos best, VGG16 or the EfficientNet family?

The study is a chain of resumable commands (``python -m research --help``): ``prepare`` reads the photos
and draws the splits, ``train`` computes the frozen features once and trains what is open, ``evaluate``
measures, ``explain`` draws the SHAP heat maps, ``compare`` writes ``research/results/``.

This package knows nothing of the web application, which only reads ``research/results/report.json``
(schema: :mod:`research.report`).
"""
