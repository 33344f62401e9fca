"""Compiling and running one exported generator: OpenVINO, ONNX Runtime, PyTorch, TensorRT."""
