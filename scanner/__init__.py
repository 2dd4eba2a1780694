"""Document camera to ticket text."""

import os

# OpenCV reads it while it is loaded, which any module here may be the first to do. Its own limit,
# 2**30 pixels, lets a file of 50 kB take gigabytes. Largest frame of a document camera: 21 million.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "64000000")
# And numpy's arithmetic library this one: see clerk_client/__init__.py.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
