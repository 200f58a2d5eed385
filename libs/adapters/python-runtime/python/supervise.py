"""Starts the supervisor: ``python supervise.py CONTROL_FD CONFINEMENT ROOT FOLDER``. Run by Torchweave, never by hand."""
import os
import sys

if sys.version_info < (3, 8):
    sys.exit("Python 3.8 or newer is needed, this is %d.%d." % sys.version_info[:2])

HERE = os.path.dirname(os.path.abspath(__file__))

# Not `-I`: functions must see PYTHONPATH and the user's site-packages. What Python put in front for this script goes
# again as soon as the runtime is imported, so that no name of ours can hide one of an archive's modules.
sys.path[:] = [HERE] + [entry for entry in sys.path if entry not in ("", HERE)]

from torchweave_runtime.supervisor import main  # noqa: E402

sys.path.remove(HERE)
# Last, so that an installed TorchServe wins over our stand-in for its `ts` package.
sys.path.append(os.path.join(HERE, "shims"))

main(int(sys.argv[1]), *sys.argv[2:5])
