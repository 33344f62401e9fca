"""What machine this is, and how fast it really multiplies and copies: the floor that every other figure is held to."""

import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

ROWS, DEPTH = 1024, 4096
_ISA = {
    "avx2": "AVX2",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx512_vnni": "VNNI",
    "avx512_bf16": "BF16",
    "avx512_fp16": "FP16",
    "amx_tile": "AMX",
    "asimddp": "DotProd",
    "i8mm": "I8MM",
    "bf16": "BF16",
}
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2"}
"""Makes OpenVINO compile as for a processor that has nothing newer."""
_PACKAGES = ("numpy", "openvino", "onnxruntime", "torch", "tensorrt", "av", "opencv-python")


@dataclass(frozen=True, slots=True)
class Rates:
    """Measured on this machine, with all the cores that this process may use."""

    matrix: dict[str, float]
    """By precision: thousand million operations a second, a product and a sum being two."""
    memory: float
    """Thousand million bytes a second, read and written."""


def description() -> dict[str, Any]:
    """The machine and the versions, as the tables name them."""
    flags = _cpuinfo("flags", "Features").split()
    return {
        "processor": _cpuinfo("model name") or platform.processor() or platform.machine(),
        "cores": cores(),
        "instructions": list(dict.fromkeys(title for flag, title in _ISA.items() if flag in flags)),
        "memory_gib": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def line(machine: dict[str, Any]) -> str:
    """The description in one line."""
    memory = f", {machine['memory_gib']:.0f} GiB" if machine["memory_gib"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    kinds = f" ({', '.join(machine['instructions'])})" if machine["instructions"] else ""
    return f"{machine['cores']} cores of {machine['processor']}{kinds}{memory}; Python {machine['python']}, {versions}"


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def rates(seconds: float = 1.0) -> Rates:
    """Large matrix products through OpenVINO in each precision that is here, and copies far larger than the caches."""
    import openvino

    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    names = [name for name in ("fp32", "bf16", "int8") if name.upper() in able]
    return Rates({name: _matrix_rate(name, seconds) for name in names}, _memory_rate(seconds))


def card_rates(seconds: float = 1.0) -> tuple[float, float]:
    """The first GPU's (fp16 operations, bytes read and written) in thousand millions a second, through PyTorch."""
    import torch

    side = 8192
    left, right = (torch.randn(side, side, device="cuda", dtype=torch.float16) for _ in range(2))
    source = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)

    def product() -> None:
        torch.matmul(left, right)
        torch.cuda.synchronize()

    def copy() -> None:
        target.copy_(source)
        torch.cuda.synchronize()

    return 2 * side**3 / fastest(product, seconds) / 1e9, 2 * source.numel() / fastest(copy, seconds) / 1e9


def fastest(work: Callable[[], Any], seconds: float) -> float:
    """Seconds of the quickest run: a floor is what is possible, not what is usual."""
    work()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def _matrix_rate(precision: str, seconds: float) -> float:
    import openvino
    import openvino.opset13 as ops

    dice = np.random.default_rng(0)
    left = ops.parameter([ROWS, DEPTH], openvino.Type.f32)
    right = ops.constant(dice.normal(size=(DEPTH, DEPTH)).astype(np.float32))
    product = ops.matmul(_quantised(left, 256), _quantised(right, 255), False, False) if precision == "int8" else None
    product = product or ops.matmul(left, right, False, False)
    # Only a corner leaves: what is measured is the product, not the way out.
    corner = ops.reduce_max(product, ops.constant(np.array([0, 1])), False)
    hint = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}[precision]
    compiled = openvino.Core().compile_model(
        openvino.Model([corner], [left]), "CPU", {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"}
    )
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(dice.normal(size=(ROWS, DEPTH)).astype(np.float32)))
    return 2 * ROWS * DEPTH * DEPTH / fastest(request.infer, seconds) / 1e9


def _quantised(node: Any, levels: int) -> Any:
    import openvino.opset13 as ops

    low, high = ops.constant(np.float32(-4)), ops.constant(np.float32(4 if levels == 255 else 4 * 127 / 128))
    return ops.fake_quantize(node, low, high, low, high, levels)


def _memory_rate(seconds: float) -> float:
    count = cores()
    size = (256 << 20) // count
    pairs = [(np.ones(size, np.uint8), np.zeros(size, np.uint8)) for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        best = fastest(lambda: list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), pairs)), seconds)
    return 2 * size * count / best / 1e9


def _cpuinfo(*names: str) -> str:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return ""
    for entry in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = entry.partition(":")
        if name.strip() in names:
            return value.strip()
    return ""


def _memory() -> float | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
