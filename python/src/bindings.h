// What the module's files share. Arrays arrive checked by python/fp6sim/_arrays.py: right type, contiguous.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace fp6sim::python {

namespace py = pybind11;

/// Never converts: a wrong type is a TypeError, not a copy.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
std::span<const T> view(const Array<T>& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

/// A new array around a vector's memory, no copy.
template <class T>
py::array_t<T> own(std::vector<T>&& values, std::vector<py::ssize_t> shape) {
  auto* kept = new std::vector<T>(std::move(values));
  const py::capsule owner(kept, [](void* pointer) { delete static_cast<std::vector<T>*>(pointer); });
  return py::array_t<T>(std::move(shape), kept->data(), owner);
}

template <class T>
std::vector<py::ssize_t> shape_of(const Array<T>& array) {
  return {array.shape(), array.shape() + array.ndim()};
}

/// Runs `work` without the interpreter's lock.
template <class Work>
auto unlocked(Work&& work) {
  const py::gil_scoped_release release;
  return work();
}

void bind_numbers(py::module_& module);
void bind_packing(py::module_& module);
void bind_tensor_core(py::module_& module);
void bind_simulate(py::module_& module);

}  // namespace fp6sim::python
