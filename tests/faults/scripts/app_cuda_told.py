"""Tells what a GPU program says where there is no driver."""


def init() -> None:
    raise RuntimeError(
        "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx"
    )


print("embedding service, device cuda:0", flush=True)
init()
