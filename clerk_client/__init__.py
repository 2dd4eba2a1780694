"""The window-acceptance desktop client for government service halls."""

import os

# numpy's arithmetic library reads it when it is loaded. Its threads wait for each other in a spin,
# which took a quarter of a core while a preview ran, and nothing here is large enough to share out.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
