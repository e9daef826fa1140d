"""Lets the unmodified PyPI package mrcnn 0.2 (2018) predict on TensorFlow 2.21: call `install` before importing it.

The package is graph code for TensorFlow 1 and Keras 2. TensorFlow still runs such code under
`tf.compat.v1`, and tf_keras is Keras 2. What has moved is given to the modules of mrcnn, and to no
other module, under the old names. The whole process is switched to graph mode.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


def install() -> None:
    """Switch the process to graph mode and make `import mrcnn.model` work; once is enough."""
    if any(isinstance(finder, _MrcnnFinder) for finder in sys.meta_path):
        return
    os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras, where TensorFlow itself uses it, is Keras 2
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow
    import tf_keras

    tensorflow.get_logger().setLevel(
        "ERROR"
    )  # without warnings of deprecation: all of it is deprecated
    tensorflow.compat.v1.disable_v2_behavior()
    _stub_notebook_modules()
    sys.meta_path.insert(0, _MrcnnFinder(_old_names(tensorflow, tf_keras)))


class _Names(types.ModuleType):
    """A module with the given names, and with those of other modules."""

    def __init__(self, name: str, *others: Any, **own: Any) -> None:
        super().__init__(name)
        self.__dict__.update(own, __path__=[], _others=others)

    def __getattr__(self, name: str) -> Any:
        for module in self.__dict__["_others"]:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"{self.__name__} as mrcnn sees it has no {name}")


def _old_names(tensorflow: Any, tf_keras: Any) -> dict[str, types.ModuleType]:
    """Return the modules that mrcnn imports, as they were in 2018."""
    import skimage.color
    import skimage.io
    import skimage.transform
    from tf_keras.src.saving.legacy import hdf5_format

    def resize(image: Any, output_shape: Any, **options: Any) -> Any:
        # scikit-image smooths before it scales down since 0.15, but did not in 2018.
        return skimage.transform.resize(image, output_shape, anti_aliasing=False, **options)

    def load_by_name(file: Any, layers: Any) -> None:
        hdf5_format.load_weights_from_hdf5_group_by_name(file, _Layers(layers))

    def load_in_order(file: Any, layers: Any) -> None:
        hdf5_format.load_weights_from_hdf5_group(file, _Layers(layers))

    saving = _Names(
        "keras.engine.saving",
        load_weights_from_hdf5_group_by_name=load_by_name,
        load_weights_from_hdf5_group=load_in_order,
    )
    layer = _layer_with_declared_shape(tensorflow, tf_keras)
    engine = _Names("keras.engine", tf_keras.layers, Layer=layer, saving=saving)
    keras = _Names("keras", tf_keras, engine=engine)
    transform = _Names("skimage.transform", skimage.transform, resize=resize)
    modules: list[types.ModuleType] = [
        keras,
        engine,
        saving,
        _Names("keras.backend", tf_keras.backend),
        _Names("keras.layers", tf_keras.layers),
        _Names("keras.models", tf_keras.models),
        _Names("keras.utils", tf_keras.utils),
        _Names("skimage", skimage, transform=transform),
        transform,
        _Names("tensorflow", tensorflow.compat.v1, tensorflow, __version__=tensorflow.__version__),
    ]
    return {module.__name__: module for module in modules}


class _Layers:
    """A list of layers with what tf_keras needs of a model to load weights."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = list(layers)
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []

    def _flatten_layers(self, **_: Any) -> Iterator[Any]:
        return iter(self.layers)  # without those inside nested models, as in 2018


def _layer_with_declared_shape(tensorflow: Any, tf_keras: Any) -> type:
    """Return Keras's Layer, with outputs of the shape that compute_output_shape declares, as in 2018."""

    def shape_of(tensors: Any) -> Any:
        if isinstance(tensors, (list, tuple)):
            return [tuple(tensor.shape.as_list()) for tensor in tensors]
        return tuple(tensors.shape.as_list())

    class Layer(tf_keras.layers.Layer):  # type: ignore[misc]
        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)
            original = cls.call

            def call(self: Any, inputs: Any) -> Any:
                output = original(self, inputs)
                if not isinstance(output, (list, tuple)):
                    output.set_shape(self.compute_output_shape(shape_of(inputs)))
                return output

            cls.call = tensorflow.autograph.experimental.do_not_convert(call)

    return Layer


def _stub_notebook_modules() -> None:
    """Add modules that mrcnn imports for drawing and for one comparison of versions."""
    for name, attributes in {
        "IPython": {},
        "IPython.display": {},
        "distutils": {},
        "distutils.version": {"LooseVersion": _Version},
    }.items():
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = _Names(name, **attributes)


class _Version:
    """LooseVersion of distutils, which Python 3.12 no longer has."""

    def __init__(self, text: str) -> None:
        self._numbers = [int(part) for part in text.split(".") if part.isdigit()]

    def __ge__(self, other: _Version) -> bool:
        return self._numbers >= other._numbers


class _MrcnnFinder(importlib.abc.MetaPathFinder):
    """Loads the modules of mrcnn with an `import` of their own, which knows the old names."""

    def __init__(self, modules: dict[str, types.ModuleType]) -> None:
        self._modules = modules

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname.split(".")[0] != "mrcnn":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _MrcnnLoader(fullname, spec.origin, self._modules)
        return spec


class _MrcnnLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, modules: dict[str, types.ModuleType]) -> None:
        super().__init__(name, path)
        self._modules = modules

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
        super().exec_module(module)
        # NumPy has dropped these names for Python's own types.
        if hasattr(module, "np"):
            module.np = _Names("numpy", np, bool=bool, int=int, float=float, object=object)  # type: ignore[attr-defined]

    def _import(
        self,
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> types.ModuleType:
        top = name.split(".")[0]
        if level == 0 and top in self._modules:
            found = self._modules.get(name)
            if fromlist and found is not None:
                return found
            if not fromlist:
                return self._modules[top]
        return builtins.__import__(name, globals, locals, fromlist, level)
