"""Technology watch: which network reads product photos best, and do their texts say more?

The study is a chain of resumable commands (``python -m research --help``): ``prepare`` reads the photos
and draws the splits, ``train`` computes the frozen features once and trains what is open, ``evaluate``
measures, ``texts`` checks and explains what words say, ``explain`` draws the SHAP heat maps, ``compare``
writes ``research/results/``.

This package knows nothing of the web application, which only reads ``research/results/report.json``
(schema: :mod:`research.report`).
"""

import logging
import os

# Before anything imports NumPy: regressions learn from rows so short that threads wait for one another longer
# than they work, and the last digits of what is learnt would depend on the number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Before anything imports TensorFlow: its start-up notices (processor, GPU, oneDNN) would drown what the
# commands say, and so would its advice on retracing, which takes a new network a fold for one traced anew.
if "TF_CPP_MIN_LOG_LEVEL" not in os.environ:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
